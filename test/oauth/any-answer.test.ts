// Whatever a server answers: a grant that is well formed, or an error that is documented; never another exception, and
// never a token in what is said about it.
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { logIn } from '../../extensions/minimax-portal-auth/login.ts';
import { refresh } from '../../extensions/minimax-portal-auth/renewal.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import { isOpenClawError } from '../../src/errors.ts';
import { createOAuthClient, type Grant } from '../../src/oauth/oauth-client.ts';
import type { Fetch } from '../../src/platform/fetch.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import { answerTokens, someAnswer, type ServedAnswer } from '../support/server-answers.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeAuthContext } from '../support/fake-auth-context.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { propertyRuns, propertyTimeoutMs } from '../support/property-runs.ts';

const nowMs = 1_782_879_000_000;
const tenYearsMs = 315_360_000_000;
const region = resolveRegion('global', {});
const offer = {
  base_resp: { status_code: 0, status_msg: 'success' },
  user_code: 'TUE3-FXNG',
  verification_uri: 'https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG',
  expired_in: nowMs + 300_000,
  interval: 2_000,
};
const tokens = {
  status: 'success',
  access_token: answerTokens.access,
  refresh_token: answerTokens.refresh,
  token_type: 'Bearer',
  expired_in: nowMs + 3_600_000,
  scope: 'group_id profile',
  resource_url: 'https://api.minimax.io',
  notification_message: 'welcome',
};

/** Answers with what was told, in turn; the state of a device answer is the one that was sent, unless it was damaged. */
function serve(answers: readonly ServedAnswer[]): Fetch {
  let next = 0;
  return async (_, init) => {
    const answer = answers[Math.min(next++, answers.length - 1)];
    if (answer === undefined) throw new Error('no answer is left');
    const state = new URLSearchParams(String(init?.body)).get('state') ?? '';
    const text = answer.text.replaceAll('THE-STATE', state);
    return new Response(text, { status: answer.status, headers: answer.headers });
  };
}

/** Deep enough to see what a print or a log of an error would show. */
function expectNoToken(value: unknown): void {
  const shown = [String(value), JSON.stringify(value), inspect(value, { depth: 20, showHidden: true })];
  if (value instanceof Error)
    shown.push(value.message, value.stack ?? '', inspect(value.cause, { depth: 20 }));
  for (const text of shown) {
    for (const token of Object.values(answerTokens)) expect(text).not.toContain(token);
  }
}

function expectToken(token: string): void {
  expect(token).toMatch(/^[\x21-\x7e]{1,16384}$/);
}

function expectGrant(grant: Grant): void {
  expectNoToken({ ...grant, extra: {}, scope: '' });
  expectToken(grant.accessToken.reveal());
  if (grant.refreshToken !== undefined) expectToken(grant.refreshToken.reveal());
  expect(grant.receivedAtMs).toBe(nowMs);
  const { lifetimeMs = 1 } = grant;
  expect(lifetimeMs).toBeGreaterThan(0);
  expect(lifetimeMs).toBeLessThanOrEqual(tenYearsMs);
}

function expectCredential(credential: OAuthCredential, former?: OAuthCredential): void {
  expectToken(credential.access);
  if (credential.refresh !== (former?.refresh ?? '')) expectToken(credential.refresh);
  const { issuedAt = 0 } = credential;
  expect(issuedAt).toBeGreaterThanOrEqual(nowMs);
  expect(credential.expires).toBeGreaterThan(issuedAt);
  expect(credential.expires).toBeLessThanOrEqual(issuedAt + tenYearsMs);
  expect(credential.region).toBe('global');
  expect(credential.baseUrl).toBe('https://api.minimax.io/anthropic');
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'ok';
  } catch (error) {
    expectNoToken(error);
    if (!isOpenClawError(error)) throw error;
    return error.code;
  }
}

