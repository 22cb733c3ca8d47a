// One refresh over all callers and processes, on a real store: single flight, adopting, intents, dead logins, outages,
// and a disk that will not take the new pair.
import { describe, expect, it, vi } from 'vitest';
import {
  createRefreshEngine,
  refreshLockName,
  type AttemptOutcome,
  type RefreshEngine,
} from '../../src/auth/refresh.ts';
import { OpenClawError } from '../../src/errors.ts';
import { silentLog } from '../../src/platform/log.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const dead = () =>
  new OpenClawError({
    code: 'LOGIN_DEAD',
    message: 'account.minimax.io no longer accepts this login (invalid_grant).',
  });
const outage = (retryAfterMs?: number) =>
  new OpenClawError({ code: 'REFRESH_FAILED', message: 'HTTP 503', data: { retryAfterMs } });

/** A server that rotates: each refresh token is good once, a second use is invalid_grant. */
function rotatingServer() {
  let issued = 1;
  const calls: string[] = [];
  return {
    calls,
    exchange: vi.fn(async (credential: OAuthCredential): Promise<OAuthCredential> => {
      calls.push(credential.refresh);
      await new Promise((resolve) => setImmediate(resolve));
      if (credential.refresh !== `refresh-${issued}`) throw dead();
      issued += 1;
      return { ...credential, access: `access-${issued}`, refresh: `refresh-${issued}` };
    }),
  };
}

/** Moves the clock for as long as it takes, so that I/O between two timers may take any number of turns. */
async function passTimeUntil(clock: FakeClock, work: Promise<unknown>): Promise<void> {
  const progress = { done: false };
  void work.finally(() => {
    progress.done = true;
  });
  while (!progress.done) await clock.advance(100);
}

async function setUp(options: { exchange?: (credential: OAuthCredential) => Promise<OAuthCredential> } = {}) {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain });
  await store.saveLogin(id, oauthCredential({ access: 'access-1', refresh: 'refresh-1' }));
  const server = rotatingServer();
  const clock = createFakeClock();
  const engineOver = (over: CredentialStore, withClock = clock) =>
    createRefreshEngine({
      store: over,
      exchange: options.exchange ?? server.exchange,
      clock: withClock,
      random: createFakeRandom(0),
      log: silentLog,
    });
  return { stateDir, keychain, store, server, clock, engine: engineOver(store), engineOver };
}

describe('one process', () => {
  it('R3: 100 callers make one request, and all get the new pair', async () => {
    const { engine, server } = await setUp();
    const results = await Promise.all(Array.from({ length: 100 }, () => engine.refresh(id, 1)));
    expect(server.calls).toEqual(['refresh-1']);
    expect(new Set(results.map((stored) => (stored.credential as OAuthCredential).access))).toEqual(
      new Set(['access-2']),
    );
    expect(results[0]?.record).toMatchObject({ generation: 2, lastRefresh: { outcome: 'refreshed' } });
    expect(results[0]?.record.intent).toBeUndefined();
  });

  it('R1: the new pair is on disk before anybody gets it', async () => {
    const { engine, stateDir, keychain } = await setUp();
    await engine.refresh(id, 1);
    const reader = openTestStore({ stateDir, keychain });
    expect((await reader.readProfile(id))?.credential).toMatchObject({
      access: 'access-2',
      refresh: 'refresh-2',
    });
  });

  it('a caller that knows a newer generation than the running attempt gets a newer one still', async () => {
    const { engine, server } = await setUp();
    const [first, second] = await Promise.all([engine.refresh(id, 1), engine.refresh(id, 2)]);
    expect(first.record.generation).toBe(2);
    expect(second.record.generation).toBe(3);
    expect(server.calls).toEqual(['refresh-1', 'refresh-2']);
  });

  it('loads what the exchange needs while others may still have the lock', async () => {
    const { store, server, clock } = await setUp();
    const steps: string[] = [];
    const engine = createRefreshEngine({
      store,
      exchange: server.exchange,
      warmUp: async () => {
        (await store.lock(refreshLockName(id), { timeoutMs: 0 }))();
        steps.push(`free, ${server.calls.length} sent`);
      },
      clock,
      random: createFakeRandom(0),
      log: silentLog,
    });
    expect((await engine.refresh(id, 1)).record.generation).toBe(2);
    expect(steps).toEqual(['free, 0 sent']);
  });

  it('writes the intent before it sends, durably', async () => {
    const seen: unknown[] = [];
    const { engine, stateDir, keychain } = await setUp({
      exchange: async (credential) => {
        const other = openTestStore({ stateDir, keychain });
        seen.push((await other.readRecord(id))?.intent);
        return { ...credential, access: 'a2', refresh: 'r2' };
      },
    });
    await engine.refresh(id, 1);
    expect(seen).toEqual([expect.objectContaining({ pid: process.pid, generation: 1 })]);
  });

  it('R2: keeps the refresh token when the server gives none', async () => {
    const { engine, store } = await setUp({
      exchange: (credential) => Promise.resolve({ ...credential, access: 'a2' }),
    });
    await engine.refresh(id, 1);
    expect((await store.readProfile(id))?.credential).toMatchObject({ access: 'a2', refresh: 'refresh-1' });
  });
});

