// docs/security.md and the tests that it names are one: no line without a test, no such test without its line, and no
// name in the table that is not the name of a test. `OPENCLAW_WRITE_DOCS=1` writes the table anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checklistTables, collectProofs, groups, root } from './checklist.ts';

const file = join(root, 'docs/security.md');
const between = /(<!-- checklist -->\n)[^]*?(\n<!-- \/checklist -->)/;
const proofs = collectProofs();
const ids = groups.flatMap(({ lines }) => Object.keys(lines));

describe('the checklist', () => {
  it('is whole', () => {
    const counts = groups.map(({ lines }) => Object.keys(lines).length);
    expect(counts).toEqual([12, 4, 15, 10, 12, 3]);
    expect(new Set(ids).size).toBe(56);
  });

  it.each(ids)('%s is proved by a test', (id) => {
    expect(proofs.filter((proof) => proof.ids.includes(id))).not.toEqual([]);
  });

  it('is not claimed by a test for a line that there is not', () => {
    expect(proofs.flatMap((proof) => proof.ids).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('stands in docs/security.md with the tests as they are called', () => {
    const text = readFileSync(file, 'utf8');
    const wanted = text.replace(
      between,
      (_, before: string, after: string) => `${before}\n${checklistTables(proofs)}\n${after}`,
    );
    expect(between.test(text)).toBe(true);
    if (process.env['OPENCLAW_WRITE_DOCS'] === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });
});
