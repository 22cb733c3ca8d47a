// What is wrong where the parser stopped, in a person's words: which bracket is open, what is missing, which other
// language this looks like. Never the parser's words or the file's: either may hold a secret that lost its quotes.
import type { Token } from '@humanwhocodes/momoa';
import { tokenizeJson5 } from './json5-parser.ts';

/** `offset` is where to look, which is not always where the parser stopped. `fix` is a sentence without its full stop. */
export type SyntaxProblem = { readonly offset: number; readonly problem: string; readonly fix: string };

/** Strings that may run over lines, and comments: what stands in them is no JSON5. */
const opaque = /"(?:\\[\s\S]|[^"\\])*("?)|'(?:\\[\s\S]|[^'\\])*('?)|\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\r\n]*/g;

/** Words that other languages have, and what JSON5 calls them. */
const words = new Map([
  ['true', 'true'],
  ['yes', 'true'],
  ['on', 'true'],
  ['false', 'false'],
  ['no', 'false'],
  ['off', 'false'],
  ['null', 'null'],
  ['none', 'null'],
  ['nil', 'null'],
  ['undefined', 'null'],
]);

export function explainSyntax(text: string, stoppedAt: number): SyntaxProblem {
  return (
    otherLanguage(text) ??
    brokenString(text, stoppedAt) ??
    oddCharacter(text, stoppedAt) ??
    misplaced(text, stoppedAt)
  );
}

/** A string over the end of its line, as the parser takes it and JSON5 does not; or an escape that means nothing. */
export function refusedString(source: string): { problem: string; fix: string } | undefined {
  if (/[\r\n]/.test(source.replace(/\\(?:\r\n|[\s\S])/g, ''))) return openString;
  if (!/\\(?:[1-9]|0\d)/.test(source.replace(/\\[^\d]/g, ''))) return undefined;
  return badEscape;
}

const openString = {
  problem: 'this string is not closed on its line (a quote is missing)',
  fix: 'Put the missing quote at the end of the text',
};

const badEscape = {
  problem: 'a backslash in this string begins an escape that JSON5 does not know',
  fix: String.raw`Write \\ for a backslash, or / in a path`,
};

function otherLanguage(text: string): SyntaxProblem | undefined {
  const content = text.replace(opaque, (match) => (match.startsWith('/') ? ' '.repeat(match.length) : match));
  const offset = content.search(/\S/);
  const start = content.slice(offset);
  if (start.startsWith('<')) {
    return {
      offset,
      problem: 'this is a web page or XML, not JSON5',
      fix: 'Put back your own file, or begin with {}',
    };
  }
  if (
    /^(?:export\s+)?[\w.-]+[ \t]*=/.test(start) ||
    /^\[[\w."-]+\][ \t]*$/m.test(start.split(/\r?\n/)[0] ?? '')
  ) {
    return {
      offset,
      problem: 'this looks like TOML or a list of NAME=value, not JSON5',
      fix: 'Write { section: { key: "value" } }; lines NAME=value belong into the .env file beside it',
    };
  }
  const yaml = /^(?:---|- )|^[\w.-]+:(?:[ \t]*$|[ \t]+[^\s{[])/m;
  if (!/^["'\w.-]+\s*:/.test(start) && !/^(?:---|- )/.test(start)) return undefined;
  return yaml.test(start) && !start.trimEnd().endsWith('}')
    ? {
        offset,
        problem: 'this looks like YAML, not JSON5',
        fix: 'Write { key: "value", section: { key: "value" } } with braces, quotes and commas',
      }
    : {
        offset,
        problem: 'the { at the beginning of the file is missing',
        fix: 'Put { before the first key and } at the end of the file',
      };
}

function brokenString(text: string, stoppedAt: number): SyntaxProblem | undefined {
  for (const match of text.matchAll(opaque)) {
    const [source, double, single] = match;
    const isComment = double === undefined && single === undefined;
    const end = match.index + source.length;
    if (match.index > stoppedAt) return undefined;
    if (isComment) {
      if (!source.startsWith('/*') || source.endsWith('*/')) continue;
      return {
        offset: match.index,
        problem: 'this comment is never closed',
        fix: 'Put */ at its end',
      };
    }
    const isClosed = (double ?? single) !== '';
    if (!isClosed || refusedString(source) === openString) return { offset: match.index, ...openString };
    if (stoppedAt > match.index && stoppedAt < end) return { offset: match.index, ...badEscape };
  }
  return undefined;
}

function oddCharacter(text: string, offset: number): SyntaxProblem | undefined {
  const rest = text.slice(offset);
  if (rest === '') return undefined;
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  if (/[\u2018-\u201f\u00ab\u00bb\u2039\u203a\u300c\u300d\uff02\uff07]/.test(character)) {
    return {
      offset,
      problem: `the quotes here are typographic (${character}), as text programs make them`,
      fix: 'Write " or \' instead, in a plain text editor',
    };
  }
  if (rest.startsWith('${')) {
    return {
      offset,
      problem: 'a reference to a variable needs quotes',
      fix: 'Write "${NAME}" with its quotes',
    };
  }
  const found = new Map<string, [string, string]>(
    Object.entries({
      '#': ['# begins no comment in JSON5', 'Write // before a comment'],
      '=': ['a key and its value are joined by a colon, not by =', 'Write key: value'],
      ';': ['; ends nothing in JSON5', 'Write a comma between two values'],
      '`': ['JSON5 has no backquotes', 'Write " or \' around the text'],
      '(': ['JSON5 has no parentheses', 'Take them out'],
      '/': ['one / begins nothing', 'Write // before a comment, or quotes around a text'],
      '\u0000': [
        'there is a zero byte here: this is no text file, or one in UTF-16',
        'Save it as UTF-8 text',
      ],
    }),
  );
  const known = found.get(character);
  return known === undefined ? undefined : { offset, problem: known[0], fix: known[1] };
}

type Open = { type: 'LBrace' | 'LBracket'; offset: number };

/** By the tokens before the place: what they leave open, and what may not follow them. */
function misplaced(text: string, stoppedAt: number): SyntaxProblem {
  const { tokens, offset } = tokensBefore(text, stoppedAt);
  const last = tokens.at(-1);
  const inner = openBrackets(tokens).at(-1);
  const rest = text.slice(offset);
  if (last !== undefined && inner === undefined) return behindTheEnd(rest, offset, last);
  const early = endsEarly(text, offset, last);
  if (early !== undefined) return early;
  if (/^[}\]]/.test(rest) && inner !== undefined) return wrongClosing(text, offset, inner, last);
  if (rest.startsWith(',')) {
    return last?.type === 'Colon'
      ? { offset, problem: 'a value is missing before this comma', fix: 'Write a value behind the colon' }
      : { offset, problem: 'there is a comma too many', fix: 'Take one comma out' };
  }
  return besides(text, offset, tokens, inner);
}

function behindTheEnd(rest: string, offset: number, last: Token): SyntaxProblem {
  if (/^[}\]]/.test(rest)) {
    return {
      offset,
      problem: `there is one ${rest[0] ?? ''} too many`,
      fix: 'Take it out, or one before it',
    };
  }
  if (rest.startsWith(',') || /^["'\w$]+\s*:/.test(rest)) {
    return {
      offset: last.loc.start.offset,
      problem: 'this closes the first { of the file, and more keys follow: there is one } too many',
      fix: 'Take out this }, or one before it',
    };
  }
  return {
    offset,
    problem: rest.startsWith('{')
      ? 'a second { begins where the file should end'
      : 'there is something behind the closing } of the file',
    fix: rest.startsWith('{')
      ? 'Put all sections into one pair of { }'
      : 'Take out what stands behind the end of the configuration',
  };
}

function besides(
  text: string,
  offset: number,
  tokens: readonly Token[],
  inner: Open | undefined,
): SyntaxProblem {
  const rest = text.slice(offset);
  const last = tokens.at(-1);
  const before = tokens.at(-2);
  const isKey = inner?.type === 'LBrace' && (before?.type === 'LBrace' || before?.type === 'Comma');
  if (last !== undefined && isKey && (last.type === 'String' || last.type === 'Identifier')) {
    return {
      offset,
      problem: 'a colon is missing between the key and its value',
      fix: 'Write key: value',
    };
  }
  const wantsValue = last?.type === 'Colon' || inner?.type === 'LBracket';
  const isAfterValue = last !== undefined && !['Colon', 'Comma', 'LBrace', 'LBracket'].includes(last.type);
  if (isAfterValue) {
    if (rest.startsWith(':')) {
      return {
        offset,
        problem: 'there is a second colon in one value (or a comma is missing before its key)',
        fix: 'Put { } around an inner key and its value, quotes around a text, or a comma before the next key',
      };
    }
    const isNextKey = /^(?:"[^"\r\n]*"|'[^'\r\n]*'|[\w$-]+)\s*:/.test(rest);
    if (isNextKey || /^["'{[]/.test(rest)) {
      return {
        offset,
        problem: 'a comma is missing before this',
        fix: 'Put a comma behind the value that stands before it',
      };
    }
  }
  const word = /^[A-Za-z]+(?![\w$.-])/.exec(rest)?.[0];
  const meant = word === undefined ? undefined : words.get(word.toLowerCase());
  if (wantsValue && !isAfterValue && word !== undefined && meant !== undefined) {
    return { offset, problem: `${word} is no value in JSON5`, fix: `Write ${meant}` };
  }
  if (wantsValue) {
    return { offset, problem: 'this text needs quotes', fix: 'Put " before and behind the text' };
  }
  return {
    offset,
    problem: 'unexpected text here, where a key belongs (a quote is missing, or the key needs quotes)',
    fix: 'Put keys with other characters than letters, digits, $ and _ in quotes',
  };
}

function wrongClosing(text: string, offset: number, inner: Open, last: Token | undefined): SyntaxProblem {
  const found = text[offset] ?? '';
  const wanted = inner.type === 'LBrace' ? '}' : ']';
  if (last?.type === 'Colon') {
    return {
      offset,
      problem: `a value is missing before this ${found}`,
      fix: 'Write a value behind the colon',
    };
  }
  if (found === wanted) {
    return {
      offset,
      problem: `a colon and a value are missing before this ${found}`,
      fix: 'Write key: value, or take the key out',
    };
  }
  return {
    offset,
    problem: `${found} does not fit here: the ${text[inner.offset] ?? ''} of line ${lineOf(text, inner.offset)} is still open`,
    fix: `Close it with ${wanted} first`,
  };
}

/** Where everything can be read and the parser stopped at the last piece of it, or behind. */
function endsEarly(text: string, stoppedAt: number, before: Token | undefined): SyntaxProblem | undefined {
  const all = readTokens(text);
  const final = all?.at(-1);
  const inner = openBrackets(all ?? []).at(-1);
  const isAtEnd = final === undefined || stoppedAt >= final.loc.start.offset;
  if (all === undefined || !isAtEnd || (before?.type === 'Colon' && final?.type === 'Identifier'))
    return undefined;
  const offset = text.trimEnd().length;
  if (inner === undefined) {
    const isOpen = final?.type === 'Colon' || final === undefined;
    return isOpen
      ? { offset, problem: 'the file ends too early', fix: 'Write the missing value' }
      : undefined;
  }
  const opening = text[inner.offset] ?? '';
  const closing = inner.type === 'LBrace' ? '}' : ']';
  return {
    offset,
    problem: `the file ends too early: the ${opening} of line ${lineOf(text, inner.offset)} is never closed`,
    fix: `Put the missing ${closing} where it belongs, often further up`,
  };
}

/** Where what is before the place cannot be read, the beginning of its word is the place. */
function tokensBefore(text: string, stoppedAt: number): { tokens: Token[]; offset: number } {
  const tokens = readTokens(text.slice(0, stoppedAt));
  if (tokens !== undefined) return { tokens, offset: stoppedAt };
  let offset = stoppedAt;
  while (offset > 0 && /[\w$.+-]/.test(text[offset - 1] ?? '')) offset -= 1;
  return { tokens: readTokens(text.slice(0, offset)) ?? [], offset };
}

function readTokens(text: string): Token[] | undefined {
  try {
    return tokenizeJson5(text).filter(({ type }) => !type.endsWith('Comment'));
  } catch {
    // What cannot be read says nothing of the place.
    return undefined;
  }
}

function openBrackets(tokens: readonly Token[]): Open[] {
  const open: Open[] = [];
  for (const { type, loc } of tokens) {
    if (type === 'LBrace' || type === 'LBracket') open.push({ type, offset: loc.start.offset });
    else if (type === 'RBrace' || type === 'RBracket') open.pop();
  }
  return open;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split(/\r\n|\n|\r/).length;
}
