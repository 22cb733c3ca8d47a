// Which language a person is spoken to, from the environment of a terminal and from a browser's header.
import { describe, expect, it } from 'vitest';
import { localeOfEnv, localeOfHeader } from '../../src/language/locale.ts';
import type { Locale } from '../../src/language/locale.ts';

describe('localeOfEnv', () => {
  it.each<[Record<string, string>, Locale]>([
    [{}, 'en'],
    [{ LANG: '' }, 'en'],
    [{ LANG: 'C' }, 'en'],
    [{ LANG: 'C.UTF-8' }, 'en'],
    [{ LANG: 'POSIX' }, 'en'],
    [{ LANG: 'en_US.UTF-8' }, 'en'],
    [{ LANG: 'de_DE.UTF-8' }, 'en'],
    [{ LANG: 'da_DK.UTF-8' }, 'da'],
    [{ LANG: 'ja_JP.eucJP' }, 'ja'],
    [{ LANG: 'ko_KR' }, 'ko'],
    [{ LANG: 'ru_RU.KOI8-R' }, 'ru'],
    [{ LANG: 'ru_UA' }, 'ru'],
    [{ LANG: 'rut_RU' }, 'en'],
    [{ LANG: 'zh_CN.GB18030' }, 'zh-CN'],
    [{ LANG: 'zh_SG.UTF-8' }, 'zh-CN'],
    [{ LANG: 'zh_TW.Big5' }, 'zh-TW'],
    [{ LANG: 'zh_HK.UTF-8' }, 'zh-TW'],
    [{ LANG: 'zh_TW@radical' }, 'zh-TW'],
    [{ LANG: 'sr_RS@latin' }, 'en'],
    [{ LC_ALL: 'da_DK.UTF-8', LC_MESSAGES: 'ja_JP', LANG: 'ko_KR' }, 'da'],
    [{ LC_MESSAGES: 'ja_JP.UTF-8', LANG: 'ko_KR' }, 'ja'],
    [{ LC_ALL: '', LC_MESSAGES: '', LANG: 'ko_KR' }, 'ko'],
    [{ LC_ALL: 'C', LANG: 'ko_KR.UTF-8' }, 'en'],
    [{ LANG: 'constructor' }, 'en'],
    [{ LANG: `zh_${'x'.repeat(10_000)}` }, 'zh-CN'],
  ])('%j is %s', (env, expected) => {
    expect(localeOfEnv(env)).toBe(expected);
  });
});

describe('localeOfHeader', () => {
  it.each<[string | undefined, Locale]>([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['da', 'da'],
    ['DA-dk', 'da'],
    ['de, fr;q=0.9', 'en'],
    ['de, fr;q=0.9, ko;q=0.1', 'ko'],
    ['en;q=0.5, ja;q=0.9', 'ja'],
    ['ja;q=0.9, en', 'en'],
    ['ru;q=0.8,da;q=0.8', 'ru'],
    ['ru;q=0, da;q=0.1', 'da'],
    ['ru;q=1.5', 'en'],
    ['ru;q=-1', 'en'],
    ['ru;q=high', 'en'],
    ['ru ; q=0.5 , da ; q=0.7', 'da'],
    ['ru;Q=0.1, da;q=0.5', 'da'],
    ['zh', 'zh-CN'],
    ['zh-Hans', 'zh-CN'],
    ['zh-Hant', 'zh-TW'],
    ['zh-HK', 'zh-TW'],
    ['zh-MO', 'zh-TW'],
    ['zh-Hans-HK', 'zh-CN'],
    ['zh-Hant-CN', 'zh-TW'],
    ['zh-TW,zh;q=0.9,en-US;q=0.8,en;q=0.7', 'zh-TW'],
    ['en-US,en;q=0.9,zh-CN;q=0.8', 'en'],
    [',,;;==, ko', 'ko'],
    ['\u0000\u001b[31m', 'en'],
    ['__proto__, constructor;q=0.9', 'en'],
    ['x,'.repeat(5000), 'en'],
    [`da, ${'y'.repeat(10_000)}`, 'da'],
    ['-'.repeat(10_240), 'en'],
  ])('%j is %s', (header, expected) => {
    expect(localeOfHeader(header)).toBe(expected);
  });
});
