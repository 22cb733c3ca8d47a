// The waiting of the device authorization grant (RFC 8628 section 3.5): when to poll, when to slow down, how to live
// through trouble on the way, and when to stop. One request at a time, never faster than the server asked.
import { OpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { DeviceFlowState } from './login-phase.ts';
import { toLoginError, type Grant, type OAuthClient, type PendingLogin } from './oauth-client.ts';

export type DeviceFlowDeps = {
  client: Pick<OAuthClient, 'poll'>;
  clock: Clock;
  random: Random;
  /** Named in errors. */
  host: string;
  onState?: (state: DeviceFlowState) => void;
};

/** Some clocks run fast (virtual machines); a little later is always right. */
const intervalMargin = 1.2;
const slowDownStepMs = 5_000;
const backoffCeilingMs = 60_000;

/**
 * Resolves with the grant. Rejects with LOGIN_DENIED, LOGIN_EXPIRED, LOGIN_REJECTED, PORTAL_REDIRECTED, or the signal's
 * reason. Connection trouble of any kind is waited out until the code expires.
 */
export async function awaitApproval(
  deps: DeviceFlowDeps,
  login: PendingLogin,
  signal: AbortSignal,
): Promise<Grant> {
  const { client, clock, random, host } = deps;
  const deadlineMs = clock.monotonicMs() + login.expiresInMs;
  let intervalMs = login.intervalMs;
  let troubles = 0;
  let startedMs = clock.monotonicMs();
  let waitMs = intervalMs * intervalMargin;
  deps.onState?.({ kind: 'waiting', remainingMs: login.expiresInMs });

  for (;;) {
    const nextMs = startedMs + waitMs;
    await sleep(clock, Math.max(0, Math.min(nextMs, deadlineMs) - clock.monotonicMs()), signal);
    if (clock.monotonicMs() >= deadlineMs) throw expired(host);

    startedMs = clock.monotonicMs();
    const result = await client.poll(login, signal);
    signal.throwIfAborted();
    const remainingMs = Math.max(0, deadlineMs - clock.monotonicMs());
    waitMs = intervalMs * intervalMargin;

    if (result.kind === 'granted') return result.grant;
    if (result.kind === 'redirected') throw toLoginError(result, host);
    if (result.kind === 'trouble') {
      troubles += 1;
      waitMs = Math.max(result.retryAfterMs ?? 0, backoff(intervalMs, troubles, random.fraction()));
      deps.onState?.({ kind: 'trouble', remainingMs, reason: result.reason, retryInMs: waitMs });
      continue;
    }
    troubles = 0;
    switch (result.error) {
      case 'authorization_pending':
        deps.onState?.({ kind: 'waiting', remainingMs });
        break;
      case 'slow_down':
        intervalMs += slowDownStepMs;
        waitMs = intervalMs * intervalMargin;
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
  }
}

/** RFC 8628 section 3.5: exponential, from the interval up; jitter only lengthens, so the interval is kept. */
export function backoff(intervalMs: number, troubles: number, fraction: number): number {
  const floorMs = intervalMs * intervalMargin;
  const doubled = Math.max(floorMs, Math.min(floorMs * 2 ** Math.min(troubles - 1, 10), backoffCeilingMs));
  return doubled * (1 + fraction * 0.2);
}

function expired(host: string): OpenClawError {
  return new OpenClawError({
    code: 'LOGIN_EXPIRED',
    message: `The code was not approved at ${host} before it expired.`,
    data: { host },
  });
}
