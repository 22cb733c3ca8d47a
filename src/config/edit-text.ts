// Sets and removes single values in a JSON5 text and leaves every other byte as it is: comments, order, quotes, `${…}`,
// unknown keys. Pure: text in, text out. Files, locks and whether the result is a good configuration are `edit.ts`.
import type { ArrayNode, ElementNode, MemberNode, ObjectNode, Token } from '@humanwhocodes/momoa';
import { isDeepStrictEqual } from 'node:util';
import { OpenClawError } from '../errors.ts';
import { pathText, type ConfigPath } from './config-path.ts';
import { endOf, nameOf, parseDocument, placeAt, startOf, type Json5Document } from './json5-document.ts';
import { editsOfChoice } from './model-choice.ts';
import { narrowed, type ConfigEdit } from './narrowed-edit.ts';
import { printKey, printValue, type Style } from './json5-print.ts';

export type { ConfigEdit } from './narrowed-edit.ts';

/** What holds values: a member or element of it is replaced, removed, or put behind the last one. */
type Holder = ObjectNode | ArrayNode;
type Part = MemberNode | ElementNode;

type Splice = { readonly from: number; readonly to: number; readonly text: string };

/**
 * The text with all edits done, in their order; the same text when they change nothing.
 * Errors: CONFIG_SYNTAX and CONFIG_INVALID when the text is no JSON5 object; CONFIG_WRITE_REFUSED when a key on the
 * way holds something else than an object.
 */
export function editText(text: string, edits: readonly ConfigEdit[], file: string): string {
  return edits.reduce((before, edit) => {
    const meant = editsOfChoice(edit, parseDocument(before, file).value);
    return meant.reduce((current, each) => editNarrowed(current, each, file), before);
  }, text);
}

function editNarrowed(source: string, edit: ConfigEdit, file: string): string {
  return narrowed(edit, parseDocument(source, file).value).reduce(
    (current, each) => editOnce(current, each, file),
    source,
  );
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
    const printed = printValue(nested(edit, edit.path), { ...style, indent: '' });
    const gap = text === '' || text.endsWith('\n') ? '' : style.newline;
    return [{ from: text.length, to: text.length, text: `${gap}${printed}${style.newline}` }];
  }
  let holder: Holder = root;
  for (const [depth, key] of edit.path.entries()) {
    const parts = partsAt(holder, key, document, edit, depth, file);
    // Of a key that is there twice, the last one counts.
    const part = parts.at(-1);
    const isLast = depth === edit.path.length - 1;
    if (edit.value === undefined) {
      if (part === undefined) return [];
      if (isLast) return parts.flatMap((each) => removal(document, holder, each, parts));
    } else if (part === undefined) {
      return insertion(document, holder, key, nested(edit, edit.path.slice(depth + 1)));
    } else if (isLast) return replacement(document, holder, part, edit);
    if (part === undefined) return [];
    const { value } = part;
    if (value.type !== 'Object' && value.type !== 'Array') {
      const what = `${pathText(edit.path.slice(0, depth + 1))} is not an object`;
      throw refused(document, edit, startOf(value), what, file);
    }
    holder = value;
  }
  return [];
}

/** The members of that name, or the element; none where a new one would go. */
function partsAt(
  holder: Holder,
  key: string | number,
  document: Json5Document,
  edit: ConfigEdit,
  depth: number,
  file: string,
): Part[] {
  if (holder.type === 'Object') {
    if (typeof key === 'string') return holder.members.filter((member) => nameOf(member) === key);
    const what = `${pathText(edit.path.slice(0, depth))} is an object and no array`;
    throw refused(document, edit, startOf(holder), what, file);
  }
  const { length } = holder.elements;
  const name = pathText(edit.path.slice(0, depth));
  if (typeof key !== 'number') {
    throw refused(
      document,
      edit,
      startOf(holder),
      `${name} is an array: its elements are ${name}[0] and so on`,
      file,
    );
  }
  if (key > length && edit.value !== undefined) {
    const what = `${name} has ${length} ${length === 1 ? 'element' : 'elements'}, so that the next one is ${name}[${length}]`;
    throw refused(
      document,
      edit,
      startOf(holder),
      what,
      file,
      `Write ${name}[${length}] to put one behind the last.`,
    );
  }
  const element = holder.elements[key];
  return element === undefined ? [] : [element];
}

function refused(
  document: Json5Document,
  edit: ConfigEdit,
  offset: number,
  what: string,
  file: string,
  remedy?: string,
): OpenClawError {
  const place = placeAt(document.text, offset);
  return new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: `${pathText(edit.path)} cannot be ${edit.value === undefined ? 'removed' : 'set'}: ${what}.`,
    ...(remedy === undefined ? {} : { remedy }),
    data: { place: `${file}:${place.line}:${place.column}` },
  });
}

