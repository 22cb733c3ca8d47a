// Sets and removes single values in a JSON5 text and leaves every other byte as it is: comments, order, quotes, `${…}`,
// unknown keys. Pure: text in, text out. Files, locks and whether the result is a good configuration are `edit.ts`.
import type { MemberNode, ObjectNode, Token } from '@humanwhocodes/momoa';
import { isDeepStrictEqual } from 'node:util';
import { OpenClawError } from '../errors.ts';
import {
  endOf,
  nameOf,
  parseDocument,
  pathText,
  placeAt,
  startOf,
  type Json5Document,
} from './json5-document.ts';
import { printKey, printValue, type Style } from './json5-print.ts';

/** `value` is JSON data, taken as a whole; undefined removes the key. Objects on the way are made when missing. */
export type ConfigEdit = { readonly path: readonly string[]; readonly value: unknown };

type Splice = { readonly from: number; readonly to: number; readonly text: string };

/**
 * The text with all edits done, in their order; the same text when they change nothing.
 * Errors: CONFIG_SYNTAX and CONFIG_INVALID when the text is no JSON5 object; CONFIG_WRITE_REFUSED when a key on the
 * way holds something else than an object.
 */
export function editText(text: string, edits: readonly ConfigEdit[], file: string): string {
  return edits.reduce((current, edit) => editOnce(current, edit, file), text);
}

/** The leaves of a tree of settings as edits: `{ a: { b: 1 } }` sets `a.b` and nothing else of `a`. */
export function editsOf(patch: Readonly<Record<string, unknown>>): ConfigEdit[] {
  return Object.entries(patch).flatMap(([key, value]) => {
    const isTree =
      typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
    if (!isTree) return [{ path: [key], value }];
    return editsOf(value as Record<string, unknown>).map((edit) => ({
      path: [key, ...edit.path],
      value: edit.value,
    }));
  });
}

function editOnce(source: string, edit: ConfigEdit, file: string): string {
  const document = parseDocument(source, file);
  const splices = splicesOf(document, edit, file);
  let { text } = document;
  for (const { from, to, text: replacement } of splices.toSorted((left, right) => right.from - left.from)) {
    text = text.slice(0, from) + replacement + text.slice(to);
  }
  return document.byteOrderMark + text;
}

function splicesOf(document: Json5Document, edit: ConfigEdit, file: string): Splice[] {
  const { text, root } = document;
  const [key] = edit.path;
  if (key === undefined) throw new TypeError('An edit needs a path.');
  if (root === undefined) {
    if (edit.value === undefined) return [];
    const style = styleOf(document);
    const printed = printValue(nested(edit.path, edit.value), { ...style, indent: '' });
    const gap = text === '' || text.endsWith('\n') ? '' : style.newline;
    return [{ from: text.length, to: text.length, text: `${gap}${printed}${style.newline}` }];
  }
  let object = root;
  for (const [depth, name] of edit.path.entries()) {
    const members = object.members.filter((member) => nameOf(member) === name);
    // Of a key that is there twice, the last one counts.
    const member = members.at(-1);
    const isLast = depth === edit.path.length - 1;
    if (edit.value === undefined) {
      if (member === undefined) return [];
      if (isLast) return members.flatMap((each) => removal(document, object, each, members));
    } else if (member === undefined) {
      return insertion(document, object, name, nested(edit.path.slice(depth + 1), edit.value));
    } else if (isLast) return replacement(document, object, member, edit);
    if (member === undefined) return [];
    if (member.value.type !== 'Object') {
      const place = placeAt(text, startOf(member.value));
      throw new OpenClawError({
        code: 'CONFIG_WRITE_REFUSED',
        message: `${pathText(edit.path)} cannot be set: ${pathText(edit.path.slice(0, depth + 1))} is not an object.`,
        data: { place: `${file}:${place.line}:${place.column}` },
      });
    }
    object = member.value;
  }
  return [];
}

function replacement(
  document: Json5Document,
  object: ObjectNode,
  member: MemberNode,
  edit: ConfigEdit,
): Splice[] {
  const old = edit.path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown>)[key],
    document.value,
  );
  if (isDeepStrictEqual(old, JSON.parse(JSON.stringify(edit.value)))) return [];
  const inline = isInline(document.text, object);
  const indent = indentAt(document.text, startOf(member));
  const text = printValue(edit.value, { ...styleOf(document, object), indent, inline });
  return [{ from: startOf(member.value), to: endOf(member.value), text }];
}