describe('whatever the server answers', { timeout: propertyTimeoutMs(60_000) }, () => {
  const random = createFakeRandom();
  const clientOn = (fetch: Fetch) =>
    createOAuthClient({
      dialect: createDialect('account', region),
      clientId: 'c',
      fetch,
      clock: createFakeClock(nowMs),
      random,
      allowLoopbackHttp: false,
    });

  it('K10: to a request for tokens, the client has a grant or a failure without a token in it', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(someAnswer(tokens), async (answer) => {
        const sent = new Secret(answerTokens.sent);
        const result = await clientOn(serve([answer])).refresh(sent);
        seen.add(result.kind);
        if (result.kind === 'granted') expectGrant(result.grant);
        else expectNoToken(result);
      }),
      { numRuns: propertyRuns(300) },
    );
    expect([...seen].sort()).toEqual(['error', 'granted', 'redirected', 'trouble']);
  });

  it('K10: to the start of a device login, the client has a code within bounds or a failure', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(someAnswer({ ...offer, state: 'THE-STATE' }), async (answer) => {
        const result = await clientOn(serve([answer])).startDevice('scope');
        seen.add(result.kind);
        if (result.kind !== 'pending') return;
        expect(result.userCode).not.toBe('');
        expect(result.intervalMs).toBeGreaterThanOrEqual(2_000);
        expect(result.intervalMs).toBeLessThanOrEqual(60_000);
        expect(result.expiresInMs).toBeGreaterThanOrEqual(30_000);
        expect(result.expiresInMs).toBeLessThanOrEqual(1_800_000);
      }),
      { numRuns: propertyRuns(200) },
    );
    expect(seen).toContain('pending');
    expect(seen).toContain('error');
  });

  it('K10: a refresh of the extension has a credential, or says LOGIN_DEAD or REFRESH_FAILED', async () => {
    const seen = new Set<string>();
    const former = oauthCredential({
      access: answerTokens.former,
      refresh: answerTokens.sent,
      baseUrl: 'https://api.minimax.io/anthropic',
      dialect: 'account',
    });
    await fc.assert(
      fc.asyncProperty(someAnswer(tokens), async (answer) => {
        const clock = createFakeClock(nowMs);
        const deps = { config: {}, fetch: serve([answer]), clock, random };
        const work = refresh(deps, former).then((credential) => expectCredential(credential, former));
        seen.add(await codeOf(work));
      }),
      { numRuns: propertyRuns(300) },
    );
    expect([...seen].sort()).toEqual(['LOGIN_DEAD', 'REFRESH_FAILED', 'ok']);
  });

  it('K10: a login of the extension has a credential, or ends with an error of a login', async () => {
    const documented = [
      'ok',
      'LOGIN_DENIED',
      'LOGIN_EXPIRED',
      'LOGIN_REJECTED',
      'PORTAL_UNREACHABLE',
      'PORTAL_REDIRECTED',
    ];
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        someAnswer({ ...offer, state: 'THE-STATE' }, 3),
        someAnswer(tokens),
        async (started, polled) => {
          const clock = createFakeClock(nowMs);
          const { context, shown } = createFakeAuthContext();
          const progress = { done: false };
          const work = codeOf(
            logIn({ config: {}, fetch: serve([started, polled]), clock, random }, 'global', context)
              .then(({ profiles, notes }) => {
                expectCredential(profiles[0]?.credential as OAuthCredential);
                expectNoToken(notes);
              })
              .finally(() => {
                progress.done = true;
              }),
          );
          work.catch(() => undefined);
          while (!progress.done) {
            // The deadline of the start alone: its challenge is made by a thread that does not go by this clock.
            if (clock.timerCount() === 1) await new Promise((resolve) => setImmediate(resolve));
            else await clock.advance(1_000);
          }
          const code = await work;
          expect(documented).toContain(code);
          seen.add(code);
          // Code and address are there to be shown.
          expectNoToken(shown.filter(([kind]) => kind !== 'code' && kind !== 'opened'));
          expect(clock.timerCount()).toBe(0);
        },
      ),
      { numRuns: propertyRuns(200) },
    );
    expect(seen).toContain('ok');
    expect(seen.size).toBeGreaterThan(3);
  });
});
