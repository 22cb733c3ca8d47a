// docs/doctor.md and the ids of the checks are one: no id without its line, no line without its id, and the words as the
// program has them. `OPENCLAW_WRITE_DOCS=1` writes the table anew.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkGroups, checkIds, type CheckId } from '../../../src/cli/doctor/check-ids.ts';
import { commandsIn } from '../../../src/cli/doctor/finding.ts';
import { complaintAbout } from '../../support/cli-parser.ts';

const root = join(import.meta.dirname, '../../..');
const file = join(root, 'docs/doctor.md');
const between = /(<!-- checks -->\n)[^]*?(\n<!-- \/checks -->)/;
const ids = Object.keys(checkIds) as CheckId[];

function tables(): string {
  const parts = checkGroups.map((group) => {
    const rows = ids
      .filter((id) => checkIds[id].group === group)
      .map((id) => `| \`${id}\` | ${checkIds[id].meaning} | ${checkIds[id].remedy} |`);
    return [`### ${group}`, '', '| id | what is wrong | what mends it |', '|---|---|---|', ...rows].join(
      '\n',
    );
  });
  return `\n${parts.join('\n\n')}\n`;
}

it('docs/doctor.md has every id in its words, and no other', () => {
  const text = readFileSync(file, 'utf8');
  expect(between.test(text)).toBe(true);
  const wanted = text.replace(between, (_, before: string, after: string) => `${before}${tables()}${after}`);
  if (process.env['OPENCLAW_WRITE_DOCS'] === '1') writeFileSync(file, wanted);
  expect(readFileSync(file, 'utf8')).toBe(wanted);
  const named = [...text.matchAll(/^\| `([a-z-]+\.[a-z-]+)` \|/gm)].map((match) => match[1]);
  expect(new Set(named)).toEqual(new Set(ids));
  expect(named).toHaveLength(ids.length);
});

it('every id is used by a check, and every command of the page parses', async () => {
  const sources = globSync('src/cli/doctor/*.ts', { cwd: root, exclude: ['src/cli/doctor/check-ids.ts'] });
  const code = sources.map((each) => readFileSync(join(root, each), 'utf8')).join('\n');
  expect(ids.filter((id) => !code.includes(`'${id}'`))).toEqual([]);
  const page = readFileSync(file, 'utf8');
  const shell = [...page.matchAll(/^(openclaw .*?)(?: {2,}#.*)?$/gm)].map((match) => match[1] ?? '');
  expect(shell.length).toBeGreaterThan(3);
  for (const command of [...commandsIn(page), ...shell]) {
    expect(await complaintAbout(command), command).toBeUndefined();
  }
});
