// Decides what becomes of an answer of which nothing has been sent yet: it is fine, more of it has to be seen, it is an
// error (and of which class), or it must not be passed on, for it repeats the login's token. Pure.
// What follows from an error is failover.ts's.
import { cleanText } from '../platform/text.ts';
import { mayBeError } from '../wire/error-signs.ts';
import { readFirstEvent } from '../wire/first-event.ts';
import { answerText } from './answer-text.ts';
import { classify, type AnswerClass } from './classify.ts';
import { repeatsSecret, tellWithout, type LeaseSecrets } from './repeated-secret.ts';
import { isEventStream, type AnswerHead } from './response-headers.ts';

export type Verdict =
  | { readonly kind: 'pass' | 'more' }
  /** Nothing is wrong with it but that it cannot be passed on; `said` is told instead. */
  | { readonly kind: 'withheld'; readonly said: string }
  | {
      readonly kind: 'failed';
      readonly reason: Exclude<AnswerClass, 'ok'>;
      readonly retryAfterMs?: number | undefined;
      /** The upstream's own words, fit to be shown. */
      readonly detail: string;
      /** What is told instead of the answer, where that must not be passed on, or would be taken for a success. */
      readonly instead?: { readonly status: number; readonly said: string } | undefined;
    };

/** The small JSON bodies that are looked into, though their status is 200; of a stream, its first event. */
export const smallAnswerBytes = 4 * 1024;

const pass: Verdict = { kind: 'pass' };
const more: Verdict = { kind: 'more' };

/** What cannot be looked through might repeat the login's token. */
const unreadable = 'its text is too long or cannot be read, and is not passed on.';

/** `body`: all of it where `isWhole`, else its beginning. */
export function judgeAnswer(
  head: AnswerHead,
  body: Buffer,
  isWhole: boolean,
  secrets: LeaseSecrets,
  nowMs: number,
): Verdict {
  const isError = head.status >= 300;
  if (isError)
    return judgeText(
      head,
      body,
      isWhole ? answerText(body, head.contentEncoding) : undefined,
      secrets,
      nowMs,
    );
  if (isWhole && isNoAnswer(head, body)) return noAnswer(head);
  if (isPage(head)) return noAnswer(head);
  if (isEventStream(head)) {
    if (head.contentEncoding !== undefined) return pass;
    const first = readFirstEvent(body, isWhole);
    if (first.kind === 'more') return body.length <= smallAnswerBytes ? more : pass;
    return first.kind === 'fine' ? pass : judgeText(head, body, first.data, secrets, nowMs);
  }
  if (!isWhole) return body.length <= smallAnswerBytes ? more : pass;
  if (head.contentEncoding === undefined && !mayBeError(body)) return pass;
  return judgeText(head, body, answerText(body, head.contentEncoding), secrets, nowMs);
}

/** A page for people, as proxies and captive portals send it with HTTP 200. */
export function isPage(head: AnswerHead): boolean {
  return head.status < 300 && /^text\/html\b/i.test(head.contentType);
}

/** It says that all is well, and is not what was asked for: empty, or JSON without its beginning or its end. */
function isNoAnswer({ status, contentType, contentEncoding }: AnswerHead, body: Buffer): boolean {
  if (status !== 200 || contentEncoding !== undefined) return false;
  if (body.length === 0) return true;
  return (
    /^application\/json\b/i.test(contentType) &&
    !(isOneOf(body, 0, 1, '{[') && isOneOf(body, body.length - 1, -1, '}]'))
  );
}

/** The first byte from `at` on, in steps, that is no white space. */
function isOneOf(body: Buffer, from: number, step: 1 | -1, allowed: string): boolean {
  let at = from;
  while (body[at] === 0x20 || body[at] === 0x0a || body[at] === 0x0d || body[at] === 0x09) at += step;
  const byte = body[at];
  return byte !== undefined && allowed.includes(String.fromCharCode(byte));
}

function noAnswer({ status, contentType }: AnswerHead): Verdict {
  const kind = cleanText(contentType, 60) || 'nothing';
  const detail = `HTTP ${status} with ${kind} in place of an answer`;
  return { kind: 'failed', reason: 'server_error', detail, instead: { status: 502, said: detail } };
}

function judgeText(
  head: AnswerHead,
  body: Buffer,
  text: string | undefined,
  secrets: LeaseSecrets,
  nowMs: number,
): Verdict {
  const { kind, message, retryAfterMs } = classify({ ...head, body: text ?? '' }, nowMs);
  const said = insteadOf(head, body, text, message, secrets);
  if (kind === 'ok') return said === undefined ? pass : { kind: 'withheld', said };
  const shown = tellWithout(message, secrets, 120);
  const detail = shown === '' ? `HTTP ${head.status}` : `HTTP ${head.status}: ${shown}`;
  const instead = insteadOfError(head, kind, said, message, secrets);
  return { kind: 'failed', reason: kind, retryAfterMs, detail, instead };
}

/** Clients take HTTP 200 for a success whatever the body says: an error in it gets the status that it should have had. */
function insteadOfError(
  head: AnswerHead,
  kind: Exclude<AnswerClass, 'ok'>,
  said: string | undefined,
  message: string,
  secrets: LeaseSecrets,
): { status: number; said: string } | undefined {
  const { status } = head;
  if (status < 300) return { status: statusOf[kind], said: said ?? (tellWithout(message, secrets) || kind) };
  if (status < 400)
    return {
      status: 502,
      said: `HTTP ${status}: the upstream sends on to another address, which is not followed`,
    };
  return said === undefined ? undefined : { status, said };
}

const statusOf: Readonly<Record<Exclude<AnswerClass, 'ok'>, number>> = {
  auth: 401,
  forbidden: 403,
  rate_limit: 429,
  quota: 429,
  billing: 402,
  overloaded: 529,
  model_unavailable: 404,
  format: 400,
  context_overflow: 400,
  timeout: 504,
  server_error: 502,
};

/** undefined: it can be passed on as it is. */
function insteadOf(
  head: AnswerHead,
  body: Buffer,
  text: string | undefined,
  message: string,
  secrets: LeaseSecrets,
): string | undefined {
  if (text === undefined) return head.status < 300 ? undefined : `HTTP ${head.status}; ${unreadable}`;
  if (!repeatsSecret(head, body, text, secrets)) return undefined;
  return tellWithout(message, secrets) || `HTTP ${head.status}`;
}
