// What becomes of tokens: rotation, reuse, revocation, regions, and the old paths that moved.
import { afterEach, describe, expect, it } from 'vitest';
import type { SimulatorOptions } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { call, createPortalCaller, OPENCLAW_CLIENT, postForm } from '../support/portal-caller.ts';
import { tokensOf, VENDOR_CLIENT } from '../support/portal-caller.ts';
import type { PortalCaller } from '../support/portal-caller.ts';

const portals: PortalCaller[] = [];
async function start(options: SimulatorOptions = {}): Promise<PortalCaller> {
  const portal = await createPortalCaller(options);
  portals.push(portal);
  return portal;
}
afterEach(async () => {
  await Promise.all(portals.splice(0).map((portal) => portal.simulator.stop()));
});

describe('refresh', () => {
  it('rotates; the old access token lives to its own expiry', async () => {
    const { logIn, refresh, message, clock, rules, simulator } = await start({ accessTtlMs: 20_000 });
    const first = await logIn();
    clock.advance(10_000);
    const answer = await refresh(first.refresh);
    expect(answer.json).toMatchObject({ status: 'success', expired_in: clock.nowMs() + 20_000 });
    const second = tokensOf(answer);
    expect(second.access).not.toBe(first.access);
    expect(second.refresh).not.toBe(first.refresh);
    expect((await message(first.access)).status).toBe(200);
    clock.advance(10_000);
    expect((await message(first.access)).status).toBe(401);
    expect((await message(second.access)).status).toBe(200);
    expect(rules()).toEqual([]);
    expect(simulator.control.state()).toMatchObject({ liveFamilies: 1, counters: { refreshes: 1 } });
  });

  it('revokes the whole family when a refresh token comes twice', async () => {
    const { logIn, refresh, message, rules, simulator } = await start();
    const bystander = await logIn();
    const first = await logIn();
    const second = tokensOf(await refresh(first.refresh));
    const reuse = await refresh(first.refresh);
    expect([reuse.status, reuse.json['error']]).toEqual([400, 'invalid_grant']);
    expect(rules()).toEqual(['refresh_reuse']);
    expect((await message(second.access)).status).toBe(401);
    expect((await message(first.access)).status).toBe(401);
    expect((await refresh(second.refresh)).json['error']).toBe('invalid_grant');
    expect((await message(bystander.access)).status).toBe(200);
    expect(simulator.control.state()).toMatchObject({ liveFamilies: 1, counters: { refreshReuses: 1 } });
  });

  it('keeps the refresh token, and leaves it out, when not rotating', async () => {
    const { logIn, refresh, rules } = await start({ rotate: false });
    const { refresh: kept } = await logIn();
    for (const round of [1, 2]) {
      const answer = await refresh(kept);
      expect([round, answer.json['status']]).toEqual([round, 'success']);
      expect(answer.json).not.toHaveProperty('refresh_token');
    }
    expect(rules()).toEqual([]);
  });

  it('refuses nonsense, the other client and an access token', async () => {
    const { logIn, refresh, rules } = await start();
    const pair = await logIn();
    expect((await refresh('nonsense')).json['error']).toBe('invalid_grant');
    expect((await refresh(pair.refresh, { client_id: VENDOR_CLIENT.id })).json['error']).toBe(
      'invalid_grant',
    );
    expect((await refresh(pair.access)).json['error']).toBe('invalid_grant');
    expect((await refresh(pair.refresh, { refresh_token: '' })).json['error']).toBe('invalid_request');
    expect((await refresh(pair.refresh, { grant_type: 'password' })).json['error']).toBe(
      'unsupported_grant_type',
    );
    expect(rules()).toEqual(['wrong_client', 'misused_token']);
    expect((await refresh(pair.refresh)).json['status']).toBe('success');
  });

  it('tells the regions apart', async () => {
    const [global, cn] = await Promise.all([start(), start({ region: 'cn' })]);
    const pair = await global.logIn();
    expect((await cn.refresh(pair.refresh)).json['error']).toBe('invalid_grant');
    expect((await cn.message(pair.access)).status).toBe(401);
    expect(cn.rules()).toEqual(['wrong_region', 'wrong_region']);
    expect(global.rules()).toEqual([]);
  });
});

describe('revocation', () => {
  it('takes the family with a refresh token, and only itself with an access token', async () => {
    const { logIn, refresh, message, accountUrl, simulator } = await start();
    const revoke = (token: string, client = OPENCLAW_CLIENT.id) =>
      postForm(`${accountUrl}/oauth2/revoke`, { token, client_id: client });
    const pair = await logIn();
    expect((await revoke(pair.refresh, VENDOR_CLIENT.id)).status).toBe(400);
    expect((await revoke('nonsense')).status).toBe(200);
    expect((await revoke(pair.access)).status).toBe(200);
    expect((await message(pair.access)).status).toBe(401);
    const next = tokensOf(await refresh(pair.refresh));
    expect((await revoke(next.refresh)).status).toBe(200);
    expect((await message(next.access)).status).toBe(401);
    expect((await refresh(next.refresh)).json['error']).toBe('invalid_grant');
    expect(simulator.control.state().counters.revocations).toBe(2);
  });
});

describe('the old paths on the API host', () => {
  it('answer 307 to the account host, and a followed redirect is noticed', async () => {
    const { openLogin, accountUrl, apiUrl, rules } = await start();
    const moved = await openLogin({}, `${apiUrl}/oauth/code`);
    expect(moved.answer.status).toBe(307);
    expect(moved.answer.headers.get('location')).toBe(`${accountUrl}/oauth2/device/code`);
    expect(moved.answer.text).toBe('');
    expect((await openLogin()).answer.status).toBe(200);
    expect(rules()).toEqual([]);
    await openLogin({ state: moved.state, code_challenge: moved.challenge });
    expect(rules()).toEqual(['followed_redirect']);

    const token = await postForm(`${apiUrl}/oauth/token`, { grant_type: 'refresh_token' });
    expect(token.headers.get('location')).toBe(`${accountUrl}/oauth2/token`);
  });

  it('a client that follows with the body is caught in the act', async () => {
    const { apiUrl, rules } = await start();
    const body = new URLSearchParams({
      client_id: OPENCLAW_CLIENT.id,
      scope: OPENCLAW_CLIENT.scope,
      response_type: 'code',
      code_challenge: 'c'.repeat(43),
      code_challenge_method: 'S256',
      state: 's'.repeat(22),
    });
    const answer = await call(`${apiUrl}/oauth/code`, { method: 'POST', body, redirect: 'follow' });
    expect(answer.status).toBe(200);
    expect(rules()).toContain('followed_redirect');
  });

  it('serve the old dialect when set so', async () => {
    const { openLogin, poll, simulator, apiUrl, rules } = await start({ legacy: 'serve' });
    const codeUrl = `${apiUrl}/oauth/code`;
    const bare = await openLogin({ response_type: undefined }, codeUrl);
    expect(bare.answer.json['error_description']).toBe('response_type must be code');
    const vendor = await openLogin({ client_id: VENDOR_CLIENT.id }, codeUrl);
    expect(vendor.answer.json['error']).toBe('invalid_client');
    const login = await openLogin({}, codeUrl);
    simulator.control.approve(login.userCode);
    expect((await poll(login, {}, `${apiUrl}/oauth/token`)).json['status']).toBe('success');
    expect(rules()).toEqual([]);
  });
});
