// A JSON5 text as a tree of plain values in which every value knows its place. Decides what a broken text is called
// and how its line is shown without showing what is in it. What the values should be is for the schema.
import { parse } from '@humanwhocodes/momoa';
import type {
  DocumentNode,
  ElementNode,
  MemberNode,
  ObjectNode,
  Token,
  ValueNode,
} from '@humanwhocodes/momoa';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { maskedLine } from './masked-line.ts';

export type ConfigPath = readonly (string | number)[];

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
  /** Where the key stands (of an element, the value), or else the nearest thing around it that is there. */
  placeOf(path: ConfigPath): Place;
};

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
      placeOf: () => ({ line: 1, column: 1 }),
    };
  }
  const root = document.body;
  if (root.type !== 'Object') {
    throw configError('CONFIG_INVALID', file, placeAt(text, startOf(root)), {
      problem: `the file must hold an object { … }, found ${root.type.toLowerCase()}`,
    });
  }
  const duplicates: DuplicateKey[] = [];
  const value = valueOf(root, { text, file, duplicates, path: [] }) as Record<string, unknown>;
  return {
    text,
    byteOrderMark,
    root,
    tokens: document.tokens ?? [],
    value,
    duplicates,
    placeOf: (path) => placeAt(text, offsetOf(root, path)),
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
    data: { place: where, line: place.line, column: place.column, path: detail.path },
  });
}

/** `agents.defaults.models["minimax/MiniMax-M3"].alias`, cleaned. */
export function pathText(path: ConfigPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[\p{L}_$][\p{L}\p{N}_$-]*$/u.test(part)) text += text === '' ? part : `.${part}`;
    else text += `["${part}"]`;
  }
  return cleanText(text, 300);
}

export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const newline = /\r\n|\n|\r/g;
  let line = 1;
  let lineStart = 0;
  while (newline.exec(before) !== null) {
    line += 1;
    lineStart = newline.lastIndex;
  }
  return { line, column: offset - lineStart + 1 };
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
  try {
    return parse(text, { mode: 'json5', tokens: true });
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep(file, { line: 1, column: 1 });
    if (!hasOffset(error)) throw error;
    if (isBlank(text)) return undefined;
    const { offset, problem } = explain(text, error);
    throw syntaxError(text, file, offset, problem);
  }
}

type Walk = { text: string; file: string; duplicates: DuplicateKey[]; path: ConfigPath };

function valueOf(node: ValueNode, walk: Walk): unknown {
  if (walk.path.length > deepestNesting) throw tooDeep(walk.file, placeAt(walk.text, startOf(node)));
  switch (node.type) {
    case 'String':
      refuseOpenString(node, walk);
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
    if (member.name.type === 'String') refuseOpenString(member.name, walk);
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

/** The parser lets a string run over the end of its line; JSON5 does not, and a lost quote is best told here. */
function refuseOpenString(node: { loc: ValueNode['loc'] }, walk: Walk): void {
  const source = walk.text.slice(startOf(node), endOf(node));
  if (!/[\r\n]/.test(source.replace(/\\(?:\r\n|[\s\S])/g, ''))) return;
  throw syntaxError(
    walk.text,
    walk.file,
    startOf(node),
    'this string is not closed on its line (a quote is missing)',
  );
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

/** Never the parser's own words: they repeat what was found, which may be a secret that lost its quotes. */
function explain(
  text: string,
  error: { message: string; offset: number },
): { offset: number; problem: string } {
  const end = text.trimEnd().length;
  const rest = text.slice(error.offset);
  if (error.message.startsWith('Unexpected end') || /^(?:["']?[\w.+-]*["']?|,)\s*$/.test(rest)) {
    return { offset: end, problem: 'the file ends too early: a closing }, ] or quote is missing' };
  }
  const character = text[error.offset] ?? '';
  const problem = /[{}[\],:]/.test(character)
    ? `unexpected ${character}`
    : 'unexpected text here (is a comma, a colon or a quote missing?)';
  return { offset: error.offset, problem };
}

function syntaxError(text: string, file: string, offset: number, problem: string): OpenClawError {
  const place = placeAt(text, offset);
  return configError('CONFIG_SYNTAX', file, place, { problem, excerpt: maskedLine(text, place) });
}

function tooDeep(file: string, place: Place): OpenClawError {
  return configError('CONFIG_SYNTAX', file, place, {
    problem: `nested more than ${deepestNesting} levels deep`,
  });
}

function isBlank(text: string): boolean {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\r\n]*/g, '').trim() === '';
}

function hasOffset(error: unknown): error is Error & { offset: number } {
  return error instanceof Error && 'offset' in error && typeof error.offset === 'number';
}
