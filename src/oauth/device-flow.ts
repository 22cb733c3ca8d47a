// The waiting of the device authorization grant (RFC 8628): how long its start is tried, when to poll, when to slow down,
// how to live through trouble on the way, and when to stop. One request at a time, never faster than the server asked.
// What is asked and how an answer reads is the client's; who is told of it, the caller's.
import { OpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { DeviceFlowState, DeviceStartState } from './login-phase.ts';
import {
  describeRedirect,
  toLoginError,
  type Grant,
  type OAuthClient,
  type PendingLogin,
  type RequestFailure,
} from './oauth-client.ts';

export type DeviceStartDeps = {
  client: Pick<OAuthClient, 'startDevice'>;
  clock: Clock;
  random: Random;
  /** Named in errors. */
  host: string;
  onState?: (state: DeviceStartState) => void;
};

/** What the server said; a redirect is handed back, since only the caller knows whether its target has a meaning. */
export type DeviceStart =
  | ({ kind: 'pending' } & PendingLogin)
  | Extract<RequestFailure, { kind: 'error' | 'redirected' }>;

export type DeviceFlowDeps = {
  client: Pick<OAuthClient, 'poll'>;
  clock: Clock;
  random: Random;
  /** Named in errors. */
  host: string;
  onState?: (state: DeviceFlowState) => void;
  /** How long the first poll must still wait, where another process has polled before; else the interval. */
  notBeforeMs?: number;
  /**
   * Called as each poll is sent, and again when the server has asked for a slower pace: what another process needs to
   * go on with this login at the right pace.
   */
  onPoll?: (poll: { readonly intervalMs: number }) => void;
  /** Ends a poll that is under way, whose answer may be the grant; `signal` then ends the waiting alone. */
  requestSignal?: AbortSignal;
  /** For a poll that is under way at the deadline: its answer may be the grant; 5 s. */
  graceMs?: number;
};

/** Some clocks run fast (virtual machines); a little later is always right. */
const intervalMargin = 1.2;
const slowDownStepMs = 5_000;
const backoffCeilingMs = 60_000;
/** Before the end one more try is made, however long the pauses have grown. */
const lastTryMs = 5_000;
const defaultGraceMs = 5_000;
const startBudgetMs = 60_000;
const startBackoff = { firstMs: 1_000, ceilingMs: 10_000 };

/**
 * Begins a device login, for up to a minute while there is trouble on the way. Every try is a login of its own, with a
 * fresh verifier and state. Rejects with PORTAL_UNREACHABLE, or the signal's reason.
 */
export async function startDeviceLogin(
  deps: DeviceStartDeps,
  scope: string,
  signal: AbortSignal,
): Promise<DeviceStart> {
  const { client, clock, random, host } = deps;
  const deadlineMs = clock.monotonicMs() + startBudgetMs;
  const budget = createDeadline(clock, startBudgetMs);
  let reason = `no answer within ${startBudgetMs / 1000} s`;
  try {
    for (let troubles = 1; ; troubles += 1) {
      const result = await client.startDevice(scope, AbortSignal.any([signal, budget.signal]));
      signal.throwIfAborted();
      if (result.kind !== 'trouble') return result;
      reason = result.reason;
      const retryInMs = Math.max(result.retryAfterMs ?? 0, startPause(troubles, random.fraction()));
      if (clock.monotonicMs() + retryInMs >= deadlineMs) {
        if (result.retryAfterMs === retryInMs) reason += ` (asked to wait ${Math.ceil(retryInMs / 1000)} s)`;
        break;
      }
      deps.onState?.({ kind: 'starting', reason, retryInMs });
      await sleep(clock, retryInMs, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!budget.signal.aborted) throw error;
  } finally {
    budget.cancel();
  }
  throw toLoginError({ kind: 'trouble', reason }, host);
}

/**
 * Resolves with the grant. Rejects with LOGIN_DENIED, LOGIN_EXPIRED, LOGIN_REJECTED, or the signal's reason; a grant
 * that has come is handed on all the same, since whoever gives it up must revoke it. Connection
 * trouble of any kind is waited out until the code expires; so is a redirect, which is never followed: a network that
 * asks for a sign-in of its own answers so for a while.
 */
export async function awaitApproval(
  deps: DeviceFlowDeps,
  login: PendingLogin,
  signal: AbortSignal,
): Promise<Grant> {
  const { clock, host, requestSignal = signal, graceMs = defaultGraceMs } = deps;
  const beginMs = clock.monotonicMs();
  const deadlineMs = beginMs + login.expiresInMs;
  const end = createDeadline(clock, login.expiresInMs + graceMs);
  let intervalMs = login.intervalMs;
  let troubles = 0;
  let reason: string | undefined;
  let nextMs = beginMs + (deps.notBeforeMs ?? intervalMs * intervalMargin);
  deps.onState?.({ kind: 'waiting', remainingMs: login.expiresInMs });

  try {
    for (;;) {
      // A timer that is a little late does not cost the last poll.
      const latestMs = nextMs < deadlineMs ? deadlineMs + graceMs : deadlineMs;
      await sleep(clock, Math.max(0, Math.min(nextMs, deadlineMs) - clock.monotonicMs()), signal);
      if (clock.monotonicMs() >= latestMs) throw expired(host, reason);

      const startedMs = clock.monotonicMs();
      deps.onPoll?.({ intervalMs });
      const result = await deps.client.poll(login, AbortSignal.any([requestSignal, end.signal]));
      if (result.kind === 'granted') return result.grant;
      signal.throwIfAborted();
      const remainingMs = Math.max(0, deadlineMs - clock.monotonicMs());

      if (result.kind !== 'error') {
        troubles += 1;
        reason = result.kind === 'trouble' ? result.reason : describeRedirect(result.location);
        const retryAfterMs = result.kind === 'trouble' ? (result.retryAfterMs ?? 0) : 0;
        const pauseMs = endingBackoff(intervalMs, troubles, deps.random.fraction(), remainingMs);
        const retryInMs = Math.max(retryAfterMs, pauseMs);
        // From now on and not from the request's start: one that got no answer has taken its time.
        nextMs = clock.monotonicMs() + retryInMs;
        deps.onState?.({ kind: 'trouble', remainingMs, reason, retryInMs });
        continue;
      }
      troubles = 0;
      reason = undefined;
      switch (result.error) {
        case 'authorization_pending':
          deps.onState?.({ kind: 'waiting', remainingMs });
          break;
        case 'slow_down':
          intervalMs += slowDownStepMs;
          deps.onPoll?.({ intervalMs });
          deps.onState?.({ kind: 'slowed', remainingMs, intervalMs });
          break;
        case 'access_denied':
          throw new OpenClawError({
            code: 'LOGIN_DENIED',
            message: `The login was declined at ${host}.`,
            data: { host },
          });
        case 'expired_token':
        case 'invalid_grant':
          throw expired(host);
        default:
          throw toLoginError(result, host);
      }
      nextMs = startedMs + intervalMs * intervalMargin;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (end.signal.aborted) throw expired(host, reason ?? 'no answer before the end');
    throw error;
  } finally {
    end.cancel();
  }
}

/** RFC 8628 section 3.5: exponential, from the interval up; jitter only lengthens, so the interval is kept. */
export function backoff(intervalMs: number, troubles: number, fraction: number): number {
  const floorMs = intervalMs * intervalMargin;
  const doubled = Math.max(floorMs, Math.min(floorMs * 2 ** Math.min(troubles - 1, 10), backoffCeilingMs));
  return doubled * (1 + fraction * 0.2);
}

/** `backoff`, cut so that an approval which was given meanwhile is still seen before the code ends. */
function endingBackoff(intervalMs: number, troubles: number, fraction: number, remainingMs: number): number {
  const pauseMs = backoff(intervalMs, troubles, fraction);
  const lastMs = remainingMs - lastTryMs;
  return pauseMs > lastMs && lastMs >= intervalMs * intervalMargin ? lastMs : pauseMs;
}

function startPause(troubles: number, fraction: number): number {
  const { firstMs, ceilingMs } = startBackoff;
  return Math.min(firstMs * 2 ** Math.min(troubles - 1, 10), ceilingMs) * (1 + fraction * 0.2);
}

function createDeadline(clock: Clock, delayMs: number): { signal: AbortSignal; cancel: () => void } {
  const controller = new AbortController();
  const cancel = clock.setTimer(() => controller.abort(new Error('too late')), delayMs);
  return { signal: controller.signal, cancel };
}

/** `trouble`: what the last tries met, where nothing was heard of an approval. */
function expired(host: string, trouble?: string): OpenClawError {
  return new OpenClawError({
    code: 'LOGIN_EXPIRED',
    message:
      trouble === undefined
        ? `The code was not approved at ${host} before it expired.`
        : `The code expired before ${host} could be asked whether it was approved: ${trouble}.`,
    data: { host },
  });
}
