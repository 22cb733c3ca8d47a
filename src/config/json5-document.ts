// A JSON5 text as a tree of plain values in which every value knows its place. Decides what a broken text is called
// and how its line is shown without showing what is in it. What the values should be is for the schema.
import type {
  DocumentNode,
  ElementNode,
  MemberNode,
  ObjectNode,
  Token,
  ValueNode,
} from '@humanwhocodes/momoa';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { ConfigPath } from './config-path.ts';
import { parseJson5 } from './json5-parser.ts';
import { isBlankText, rewriteOddSpellings } from './json5-spelling.ts';
import { maskedLine } from './masked-line.ts';
import { explainSyntax, refusedString } from './syntax-problem.ts';

/** Both count from 1; a column is a UTF-16 unit, as editors count. */
export type Place = { readonly line: number; readonly column: number };

export type DuplicateKey = Place & { readonly path: ConfigPath; readonly firstLine: number };

export type Json5Document = {
  /** Without the byte order mark. */
  readonly text: string;
  readonly byteOrderMark: '' | '\ufeff';
  /** undefined when the text holds nothing but space and comments. */
  readonly root: ObjectNode | undefined;
  /** Comments included, in the order of the text. */
  readonly tokens: readonly Token[];
  /** Own data properties only, also for a key called `__proto__`. Of a key that is there twice, the last value. */
  readonly value: Readonly<Record<string, unknown>>;
  readonly duplicates: readonly DuplicateKey[];
  /** Texts in which a backslash stands before a letter that needs none, and is dropped: `C:\Users` is `C:Users`. */
  readonly lostBackslashes: readonly (Place & { readonly path: ConfigPath })[];
  /** Where the key stands (of an element, the value), or else the nearest thing around it that is there. */
  placeOf(path: ConfigPath): Place;
};

/** The value that a text on its own is in JSON5; undefined when it is none. */
export function parseValue(text: string): { value: unknown } | undefined {
  try {
    const rewritten = rewriteOddSpellings(text);
    const document = rewritten.putBack(parseJson5(rewritten.text));
    return {
      value: valueOf(document.body, { text, file: '', duplicates: [], lostBackslashes: [], path: [] }),
    };
  } catch (error) {
    if (isOpenClawError(error) || hasOffset(error) || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** JSON5 has no limit; a configuration has no use for more, and the parser's stack has an end. */
const deepestNesting = 200;

/** Errors: CONFIG_SYNTAX; CONFIG_INVALID when the text is no object. Both carry `data.place`, `line` and `column`. */
export function parseDocument(source: string, file: string): Json5Document {
  const byteOrderMark = source.startsWith('\ufeff') ? '\ufeff' : '';
  const text = source.slice(byteOrderMark.length);
  const document = parseText(text, file);
  if (document === undefined) {
    return {
      text,
      byteOrderMark,
      root: undefined,
      tokens: [],
      value: {},
      duplicates: [],
      lostBackslashes: [],
      placeOf: () => ({ line: 1, column: 1 }),
    };
  }
  const root = document.body;
  if (root.type !== 'Object') {
    throw configError('CONFIG_INVALID', file, placeAt(text, startOf(root)), {
      problem: `the file must hold an object { … }, found ${withArticle(root.type.toLowerCase())}`,
      fix: `${root.type === 'Array' ? 'Take the [ ] away, so that one { … } is all there is' : 'Write keys and values within { }'}, or begin with {}. Then check it: \`openclaw config validate\`.`,
    });
  }
  const duplicates: DuplicateKey[] = [];
  const lostBackslashes: (Place & { path: ConfigPath })[] = [];
  const walk = { text, file, duplicates, lostBackslashes, path: [] };
  const value = valueOf(root, walk) as Record<string, unknown>;
  let lineStarts: readonly number[] | undefined;
  return {
    text,
    byteOrderMark,
    root,
    tokens: document.tokens ?? [],
    value,
    duplicates,
    lostBackslashes,
    placeOf: (path) => placeIn((lineStarts ??= lineStartsOf(text)), offsetOf(root, path)),
  };
}

/** One problem at one place; `fix` is a sentence that replaces the catalogue's remedy. */
export function configError(
  code: 'CONFIG_SYNTAX' | 'CONFIG_INVALID',
  file: string,
  place: Place,
  detail: { problem: string; excerpt?: string; path?: string; fix?: string },
): OpenClawError {
  const where = `${cleanText(file, 400)}:${place.line}:${place.column}`;
  const excerpt = detail.excerpt === undefined ? '' : `\n${detail.excerpt}`;
  return new OpenClawError({
    code,
    message: `${where}: ${detail.problem}${excerpt}`,
    ...(detail.fix === undefined ? {} : { remedy: detail.fix }),
    data: {
      place: where,
      line: place.line,
      column: place.column,
      path: detail.path,
      problem: detail.problem,
      excerpt: detail.excerpt,
    },
  });
}

export function placeAt(text: string, offset: number): Place {
  return placeIn(lineStartsOf(text.slice(0, offset)), offset);
}

function lineStartsOf(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), ({ index, 0: end }) => index + end.length)];
}

/** A file of many mistakes asks for many places. */
function placeIn(lineStarts: readonly number[], offset: number): Place {
  let from = 0;
  let to = lineStarts.length - 1;
  while (from < to) {
    const middle = Math.ceil((from + to) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) from = middle;
    else to = middle - 1;
  }
  return { line: from + 1, column: offset - (lineStarts[from] ?? 0) + 1 };
}

