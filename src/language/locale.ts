// Which of the languages that this program speaks a person reads: from the environment of a terminal, and from the
// header of a browser. English where nothing else fits.
import type { Env } from '../platform/env.ts';

export const locales = ['en', 'zh-CN', 'zh-TW', 'ja', 'ko', 'ru', 'da'] as const;

/** A language tag of BCP 47. */
export type Locale = (typeof locales)[number];

/** LC_ALL, LC_MESSAGES, LANG: the first that is set counts, as POSIX has it. */
export function localeOfEnv(env: Env): Locale {
  const value = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((name) => (name ?? '') !== '');
  return matchLocale((value ?? '').replace(/[.@].*$/, '').replaceAll('_', '-')) ?? 'en';
}

/** `Accept-Language` (RFC 9110 section 12.5.4): the best weight first, of equal ones the one that is named first. */
export function localeOfHeader(header: string | undefined): Locale {
  const wishes = (header ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';').map((word) => word.trim());
      const weight = parameters.find((word) => /^q=/i.test(word))?.slice(2);
      return { tag, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0 && weight <= 1)
    .sort((a, b) => b.weight - a.weight);
  for (const { tag } of wishes) {
    const found = matchLocale(tag);
    if (found !== undefined) return found;
  }
  return 'en';
}

/** Traditional characters where the script, or the place, says so. */
function matchLocale(tag: string): Locale | undefined {
  const [language = '', ...rest] = tag.toLowerCase().split('-');
  if (language === 'zh') {
    if (rest.includes('hans')) return 'zh-CN';
    return rest.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part)) ? 'zh-TW' : 'zh-CN';
  }
  return locales.find((locale) => locale === language);
}
