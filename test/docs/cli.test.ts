// docs/cli.md is what the commands say of themselves; `OPENCLAW_WRITE_DOCS=1` writes it anew. The variables that it names
// are those that the program reads.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { environment } from '../../src/cli/help/surroundings.ts';
import { everyCommand } from '../support/command-tree.ts';
import { root } from './checklist.ts';
import { cliManual } from './cli-manual.ts';

const file = join(root, 'docs/cli.md');
const commands = everyCommand();

describe('docs/cli.md', () => {
  it('is made from the commands', () => {
    const wanted = cliManual(commands);
    if (process.env['OPENCLAW_WRITE_DOCS'] === '1') writeFileSync(file, wanted);
    expect(readFileSync(file, 'utf8')).toBe(wanted);
  });

  it('has a section for each command, and every link in it leads somewhere', () => {
    const text = readFileSync(file, 'utf8');
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
    expect(headings).toEqual(commands.map(({ description }) => description.name));
    const anchors = new Set(headings.map((heading) => heading.replaceAll(' ', '-')));
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(commands.length);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });
});

describe('the variables', () => {
  const named = new Set(environment.flatMap(({ name }) => name.split(', ')));
  const sources = globSync('{src,extensions}/**/*.ts', { cwd: root, exclude: ['src/cli/help/**'] });
  const text = sources.map((source) => readFileSync(join(root, source), 'utf8')).join('\n');

  it('are read by the program', () => {
    expect([...named].filter((name) => !text.includes(name))).toEqual([]);
  });

  it('are all that bear its name', () => {
    // For those who mend it, and a name that a tool is told.
    const others = new Set(['OPENCLAW_DEBUG', 'OPENCLAW_API_KEY']);
    const read = new Set([...text.matchAll(/OPENCLAW_[A-Z_]*[A-Z](?![A-Z_])/g)].map(([name]) => name));
    expect([...read].filter((name) => !named.has(name) && !others.has(name))).toEqual([]);
  });

  it('stand with commands that there are', () => {
    const paths = new Set(commands.map(({ path }) => path.join(' ')));
    const meant = environment.flatMap((each) => each.commands ?? []);
    expect(meant.filter((command) => !paths.has(command))).toEqual([]);
  });
});