export function startOf(node: { loc: { start: { offset: number } } }): number {
  return node.loc.start.offset;
}

export function endOf(node: { loc: { end: { offset: number } } }): number {
  return node.loc.end.offset;
}

export function nameOf(member: MemberNode): string {
  return member.name.type === 'String' ? member.name.value : member.name.name;
}

function parseText(text: string, file: string): DocumentNode | undefined {
  // Where these end the line of a comment, the parser reads on: it would not refuse, but take another meaning.
  const mustRewrite = /[\u2028\u2029]/.test(text);
  try {
    return mustRewrite ? parseRewritten(text) : parseJson5(text);
  } catch (error) {
    // The parser calls itself for each level, and for each of the comments that follow one another.
    if (error instanceof RangeError) {
      throw tooDeep(file, { line: 1, column: 1 }, ' (or thousands of comments in a row)');
    }
    if (!hasOffset(error)) throw error;
    if (isBlankText(text)) return undefined;
    const document = mustRewrite ? undefined : parseOdd(text);
    if (document !== undefined) return document;
    const { offset, ...detail } = explainSyntax(text, stopOf(text, error));
    throw syntaxError(text, file, offset, detail);
  }
}

function parseRewritten(text: string): DocumentNode {
  const rewritten = rewriteOddSpellings(text);
  return rewritten.putBack(parseJson5(rewritten.text));
}

/** undefined where it is refused all the same: the complaint about the text as it is, is the one to tell. */
function parseOdd(text: string): DocumentNode | undefined {
  try {
    return parseRewritten(text);
  } catch (error) {
    if (hasOffset(error) || error instanceof RangeError) return undefined;
    throw error;
  }
}

type Walk = {
  text: string;
  file: string;
  duplicates: DuplicateKey[];
  lostBackslashes: (Place & { path: ConfigPath })[];
  path: ConfigPath;
};

function valueOf(node: ValueNode, walk: Walk): unknown {
  if (walk.path.length > deepestNesting) throw tooDeep(walk.file, placeAt(walk.text, startOf(node)));
  switch (node.type) {
    case 'String':
      refuseBadString(node, walk);
      if (/(?<!\\)(?:\\\\)*\\[A-Zac-eg-mo-qswyz]/.test(walk.text.slice(startOf(node), endOf(node)))) {
        walk.lostBackslashes.push({ path: walk.path, ...placeAt(walk.text, startOf(node)) });
      }
      return node.value;
    case 'Number':
    case 'Boolean':
      return node.value;
    case 'Null':
      return null;
    case 'NaN':
      return Number.NaN;
    case 'Infinity':
      return node.sign === '-' ? -Infinity : Infinity;
    case 'Array':
      return node.elements.map((element, index) =>
        valueOf(element.value, { ...walk, path: [...walk.path, index] }),
      );
    case 'Object':
      return objectOf(node, walk);
  }
}

function objectOf(node: ObjectNode, walk: Walk): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const firstOffsets = new Map<string, number>();
  for (const member of node.members) {
    if (member.name.type === 'String') refuseBadString(member.name, walk);
    const name = nameOf(member);
    const path = [...walk.path, name];
    const first = firstOffsets.get(name);
    if (first === undefined) firstOffsets.set(name, startOf(member));
    else {
      const firstLine = placeAt(walk.text, first).line;
      walk.duplicates.push({ path, firstLine, ...placeAt(walk.text, startOf(member)) });
    }
    Object.defineProperty(object, name, {
      value: valueOf(member.value, { ...walk, path }),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

/** The parser takes strings that JSON5 refuses: over the end of their line, or with digits behind a backslash. */
function refuseBadString(node: { loc: ValueNode['loc'] }, walk: Walk): void {
  const refused = refusedString(walk.text.slice(startOf(node), endOf(node)));
  if (refused !== undefined) throw syntaxError(walk.text, walk.file, startOf(node), refused);
}

function offsetOf(root: ObjectNode, path: ConfigPath): number {
  let node: ValueNode = root;
  let offset = startOf(root);
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) break;
    node = child.value;
    offset = startOf(child);
  }
  return offset;
}

function childOf(node: ValueNode, part: string | number): MemberNode | ElementNode | undefined {
  if (node.type === 'Object') return node.members.findLast((member) => nameOf(member) === part);
  return node.type === 'Array' ? node.elements[Number(part)] : undefined;
}

/** At the end of the text the parser tells a place of its own. */
function stopOf(text: string, error: { message: string; offset: number }): number {
  return error.message.startsWith('Unexpected end') ? text.length : error.offset;
}

function syntaxError(
  text: string,
  file: string,
  offset: number,
  { problem, fix }: { problem: string; fix: string },
): OpenClawError {
  const place = placeAt(text, offset);
  return configError('CONFIG_SYNTAX', file, place, {
    problem,
    excerpt: maskedLine(text.split(/\r\n|\n|\r/)[place.line - 1] ?? '', place),
    fix: `${fix}, at line ${place.line} of the file. Then check it: \`openclaw config validate\`.`,
  });
}

function tooDeep(file: string, place: Place, more = ''): OpenClawError {
  return configError('CONFIG_SYNTAX', file, place, {
    problem: `nested more than ${deepestNesting} levels deep${more}`,
    fix: 'No configuration is that deep: put back your own file, or begin with {}. Then check it: `openclaw config validate`.',
  });
}

function withArticle(type: string): string {
  return type === 'null' || type === 'nan' ? type : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}

function hasOffset(error: unknown): error is Error & { offset: number } {
  return error instanceof Error && 'offset' in error && typeof error.offset === 'number';
}
