// What stands above the live line of a login: where to go, with which code, and what to beware of. Address and code are
// whole, each on its own line, so that both can be copied. Pure; texts of servers are cleaned here.
import { fillText } from '../../language/fill-text.ts';
import type { TextKey, Texts } from '../../language/texts.ts';
import { openableHref } from '../../platform/browser.ts';
import { cleanText } from '../../platform/text.ts';
import type { FlowChoice } from '../flow-choice.ts';
import type { Style } from './style.ts';
import { foldText, padToWidth, textWidth } from './text-width.ts';

export type BlockFacts = {
  regionLabel: string;
  host: string;
  url: string;
  trusted: boolean;
  /** Absent in the redirect flow. */
  userCode?: string;
};

export type BlockForm = {
  texts: Texts;
  style: Style;
  /** Of the window; undefined where lines are not to be folded. */
  columns?: number;
};

/** A code as it was sent, without what a terminal would obey; the same text is copied. */
export function shownCode(userCode: string): string {
  return cleanText(userCode, 64);
}

export function shownUrl(url: string): string {
  return cleanText(url, 4_096);
}

export function loginBlock(facts: BlockFacts, form: BlockForm): string[] {
  const { texts, style } = form;
  const url = shownUrl(facts.url);
  const where = `(${cleanText(facts.regionLabel, 40)}, ${cleanText(facts.host, 80)})`;
  return [
    '',
    ...title(where, form),
    '',
    ...labelled(texts.openLabel, url, facts.trusted ? linked(url, style) : url, form),
    ...(facts.userCode === undefined
      ? []
      : labelled(
          texts.codeLabel,
          shownCode(facts.userCode),
          style.bold(style.accent(shownCode(facts.userCode))),
          form,
        )),
    '',
    ...(facts.trusted ? [] : paragraph(texts.untrusted, style.warn, form)),
    ...paragraph(texts.phishing, style.dim, form),
  ];
}

/** Which way is taken, why, and the page if one leads. */
export function flowLines(
  choice: FlowChoice,
  redirects: boolean,
  pageUrl: string | undefined,
  form: BlockForm,
): string[] {
  const { texts, style } = form;
  const loopback = redirects ? texts.flowRedirect : texts.flowPage;
  const text = fillText(choice.kind === 'loopback' ? loopback : texts.flowCode, {
    reason: texts[choice.reason],
  });
  return [
    ...paragraph(text, style.dim, form),
    ...(pageUrl === undefined ? [] : labelled(texts.pageLabel, pageUrl, linked(pageUrl, style), form)),
  ];
}

function title(where: string, { texts, style, columns }: BlockForm): string[] {
  const fits = columns === undefined || textWidth(`  ${texts.approveTitle} ${where}`) <= columns;
  const name = `  ${style.bold(texts.approveTitle)}`;
  return fits ? [`${name} ${style.dim(where)}`] : [name, `  ${style.dim(where)}`];
}

const between = '  ·  ';

/** Names of keys stay together with what they do. */
export function keyLines(keys: readonly { key: string; text: TextKey }[], form: BlockForm): string[] {
  const { texts, style, columns = 80 } = form;
  const lines: string[] = [];
  for (const { key, text } of keys) {
    const piece = `${key} ${texts[text]}`;
    const last = lines.at(-1);
    const joined = last === undefined ? piece : last + between + piece;
    if (last !== undefined && textWidth(joined) <= columns - 3) lines[lines.length - 1] = joined;
    else lines.push(piece);
  }
  return lines.map((line) => `  ${style.dim(line)}`);
}

function linked(url: string, style: Style): string {
  return openableHref(url) === url ? style.link(url) : url;
}

/** Where a narrow window would break it behind its label, a value begins on a line of its own, at the margin. */
function labelled(label: string, plain: string, painted: string, form: BlockForm): string[] {
  const { texts, columns } = form;
  const width = Math.max(...[texts.openLabel, texts.codeLabel, texts.pageLabel].map(textWidth));
  const head = `  ${padToWidth(label, width)}   `;
  if (columns === undefined || textWidth(head) + textWidth(plain) <= columns) return [`${head}${painted}`];
  return [head.trimEnd(), painted];
}

/** Folded to the window, indented as all of it. */
export function paragraph(text: string, paint: (text: string) => string, { columns }: BlockForm): string[] {
  const lines = columns === undefined ? [text] : foldText(text, columns - 3);
  return lines.map((line) => `  ${paint(line)}`);
}
