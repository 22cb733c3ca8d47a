// Looks into the first event of a stream: an upstream that has accepted a request with HTTP 200 may have nothing but an
// error to say. An event is read only as far as it may be one; later events are nobody's business here.
import { mayBeError } from './error-signs.ts';
import { firstEventEnd } from './event-border.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

export type FirstEvent =
  /** The first event that says something is no error. */
  | { readonly kind: 'fine' }
  /** It has not ended yet. */
  | { readonly kind: 'more' }
  /** It may be one; `data` is what stands in its data lines. */
  | { readonly kind: 'error'; readonly data: string };

const fine: FirstEvent = { kind: 'fine' };
const more: FirstEvent = { kind: 'more' };
const colon = 0x3a;
const lineEnd = /\r\n|[\r\n]/;

/** `bytes`: the beginning of a stream; `isWhole`: there is no more of it. */
export function readFirstEvent(bytes: Buffer, isWhole: boolean): FirstEvent {
  let from = 0;
  for (;;) {
    const end = firstEventEnd(bytes, from);
    if (end === -1 && !isWhole) return more;
    const event = bytes.subarray(from, end === -1 ? bytes.length : end);
    // A comment keeps a connection open and says nothing.
    if (end !== -1 && saysNothing(event)) {
      from = end;
      continue;
    }
    if (!mayBeError(event)) return fine;
    return { kind: 'error', data: dataOf(event) };
  }
}

function saysNothing(event: Buffer): boolean {
  const [first] = event;
  if (first !== colon && first !== lineFeed && first !== carriageReturn) return false;
  return event
    .toString('latin1')
    .split(lineEnd)
    .every((line) => line === '' || line.startsWith(':'));
}

function dataOf(event: Buffer): string {
  return event
    .toString()
    .split(lineEnd)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice('data:'.length).trimStart())
    .join('\n');
}
