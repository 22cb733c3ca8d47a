// The authorization code flow of a program on a person's machine (RFC 8252, RFC 6749 section 4.1): sends a browser out,
// waits for the one answer, and redeems the code once. How the person is led is the caller's; what the listener tells
// the browser at the end is told by whoever saves the login.
import { OpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import type { AuthorizationResponse } from './callback.ts';
import { backoff } from './device-flow.ts';
import type { TakenCallback } from './expected-callback.ts';
import type { LoopbackServer } from './loopback-server.ts';
import { toLoginError, type Grant, type OAuthClient, type PendingAuthorization } from './oauth-client.ts';

export type CodeFlowDeps = {
  client: Pick<OAuthClient, 'startAuthorization' | 'redeem'>;
  listener: Pick<LoopbackServer, 'redirectUri' | 'expectCallback' | 'setPhase'>;
  clock: Clock;
  random: Random;
  /** Named in errors. */
  host: string;
  /** Called once, when the listener is ready for the answer. */
  onUrl(shown: ShownAuthorization): void;
  /** Ends the redemption, whose answer may be the grant; `signal` then ends the waiting alone. */
  requestSignal?: AbortSignal;
};

export type ShownAuthorization = {
  readonly authorizationUrl: string;
  readonly expiresInMs: number;
  /** Takes the address where a browser ended that could not reach the listener; the reason when it is refused. */
  readonly paste: (address: string) => string | undefined;
};

const patienceMs = 600_000;
/** A code lives for a minute or so, and what never left this machine has not used it up. */
const redemption = { tries: 3, pauseMs: 1_000 };

/**
 * Resolves with the grant. Rejects with LOGIN_DENIED, LOGIN_EXPIRED after ten minutes, LOGIN_REJECTED,
 * PORTAL_UNREACHABLE, PORTAL_REDIRECTED, PORT_REFUSED when the listener was closed meanwhile, or the signal's reason.
 */
export async function awaitAuthorization(
  deps: CodeFlowDeps,
  scope: string,
  signal: AbortSignal,
): Promise<Grant> {
  const { client, listener, host, requestSignal = signal } = deps;
  signal.throwIfAborted();
  const pending = await client.startAuthorization(scope, listener.redirectUri);
  signal.throwIfAborted();
  const { outcome, paste, withdraw } = listener.expectCallback({
    state: pending.state,
    issuerRequired: pending.issuerRequired,
    ...(pending.issuer === undefined ? {} : { issuer: pending.issuer }),
  });
  deps.onUrl({ authorizationUrl: pending.authorizationUrl, expiresInMs: patienceMs, paste });
  const callback = await beforeDeadline(deps, outcome, signal).finally(withdraw);
  switch (callback.kind) {
    case 'code':
      listener.setPhase({ kind: 'checking' });
      return redeem(deps, pending, callback.response, requestSignal);
    case 'denied':
      throw loginError('LOGIN_DENIED', `The login was declined at ${host}.`, host);
    case 'failed':
      throw toLoginError({ ...callback, kind: 'error' }, host);
    case 'foreign':
      throw loginError(
        'LOGIN_REJECTED',
        `The login at ${host} was not finished, and no token was asked for: ${callback.reason}.`,
        host,
      );
    case 'closed':
      throw new OpenClawError({
        code: 'PORT_REFUSED',
        message: `The listener for the login at ${host} was closed.`,
        remedy: 'Nothing was changed. Start again: `openclaw auth login`.',
        data: { host },
      });
  }
}

async function beforeDeadline(
  { clock, host }: CodeFlowDeps,
  outcome: Promise<TakenCallback>,
  signal: AbortSignal,
): Promise<TakenCallback> {
  const settled = new AbortController();
  try {
    return await Promise.race([
      outcome,
      sleep(clock, patienceMs, AbortSignal.any([signal, settled.signal])).then(() => {
        throw loginError('LOGIN_EXPIRED', `Nobody approved the login at ${host} within 10 minutes.`, host);
      }),
    ]);
  } finally {
    settled.abort();
  }
}

/**
 * A server takes a second use of a code for theft (RFC 6749 section 4.1.2) and may revoke what the first one gave. So
 * only a request that provably was never sent is repeated; whatever else went wrong ends the login.
 */
async function redeem(
  { client, clock, random, host }: CodeFlowDeps,
  pending: PendingAuthorization,
  response: AuthorizationResponse,
  signal: AbortSignal,
): Promise<Grant> {
  for (let tries = 1; ; tries += 1) {
    const result = await client.redeem(pending, response, signal);
    if (result.kind === 'granted') return result.grant;
    if (result.kind === 'error' && result.error === 'invalid_grant') {
      throw loginError(
        'LOGIN_REJECTED',
        `${host} did not take the code that it gave: it has expired, or was used before${result.description === undefined ? '' : ` (${result.description})`}.`,
        host,
      );
    }
    if (result.kind === 'error' && result.error === 'id_token_refused') {
      throw loginError(
        'LOGIN_REJECTED',
        `What ${host} sent does not belong to this login, and was not kept: ${result.description ?? result.error}.`,
        host,
      );
    }
    if (result.kind !== 'trouble') throw toLoginError(result, host);
    if (result.unsent !== true) {
      throw loginError(
        'PORTAL_UNREACHABLE',
        `${host} approved, but its tokens did not arrive: ${result.reason}. A code works once, so it is not sent again.`,
        host,
      );
    }
    if (tries >= redemption.tries) throw toLoginError(result, host);
    await sleep(clock, backoff(redemption.pauseMs, tries, random.fraction()), signal);
  }
}

function loginError(
  code: 'LOGIN_DENIED' | 'LOGIN_EXPIRED' | 'LOGIN_REJECTED' | 'PORTAL_UNREACHABLE',
  message: string,
  host: string,
): OpenClawError {
  return new OpenClawError({ code, message, data: { host } });
}