describe('several processes', () => {
  it('the one that comes second adopts what the first saved', async () => {
    const { engine, engineOver, server, stateDir, keychain } = await setUp();
    const other = engineOver(openTestStore({ stateDir, keychain }));
    await engine.refresh(id, 1);
    const adopted = await other.refresh(id, 1);
    expect(adopted.record.generation).toBe(2);
    expect(server.calls).toEqual(['refresh-1']);
  });

  it('at once: one request, the others wait for the mutex and adopt', async () => {
    const { engineOver, server, stateDir, keychain } = await setUp();
    const engines = Array.from({ length: 5 }, () =>
      engineOver(openTestStore({ stateDir, keychain }), systemClock as never),
    );
    const results = await Promise.all(engines.map((engine) => engine.refresh(id, 1)));
    expect(server.calls).toEqual(['refresh-1']);
    expect(results.map((stored) => stored.record.generation)).toEqual([2, 2, 2, 2, 2]);
  });

  it('R6: invalid_grant for a token that is not the stored one any more: adopts, never blanks', async () => {
    const world = await setUp({
      exchange: async () => {
        // Somebody logged in anew while the old token was on its way.
        await world.store.saveLogin(id, oauthCredential({ access: 'new-login', refresh: 'new-refresh' }));
        throw dead();
      },
    });
    const stored = await world.engine.refresh(id, 1);
    expect(stored.credential).toMatchObject({ access: 'new-login' });
    expect(stored.record.dead).toBeUndefined();
  });

  it('a new login that was saved during the exchange is not overwritten by its answer', async () => {
    const world = await setUp({
      exchange: async (credential) => {
        await world.store.saveLogin(id, oauthCredential({ access: 'new-login', refresh: 'new-refresh' }));
        return { ...credential, access: 'late', refresh: 'late' };
      },
    });
    const stored = await world.engine.refresh(id, 1);
    expect(stored.credential).toMatchObject({ access: 'new-login', refresh: 'new-refresh' });
  });
});

describe('failures', () => {
  it('a dead login is marked with its reason, kept, and not sent again', async () => {
    const exchange = vi.fn(() => Promise.reject(dead()));
    const { engine, store, clock } = await setUp({ exchange });
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({
      code: 'LOGIN_DEAD',
      data: { profileId: id },
    });
    await clock.advance(3_600_000);
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({ code: 'LOGIN_DEAD' });
    expect(exchange).toHaveBeenCalledTimes(1);
    const stored = await store.readProfile(id);
    expect(stored?.record.dead?.reason).toContain('invalid_grant');
    expect(stored?.credential).toMatchObject({ refresh: 'refresh-1' });
  });

  it('after a crash in the middle, the dead login names the crash as the likely cause', async () => {
    const { engine, store } = await setUp({ exchange: () => Promise.reject(dead()) });
    await store.recordIntent(id, 1);
    await expect(engine.refresh(id, 1)).rejects.toThrow(
      /a crash between the server's answer and its saving is the likely cause/,
    );
  });

  it('the crash is still named when an outage came in between', async () => {
    const answers = [outage(), dead()];
    const { engine, store } = await setUp({ exchange: () => Promise.reject(answers.shift()) });
    await store.recordIntent(id, 1);
    await engine.refresh(id, 1).catch(() => undefined);
    await expect(engine.refresh(id, 1, { ignorePause: true })).rejects.toThrow(/cut off.*likely cause/);
  });

  it('a death after an attempt without an answer names that attempt', async () => {
    const answers = [outage(), dead()];
    const { engine } = await setUp({ exchange: () => Promise.reject(answers.shift()) });
    await engine.refresh(id, 1).catch(() => undefined);
    await expect(engine.refresh(id, 1, { ignorePause: true })).rejects.toThrow(
      /no usable answer.*likely cause/,
    );
  });

  it('a wall clock that is set back does not lengthen the pause', async () => {
    const exchange = vi.fn(() => Promise.reject(outage()));
    const { engine, clock } = await setUp({ exchange });
    await engine.refresh(id, 1).catch(() => undefined);
    clock.setWallMs(clock.nowMs() - 86_400_000);
    await clock.advance(201);
    await engine.refresh(id, 1).catch(() => undefined);
    expect(exchange).toHaveBeenCalledTimes(2);
  });

  it('after a crash before the server saw anything, the same token simply works', async () => {
    const { engine, store } = await setUp();
    await store.recordIntent(id, 1);
    expect((await engine.refresh(id, 1)).record.generation).toBe(2);
  });

  it('R7: an outage keeps everything, pauses longer each time, and says how long', async () => {
    const exchange = vi.fn(() => Promise.reject(outage()));
    const { engine, store, clock } = await setUp({ exchange });
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({
      code: 'REFRESH_FAILED',
      data: { retryAfterMs: 200 },
    });
    expect(exchange).toHaveBeenCalledTimes(1);
    await clock.advance(201);
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({ code: 'REFRESH_FAILED' });
    expect(exchange).toHaveBeenCalledTimes(2);
    const stored = await store.readProfile(id);
    expect(stored?.credential).toMatchObject({ access: 'access-1', refresh: 'refresh-1' });
    expect(stored?.record).toMatchObject({
      generation: 1,
      lastRefresh: { outcome: 'transient', reason: 'HTTP 503' },
    });
    expect(stored?.record.intent).toBeUndefined();
  });

  it('honours Retry-After, but a person who asks is not made to wait', async () => {
    const exchange = vi.fn(() => Promise.reject(outage(60_000)));
    const { engine, clock } = await setUp({ exchange });
    await engine.refresh(id, 1).catch(() => undefined);
    await clock.advance(59_000);
    await engine.refresh(id, 1).catch(() => undefined);
    expect(exchange).toHaveBeenCalledTimes(1);
    await engine.refresh(id, 1, { ignorePause: true }).catch(() => undefined);
    expect(exchange).toHaveBeenCalledTimes(2);
  });

  it('a foreign throw counts as passing: nothing is removed', async () => {
    const { engine, store } = await setUp({ exchange: () => Promise.reject(new TypeError('fetch failed')) });
    await expect(engine.refresh(id, 1)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await store.readRecord(id))?.dead).toBeUndefined();
  });

  it('a login that is gone, and one that has no refresh token', async () => {
    const { engine, store } = await setUp();
    await expect(engine.refresh('minimax-portal:gone', 1)).rejects.toMatchObject({ code: 'NO_PROFILE' });
    await store.saveLogin('minimax-portal:short', oauthCredential({ refresh: '' }));
    await expect(engine.refresh('minimax-portal:short', 1)).rejects.toMatchObject({ code: 'LOGIN_DEAD' });
  });
});

