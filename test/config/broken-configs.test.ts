// Broken configurations, one after the other, and the whole answer of `config validate` to each, as people read it. The table
// is broken-configs.txt: `===` begins a case, `---` what is given and the answer. OPENCLAW_WRITE_DOCS=1 writes the answers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { tempFolder } from '../support/temp-folder.ts';

const tableFile = join(import.meta.dirname, 'broken-configs.txt');

type Case = { title: string; given: Map<string, string>; answer: string };

function readTable(): Case[] {
  const [, ...parts] = `\n${readFileSync(tableFile, 'utf8')}`.split('\n=== ');
  return parts.map((part) => {
    const [title = '', ...sections] = part.split('\n--- ');
    const given = new Map(
      sections.map((section): [string, string] => {
        const end = section.indexOf('\n');
        return [end < 0 ? section : section.slice(0, end), end < 0 ? '' : section.slice(end + 1)];
      }),
    );
    const answer = given.get('answer')?.trimEnd() ?? '';
    given.delete('answer');
    return { title: title.trim(), given, answer };
  });
}

const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

/** What stands in the place of the file, by the name of the section. */
const makers: Record<string, (folder: string, text: string) => void> = {
  'openclaw.json': (folder, text) => writeFileSync(join(folder, 'openclaw.json'), text),
  'openclaw.json in UTF-16': (folder, text) => writeFileSync(join(folder, 'openclaw.json'), utf16(text)),
  '.env': (folder, text) => writeFileSync(join(folder, '.env'), text),
  '.env in UTF-16': (folder, text) => writeFileSync(join(folder, '.env'), utf16(text)),
  'a folder': (folder) => mkdirSync(join(folder, 'openclaw.json')),
  'a pipe': (folder) => void execFileSync('mkfifo', [join(folder, 'openclaw.json')]),
  'a large file': (folder) =>
    writeFileSync(join(folder, 'openclaw.json'), Buffer.alloc(33 * 1024 * 1024, ' ')),
  'a deep file': (folder) =>
    writeFileSync(join(folder, 'openclaw.json'), `{ a: ${'['.repeat(300)}${']'.repeat(300)} }`),
};

async function answerTo({ given }: Case): Promise<string> {
  const secrets = 'sk-cp-4f9d2b7a1c8e';
  const folder = tempFolder();
  const env: Record<string, string> = { OPENCLAW_STATE_DIR: folder };
  for (const [kind, text] of given) {
    if (kind === 'environment') for (const name of text.trim().split(/\s+/)) env[name] = secrets;
    else makers[kind]?.(folder, text);
  }
  const { context, written } = createFakeContext({ env });
  const exitCode = await run(['config', 'validate'], context);
  rmSync(join(folder, 'openclaw.json'), { recursive: true });
  expect(written.err).toBe('');
  const said = written.out.replaceAll(folder, '~/.openclaw').trimEnd();
  return `${said}\n[exit code ${exitCode}]`;
}

const table = readTable();
const answers: string[] = [];

describe('broken configurations', () => {
  it('are more than thirty, each of its own', () => {
    expect(new Set(table.map(({ title }) => title)).size).toBe(table.length);
    expect(table.length).toBeGreaterThan(30);
    for (const { given } of table) {
      for (const kind of given.keys()) expect(['environment', ...Object.keys(makers)]).toContain(kind);
    }
  });

  it.skipIf(process.platform === 'win32').each(table.map((each) => [each.title, each] as const))(
    '%s',
    async (_, each) => {
      const answer = await answerTo(each);
      answers.push(answer);
      expect(answer).not.toMatch(/sk-cp-4f|sk-lab-11|\bundefined\b|\[object/);
      if (process.env['OPENCLAW_WRITE_DOCS'] === undefined) expect(answer).toBe(each.answer);
      for (const [, command = ''] of answer.matchAll(/`(openclaw [^`]+)`/g)) {
        expect(await complaintAbout(command), command).toBeUndefined();
      }
    },
  );

  afterAll(() => {
    if (process.env['OPENCLAW_WRITE_DOCS'] === undefined || answers.length !== table.length) return;
    const written = table.map(({ title, given }, index) => {
      const sections = [...given].map(([kind, text]) => `--- ${kind}\n${text.trimEnd()}`.trimEnd());
      return [`=== ${title}`, ...sections, `--- answer\n${answers[index] ?? ''}`].join('\n');
    });
    writeFileSync(tableFile, `${written.join('\n\n')}\n`);
  });
});