/** The new member goes to the end of its object, behind the comments there; a comma goes straight behind the value. */
function insertion(document: Json5Document, object: ObjectNode, key: string, value: unknown): Splice[] {
  const { text } = document;
  const style = styleOf(document, object);
  const last = object.members.at(-1);
  const closing = endOf(object) - 1;
  const lastToken = document.tokens.findLast((token) => endOf(token) <= closing);
  const contentEnd = lastToken === undefined ? closing : endOf(lastToken);
  const outer = indentAt(text, startOf(object));
  if (last === undefined && contentEnd === startOf(object) + 1) {
    const inner = outer + style.unit;
    const printed = printMember(key, value, { ...style, indent: inner, inline: false });
    const body = `${style.newline}${inner}${printed}${style.newline}${outer}`;
    return [{ from: contentEnd, to: closing, text: body }];
  }
  const inline = isInline(text, object);
  const indent = inline || last === undefined ? outer + style.unit : memberIndent(text, object, last, style);
  const printed = printMember(key, value, { ...style, indent, inline });
  const comma = last === undefined ? undefined : commaAfter(document, last);
  const lead = inline ? ' ' : `${style.newline}${indent}`;
  const trail = comma === undefined ? '' : ',';
  // A line comment ends at its line's end, and the closing brace may stand right behind a member.
  const close = inline || /[\r\n]/.test(text.slice(contentEnd, closing)) ? '' : `${style.newline}${outer}`;
  const member: Splice = { from: contentEnd, to: contentEnd, text: `${lead}${printed}${trail}${close}` };
  if (last === undefined || comma !== undefined) return [member];
  if (endOf(last) === contentEnd) return [{ ...member, text: `,${member.text}` }];
  return [{ from: endOf(last), to: endOf(last), text: ',' }, member];
}

/** Takes the member and one comma; its line too when nothing else stands there. Comments stay. */
function removal(
  document: Json5Document,
  object: ObjectNode,
  member: MemberNode,
  removed: readonly MemberNode[],
): Splice[] {
  const { text } = document;
  const comma = commaAfter(document, member);
  const splices: Splice[] = [];
  let from = startOf(member);
  let to = endOf(member);
  if (comma === undefined) {
    const kept = object.members.findLast((each) => !removed.includes(each));
    const before = kept === undefined ? undefined : commaAfter(document, kept);
    // The comma before the last member would be left over; in JSON5 it may stay, in plain JSON it may not.
    if (before !== undefined) {
      const [start, end] = rangeOf(before);
      if (/^[ \t]*$/.test(text.slice(end, from))) from = start;
      else splices.push({ from: start, to: end, text: '' });
    }
  } else if (/^\s*$/.test(text.slice(to, rangeOf(comma)[0]))) [, to] = rangeOf(comma);
  else splices.push({ from: rangeOf(comma)[0], to: rangeOf(comma)[1], text: '' });
  const lineStart = Math.max(text.lastIndexOf('\n', from - 1), text.lastIndexOf('\r', from - 1)) + 1;
  const lineEnd = /^[ \t]*(?:\r\n|\n|\r)/.exec(text.slice(to))?.[0].length;
  if (lineEnd !== undefined && /^[ \t]*$/.test(text.slice(lineStart, from))) {
    from = lineStart;
    to += lineEnd;
  } else if (comma !== undefined) to += /^[ \t]*(?=\S)/.exec(text.slice(to))?.[0].length ?? 0;
  return [...splices, { from, to, text: '' }];
}

function nested(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
}

function printMember(
  key: string,
  value: unknown,
  style: Style & { indent: string; inline?: boolean },
): string {
  return `${printKey(key, style)}: ${printValue(value, style)}`;
}

function commaAfter(document: Json5Document, member: MemberNode): Token | undefined {
  const next = document.tokens.find(
    (token) =>
      startOf(token) >= endOf(member) && token.type !== 'LineComment' && token.type !== 'BlockComment',
  );
  return next?.type === 'Comma' ? next : undefined;
}

function rangeOf(token: Token): [number, number] {
  return [startOf(token), endOf(token)];
}

function isInline(text: string, object: ObjectNode): boolean {
  return !/[\r\n]/.test(text.slice(startOf(object), endOf(object)));
}

/** The white space at the start of the line on which `offset` lies. */
function indentAt(text: string, offset: number): string {
  const lineStart = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? '';
}

function memberIndent(text: string, object: ObjectNode, member: MemberNode, style: Style): string {
  const indent = indentAt(text, startOf(member));
  const lineStart = startOf(member) - indent.length;
  const startsLine = lineStart === 0 || /[\r\n]/.test(text[lineStart - 1] ?? '');
  return startsLine ? indent : indentAt(text, startOf(object)) + style.unit;
}

/** How the file is written, as far as it shows: its line ends, indentation and quotes. */
function styleOf(document: Json5Document, object?: ObjectNode): Style {
  const { text, root } = document;
  const newline = /\r\n|\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n';
  const first = root?.members[0];
  const unit = first === undefined ? '' : indentAt(text, startOf(first));
  const names = [...(object?.members ?? []), ...(root?.members ?? [])];
  const name = names.find((member) => /^[A-Za-z_$][\w$]*$/.test(nameOf(member)))?.name;
  const firstString = document.tokens.find((token) => token.type === 'String');
  const quote = firstString !== undefined && text[startOf(firstString)] === "'" ? "'" : '"';
  return { newline, unit: unit === '' ? '  ' : unit, quote, quotedKeys: name?.type !== 'Identifier' };
}
