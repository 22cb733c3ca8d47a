// What becomes of the answer to an authorization request: when the code is redeemed, when it is not, when it is sent
// again, and how a login ends that nobody answers.
import { afterEach, describe, expect, it } from 'vitest';
import type { OAuthClient } from '../../src/oauth/oauth-client.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import { createFetch } from '../../src/platform/fetch.ts';
import { Secret } from '../../src/platform/secret.ts';
import { beginCodeFlow, createLoopbackClient, type CodeFlowStage } from '../support/code-flow-stage.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { startServer, sendJson } from '../support/loopback-server.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function begin(...of: Parameters<typeof beginCodeFlow>): Promise<CodeFlowStage> {
  const stage = await beginCodeFlow(...of);
  stops.push(() => stage.listener.close());
  return stage;
}

describe('the way of an answer', () => {
  const pending = {
    authorizationUrl: 'https://login.example/authorize',
    redirectUri: 'http://127.0.0.1:1/callback',
    state: 'S',
    codeVerifier: new Secret('v'),
    issuerRequired: false,
  };
  type Redeemed = Awaited<ReturnType<OAuthClient['redeem']>>;

  async function play(answers: Redeemed[], clock = createFakeClock()) {
    let redeemed = 0;
    const flow = await begin(
      {
        startAuthorization: () => Promise.resolve(pending),
        redeem() {
          redeemed += 1;
          return Promise.resolve(answers.shift() ?? { kind: 'trouble', reason: 'none left' });
        },
      },
      'openid',
      clock,
    );
    const answer = (query: string): string | undefined => flow.paste(`${flow.listener.redirectUri}?${query}`);
    return { ...flow, clock, answer, count: () => redeemed };
  }

  const granted: Redeemed = {
    kind: 'granted',
    grant: { accessToken: new Secret('at'), receivedAtMs: 0, extra: {} },
  };
  const unsent: Redeemed = { kind: 'trouble', reason: 'the host name was not found', unsent: true };

  it('C3: a request that never left is sent again, twice at most', async () => {
    const once = await play([unsent, unsent, granted]);
    once.answer('code=c&state=S');
    await once.clock.advance(10_000);
    await expect(once.grant).resolves.toMatchObject({ receivedAtMs: 0 });
    const never = await play([unsent, unsent, unsent, granted]);
    never.answer('code=c&state=S');
    await never.clock.advance(60_000);
    await expect(never.grant).rejects.toMatchObject({ code: 'PORTAL_UNREACHABLE' });
    expect([once.count(), never.count(), never.clock.timerCount()]).toEqual([3, 3, 0]);
  });

  it.each<[string, Redeemed, string]>([
    ['a broken connection', { kind: 'trouble', reason: 'the connection was reset' }, 'PORTAL_UNREACHABLE'],
    ['HTTP 503', { kind: 'trouble', reason: 'HTTP 503', retryAfterMs: 1_000 }, 'PORTAL_UNREACHABLE'],
    ['a redirect', { kind: 'redirected', location: undefined }, 'PORTAL_REDIRECTED'],
    ['invalid_grant', { kind: 'error', error: 'invalid_grant' }, 'LOGIN_REJECTED'],
    ['invalid_client', { kind: 'error', error: 'invalid_client' }, 'LOGIN_REJECTED'],
  ])('C3: %s may have used the code up: it is not sent again', async (_, failure, code) => {
    const { answer, grant, clock, count } = await play([failure, granted]);
    answer('code=c&state=S');
    await clock.advance(60_000);
    await expect(grant).rejects.toMatchObject({ code });
    expect(count()).toBe(1);
  });

  it.each([
    ['error=access_denied', 'LOGIN_DENIED'],
    ['error=server_error&error_description=no+luck', 'LOGIN_REJECTED'],
  ])('C3: %s is %s, with no token request', async (query, code) => {
    const { answer, grant, count } = await play([]);
    answer(`${query}&state=S`);
    await expect(grant).rejects.toMatchObject({ code });
    expect(count()).toBe(0);
  });

  it('L3: nobody answers for ten minutes', async () => {
    const { grant, clock } = await play([]);
    await clock.advance(599_000);
    await clock.advance(2_000);
    await expect(grant).rejects.toMatchObject({ code: 'LOGIN_EXPIRED' });
    expect(clock.timerCount()).toBe(0);
  });

  it('L3: the signal ends it at once, and leaves no timer', async () => {
    const { grant, clock, interrupt } = await play([]);
    interrupt.abort(new Error('Ctrl-C'));
    await expect(grant).rejects.toThrow('Ctrl-C');
    expect(clock.timerCount()).toBe(0);
  });

  it('L3: a listener that is closed meanwhile ends it', async () => {
    const { grant, listener } = await play([]);
    await listener.close();
    await expect(grant).rejects.toMatchObject({ code: 'PORT_REFUSED' });
  });

  it('C1: an ID token that was not asked for is not looked at', async () => {
    const server = await startServer((_request, response) =>
      sendJson(response, 200, {
        access_token: 'at',
        token_type: 'Bearer',
        expires_in: 60,
        id_token: 'nonsense',
      }),
    );
    stops.push(() => server.close());
    const dialect = createStandardDialect({
      tokenUrl: `${server.url}/token`,
      authorizationUrl: `${server.url}/authorize`,
    });
    const client = createLoopbackClient(dialect, 'c', createFetch({}));
    const started = await client.startAuthorization('openid', 'http://127.0.0.1:1/callback');
    const result = await client.redeem(started, { code: new Secret('c'), state: started.state });
    expect(result).toMatchObject({ kind: 'granted', grant: { lifetimeMs: 60_000 } });
    const expecting = createLoopbackClient({ ...dialect, sendsIdTokens: true }, 'c', createFetch({}));
    const pendingOne = await expecting.startAuthorization('openid', 'http://127.0.0.1:1/callback');
    const refused = await expecting.redeem(pendingOne, { code: new Secret('c'), state: pendingOne.state });
    expect(refused).toMatchObject({ kind: 'error', error: 'id_token_refused' });
  });

  it('C2: a server without the one flow or the other is not asked for it', async () => {
    const client = createLoopbackClient(
      createStandardDialect({ tokenUrl: 'https://login.example/token' }),
      'c',
      createFetch({}),
    );
    await expect(client.startAuthorization('openid', 'http://127.0.0.1:1/callback')).rejects.toMatchObject({
      code: 'LOGIN_REJECTED',
    });
    await expect(client.startDevice('openid')).rejects.toMatchObject({ code: 'LOGIN_REJECTED' });
  });
});
