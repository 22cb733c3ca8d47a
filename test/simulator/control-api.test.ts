// The control API over HTTP: the verbs, what they show, and what a bad request is told.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { call, createPortalCaller } from '../support/portal-caller.ts';
import type { Answer, PortalCaller } from '../support/portal-caller.ts';

let portal: PortalCaller;
beforeEach(async () => {
  portal = await createPortalCaller();
});
afterEach(() => portal.simulator.stop());

function control(method: string, path: string, body?: unknown, headers = {}): Promise<Answer> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  return call(`${portal.accountUrl}/__control/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: sent }),
  });
}

it('shows the state, and who waits', async () => {
  const { userCode } = await portal.openLogin();
  expect((await control('GET', 'state')).json).toMatchObject({
    region: 'global',
    counters: { deviceRequests: 1, polls: 0 },
    violations: [],
    pending: [{ user_code: userCode, client: 'OpenClaw', expiresAtMs: portal.clock.nowMs() + 300_000 }],
    liveFamilies: 0,
  });
});

it.each([
  ['approve', 'success'],
  ['deny', 'failed'],
  ['expire', 'failed'],
])('%s decides a login, once', async (verb, status) => {
  const login = await portal.openLogin();
  expect((await control('POST', verb, { user_code: login.userCode })).status).toBe(200);
  expect((await portal.poll(login)).json['status']).toBe(status);
  const again = await control('POST', verb, { user_code: login.userCode });
  expect([again.status, again.json['error']]).toEqual([400, expect.stringContaining('already')]);
});

it('ends access tokens in three ways', async () => {
  const first = await portal.logIn();
  expect((await control('POST', 'expire-access')).json).toEqual({ expired: 1 });
  expect((await portal.message(first.access)).status).toBe(401);
  const second = await portal.logIn();
  expect((await control('POST', 'revoke-access')).json).toEqual({ revoked: 2 });
  expect((await portal.message(second.access)).status).toBe(401);
  expect((await portal.refresh(second.refresh)).json['status']).toBe('success');
  expect((await control('POST', 'revoke-family')).json).toEqual({ revoked: 2 });
  expect((await portal.refresh(first.refresh)).json['error']).toBe('invalid_grant');
});

it('lists every token ever issued, and shows none anywhere else', async () => {
  const pair = await portal.logIn();
  await portal.refresh(pair.refresh);
  await portal.refresh(pair.refresh);
  await call(`${portal.apiUrl}/v1/models?token=${pair.access}`);
  const issued = (await control('GET', 'issued-tokens')).json;
  expect(issued).toMatchObject({
    access: [pair.access, expect.any(String)],
    refresh: [pair.refresh, expect.any(String)],
  });
  const shown = (await control('GET', 'state')).text + (await control('GET', 'requests')).text;
  expect(shown).not.toMatch(/sim-[ar]t-/);
});

it('lists requests with names of headers, and not its own', async () => {
  portal.simulator.control.addFault({ target: 'device', kind: 'status', status: 500 });
  await portal.openLogin();
  await call(`${portal.apiUrl}/v1/models`);
  expect((await control('GET', 'requests')).json['requests']).toMatchObject([
    { listener: 'account', method: 'POST', path: '/oauth2/device/code', status: 500, fault: 'status' },
    { listener: 'api', method: 'GET', path: '/v1/models', status: 401, fault: null },
  ]);
  const [first] = portal.simulator.control.requests();
  expect(first?.headers).toEqual(expect.arrayContaining(['x-request-id', 'accept']));
});

it('changes settings at once, and forgets counters when asked', async () => {
  expect((await control('POST', 'settings', { pendingStyle: 'rfc', accessTtlMs: 5000 })).json).toMatchObject({
    pendingStyle: 'rfc',
    accessTtlMs: 5000,
    rotate: true,
  });
  const login = await portal.openLogin({ state: 'short' });
  expect((await portal.poll(login)).json['error']).toBe('authorization_pending');
  await control('POST', 'reset');
  const { json } = await control('GET', 'state');
  expect(json).toMatchObject({ counters: { polls: 0 }, violations: [], pending: [{}] });
});

it('queues, lists and clears faults', async () => {
  expect((await control('POST', 'faults', { target: 'poll', kind: 'reset', times: 3 })).json).toEqual({
    waiting: 1,
  });
  expect((await control('GET', 'faults')).json).toMatchObject({
    faults: [{ target: 'poll', kind: 'reset', times: 3 }],
  });
  expect((await control('DELETE', 'faults')).json).toEqual({ waiting: 0 });
  expect(portal.simulator.control.faults()).toEqual([]);
});

describe('bad requests', () => {
  it.each([
    ['POST', 'faults', { target: 'nothing', kind: 'reset' }, 400, 'target'],
    ['POST', 'faults', { target: 'any', kind: 'reset', colour: 1 }, 400, 'colour'],
    ['POST', 'faults', { target: 'any', kind: 'status', status: 99 }, 400, 'status'],
    ['POST', 'faults', '{', 400, 'not JSON'],
    ['POST', 'approve', {}, 400, 'user_code'],
    ['POST', 'approve', { user_code: 'AAAA-AAAA' }, 400, 'no login has this user_code'],
    ['POST', 'settings', { accessTtlMs: 0 }, 400, 'accessTtlMs'],
    ['POST', 'settings', { nonsense: 1 }, 400, 'nonsense'],
    ['POST', 'expire-access', { all: true }, 400, 'all'],
    ['GET', 'nowhere', undefined, 404, 'known:'],
    ['GET', 'constructor', undefined, 404, 'known:'],
    ['DELETE', 'state', undefined, 405, 'method_not_allowed'],
  ])('%s %s %o is answered %i', async (method, path, body, status, text) => {
    const answer = await control(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json['error']).toContain(text);
  });

  it('of another site', async () => {
    const answer = await control('POST', 'reset', undefined, { origin: 'http://evil.example' });
    expect(answer.status).toBe(403);
  });
});

describe('the library door', () => {
  it('remembers everything across a stop and a start', async () => {
    const pair = await portal.logIn();
    await portal.simulator.stop();
    await portal.simulator.stop();
    const { apiUrl } = await portal.simulator.start();
    const answer = await call(`${apiUrl}/v1/models`, { headers: { authorization: `Bearer ${pair.access}` } });
    expect(answer.status).toBe(200);
  });

  it('rejects a port that is taken and leaves nothing open', async () => {
    const taken = Number(new URL(portal.apiUrl).port);
    const other = createSimulator();
    await expect(other.start({ api: taken })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.stop();
  });

  it('rejects options that make no sense', () => {
    expect(() => createSimulator({ accessTtlMs: -1 })).toThrow('accessTtlMs');
  });
});
