// What follows when an attempt at a request has failed before its first byte: the same login once more, another login of
// the provider, the next model of the chain, or the end; and how failed attempts are told. Pure decisions.
// Who makes the attempts is failover-run.ts. After the first byte nothing here applies: a stream that breaks off ends
// with an error of the client's protocol.
import { OpenClawError, isOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { AnswerClass } from './classify.ts';

/** Why an attempt failed: a class of answer, or what kept it from being made. */
export type FailureReason =
  | Exclude<AnswerClass, 'ok'>
  | 'unreachable'
  | 'no_login'
  | 'refresh_failed'
  | 'cooling_down'
  | 'not_served'
  | 'other_api';

export type FailedAttempt = {
  readonly ref: string;
  /** Absent where no login could be had. */
  readonly profileId?: string | undefined;
  readonly reason: FailureReason;
  /** The upstream's own words, fit to be shown. */
  readonly detail?: string | undefined;
  /** When it may work again, as far as anybody knows. */
  readonly retryAfterMs?: number | undefined;
  /** What to do about it, where more is known than the usual. */
  readonly remedy?: string | undefined;
};

export type NextStep =
  /** The same login, after a pause. */
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'next_login' }
  | { readonly kind: 'next_model' }
  /** What failed is the request's own matter. */
  | { readonly kind: 'end' };

/** With the same login, the first try included. */
const triesEach = 2;
/** A server that asks for more is left alone; others may answer sooner. */
const longestPauseMs = 2_000;
const shortestPauseMs = 250;

const mayPass: ReadonlySet<FailureReason> = new Set(['overloaded', 'server_error', 'timeout', 'unreachable']);
/** Another login would be told the same. */
const ofTheRequest: ReadonlySet<FailureReason> = new Set(['format', 'context_overflow']);
/** Said by whoever hands out logins: there is none to try. */
const ofTheProvider: ReadonlySet<FailureReason> = new Set([
  'no_login',
  'cooling_down',
  'not_served',
  'other_api',
]);
/** Of the login itself, whatever the model. */
const ofTheLogin: ReadonlySet<FailureReason> = new Set(['auth', 'billing', 'refresh_failed']);

/**
 * `tries`: attempts with this login at this model so far. `fraction`: uniform in [0, 1), spreads the pauses of many
 * clients. `pauseMs`: what the server asked for, or what the kind of failure calls for; Infinity where it has taken its
 * time already.
 */
export function decideNext(
  failure: { reason: FailureReason; pauseMs?: number | undefined },
  tries: number,
  fraction: number,
): NextStep {
  if (ofTheRequest.has(failure.reason)) return { kind: 'end' };
  if (ofTheProvider.has(failure.reason)) return { kind: 'next_model' };
  const pauseMs = failure.pauseMs ?? shortestPauseMs * (1 + fraction);
  if (mayPass.has(failure.reason) && tries < triesEach && pauseMs <= longestPauseMs) {
    return { kind: 'again', delayMs: pauseMs };
  }
  return { kind: 'next_login' };
}

/** Logins that are not tried with the next model either. */
export function lostLogins(attempts: readonly FailedAttempt[]): Set<string> {
  const lost = new Set<string>();
  for (const { profileId, reason } of attempts) {
    if (profileId !== undefined && ofTheLogin.has(reason)) lost.add(profileId);
  }
  return lost;
}

/** What the resolver's error says of an attempt that could not be made; undefined: every login has been tried. */
export function refusedLease(error: unknown, ref: string): FailedAttempt | undefined {
  if (!isOpenClawError(error)) return { ref, reason: 'no_login' };
  const { retryAfterMs, profileId, excluded } = error.data;
  const known = {
    ref,
    ...(typeof profileId === 'string' ? { profileId } : {}),
    ...(typeof retryAfterMs === 'number' ? { retryAfterMs } : {}),
  };
  switch (error.code) {
    case 'COOLING_DOWN':
      return { ...known, reason: 'cooling_down' };
    case 'REFRESH_FAILED':
      return { ...known, reason: 'refresh_failed' };
    case 'TOKEN_REFUSED':
      return { ...known, reason: 'auth' };
    default:
      return excluded === true ? undefined : { ...known, reason: 'no_login' };
  }
}

