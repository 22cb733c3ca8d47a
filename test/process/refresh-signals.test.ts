// Signals and closed pipes in the middle of a refresh: the pair that the server has given is saved before the end.
import { describe, expect, it } from 'vitest';
import { loggedIn, startPortal, type Running } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { holdStore, killed, tokenRequests, until } from '../support/refresh-holds.ts';

const timeout = 30_000;

type Disturb = (running: Running) => void;

const disturbances: [string, Disturb][] = [
  ['SIGTERM', ({ child }) => void child.kill('SIGTERM')],
  [
    'SIGINT, and SIGTERM after it',
    ({ child }) => ['SIGINT', 'SIGTERM'].forEach((name) => child.kill(name as 'SIGINT')),
  ],
  [
    'closed pipes and SIGHUP',
    ({ child }) => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.kill('SIGHUP');
    },
  ],
];

describe('a refresh whose answer is still to come', () => {
  it.each(disturbances)('auth refresh: %s', { timeout }, async (_name, disturb) => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    portal.control.addFault({ target: 'refresh', kind: 'hang', afterProcessing: true });
    const refresh = home.start(['auth', 'refresh']);
    await until(() => portal.control.state().counters.refreshes === 1);
    disturb(refresh);
    portal.control.clearFaults();
    expect((await refresh.ended).signal).toBeNull();
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state()).toMatchObject({ counters: { refreshReuses: 0 }, violations: [] });
  });

  it.each(disturbances)('gateway: %s', { timeout }, async (_name, disturb) => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    portal.control.addFault({ target: 'refresh', kind: 'hang', afterProcessing: true });
    portal.control.revokeAccess();
    const asked = gateway.ask();
    await until(() => portal.control.state().counters.refreshes === 1);
    disturb(gateway);
    portal.control.clearFaults();
    // The request that waited for it is served too.
    expect((await asked).status).toBe(200);
    expect(await gateway.ended).toMatchObject({ code: 0, signal: null });
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state()).toMatchObject({ counters: { refreshReuses: 0 }, violations: [] });
  });
});

describe('a refresh whose answer is there and cannot be saved at the moment', () => {
  it('gateway: SIGTERM waits for the store', { timeout }, async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    portal.control.reset();
    portal.control.addFault({ target: 'refresh', kind: 'hang', afterProcessing: true });
    portal.control.revokeAccess();
    const asked = gateway.ask();
    await until(() => portal.control.state().counters.refreshes === 1);
    const holder = await holdStore(home);
    portal.control.clearFaults();
    await until(() => tokenRequests(portal)[0] === 200);
    gateway.child.kill('SIGTERM');
    await gateway.line('stderr', /gateway draining/);
    await killed(holder);
    expect((await asked).status).toBe(200);
    expect(await gateway.ended).toMatchObject({ code: 0 });
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
  });
});

describe('a client that hangs up', () => {
  it('does not cancel the refresh that it waited for', { timeout }, async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    portal.control.addFault({ target: 'refresh', kind: 'hang', afterProcessing: true });
    portal.control.revokeAccess();
    const leaving = new AbortController();
    const asked = fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        'x-api-key': String((await home.json(['gateway', 'token'])).value['token']),
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        model: 'MiniMax-M3',
        max_tokens: 8,
        messages: [{ role: 'user', content: 'x' }],
      }),
    });
    await until(() => portal.control.state().counters.refreshes === 1);
    leaving.abort();
    await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
    portal.control.clearFaults();
    expect((await gateway.ask()).status).toBe(200);
    expect(portal.control.state().counters).toMatchObject({ refreshes: 1, refreshReuses: 0 });
  });
});
