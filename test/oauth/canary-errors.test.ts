// No failure of a request to an authorization server says a secret, whatever the server answers.
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/oauth/dialect.ts';
import {
  createOAuthClient,
  toLoginError,
  type PendingLogin,
  type RequestFailure,
} from '../../src/oauth/oauth-client.ts';
import { awaitApproval } from '../../src/oauth/device-flow.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createMarkSearch, createSearch } from '../support/canaries.ts';
import { everythingSaid } from '../support/everything-said.ts';
import { hostileAnswers } from '../support/hostile-answers.ts';

const refreshToken = `sim-rt-g${'Rt0_9-x'.repeat(7)}`;
const deviceCode = `sim-at-g${'Dc1-8_y'.repeat(6)}`;
const codeVerifier = `sim-rt-g${'Cv2.7~z'.repeat(6)}`;
const fresh = `sim-at-g${'Fr3_6-w'.repeat(6)}`;
const secrets = { refreshToken, deviceCode, codeVerifier, fresh };

const findKnown = createSearch(secrets);
const findMarked = createMarkSearch();

function expectSilence(value: unknown): void {
  const said = Buffer.from(everythingSaid(value));
  expect([...findKnown(said), ...findMarked(said)]).toEqual([]);
}

/** MiniMax's words with a device code of its own, as RFC 8628 has it. */
const dialect: Dialect = {
  ...createDialect('account', resolveRegion('global', {})),
  pollParameters: (given) => ({ device_code: given.deviceCode, code_verifier: given.codeVerifier }),
};

const login: PendingLogin = {
  deviceCode,
  userCode: 'ABCD-EFGH',
  verificationUrl: 'https://platform.minimax.io/oauth-authorize',
  codeVerifier: new Secret(codeVerifier),
  expiresInMs: 60_000,
  intervalMs: 5_000,
};

function clientFor(respond: () => Response | Promise<Response>) {
  const clock = createFakeClock();
  const client = createOAuthClient({
    dialect,
    clientId: 'client',
    fetch: async () => respond(),
    clock,
    random: systemRandom,
    allowLoopbackHttp: false,
  });
  return { client, clock };
}

/** What came of it, with the error that a person would be shown. */
async function outcomeOf(work: Promise<{ kind: string }>): Promise<unknown> {
  const result = await work.catch((error: unknown) => error);
  const isFailure =
    typeof result === 'object' &&
    result !== null &&
    'kind' in result &&
    ['error', 'redirected', 'trouble'].includes(String(result.kind));
  if (!isFailure) return result;
  const failure = result as RequestFailure;
  const error = toLoginError(failure, 'account.minimax.io');
  // Where a server points to is compared and never shown as it is; of the address there is the origin alone.
  if (failure.kind === 'redirected') return [{ ...failure, location: failure.location?.pathname }, error];
  return [failure, error];
}

describe('no secret in the failure of', () => {
  describe('a refresh', () => {
    it.each(hostileAnswers([refreshToken], fresh))('%s', async (_what, respond) => {
      const { client } = clientFor(respond);
      expectSilence(await outcomeOf(client.refresh(new Secret(refreshToken))));
    });
  });

  describe('a poll', () => {
    it.each(hostileAnswers([deviceCode, codeVerifier], fresh))('%s', async (_what, respond) => {
      const { client, clock } = clientFor(respond);
      expectSilence(await outcomeOf(client.poll(login)));
      const states: unknown[] = [];
      const waiting = awaitApproval(
        {
          client,
          clock,
          random: systemRandom,
          host: 'account.minimax.io',
          onState: (state) => states.push(state),
        },
        login,
        new AbortController().signal,
      ).catch((error: unknown) => error);
      await clock.advance(61_000);
      expectSilence([await waiting, states]);
    });
  });

  describe('the start of a login', () => {
    it.each(hostileAnswers([refreshToken], fresh))('%s', async (_what, respond) => {
      const { client } = clientFor(respond);
      expectSilence(await outcomeOf(client.startDevice('scope')));
    });
  });

  it.each(hostileAnswers([refreshToken], fresh))('a revocation: %s', async (_what, respond) => {
    const { client } = clientFor(respond);
    expectSilence(await client.revoke(new Secret(refreshToken)).catch((error: unknown) => error));
  });
});

describe('a grant', () => {
  it('says nothing of its tokens by itself', async () => {
    const { client } = clientFor(() =>
      Response.json({ access_token: fresh, refresh_token: refreshToken, expires_in: 900 }),
    );
    const granted = await client.refresh(new Secret(refreshToken));
    expect(granted).toMatchObject({ kind: 'granted' });
    expectSilence(granted);
    expectSilence(login.codeVerifier);
  });
});