const words: Readonly<Record<FailureReason, string>> = {
  auth: 'the login was refused',
  forbidden: 'the login may not do this',
  rate_limit: 'too many requests',
  quota: 'the plan is used up',
  billing: 'the balance is used up',
  overloaded: 'overloaded',
  model_unavailable: 'the model is not available to this login',
  format: 'the request was refused',
  context_overflow: 'the request is too long',
  timeout: 'no answer',
  server_error: 'an error of the server',
  unreachable: 'not reached',
  no_login: 'there is no login that works',
  refresh_failed: 'the login could not be renewed now',
  cooling_down: 'all logins are cooling down',
  not_served: 'there is no such model, or no login for it',
  other_api: 'it is served by another API than the one that was asked',
};

/** `minimax-portal/MiniMax-M3 (minimax-portal:default): too many requests (…); …`, one part for each attempt. */
export function describeAttempts(attempts: readonly FailedAttempt[]): string {
  return attempts
    .map(({ ref, profileId, reason, detail }) => {
      const login = profileId === undefined ? '' : ` (${profileId})`;
      const said = detail === undefined || detail === '' ? '' : ` (${detail})`;
      return cleanText(`${ref}${login}: ${words[reason]}${said}`, 240);
    })
    .join('; ');
}

/** Many clients give up on 16 KB of headers, and on less of one. */
const longestHeader = 4 * 1024;
/** Room for the member that counts what is left out. */
const leftOutRoom = 32;

/**
 * The failed attempts in turn, as a list of RFC 9651: `"anthropic/claude-opus-4-6";profile="anthropic:key";
 * reason=overloaded`. What a string of it cannot hold is percent-encoded. At most 4 KB: those that do not fit are counted
 * at its end, `left-out;count=12`.
 */
export function failoverHeader(attempts: readonly FailedAttempt[]): string {
  const members: string[] = [];
  let length = 0;
  for (const attempt of attempts) {
    const member = headerMember(attempt);
    length += member.length + separator.length;
    if (length > longestHeader - leftOutRoom) {
      members.push(`left-out;count=${attempts.length - members.length}`);
      break;
    }
    members.push(member);
  }
  return members.join(separator);
}

const separator = ', ';

function headerMember({ ref, profileId, reason }: FailedAttempt): string {
  const login = profileId === undefined ? '' : `;profile=${headerString(profileId)}`;
  return `${headerString(ref)}${login};reason=${reason}`;
}

function headerString(text: string): string {
  const printable = /^[\u0020-\u007e]*$/.test(text) ? text : encodeURI(text.toWellFormed());
  return `"${printable.replaceAll(/["\\]/g, (character) => `\\${character}`)}"`;
}

const limits: ReadonlySet<FailureReason> = new Set(['rate_limit', 'quota', 'cooling_down', 'overloaded']);

/** One error for all: ALL_FAILED, HTTP 429 where every attempt met a limit, so that waiting is all that helps. */
export function allFailed(
  asked: string,
  attempts: readonly FailedAttempt[],
  retryAfterMs: number | undefined,
): OpenClawError {
  const isLimited = attempts.every(({ reason }) => limits.has(reason));
  const remedies = new Set(attempts.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])));
  return new OpenClawError({
    code: 'ALL_FAILED',
    message: `${cleanText(asked, 120)}: none of the ${attempts.length} attempts was answered. ${describeAttempts(attempts)}`,
    ...(remedies.size === 0 ? {} : { remedy: [...remedies].join(' ') }),
    data: {
      ...(isLimited ? { httpStatus: 429 } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  });
}

/** The soonest time at which any of them may work; undefined where nobody has named one that is yet to come. */
export function soonestRetryMs(attempts: readonly FailedAttempt[]): number | undefined {
  const known = attempts.flatMap(({ retryAfterMs = 0 }) => (retryAfterMs > 0 ? [retryAfterMs] : []));
  return known.length === 0 ? undefined : Math.min(...known);
}