function replacement(document: Json5Document, object: Holder, member: Part, edit: ConfigEdit): Splice[] {
  const old = edit.path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown>)[key],
    document.value,
  );
  if (isDeepStrictEqual(old, JSON.parse(JSON.stringify(edit.value)))) return [];
  const inline = isInline(document.text, object);
  const indent = indentAt(document.text, startOf(member));
  const style = styleOf(document, object);
  const mark = document.text[startOf(member.value)];
  // A text keeps the quotes that it has.
  const quote = mark === '"' || mark === "'" ? mark : style.quote;
  const text = printValue(edit.value, { ...style, quote, indent, inline });
  return [{ from: startOf(member.value), to: endOf(member.value), text }];
}

/** The new one goes to the end of its object or array, behind the comments there; a comma goes straight behind the value. */
function insertion(document: Json5Document, object: Holder, key: string | number, value: unknown): Splice[] {
  const { text } = document;
  const style = styleOf(document, object);
  const last = childrenOf(object).at(-1);
  const closing = endOf(object) - 1;
  const lastToken = document.tokens.findLast((token) => endOf(token) <= closing);
  const contentEnd = lastToken === undefined ? closing : endOf(lastToken);
  const outer = indentAt(text, startOf(object));
  if (last === undefined && contentEnd === startOf(object) + 1) {
    if (typeof key === 'number' && (typeof value !== 'object' || value === null)) {
      return [{ from: contentEnd, to: closing, text: printValue(value, { ...style, indent: outer }) }];
    }
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
function removal(document: Json5Document, object: Holder, member: Part, removed: readonly Part[]): Splice[] {
  const { text } = document;
  const comma = commaAfter(document, member);
  const splices: Splice[] = [];
  let from = startOf(member);
  let to = endOf(member);
  if (comma === undefined) {
    const kept = childrenOf(object).findLast((each) => !removed.includes(each));
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

/** Around the value what is missing on the way to it. */
function nested(edit: ConfigEdit, path: ConfigPath): unknown {
  return path.reduceRight<unknown>((inner, key) => {
    if (typeof key === 'string') return Object.fromEntries([[key, inner]]);
    if (key === 0) return [inner];
    throw new OpenClawError({
      code: 'CONFIG_WRITE_REFUSED',
      message: `${pathText(edit.path)} cannot be set: the array is not there yet, so that its first element is [0].`,
      remedy: `Write [0] in place of [${key}].`,
    });
  }, edit.value);
}

function childrenOf(holder: Holder): readonly Part[] {
  return holder.type === 'Object' ? holder.members : holder.elements;
}

function printMember(
  key: string | number,
  value: unknown,
  style: Style & { indent: string; inline?: boolean },
): string {
  const printed = printValue(value, style);
  return typeof key === 'number' ? printed : `${printKey(key, style)}: ${printed}`;
}

function commaAfter(document: Json5Document, member: Part): Token | undefined {
  const next = document.tokens.find(
    (token) =>
      startOf(token) >= endOf(member) && token.type !== 'LineComment' && token.type !== 'BlockComment',
  );
  return next?.type === 'Comma' ? next : undefined;
}

function rangeOf(token: Token): [number, number] {
  return [startOf(token), endOf(token)];
}

function isInline(text: string, object: Holder): boolean {
  return !/[\r\n\u2028\u2029]/.test(text.slice(startOf(object), endOf(object)));
}

/** The white space at the start of the line on which `offset` lies. */
function indentAt(text: string, offset: number): string {
  const lineStart = Math.max(text.lastIndexOf('\n', offset - 1), text.lastIndexOf('\r', offset - 1)) + 1;
  return /^[ \t]*/.exec(text.slice(lineStart, offset))?.[0] ?? '';
}

function memberIndent(text: string, object: Holder, member: Part, style: Style): string {
  const indent = indentAt(text, startOf(member));
  const lineStart = startOf(member) - indent.length;
  const startsLine = lineStart === 0 || /[\r\n]/.test(text[lineStart - 1] ?? '');
  return startsLine ? indent : indentAt(text, startOf(object)) + style.unit;
}

/** How the file is written, as far as it shows: its line ends, indentation and quotes. */
function styleOf(document: Json5Document, object?: Holder): Style {
  const { text, root } = document;
  const newline = /\r\n|\n/.exec(text)?.[0] === '\r\n' ? '\r\n' : '\n';
  const first = root?.members[0];
  const unit = first === undefined ? '' : indentAt(text, startOf(first));
  const names = [...(object?.type === 'Object' ? object.members : []), ...(root?.members ?? [])];
  const name = names.find((member) => /^[A-Za-z_$][\w$]*$/.test(nameOf(member)))?.name;
  const isWithin = (token: Token): boolean =>
    object !== undefined && startOf(token) > startOf(object) && endOf(token) < endOf(object);
  const strings = document.tokens.filter((token) => token.type === 'String');
  const firstString = strings.find(isWithin) ?? strings[0];
  const quote = firstString !== undefined && text[startOf(firstString)] === "'" ? "'" : '"';
  return { newline, unit: unit === '' ? '  ' : unit, quote, quotedKeys: name?.type !== 'Identifier' };
}
