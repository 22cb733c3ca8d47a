// The one catalogue of sentences that a login shows, in a terminal and on its pages, in every language of locale.ts.
import { en } from './en.ts';
import type { Locale } from './locale.ts';

export type TextKey = keyof typeof en;
export type Texts = Readonly<Record<TextKey, string>>;

const catalogue: Readonly<Record<Locale, Texts>> = {
  en,
  'zh-CN': en,
  'zh-TW': en,
  ja: en,
  ko: en,
  ru: en,
  da: en,
};

export function textsOf(locale: Locale): Texts {
  return catalogue[locale];
}

/** `{name}` in `text` becomes `values.name`; a name without a value stays as it is. */
export function fillText(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
