// Device logins over real HTTP, under a fake clock: what is answered, when, and what is held against the client.
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { createPortalCaller, tokensOf, VENDOR_CLIENT } from '../support/portal-caller.ts';
import { call, OPENCLAW_CLIENT, postForm } from '../support/portal-caller.ts';
import type { PortalCaller } from '../support/portal-caller.ts';

let portal: PortalCaller | undefined;
async function start(options: SimulatorOptions = {}): Promise<PortalCaller> {
  portal = await createPortalCaller(options);
  return portal;
}
afterEach(async () => {
  await portal?.simulator.stop();
  portal = undefined;
});

describe('device authorization', () => {
  it('answers as the protocol says', async () => {
    const { openLogin, accountUrl, clock, rules } = await start({ codeTtlMs: 120_000 });
    const { answer, state, userCode } = await openLogin();
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      base_resp: { status_code: 0, status_msg: 'success' },
      user_code: expect.stringMatching(/^[A-Z2-9]{4}-[A-Z2-9]{4}$/),
      verification_uri: `${accountUrl}/oauth-authorize?user_code=${userCode}&client=OpenClaw`,
      expired_in: clock.nowMs() + 120_000,
      interval: 3000,
      state,
    });
    expect(rules()).toEqual([]);
  });

  const refused = [
    ['no client', { client_id: undefined }, 'invalid_request', 'client_id is required'],
    ['an unknown client', { client_id: 'nobody' }, 'invalid_client', 'client_id is not known'],
    ['no scope', { scope: undefined }, 'invalid_request', 'scope is required'],
    ["the other client's scope", { scope: VENDOR_CLIENT.scope }, 'invalid_scope', /scope/],
    ['another response type', { response_type: 'token' }, 'invalid_request', 'response_type must be code'],
  ] as const;
  it.each(refused)('refuses %s', async (_name, change, error, description) => {
    const { openLogin, rules } = await start();
    const { answer } = await openLogin(change);
    expect(answer.status).toBe(400);
    expect(answer.json).toMatchObject({ error, error_description: expect.stringMatching(description) });
    expect(rules()).toEqual([]);
  });

  const judged = [
    ['no challenge', { code_challenge: undefined }, 400, 'weak_pkce'],
    ['plain PKCE', { code_challenge_method: 'plain' }, 400, 'weak_pkce'],
    ['no method', { code_challenge_method: undefined }, 400, 'weak_pkce'],
    ['a short challenge', { code_challenge: 'abc' }, 400, 'weak_pkce'],
    ['a padded challenge', { code_challenge: `${'a'.repeat(43)}=` }, 400, 'weak_pkce'],
    ['no state', { state: undefined }, 400, 'weak_state'],
    ['a short state', { state: 'A'.repeat(21) }, 200, 'weak_state'],
  ] as const;
  it.each(judged)('holds %s against the client', async (_name, change, status, rule) => {
    const { openLogin, rules } = await start();
    const { answer } = await openLogin(change);
    expect(answer.status).toBe(status);
    expect(rules()).toEqual([rule]);
  });

  it('notices a missing request id, a missing accept header, JSON bodies, repeated and query secrets', async () => {
    const { accountUrl, rules } = await start();
    const url = `${accountUrl}/oauth2/device/code`;
    await postForm(url, { client_id: OPENCLAW_CLIENT.id }, { 'x-request-id': 'seven', accept: '*/*' });
    expect(rules()).toEqual(['missing_accept', 'missing_request_id']);
    const json = await call(url, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    });
    expect(json.status).toBe(400);
    const twice = await call(url, {
      method: 'POST',
      body: 'state=a&state=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    });
    expect(twice.json['error_description']).toBe('a parameter is repeated');
    await call(`${accountUrl}/oauth2/token?refresh_token=x`);
    expect(rules().slice(2)).toEqual(['wrong_content_type', 'repeated_parameter', 'token_in_query']);
  });

  it('knows no other method, and no body beyond 64 KiB', async () => {
    const { accountUrl } = await start();
    const got = await call(`${accountUrl}/oauth2/device/code`);
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
    const large = await postForm(`${accountUrl}/oauth2/token`, { state: 'x'.repeat(70_000) });
    expect(large.status).toBe(413);
    expect((await call(`${accountUrl}/elsewhere`)).status).toBe(404);
  });
});