describe('how attempts end', () => {
  function observed(engine: RefreshEngine): [string, AttemptOutcome][] {
    const told: [string, AttemptOutcome][] = [];
    engine.observe((profileId, outcome) => told.push([profileId, outcome]));
    return told;
  }

  it('is told once for each attempt, however many wait for it', async () => {
    const { engine, engineOver, store } = await setUp();
    const told = observed(engine);
    await Promise.all([engine.refresh(id, 1), engine.refresh(id, 1), engine.refresh(id, 1)]);
    const other = engineOver(store);
    const elsewhere = observed(other);
    await other.refresh(id, 1);
    expect([told, elsewhere]).toEqual([[[id, 'refreshed']], [[id, 'adopted']]]);
    await engine.refresh('minimax-portal:gone', 1).catch(() => undefined);
    expect(told).toHaveLength(1);
  });

  it.each([
    ['failed', outage()],
    ['dead', dead()],
  ] as const)('%s; what rests after it is no attempt', async (outcome, error) => {
    const { engine } = await setUp({ exchange: () => Promise.reject(error) });
    const told = observed(engine);
    for (const _again of [1, 2]) await engine.refresh(id, 1).catch(() => undefined);
    expect(told).toEqual([[id, outcome]]);
  });
});

describe('a disk that will not take the new pair', () => {
  it('the lock is kept and the pair saved as soon as it can be; nobody spends the old token', async () => {
    const world = await setUp();
    let broken = true;
    const flaky: CredentialStore = {
      ...world.store,
      commitRefresh: (...args) =>
        broken
          ? Promise.reject(new OpenClawError({ code: 'STORE_UNREADABLE', message: 'disk full' }))
          : world.store.commitRefresh(...args),
    };
    const engine = world.engineOver(flaky);
    const told: AttemptOutcome[] = [];
    engine.observe((_profileId, outcome) => told.push(outcome));
    const failed = engine.refresh(id, 1).catch((error: unknown) => error);
    await passTimeUntil(world.clock, failed);
    expect(await failed).toMatchObject({ code: 'STORE_UNREADABLE' });
    await expect(world.store.lock(`refresh:${id}`, { timeoutMs: 60 })).rejects.toMatchObject({
      code: 'STORE_BUSY',
    });
    broken = false;
    const idle = engine.idle();
    await passTimeUntil(world.clock, idle);
    expect((await world.store.readProfile(id))?.credential).toMatchObject({
      access: 'access-2',
      refresh: 'refresh-2',
    });
    expect(world.server.calls).toEqual(['refresh-1']);
    expect(told).toEqual(['failed', 'refreshed']);
  });
});
