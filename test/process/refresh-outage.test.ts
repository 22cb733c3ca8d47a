// The portal in trouble, seen from real processes: hanging, refusing with a time to come back, gone altogether.
import { describe, expect, it } from 'vitest';
import { loggedIn, startPortal } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { tokenRequests, until } from '../support/refresh-holds.ts';

const timeout = 30_000;

describe('a portal that hangs', () => {
  it(
    'is given up after the deadline, nothing is lost, and the next attempt goes through',
    { timeout },
    async () => {
      const portal = await startPortal();
      const home = await loggedIn(portal);
      portal.control.reset();
      portal.control.addFault({ target: 'refresh', kind: 'hang' });
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({
        error: { code: 'REFRESH_FAILED', message: expect.stringContaining('no answer within 30 s') },
      });
      expect((await home.json(['auth', 'status'])).value).toMatchObject({
        profiles: [{ state: 'ok', generation: 1, detail: expect.stringContaining('no answer within 30 s') }],
      });
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
      expect(tokenRequests(portal)).toEqual([null, 200]);
      portal.control.clearFaults();
      expect(portal.control.state().counters).toMatchObject({ refreshes: 1, refreshReuses: 0 });
    },
  );
});

describe('a portal that refuses, while no valid token is left', () => {
  it(
    'requests are told when to come back, and served within seconds after it is well',
    { timeout },
    async () => {
      const portal = await startPortal({ accessTtlMs: 300 });
      const home = await loggedIn(portal);
      const gateway = await startGateway(home);
      portal.control.reset();
      portal.control.addFault({ target: 'refresh', kind: 'status', status: 503, times: 1_000 });
      // The token of the login, or of a refresh before the fault, may be good for a moment.
      await until(async () => (await gateway.ask()).status === 503);
      const { refreshes } = portal.control.state().counters;
      for (let asked = 0; asked < 20; asked += 1) {
        const { status, retryAfter, text } = await gateway.ask();
        expect(status).toBe(503);
        expect(Number(retryAfter)).toBeGreaterThanOrEqual(1);
        expect(Number(retryAfter)).toBeLessThanOrEqual(6);
        expect(text).toContain('HTTP 503');
      }
      expect(tokenRequests(portal).length).toBeLessThan(20);
      portal.control.set({ accessTtlMs: 3_600_000 });
      portal.control.clearFaults();
      await expect.poll(async () => (await gateway.ask()).status, { timeout: 10_000 }).toBe(200);
      expect(portal.control.state().counters).toMatchObject({ refreshes: refreshes + 1, refreshReuses: 0 });
    },
  );

  it.each([
    ['in seconds', () => '120'],
    ['as a date', () => new Date(Date.now() + 120_000).toUTCString()],
  ])('a Retry-After %s is kept to and passed on', { timeout }, async (_name, retryAfter) => {
    const portal = await startPortal({ accessTtlMs: 300 });
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    portal.control.reset();
    portal.control.addFault({
      target: 'refresh',
      kind: 'status',
      status: 429,
      retryAfter: retryAfter(),
      times: 9,
    });
    await until(async () => (await gateway.ask()).status === 503);
    for (let asked = 0; asked < 5; asked += 1) {
      const answer = await gateway.ask();
      expect(answer.status).toBe(503);
      expect(Number(answer.retryAfter)).toBeGreaterThan(60);
      expect(Number(answer.retryAfter)).toBeLessThanOrEqual(120);
    }
    expect(tokenRequests(portal)).toEqual([429]);
    // A person who asks does not wait, and the gateway takes up what comes of it.
    portal.control.clearFaults();
    portal.control.set({ accessTtlMs: 3_600_000 });
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
    await expect.poll(async () => (await gateway.ask()).status, { timeout: 5_000 }).toBe(200);
  });
});

describe('a portal that is gone', () => {
  it(
    'is said to have got nothing, and a death after that is put down to nothing of the kind',
    { timeout },
    async () => {
      const portal = await startPortal();
      const home = await loggedIn(portal);
      expect(
        (await home.json(['auth', 'refresh'], { HTTP_PROXY: 'http://127.0.0.1:9', NO_PROXY: '' })).value,
      ).toMatchObject({
        error: { code: 'REFRESH_FAILED', message: expect.stringContaining('ECONNREFUSED') },
      });
      expect((await home.json(['auth', 'status'])).value).toMatchObject({
        profiles: [{ detail: expect.stringContaining('Nothing was sent.') }],
      });
      portal.control.revokeFamily();
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({
        error: {
          code: 'LOGIN_DEAD',
          message: expect.stringMatching(/\(the refresh token is not valid\)\.$/),
        },
      });
    },
  );
});
