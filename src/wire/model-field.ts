// Finds the top-level `"model"` of a JSON request body by its bytes, and puts another id in its place, so that a
// body of a megabyte is routed without being parsed and reaches the upstream as the client wrote it.
// Strings are jumped over with a native search. What follows the deciding member is not validated: that is the
// upstream's business. Anything surprising falls back to JSON.parse, which then names the fault.

export type ModelField =
  /** `start` and `end` are the byte range of the string literal, quotes included. */
  | { kind: 'found'; value: string; start: number; end: number }
  | { kind: 'not_json' }
  | { kind: 'not_object' }
  | { kind: 'no_model' }
  | { kind: 'model_not_string' };

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const space = 0x20;

const plainKey = Buffer.from('"model"');
/** Every letter of `model` lies in U+006x: a key spelled with escapes must contain this. */
const escapedLetter = Buffer.from('\\u006');

/** No less than what either of them can leave on one side of the border between two pieces. */
const seam = 8;

/** Up to this many bytes a plain loop beats the call into the native search. */
const shortString = 40;

/** The member that JSON.parse would take (the last one of that name). */
export function findModel(body: Buffer): ModelField {
  const range = scan(body);
  if (range === undefined) return explain(body);
  const value = readString(body, range.start, range.end);
  return value === undefined ? explain(body) : { kind: 'found', value, ...range };
}

/**
 * As findModel, for a body that arrived in pieces, without joining them: a prompt of a megabyte is not copied to find a
 * name at its beginning. undefined when the first piece alone does not decide it: join them and use findModel.
 */
export function findModelAhead(
  pieces: readonly Buffer[],
): Extract<ModelField, { kind: 'found' }> | undefined {
  const [first] = pieces;
  const range = first === undefined ? undefined : scan(first);
  if (first === undefined || range === undefined) return undefined;
  let previous = first;
  for (const piece of pieces.slice(1)) {
    if (piece.length < seam || previous.length < seam) return undefined;
    const across = Buffer.concat([previous.subarray(-seam), piece.subarray(0, seam)]);
    if (mayRepeat(across, 0) || mayRepeat(piece, 0)) return undefined;
    previous = piece;
  }
  const value = readString(first, range.start, range.end);
  return value === undefined ? undefined : { kind: 'found', value, ...range };
}

/** A new body with `id` in place of the found literal; every other byte is as it was. */
export function replaceModel(body: Buffer, range: { start: number; end: number }, id: string): Buffer {
  const literal = Buffer.from(JSON.stringify(id));
  return Buffer.concat([body.subarray(0, range.start), literal, body.subarray(range.end)]);
}

/**
 * Writes `id` over the found literal where it has room, with blanks behind it, which mean nothing in JSON (RFC 8259
 * section 2). False, and nothing written: it is too long.
 */
export function writeModel(body: Buffer, range: { start: number; end: number }, id: string): boolean {
  const literal = JSON.stringify(id);
  const room = range.end - range.start;
  // No more than three bytes for each unit of UTF-16.
  if (literal.length * 3 > room && Buffer.byteLength(literal) > room) return false;
  const length = body.write(literal, range.start);
  body.fill(space, range.start + length, range.end);
  return true;
}

type Range = { start: number; end: number };

/** undefined: no such string, or something that this scan does not understand. */
function scan(body: Buffer): Range | undefined {
  let at = skipSpace(body, 0);
  if (body[at] !== openBrace) return undefined;
  at = skipSpace(body, at + 1);
  let found: Range | undefined;
  while (body[at] === quote) {
    const keyEnd = stringEnd(body, at);
    if (keyEnd === -1) return undefined;
    const isModel = isModelKey(body, at, keyEnd);
    at = skipSpace(body, keyEnd);
    if (body[at] !== colon) return undefined;
    const start = skipSpace(body, at + 1);
    const end = valueEnd(body, start);
    if (end === -1) return undefined;
    if (isModel) {
      found = { start, end };
      if (!mayRepeat(body, end)) return found;
    }
    at = skipSpace(body, end);
    if (body[at] !== comma) break;
    at = skipSpace(body, at + 1);
  }
  return body[at] === closeBrace ? found : undefined;
}

function mayRepeat(body: Buffer, from: number): boolean {
  return body.indexOf(plainKey, from) !== -1 || body.indexOf(escapedLetter, from) !== -1;
}

function isModelKey(body: Buffer, start: number, end: number): boolean {
  if (end - start === plainKey.length) {
    for (let index = 1; index < plainKey.length - 1; index += 1) {
      if (body[start + index] !== plainKey[index]) return false;
    }
    return true;
  }
  const slash = body.indexOf(backslash, start);
  return slash !== -1 && slash < end && readString(body, start, end) === 'model';
}

/** The text of a string literal; undefined when it is not one. */
function readString(body: Buffer, start: number, end: number): string | undefined {
  if (body[start] !== quote) return undefined;
  const text = body.toString('utf8', start + 1, end - 1);
  if (!text.includes('\\')) return text;
  const value = parse(`"${text}"`);
  return typeof value === 'string' ? value : undefined;
}

/** The index after the value that starts at `at`; -1 when it does not end. */
function valueEnd(body: Buffer, at: number): number {
  const first = body[at];
  if (first === quote) return stringEnd(body, at);
  if (first === openBrace || first === openBracket) return containerEnd(body, at);
  let end = at;
  while (end < body.length && !endsScalar(body[end])) end += 1;
  return end === at || end === body.length ? -1 : end;
}

function endsScalar(byte: number | undefined): boolean {
  return byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);
}

/** Counts brackets outside strings; their kinds are not compared, a mismatch being no JSON anyway. */
function containerEnd(body: Buffer, at: number): number {
  let depth = 0;
  let index = at;
  while (index < body.length) {
    const byte = body[index];
    if (byte === quote) {
      index = stringEnd(body, index);
      if (index === -1) return -1;
      continue;
    }
    index += 1;
    if (byte === openBrace || byte === openBracket) depth += 1;
    else if (byte === closeBrace || byte === closeBracket) {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}

/** The index after the closing quote of the string that opens at `at`; -1 when it never closes. */
function stringEnd(body: Buffer, at: number): number {
  const near = Math.min(body.length, at + shortString);
  for (let index = at + 1; index < near; index += 1) {
    const byte = body[index];
    if (byte === quote) return index + 1;
    if (byte === backslash) index += 1;
  }
  let close = body.indexOf(quote, at + 1);
  while (close !== -1) {
    let slashes = 0;
    while (body[close - 1 - slashes] === backslash) slashes += 1;
    if (slashes % 2 === 0) return close + 1;
    close = body.indexOf(quote, close + 1);
  }
  return -1;
}

function skipSpace(body: Buffer, at: number): number {
  let index = at;
  while (isSpace(body[index])) index += 1;
  return index;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function explain(body: Buffer): ModelField {
  const document = parse(body.toString());
  if (document === undefined) return { kind: 'not_json' };
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    return { kind: 'not_object' };
  return Object.hasOwn(document, 'model') ? { kind: 'model_not_string' } : { kind: 'no_model' };
}

/** undefined stands for a syntax error: no JSON text has that value. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
