// The parser refuses some spellings that JSON5 allows. This rewrites them to others of the same length, so that every
// place stays where it is, and puts back what they mean. Strings are never touched.
import { parse } from '@humanwhocodes/momoa';
import type { DocumentNode, ValueNode } from '@humanwhocodes/momoa';

/** Strings and comments come first, so that nothing within them is taken for one of the others. */
const spellings = new RegExp(
  [
    String.raw`(?<string>"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*')`,
    String.raw`(?<block>\/\*[\s\S]*?\*\/)`,
    String.raw`(?<line>\/\/[^\r\n\u2028\u2029]*)(?<end>[\u2028\u2029]?)`,
    // A fraction with a sign and no digit before it.
    String.raw`(?<![\w$.])(?<fraction>[+-]\.\d+(?:[eE][+-]?\d+)?)`,
    // A key that is a word of JSON, or that has letters beyond the first 65536.
    String.raw`(?<![\p{ID_Continue}$\u200c\u200d])(?<key>(?:null|true|false)(?![\p{ID_Continue}$\u200c\u200d])|[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)(?=(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/[^\r\n\u2028\u2029]*)*:)`,
  ].join('|'),
  'gu',
);

/** undefined when there is nothing to rewrite, or the text is refused all the same. Offsets are those of `text`. */
export function parseOddSpellings(text: string): DocumentNode | undefined {
  const keys = new Map<number, string>();
  const fractions = new Map<number, number>();
  const rewritten = text.replace(spellings, (match: string, ...rest: unknown[]) => {
    const groups = rest.at(-1) as Record<string, string | undefined>;
    const offset = rest.at(-3) as number;
    const { line, end, fraction, key } = groups;
    if (line !== undefined && end !== undefined && end !== '') return `${line}\n`;
    if (fraction !== undefined) {
      fractions.set(offset, Number(fraction));
      return `-${'1'.repeat(fraction.length - 1)}`;
    }
    if (key === undefined || !(/^(?:null|true|false)$/.test(key) || /[\u{10000}-\u{10ffff}]/u.test(key)))
      return match;
    keys.set(offset, key);
    return '_'.repeat(key.length);
  });
  if (rewritten === text) return undefined;
  try {
    const document = parse(rewritten, { mode: 'json5', tokens: true });
    putBack(document.body, keys, fractions);
    return document;
  } catch {
    // The complaint about the text as it is, is the one to tell.
    return undefined;
  }
}

function putBack(
  node: ValueNode,
  keys: ReadonlyMap<number, string>,
  fractions: ReadonlyMap<number, number>,
): void {
  if (node.type === 'Number') node.value = fractions.get(node.loc.start.offset) ?? node.value;
  if (node.type === 'Array') for (const element of node.elements) putBack(element.value, keys, fractions);
  if (node.type !== 'Object') return;
  for (const { name, value } of node.members) {
    if (name.type === 'Identifier') name.name = keys.get(name.loc.start.offset) ?? name.name;
    putBack(value, keys, fractions);
  }
}