describe('polling', () => {
  it('is pending, then granted once', async () => {
    const { openLogin, poll, simulator, clock, apiUrl, rules } = await start({ accessTtlMs: 20_000 });
    const login = await openLogin();
    const pending = await poll(login);
    expect([pending.status, pending.json]).toEqual([200, { status: 'pending' }]);
    simulator.control.approve(login.userCode);
    clock.advance(3000);
    const granted = await poll(login);
    expect(granted.status).toBe(200);
    expect(granted.json).toEqual({
      status: 'success',
      access_token: expect.stringMatching(/^sim-at-[\w-]{53}$/),
      refresh_token: expect.stringMatching(/^sim-rt-[\w-]{53}$/),
      token_type: 'Bearer',
      expired_in: clock.nowMs() + 20_000,
      resource_url: `${apiUrl}/anthropic`,
      scope: OPENCLAW_CLIENT.scope,
    });
    clock.advance(3000);
    const again = await poll(login);
    expect([again.status, again.json['error']]).toEqual([400, 'invalid_grant']);
    expect(rules()).toEqual([]);
    expect(simulator.control.state().counters).toMatchObject({ deviceRequests: 1, polls: 3, grants: 1 });
  });

  it('asks to slow down from start to start, five seconds more each time', async () => {
    const { openLogin, poll, clock, simulator, rules } = await start({ pollIntervalMs: 2000 });
    const login = await openLogin();
    const pollAfter = async (delayMs: number): Promise<unknown> => {
      clock.advance(delayMs);
      const answer = await poll(login);
      return answer.json['error'] ?? answer.json['status'];
    };
    expect(await pollAfter(0)).toBe('pending');
    expect(await pollAfter(1950)).toBe('pending'); // within the tolerance for the network's jitter
    expect(await pollAfter(1949)).toBe('slow_down');
    expect(await pollAfter(6949)).toBe('slow_down');
    expect(await pollAfter(12_000)).toBe('pending');
    expect(rules()).toEqual(['polled_too_fast', 'polled_too_fast']);
    expect(simulator.control.state().counters.slowDowns).toBe(2);
  });

  const ends = [
    ['deny', 'status', 200, { status: 'failed', error: 'access_denied' }],
    ['deny', 'rfc', 400, { error: 'access_denied' }],
    ['expire', 'status', 200, { status: 'failed', error: 'expired_token' }],
    ['expire', 'rfc', 400, { error: 'expired_token' }],
  ] as const;
  it.each(ends)('after %s in %s style: %i', async (verb, pendingStyle, status, body) => {
    const { openLogin, poll, simulator, clock } = await start({ pendingStyle });
    const login = await openLogin();
    if (pendingStyle === 'rfc') expect((await poll(login)).json).toEqual({ error: 'authorization_pending' });
    simulator.control[verb](login.userCode);
    clock.advance(3000);
    const answer = await poll(login);
    expect([answer.status, answer.json]).toEqual([status, body]);
  });

  it('expires by the clock, even when approved and not fetched', async () => {
    const { openLogin, poll, simulator, clock } = await start({ codeTtlMs: 10_000 });
    const login = await openLogin();
    simulator.control.approve(login.userCode);
    clock.advance(10_000);
    expect((await poll(login)).json['error']).toBe('expired_token');
  });

  it('approves by itself after the time that was set', async () => {
    const { openLogin, poll, clock } = await start({ autoApproveMs: 4000 });
    const login = await openLogin();
    clock.advance(3999);
    expect((await poll(login)).json['status']).toBe('pending');
    clock.advance(3000);
    expect((await poll(login)).json['status']).toBe('success');
  });

  it('refuses a wrong verifier, an unknown code and the other client', async () => {
    const { openLogin, poll, simulator, rules } = await start();
    const login = await openLogin();
    simulator.control.approve(login.userCode);
    const other = { client_id: VENDOR_CLIENT.id, grant_type: VENDOR_CLIENT.grantType };
    expect((await poll(login, { code_verifier: 'x'.repeat(43) })).json['error']).toBe('invalid_grant');
    expect((await poll(login, { user_code: 'AAAA-AAAA' })).json['error']).toBe('invalid_grant');
    expect((await poll(login, other)).json['error']).toBe('invalid_grant');
    expect((await poll(login, { grant_type: VENDOR_CLIENT.grantType })).json['error']).toBe(
      'unsupported_grant_type',
    );
    expect(rules()).toEqual(['wrong_verifier', 'wrong_client', 'wrong_grant_type']);
    expect((await poll(login)).json['status']).toBe('success');
  });

  it("serves the vendor's own client with its own grant type and scope", async () => {
    const { openLogin, poll, simulator, rules } = await start();
    const login = await openLogin({ client_id: VENDOR_CLIENT.id, scope: VENDOR_CLIENT.scope });
    simulator.control.approve(login.userCode);
    const granted = await poll(login, { client_id: VENDOR_CLIENT.id, grant_type: VENDOR_CLIENT.grantType });
    expect(granted.json['scope']).toBe(VENDOR_CLIENT.scope);
    expect(tokensOf(granted).refresh).toMatch(/^sim-rt-/);
    expect(rules()).toEqual([]);
  });

  it('says invalid_grant in base_resp when set so', async () => {
    const { openLogin, poll } = await start({ errorStyle: 'base_resp' });
    const answer = await poll(await openLogin(), { user_code: 'AAAA-AAAA' });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ base_resp: { status_code: 40_004, status_msg: 'invalid_grant' } });
  });
});

