// The parser refuses some spellings that JSON5 allows. This rewrites them to others of the same length, so that every
// place stays where it is, and puts back what they mean. Strings are never touched. One pass over the text: the file is
// read again under a gateway that serves, whatever somebody is typing into it.
import type { DocumentNode, ValueNode } from '@humanwhocodes/momoa';

export type Rewritten = {
  /** As long as the text it was made of, with the same offsets. */
  readonly text: string;
  /** What the rewritten places mean, put into what the rewritten text was parsed to. */
  putBack(document: DocumentNode): DocumentNode;
};

/** The pieces of a text, one after the other; what is none of them is a piece of one character. */
const piece = new RegExp(
  [
    // One that is never closed ends with the text.
    String.raw`(?<string>"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|'[^'\\]*(?:\\[\s\S][^'\\]*)*(?:'|\\?$))`,
    String.raw`(?<comment>\/\*[\s\S]*?(?:\*\/|$))`,
    String.raw`(?<line>\/\/[^\r\n\u2028\u2029]*)(?<end>[\u2028\u2029]?)`,
    // A fraction with a sign and no digit before it.
    String.raw`(?<fraction>[+-]\.\d+(?:[eE][+-]?\d+)?)`,
    String.raw`(?<word>[\p{ID_Continue}$\u200c\u200d]+)`,
    String.raw`(?<space>\s+)`,
    String.raw`(?<other>[\s\S])`,
  ].join('|'),
  'gu',
);

/** A key that is a word of JSON, or that has letters beyond the first 65536. */
const oddKey = /^(?:null|true|false)$|[\u{10000}-\u{10ffff}]/u;
const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*$/u;

export function rewriteOddSpellings(text: string): Rewritten {
  const keys = new Map<number, string>();
  const fractions = new Map<number, number>();
  const parts: string[] = [];
  /** The last word, while nothing but space and comments has followed: a colon makes it a key. */
  let word: { index: number; offset: number; text: string } | undefined;
  let isBehindNumber = false;
  for (const match of text.matchAll(piece)) {
    const [source] = match;
    const { line, end, comment, space, fraction, word: name } = match.groups ?? {};
    parts.push(source);
    if (line !== undefined && end !== undefined && end !== '') parts[parts.length - 1] = `${line}\n`;
    if (line !== undefined || comment !== undefined || space !== undefined) {
      isBehindNumber = false;
      continue;
    }
    if (source === ':' && word !== undefined && identifier.test(word.text) && oddKey.test(word.text)) {
      keys.set(word.offset, word.text);
      parts[word.index] = '_'.repeat(word.text.length);
    }
    if (fraction !== undefined && !isBehindNumber) {
      fractions.set(match.index, Number(fraction));
      parts[parts.length - 1] = `-${'1'.repeat(fraction.length - 1)}`;
    }
    word = name === undefined ? undefined : { index: parts.length - 1, offset: match.index, text: name };
    isBehindNumber = name !== undefined || source === '.';
  }
  return {
    text: parts.join(''),
    putBack(document) {
      putBack(document.body, keys, fractions);
      return document;
    },
  };
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

/** Whether there is nothing in it but space and comments. */
export function isBlankText(text: string): boolean {
  for (const { groups } of text.matchAll(piece)) {
    const { comment, line, space } = groups ?? {};
    if (comment?.endsWith('*/') !== true && line === undefined && space === undefined) return false;
  }
  return true;
}
