// What follows when an attempt at a request has failed before its first byte: the same login once more, another login of
// the provider, the next model of the chain, or the end. Pure decisions; the exchange does not act on them yet and passes the first failure on, as it comes.
// After the first byte nothing here applies: a stream that breaks off ends with an error of the client's protocol.
import { cleanText } from '../platform/text.ts';
import type { ModelRoute } from '../providers/model-route.ts';
import type { AnswerClass } from './classify.ts';

/** Why an attempt failed: a class of answer, or the code of the error that kept it from being made. */
export type FailureReason =
  | Exclude<AnswerClass, 'ok'>
  | 'unreachable'
  | 'no_login'
  | 'cooling_down'
  | 'other_api';

export type FailedAttempt = {
  readonly ref: string;
  /** Absent where no login could be had. */
  readonly profileId?: string;
  readonly reason: FailureReason;
  /** When it may work again, as far as anybody knows. */
  readonly retryAfterMs?: number;
};

export type NextStep =
  /** The same login, after a pause. */
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'next_login' }
  | { readonly kind: 'next_model' }
  /** What failed is the request's own matter, or nothing is left to try. */
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
const ofTheProvider: ReadonlySet<FailureReason> = new Set(['no_login', 'cooling_down', 'other_api']);

/**
 * `tries`: attempts with this login at this model so far. `fraction`: uniform in [0, 1), spreads the pauses of many
 * clients.
 */
export function decideNext(
  failure: { reason: FailureReason; retryAfterMs?: number | undefined },
  tries: number,
  fraction: number,
): NextStep {
  if (ofTheRequest.has(failure.reason)) return { kind: 'end' };
  if (ofTheProvider.has(failure.reason)) return { kind: 'next_model' };
  const pauseMs = failure.retryAfterMs ?? shortestPauseMs * (1 + fraction);
  if (mayPass.has(failure.reason) && tries < triesEach && pauseMs <= longestPauseMs) {
    return { kind: 'again', delayMs: pauseMs };
  }
  return { kind: 'next_login' };
}

/** The models to try in turn. Fallbacks belong to the default model, and to no other that a client names. */
export function chainFor(
  asked: ModelRoute,
  defaults: { primary: ModelRoute | undefined; fallbacks: readonly ModelRoute[] },
): readonly ModelRoute[] {
  if (asked.ref !== defaults.primary?.ref) return [asked];
  return [asked, ...defaults.fallbacks.filter((route) => route.ref !== asked.ref)];
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
  timeout: 'no answer in time',
  server_error: 'an error of the server',
  unreachable: 'not reached',
  no_login: 'there is no login that works',
  cooling_down: 'all logins are cooling down',
  other_api: 'it is served by another API',
};

/** `minimax-portal/MiniMax-M3 (minimax-portal:default): too many requests; …`, one part for each attempt. */
export function describeAttempts(attempts: readonly FailedAttempt[]): string {
  return attempts
    .map(({ ref, profileId, reason }) => {
      const login = profileId === undefined ? '' : ` (${profileId})`;
      return cleanText(`${ref}${login}: ${words[reason]}`, 200);
    })
    .join('; ');
}

/** The soonest time at which any of them may work; undefined where nobody has named one. */
export function soonestRetryMs(attempts: readonly FailedAttempt[]): number | undefined {
  const known = attempts.map(({ retryAfterMs }) => retryAfterMs).filter((ms) => ms !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** True where waiting is all that helps: every attempt met a limit. */
export function isLimited(attempts: readonly FailedAttempt[]): boolean {
  const limits: ReadonlySet<FailureReason> = new Set(['rate_limit', 'quota', 'cooling_down', 'overloaded']);
  return attempts.length > 0 && attempts.every(({ reason }) => limits.has(reason));
}