describe('shapes of a grant', () => {
  const skewMs = 3_600_000;
  const units = [
    ['epoch-ms', (nowMs: number) => nowMs + skewMs + 20_000],
    ['epoch-s', (nowMs: number) => Math.floor((nowMs + skewMs + 20_000) / 1000)],
    ['relative-s', () => 20],
  ] as const;
  it.each(units)(
    'expired_in as %s, on the clock of a server that is an hour ahead',
    async (unit, expected) => {
      const { openLogin, poll, simulator, clock } = await start({
        expiryUnit: unit,
        dateSkewMs: skewMs,
        accessTtlMs: 20_000,
      });
      const login = await openLogin();
      expect(login.answer.json['expired_in']).toBe(clock.nowMs() + skewMs + 300_000);
      expect(login.answer.headers.get('date')).toBe(new Date(clock.nowMs() + skewMs).toUTCString());
      simulator.control.approve(login.userCode);
      expect((await poll(login)).json['expired_in']).toBe(expected(clock.nowMs()));
    },
  );

  const urls = [
    ['origin', ''],
    ['anthropic', '/anthropic'],
    ['anthropic-v1', '/anthropic/v1'],
    ['none', undefined],
  ] as const;
  it.each(urls)('resource_url in style %s', async (resourceUrlStyle, path) => {
    const { openLogin, poll, simulator, apiUrl } = await start({ resourceUrlStyle });
    const login = await openLogin();
    simulator.control.approve(login.userCode);
    const { resource_url: url } = (await poll(login)).json;
    expect(url).toBe(path === undefined ? undefined : `${apiUrl}${path}`);
  });

  it('lays overrides over both answers, and null removes', async () => {
    const { openLogin, poll, simulator } = await start({
      notificationMessage: 'plan news',
      overrides: {
        device: { interval: '3600s', state: null },
        grant: { status: null, access_token: 'a\nb' },
      },
    });
    const login = await openLogin();
    expect(login.answer.json).toMatchObject({ interval: '3600s' });
    expect(login.answer.json).not.toHaveProperty('state');
    simulator.control.approve(login.userCode);
    const { json } = await poll(login);
    expect(json).toMatchObject({ access_token: 'a\nb', notification_message: 'plan news' });
    expect(json).not.toHaveProperty('status');
  });
});
