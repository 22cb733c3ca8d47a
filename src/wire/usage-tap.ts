// Finds the usage in an answer that passes by, without holding up, copying or parsing it: the last bytes are kept (and
// the first, where an API reports there too), and looked through once the answer is over. The API's servers put the
// usage near the end of a body or of the last event that counts; an equal name deeper in the answer (the input of a
// tool) is told apart by the brackets around it. What was found means what usage.ts says.
import type { ModelApi } from '../plugin-sdk/index.ts';
import { mergeUsage, readUsage, type Usage } from './usage.ts';

export type UsageTap = {
  /** The next piece of the body, not compressed. The tap may keep it (the last few KB, in whole pieces) and never writes to it. */
  push(chunk: Buffer): void;
  /** Once, after the last piece or where the answer was cut; undefined when no usage was found. */
  end(): Usage | undefined;
};

/** Enough for all that a server writes before the usage of its first event, or of a body that begins with it. */
const headBytes = 4 * 1024;
/** What follows the usage: little; but for metadata of up to 16 pairs of 64 and 512 characters. */
const tailBytes: Readonly<Record<ModelApi, number>> = {
  'anthropic-messages': 4 * 1024,
  'openai-completions': 4 * 1024,
  'openai-responses': 16 * 1024,
};
/** So many pieces are joined into one: a stream of single bytes must not cost an object for each. */
const mostPieces = 128;
/** Deeper members of the same name after the right one would be odd; an answer full of them is not searched for ever. */
const mostCandidates = 8;

export function createUsageTap(api: ModelApi, isStream: boolean): UsageTap {
  const kept = tailBytes[api];
  const needsHead = !isStream || api === 'anthropic-messages';
  let pieces: Buffer[] = [];
  let size = 0;
  let head: Buffer | undefined;
  let isHeadDone = !needsHead;

  const compact = (): void => {
    if (!isHeadDone && size >= headBytes) {
      head = firstBytes(pieces, headBytes);
      isHeadDone = true;
    }
    if (isHeadDone) {
      let dropped = 0;
      for (const piece of pieces) {
        if (size - piece.length < kept) break;
        size -= piece.length;
        dropped += 1;
      }
      if (dropped > 0) pieces = pieces.slice(dropped);
    }
    if (pieces.length > mostPieces / 2) pieces = [Buffer.concat(pieces, size)];
  };

  return {
    push(chunk) {
      pieces.push(chunk);
      size += chunk.length;
      if (size > 2 * kept || pieces.length > mostPieces) compact();
    },
    end() {
      if (isHeadDone) compact();
      const whole = (pieces.length === 1 ? pieces[0] : undefined) ?? Buffer.concat(pieces, size);
      pieces = [];
      const first = head ?? whole.subarray(0, headBytes);
      const tail = whole.subarray(Math.max(0, whole.length - kept));
      if (isStream && api === 'anthropic-messages')
        return mergeUsage(parse(api, inMessageStart(first)), parse(api, fromEnd(tail, 1, true)));
      const depth = isStream && api === 'openai-responses' ? 2 : 1;
      const found = parse(api, fromEnd(tail, depth, isStream));
      return found ?? (isStream ? undefined : parse(api, fromStart(first, 0, 1)));
    },
  };
}

/** A copy: a view would keep all of the pieces. */
function firstBytes(pieces: readonly Buffer[], wanted: number): Buffer {
  const first: Buffer[] = [];
  let length = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, wanted - length);
    first.push(part);
    length += part.length;
    if (length === wanted) break;
  }
  return Buffer.concat(first, length);
}

const name = Buffer.from('"usage"');
const messageStart = Buffer.from('"message_start"');
const quote = 0x22;
const colon = 0x3a;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** The last `usage` object with exactly `depth` brackets open around it, to the end of its document. */
function fromEnd(tail: Buffer, depth: number, isStream: boolean): Buffer | undefined {
  let at = tail.lastIndexOf(name);
  for (let tries = 0; at !== -1 && tries < mostCandidates; tries += 1) {
    const start = valueStart(tail, at);
    const end = start === undefined ? undefined : objectEnd(tail, start);
    if (end !== undefined && openAfter(tail, end, isStream) === depth) return tail.subarray(start, end);
    at = at === 0 ? -1 : tail.lastIndexOf(name, at - 1);
  }
  return undefined;
}

/** The first `usage` object at `depth` of the document that begins at `from`. */
function fromStart(head: Buffer, from: number, depth: number): Buffer | undefined {
  let open = 0;
  let at = from;
  while (at < head.length) {
    const byte = head[at];
    if (byte === quote) {
      const start = open === depth ? valueStart(head, at) : undefined;
      const end = start === undefined ? undefined : objectEnd(head, start);
      if (end !== undefined) return head.subarray(start, end);
      at = stringEnd(head, at);
      continue;
    }
    open += step(byte);
    if (open < 0) return undefined;
    at += 1;
  }
  return undefined;
}

function inMessageStart(head: Buffer): Buffer | undefined {
  const type = head.indexOf(messageStart);
  if (type === -1) return undefined;
  const line = head.lastIndexOf(lineFeed, type) + 1;
  const brace = head.indexOf(openBrace, line);
  return brace === -1 ? undefined : fromStart(head, brace, 2);
}

/** Where the object begins that is the value of the member `usage` at `at`; undefined when that is something else. */
function valueStart(bytes: Buffer, at: number): number | undefined {
  if (bytes[at - 1] === backslash) return undefined;
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[at + index] !== name[index]) return undefined;
  }
  const separator = skipSpace(bytes, at + name.length);
  if (bytes[separator] !== colon) return undefined;
  const start = skipSpace(bytes, separator + 1);
  return bytes[start] === openBrace ? start : undefined;
}

/** undefined when it does not end here. */
function objectEnd(bytes: Buffer, start: number): number | undefined {
  let open = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = stringEnd(bytes, at);
      continue;
    }
    at += 1;
    open += step(byte);
    if (open === 0) return at;
  }
  return undefined;
}

/** How many brackets that were open at `from` are closed by the end of the document: of its line, in a stream. */
function openAfter(bytes: Buffer, from: number, isStream: boolean): number {
  let closed = 0;
  let at = from;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      at = stringEnd(bytes, at);
      continue;
    }
    if (isStream && (byte === lineFeed || byte === carriageReturn)) break;
    closed -= step(byte);
    at += 1;
  }
  return closed;
}

function step(byte: number | undefined): number {
  if (byte === openBrace || byte === openBracket) return 1;
  return byte === closeBrace || byte === closeBracket ? -1 : 0;
}

/** The index after the closing quote, or the end of what is there. */
function stringEnd(bytes: Buffer, at: number): number {
  let index = at + 1;
  while (index < bytes.length) {
    const byte = bytes[index];
    if (byte === quote) return index + 1;
    index += byte === backslash ? 2 : 1;
  }
  return bytes.length;
}

function skipSpace(bytes: Buffer, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x09 && byte !== lineFeed && byte !== carriageReturn) return index;
    index += 1;
  }
}

function parse(api: ModelApi, object: Buffer | undefined): Usage | undefined {
  if (object === undefined) return undefined;
  try {
    return readUsage(api, JSON.parse(object.toString()));
  } catch {
    // Brackets that match and are no JSON: an answer that counts nothing.
    return undefined;
  }
}
