// Every sentence in every language: there, whole, and with the same gaps, commands and names as the English one.
import { describe, expect, it } from 'vitest';
import { en } from '../../src/language/en.ts';
import { locales } from '../../src/language/locale.ts';
import type { Locale } from '../../src/language/locale.ts';
import { fillText } from '../../src/language/fill-text.ts';
import { textsOf } from '../../src/language/texts.ts';
import type { TextKey } from '../../src/language/texts.ts';

const keys = Object.keys(en).sort() as TextKey[];
const translations = locales.filter((locale) => locale !== 'en');

/** The same in every language, letter by letter. */
const verbatim = /OpenClaw|MiniMax|\$[A-Z_]+|\bBROWSER\b(?:=none)?|--[a-z-]+|`[^`]+`|\b(?:SSH|CI|WSL)\b/g;
const writtenInLatin =
  /OpenClaw|MiniMax|\$[A-Z_]+|BROWSER(?:=none)?|--[a-z-]+|\{\w+\}|\b(?:SSH|CI|WSL|QR|OS)\b/g;
const sameEverywhere: ReadonlySet<TextKey> = new Set(['reasonBrowserNone', 'reasonNoBrowser']);
/** Words that Danish has too. */
const sameInDanish: ReadonlySet<TextKey> = new Set([
  'modelLabel',
  'regionFact',
  'unitSeconds',
  'unitMinutes',
  'unitDays',
]);

function faultsIn(text: string, key: TextKey, locale: Locale): string[] {
  const matches = (from: string, pattern: RegExp): string => (from.match(pattern) ?? []).sort().join(' ');
  const isEnglish =
    locale === 'da'
      ? text === en[key] && !sameInDanish.has(key)
      : /[A-Za-z]{2,}/.test(text.replaceAll(writtenInLatin, ''));
  const checks: [string, boolean][] = [
    ['empty', text.trim() === ''],
    ['spaces', text !== text.trim() || / {2}|\n/.test(text)],
    ['gaps', matches(text, /\{\w+\}/g) !== matches(en[key], /\{\w+\}/g)],
    ['commands', matches(text, verbatim) !== matches(en[key], verbatim)],
    ['English', isEnglish && !sameEverywhere.has(key)],
  ];
  return checks.filter(([, isFaulty]) => isFaulty).map(([fault]) => fault);
}

const faultsOf = (key: TextKey, locale: Locale): string[] => faultsIn(textsOf(locale)[key], key, locale);

describe.each(translations)('%s', (locale) => {
  const texts = textsOf(locale);

  it('has every sentence and no other', () => {
    expect(Object.keys(texts).sort()).toEqual(keys);
  });

  it('is whole: gaps, names and commands as in English, nothing empty, no English left', () => {
    const faults = keys.flatMap((key) => faultsOf(key, locale).map((fault) => `${key}: ${fault}`));
    expect(faults).toEqual([]);
  });
});

describe('a fault is seen:', () => {
  it.each<[string, string, string]>([
    ['waiting', '', 'empty'],
    ['waiting', 'Ждём, {left} ', 'spaces'],
    ['waiting', 'Ждём', 'gaps'],
    ['waiting', 'Ждём {left} {left}', 'gaps'],
    ['reasonAsked', 'задано через --поток', 'commands'],
    ['pageLead', 'Коготь просит доступ к {provider}', 'commands'],
    ['opened', 'Открыто в browser.', 'English'],
  ])('%s: %j', (key, text, fault) => {
    expect(faultsIn(text, key as TextKey, 'ru')).toContain(fault);
  });
});

it('the script of a language is its own', () => {
  const all = (locale: Locale): string => Object.values(textsOf(locale)).join(' ');
  expect(all('ru')).toMatch(/[а-яё]/i);
  expect(all('ja')).toMatch(/\p{Script=Hiragana}/u);
  expect(all('ko')).toMatch(/\p{Script=Hangul}/u);
  // Characters that exist in one of the two ways of writing only.
  expect(all('zh-CN')).not.toMatch(/[這個碼開啟錄儲終請網頁執權連線應]/u);
  expect(all('zh-TW')).not.toMatch(/[这个码开启录储终请网页执权连线应]/u);
  for (const locale of ['en', 'da', 'ru'] as const) expect(all(locale)).not.toMatch(/\p{Script=Han}/u);
});

describe('fillText', () => {
  it.each([
    ['{a} and {b}', { a: '1', b: 2 }, '1 and 2'],
    ['{a}{a}', { a: 'x' }, 'xx'],
    ['{a} {unknown}', { a: '' }, ' {unknown}'],
    ['{a}', { a: '{b} $& $1', b: 'no' }, '{b} $& $1'],
    ['{ a } {}', { a: 'x' }, '{ a } {}'],
  ])('%s', (text, values, expected) => {
    expect(fillText(text, values)).toBe(expected);
  });
});
