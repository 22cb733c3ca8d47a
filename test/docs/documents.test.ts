// README and docs, held against the program: the commands in them parse, their links and pictures lead somewhere, their
// configurations load, and the quick start is the same in every language.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/config/json5-document.ts';
import { checkConfig } from '../../src/config/check.ts';
import { fillText } from '../../src/language/fill-text.ts';
import { locales, type Locale } from '../../src/language/locale.ts';
import { textsOf } from '../../src/language/texts.ts';
import { complaintAbout } from '../support/cli-parser.ts';

const root = join(import.meta.dirname, '../..');
const files = ['README.md', ...globSync('docs/**/*.md', { cwd: root }).sort()];
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const fence = /^ *```[^]*?^ *```$/gm;

type Fence = { language: string; code: string };

function fencesOf(text: string): Fence[] {
  return [...text.matchAll(/^ *```(\w*)\n([^]*?)^ *```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code,
  }));
}

/** What a person would type: lines of shells and of recordings, what they substitute, and commands within a sentence. */
function commandsOf(text: string): string[] {
  return [...typedIn(text), ...namedIn(text)];
}

function typedIn(text: string): string[] {
  const shells = fencesOf(text).filter(({ language }) => ['', 'sh'].includes(language));
  const typed = shells.flatMap(({ code }) =>
    code
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .flatMap((line) => {
        const called = /^\s*(?:\$ )?(?:(?:sudo|-u|env|openclaw) +)*(?:\w+=\S+ +)*(openclaw .*)$/.exec(
          line,
        )?.[1];
        const substituted = [...line.matchAll(/\$\((openclaw [^)]*)\)/g)].map(([, command = '']) => command);
        return [...(called === undefined ? [] : [called]), ...substituted];
      }),
  );
  return typed.map(bare).filter(isWhole);
}

function namedIn(text: string): string[] {
  const named = text.replaceAll(fence, '').matchAll(/`(openclaw [^`\n]+)`/g);
  return [...named].map(([, command = '']) => bare(command)).filter(isWhole);
}

/** Without what the shell does with it, and without a remark. */
function bare(command: string): string {
  return command.replace(/(?: {2,}|\s#|\s(?:\||&&|\|\||[<>;])\s).*$/, '').trim();
}

/** Not one with a gap in it. */
function isWhole(command: string): boolean {
  return !/[…<]|\.\.\.| · |\[/.test(command);
}

describe('the documents', () => {
  it.each(files)('%s names only commands that parse', async (file) => {
    const wrong: Record<string, string> = {};
    const named = new Set(namedIn(read(file)));
    for (const command of new Set(commandsOf(read(file)))) {
      const complaint = await complaintAbout(command);
      // A sentence may name a command without what it is called with.
      if (named.has(command) && complaint?.includes('missing required argument') === true) continue;
      if (complaint !== undefined) wrong[command] = complaint;
    }
    expect(wrong).toEqual({});
  });

  it('are read as a person reads them', () => {
    const text =
      '```sh\n$ openclaw auth login  # again\nX=1 openclaw usage | cat\neval "$(openclaw env codex)"\n```\n`openclaw doctor`';
    expect(commandsOf(text)).toEqual([
      'openclaw auth login',
      'openclaw usage',
      'openclaw env codex',
      'openclaw doctor',
    ]);
    expect(commandsOf(read('README.md')).length).toBeGreaterThan(20);
  });

  it.each(files)('%s leads only to what is there', (file) => {
    const text = read(file).replaceAll(fence, '');
    const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(
      ([, link, attribute]) => link ?? attribute ?? '',
    );
    const dead = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, file) : join(root, dirname(file), path);
      if (!existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(dead).toEqual([]);
  });

  it.each(files.filter((file) => fencesOf(read(file)).some(({ language }) => language === 'json5')))(
    '%s shows configurations that load',
    (file) => {
      for (const { language, code } of fencesOf(read(file))) {
        if (language !== 'json5') continue;
        const document = parseDocument(code, file);
        expect(() => checkConfig(document, JSON5.parse(code), file), code).not.toThrow();
      }
    },
  );

  it.each(files)('%s shows JSON that can be parsed', (file) => {
    for (const { language, code } of fencesOf(read(file))) {
      if (language === 'json') expect(() => JSON.parse(code) as unknown, code).not.toThrow();
    }
  });
});

/** As GitHub makes them: lower case, punctuation away, spaces to hyphens. */
function anchorsOf(text: string): string[] {
  const headings = text.replaceAll(fence, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Mark}\p{Number}\p{Connector_Punctuation} -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the quick start', () => {
  const fileOf = (locale: Locale): string => `docs/quickstart/${locale.toLowerCase()}.md`;

  it('is there in every language of the login, and in no other', () => {
    const written = files.filter((file) => file.startsWith('docs/quickstart/'));
    expect(written).toEqual(locales.map(fileOf).sort());
  });

  it.each(locales)('%s has the parts and the commands of the English one', (locale) => {
    const shape = (file: string): unknown => {
      const text = read(file);
      return {
        commands: commandsOf(text),
        shells: fencesOf(text).filter(({ language }) => language === 'sh'),
        headings: [...text.matchAll(/^(#+) /gm)].map(([, level]) => level),
        links: [...text.matchAll(/\]\((\.\.[^)]+)\)/g)].map(([, link]) => link),
      };
    };
    expect(shape(fileOf(locale))).toEqual(shape(fileOf('en')));
  });

  it.each(locales)('%s says what the screens say', (locale) => {
    const texts = textsOf(locale);
    const provider = 'MiniMax';
    const profile = 'minimax-portal:default';
    const text = read(fileOf(locale));
    for (const shown of [
      texts.approveTitle,
      texts.openLabel,
      texts.codeLabel,
      texts.phishing,
      texts.approved,
      texts.verified,
      texts.saved,
      fillText(texts.loggedIn, { profile }),
      fillText(texts.regionFact, { region: 'global' }),
      fillText(texts.questionSite, { provider }),
      texts.questionModel,
      fillText(texts.pageTitle, { provider }),
      texts.pageExpiredTitle,
      texts.pageDeniedTitle,
    ]) {
      expect(text).toContain(shown);
    }
  });
});
