// kill -9 in each moment of a refresh, on purpose: what the next process does, how often the server is asked, and what
// is said of the login.
import { describe, expect, it } from 'vitest';
import { loggedIn, startPortal, type Home, type Portal, type Running } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { holdStore, killed, startStuckProxy, tokenRequests, until } from '../support/refresh-holds.ts';

const id = 'minimax-portal:default';
const timeout = 30_000;

type Shown = { state: string; detail: string | null; generation: number };

async function shown(home: Home): Promise<Shown & { check: number | null; text: string }> {
  const { code, value } = await home.json(['auth', 'status', '--check']);
  const profile = (value['profiles'] as Shown[])[0];
  if (profile === undefined) throw new Error('there is no login');
  return { ...profile, check: code, text: (await home.run(['auth', 'status'])).stdout };
}

const cutOff = (pid: number | undefined): string =>
  `a refresh was cut off (process ${pid}); the next one tries the stored refresh token once`;

async function stage(options: Parameters<typeof startPortal>[0] = {}) {
  const portal = await startPortal(options);
  const home = await loggedIn(portal);
  portal.control.reset();
  return { portal, home };
}

/** Begins a refresh that the server has carried out, and whose answer is with the client, which cannot save it. */
async function stopBeforeCommit(portal: Portal, home: Home): Promise<{ refresh: Running; holder: Running }> {
  portal.control.addFault({ target: 'refresh', kind: 'hang', afterProcessing: true });
  const refresh = home.start(['auth', 'refresh']);
  await until(() => portal.control.state().counters.refreshes === 1);
  const holder = await holdStore(home);
  portal.control.clearFaults();
  await until(() => tokenRequests(portal)[0] === 200);
  return { refresh, holder };
}

describe('kill -9 before the request', () => {
  it('costs nothing: the next process sends the token, once, and goes on', { timeout }, async () => {
    const { portal, home } = await stage();
    const proxy = await startStuckProxy();
    const refresh = home.start(['auth', 'refresh'], { HTTP_PROXY: proxy.url, NO_PROXY: '' });
    await proxy.waiting;
    expect(await shown(home)).toMatchObject({
      state: 'refreshing',
      text: expect.stringContaining('refreshing now'),
    });
    await killed(refresh);
    expect(await shown(home)).toMatchObject({
      check: 0,
      state: 'ok',
      detail: cutOff(refresh.child.pid),
      generation: 1,
      text: expect.stringContaining(`Why      ${cutOff(refresh.child.pid)}`),
    });
    expect(tokenRequests(portal)).toEqual([]);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ id, generation: 2 });
    expect(await shown(home)).toMatchObject({ state: 'ok', detail: null });
    expect(tokenRequests(portal)).toEqual([200]);
    expect(portal.control.state()).toMatchObject({ counters: { refreshReuses: 0 }, violations: [] });
  });
});

describe('kill -9 while the server has the request', () => {
  it('and has not carried it out: the stored token still works', { timeout }, async () => {
    const { portal, home } = await stage();
    portal.control.addFault({ target: 'refresh', kind: 'hang' });
    const refresh = home.start(['auth', 'refresh']);
    await until(() => portal.control.state().waitingFaults === 0);
    await killed(refresh);
    portal.control.clearFaults();
    expect(await shown(home)).toMatchObject({ check: 0, state: 'ok', detail: cutOff(refresh.child.pid) });
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ id, generation: 2 });
    // The first was never answered.
    expect(tokenRequests(portal)).toEqual([null, 200]);
    expect(portal.control.state()).toMatchObject({
      counters: { refreshes: 1, refreshReuses: 0 },
      violations: [],
    });
  });
});

describe('kill -9 between the answer and its saving', () => {
  it.each([
    ['rfc', 'the refresh token is not valid'],
    ['base_resp', 'invalid_grant'],
  ] as const)(
    'the token is tried once, the login named dead with the crash as the likely cause, and no more sent (%s)',
    { timeout },
    async (errorStyle, words) => {
      const { portal, home } = await stage({ errorStyle });
      const { refresh, holder } = await stopBeforeCommit(portal, home);
      await killed(refresh);
      await killed(holder);
      expect(await shown(home)).toMatchObject({
        state: 'ok',
        detail: cutOff(refresh.child.pid),
        generation: 1,
      });
      const host = new URL(portal.accountUrl).host;
      const reason =
        `${host} no longer accepts this login (${words}). An earlier refresh was cut off; ` +
        "a crash between the server's answer and its saving is the likely cause.";
      for (const _again of [1, 2]) {
        expect(await home.json(['auth', 'refresh'])).toMatchObject({
          code: 1,
          value: {
            error: {
              code: 'LOGIN_DEAD',
              message: `The login ${id} has ended: ${reason}`,
              remedy: `Log in again: \`openclaw auth login --profile-id ${id}\`.`,
            },
          },
        });
      }
      expect(await shown(home)).toMatchObject({
        check: 1,
        state: 'needs_login',
        detail: reason,
        text: expect.stringContaining(`Why      ${reason}`),
      });
      expect(tokenRequests(portal)).toHaveLength(2);
      expect(portal.control.state().counters).toMatchObject({ refreshes: 1, refreshReuses: 1 });
      const login = await home.json(['auth', 'login', '--no-browser', '--non-interactive']);
      expect(login.code).toBe(0);
      expect(await shown(home)).toMatchObject({ check: 0, state: 'ok', detail: null, generation: 2 });
    },
  );

  it('costs nothing where refresh tokens do not rotate', { timeout }, async () => {
    const { portal, home } = await stage({ rotate: false });
    const { refresh, holder } = await stopBeforeCommit(portal, home);
    await killed(refresh);
    await killed(holder);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ id, generation: 2 });
    expect(await shown(home)).toMatchObject({ check: 0, state: 'ok', detail: null });
    expect(portal.control.state()).toMatchObject({ counters: { refreshes: 2 }, violations: [] });
  });
});

describe('kill -9 after the commit', () => {
  it('the next process has the new pair, without a word to the server', { timeout }, async () => {
    const { portal, home } = await stage({ accessTtlMs: 600 });
    portal.control.set({ accessTtlMs: 3_600_000 });
    const gateway = await startGateway(home);
    const ask = gateway.ask();
    await until(async () => (await shown(home)).generation === 2);
    await killed(gateway);
    await ask;
    expect(await shown(home)).toMatchObject({ check: 0, state: 'ok', detail: null, generation: 2 });
    expect(tokenRequests(portal)).toEqual([200]);
    // What was saved is the pair that is good: the next refresh takes it.
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state()).toMatchObject({
      counters: { refreshes: 2, refreshReuses: 0 },
      violations: [],
    });
  });
});
