// What the texts promise: every command that an error or the README names parses, and the README's error table and the
// catalogue are the same list.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OpenClawError, errorCatalogue, type ErrorCode } from '../../src/errors.ts';
import { complaintAbout } from '../support/cli-parser.ts';

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
const codes = Object.keys(errorCatalogue) as ErrorCode[];
const sample = {
  flag: '`--region global`',
  place: '/home/me/.openclaw/openclaw.json:3:5',
  pluginId: 'minimax-portal-auth',
  host: 'account.minimax.io',
  profileId: 'minimax-portal:default',
  nextPort: 18_790,
  port: 18_789,
  asked: 'keychain',
};

describe('remedies', () => {
  it.each(codes)('%s names only commands that parse, with data and without', async (code) => {
    for (const data of [sample, {}]) {
      const { remedy } = new OpenClawError({ code, message: 'x', data });
      expect(remedy).not.toMatch(/[{}]/);
      for (const [, command] of remedy.matchAll(/`(openclaw [^`]*)`/g)) {
        // Placeholders that had no value read "the …".
        if (/\bthe \w+/.test(command ?? '')) continue;
        expect(await complaintAbout(command ?? ''), command).toBeUndefined();
      }
    }
  });
});

describe('the catalogue', () => {
  it('has no code that nothing uses', () => {
    const root = join(import.meta.dirname, '../..');
    const sources = globSync('{src,extensions}/**/*.ts', { cwd: root, exclude: ['src/errors.ts'] });
    const text = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    // INTERNAL is what toOpenClawError makes of anything else.
    expect(codes.filter((code) => code !== 'INTERNAL' && !text.includes(`'${code}'`))).toEqual([]);
  });
});

describe('the documents', () => {
  it('has every code of the catalogue in its table, and no other', () => {
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (.+) \| (.+) \|$/gm)].map((match) => match[1]);
    expect(new Set(rows)).toEqual(new Set(codes));
    expect(rows).toHaveLength(codes.length);
  });

  it.each(['README.md', 'docs/login.md'])('%s names only commands that parse', async (file) => {
    const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
    const fences = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
    const blocks = fences
      .filter(([, language]) => ['', 'sh'].includes(language ?? ''))
      .map(([, , code]) => code)
      .join('\n');
    const lines = [...blocks.matchAll(/(?:^(?:\$ (?:\w+=\S+ )?)?|\$\(|= )(openclaw [^)\n#]*)/gm)].map(
      (match) => (match[1] ?? '').replace(/ {2,}.*$/, '').trim(),
    );
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(await complaintAbout(line), line).toBeUndefined();
  });

  it('and the parser does complain of a wrong one', async () => {
    expect(await complaintAbout('openclaw auth lgin')).toContain('unknown command');
    expect(await complaintAbout('openclaw onboard --rgion cn')).toContain('unknown option');
  });
});
