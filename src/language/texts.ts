// The one catalogue of sentences that a login shows, in a terminal and on its pages, in every language of locale.ts.
import { da } from './da.ts';
import { en } from './en.ts';
import type { Texts } from './en.ts';
import { ja } from './ja.ts';
import { ko } from './ko.ts';
import type { Locale } from './locale.ts';
import { ru } from './ru.ts';
import { zhCn } from './zh-cn.ts';
import { zhTw } from './zh-tw.ts';

export type { TextKey, Texts } from './en.ts';

const catalogue: Readonly<Record<Locale, Texts>> = {
  en,
  'zh-CN': zhCn,
  'zh-TW': zhTw,
  ja,
  ko,
  ru,
  da,
};

export function textsOf(locale: Locale): Texts {
  return catalogue[locale];
}
