// Leases from memory over a real store: valid tokens at once, due ones refreshed behind the scenes, others' changes seen.
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { createResolver, type LiveResolver, type ResolverDeps } from '../../src/auth/resolver.ts';
import type { Lease } from '../../src/auth/lease.ts';
import { OpenClawError } from '../../src/errors.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Credential, OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const provider = 'minimax-portal';
const id = `${provider}:default`;
const hour = 3_600_000;

type World = Awaited<ReturnType<typeof setUp>>;

async function setUp(options: { credential?: Partial<OAuthCredential>; deps?: Partial<ResolverDeps> } = {}) {
  const clock = createFakeClock();
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain, clock });
  const issuedAt = clock.nowMs();
  if (options.credential !== undefined) {
    await store.saveLogin(
      id,
      oauthCredential({ access: 'access-1', issuedAt, expires: issuedAt + hour, ...options.credential }),
    );
  }
  const server: { calls: number; answer: (credential: OAuthCredential) => Promise<OAuthCredential> } = {
    calls: 0,
    answer: (credential) =>
      Promise.resolve({
        ...credential,
        access: `access-${server.calls + 1}`,
        issuedAt: clock.nowMs(),
        expires: clock.nowMs() + hour,
      }),
  };
  const exchange = (credential: OAuthCredential): Promise<OAuthCredential> => {
    server.calls += 1;
    return server.answer(credential);
  };
  const random = createFakeRandom(0);
  const engine = createRefreshEngine({ store, exchange, clock, random, log: silentLog });
  const resolver = createResolver({
    store,
    engine,
    prepare: (_profileId, credential: Credential) => {
      const token = credential.type === 'oauth' ? credential.access : '';
      return Promise.resolve({
        apiKey: token,
        baseUrl: 'https://api.minimax.io/anthropic/',
        headers: { authorization: `Bearer ${token}`, 'x-api-key': token },
      });
    },
    explicitOrder: () => undefined,
    clock,
    random,
    log: silentLog,
    ...options.deps,
  });
  await resolver.load();
  const stop = resolver.start();
  onTestFinished(stop);
  return { clock, stateDir, keychain, store, server, engine, resolver };
}

const lease = (resolver: LiveResolver, rejected?: Lease): Lease | Promise<Lease> =>
  resolver.lease(provider, 'MiniMax-M3', rejected === undefined ? undefined : { rejected });
const bearer = async (given: Lease | Promise<Lease>): Promise<string | undefined> =>
  (await given).headers['authorization'];

/** Time passes until the work is done. */
async function settle<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  work.finally(() => (progress.done = true)).catch(() => undefined);
  while (!progress.done) await clock.advance(10);
  return work;
}

describe('a valid token', () => {
  it('is handed out at once, from memory, the same object each time', async () => {
    const { resolver, store, server } = await setUp({ credential: {} });
    const first = lease(resolver);
    expect(first).not.toBeInstanceOf(Promise);
    expect(first).toMatchObject({
      profileId: id,
      baseUrl: 'https://api.minimax.io/anthropic',
      headers: { authorization: 'Bearer access-1', 'x-api-key': 'access-1' },
    });
    expect(lease(resolver)).toBe(first);
    store.close();
    expect(lease(resolver)).toBe(first);
    expect(server.calls).toBe(0);
  });

  it('is refreshed ahead of its end while requests go on with it', async () => {
    const { resolver, clock, server } = await setUp({ credential: {} });
    let finish: () => void = () => undefined;
    const quick = server.answer;
    server.answer = async (credential) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return quick(credential);
    };
    await clock.advance(hour - 299_000);
    expect(server.calls).toBe(1);
    expect(await bearer(lease(resolver))).toBe('Bearer access-1');
    expect(lease(resolver)).not.toBeInstanceOf(Promise);
    finish();
    await clock.advance(1_000);
    expect(await bearer(lease(resolver))).toBe('Bearer access-2');
  });

  it('is refreshed once an expiry, day after day', async () => {
    const { resolver, clock, server } = await setUp({ credential: {} });
    for (let step = 0; step < 10; step += 1) await clock.advance(hour - 300_000 + 1_000);
    expect(server.calls).toBe(10);
    expect(await bearer(lease(resolver))).toBe('Bearer access-11');
  });
});

describe('a token that is over', () => {
  it('makes all requests wait for one refresh', async () => {
    const world = await setUp({ credential: { issuedAt: 0, expires: 1 } });
    const waiting = Array.from({ length: 50 }, () => lease(world.resolver));
    expect(waiting[0]).toBeInstanceOf(Promise);
    const leases = await settle(world.clock, Promise.all(waiting.map((one) => Promise.resolve(one))));
    expect(new Set(leases.map((one) => one.headers['authorization']))).toEqual(new Set(['Bearer access-2']));
    expect(world.server.calls).toBe(1);
  });

  it('a hung refresh lets the requests go after the limit, and still counts when it comes', async () => {
    const world = await setUp({ credential: { issuedAt: 0, expires: 1 }, deps: { waitLimitMs: 2_000 } });
    let finish: () => void = () => undefined;
    const quick = world.server.answer;
    world.server.answer = async (credential) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return quick(credential);
    };
    const waiting = lease(world.resolver) as Promise<Lease>;
    await expect(settle(world.clock, waiting)).rejects.toMatchObject({
      code: 'REFRESH_FAILED',
      data: { retryAfterMs: 1_000 },
    });
    finish();
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer access-2');
    expect(world.server.calls).toBe(1);
  });

  it('a client that leaves does not cancel the refresh', async () => {
    const world = await setUp({ credential: { issuedAt: 0, expires: 1 } });
    const leaving = new AbortController();
    const waiting = world.resolver.lease(provider, 'm', { signal: leaving.signal }) as Promise<Lease>;
    leaving.abort(new Error('client gone'));
    await expect(waiting).rejects.toThrow('client gone');
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer access-2');
  });

  it('an outage is an error with a time to come back, and the next try mends it', async () => {
    const world = await setUp({ credential: { issuedAt: 0, expires: 1 } });
    const good = world.server.answer;
    world.server.answer = () =>
      Promise.reject(new OpenClawError({ code: 'REFRESH_FAILED', message: 'HTTP 503' }));
    await expect(settle(world.clock, lease(world.resolver) as Promise<Lease>)).rejects.toMatchObject({
      code: 'REFRESH_FAILED',
    });
    world.server.answer = good;
    await world.clock.advance(3_000);
    expect(await bearer(lease(world.resolver))).toMatch(/^Bearer access-/);
  });

  it('without a refresh token it is dead, at once', async () => {
    const { resolver, server } = await setUp({ credential: { issuedAt: 0, expires: 1, refresh: '' } });
    expect(() => lease(resolver)).toThrow(expect.objectContaining({ code: 'LOGIN_DEAD' }) as Error);
    expect(server.calls).toBe(0);
  });
});

describe('a token that the upstream refuses', () => {
  it('is replaced by one forced refresh for all who were refused', async () => {
    const world = await setUp({ credential: {} });
    const refused = await lease(world.resolver);
    const retries = Array.from({ length: 20 }, () => lease(world.resolver, refused));
    const leases = await settle(world.clock, Promise.all(retries.map((one) => Promise.resolve(one))));
    expect(new Set(leases.map((one) => one.generation))).toEqual(new Set([2]));
    expect(world.server.calls).toBe(1);
  });

  it('is not refreshed again when a newer one is there already', async () => {
    const world = await setUp({ credential: {} });
    const refused = await lease(world.resolver);
    await settle(world.clock, Promise.resolve(lease(world.resolver, refused)));
    expect(await bearer(lease(world.resolver, refused))).toBe('Bearer access-2');
    expect(world.server.calls).toBe(1);
  });

  it('when the fresh one is refused too, there is an error and no hammering', async () => {
    const world = await setUp({ credential: {} });
    const refused = await lease(world.resolver);
    const fresh = await settle(world.clock, Promise.resolve(lease(world.resolver, refused)));
    for (let again = 0; again < 5; again += 1) {
      expect(() => lease(world.resolver, fresh)).toThrow(
        expect.objectContaining({ code: 'TOKEN_REFUSED' }) as Error,
      );
    }
    await world.clock.advance(120_000);
    expect(() => lease(world.resolver, fresh)).toThrow(/also a fresh one/);
    expect(world.server.calls).toBe(1);
    fresh.report({ kind: 'ok' });
    await settle(world.clock, Promise.resolve(lease(world.resolver, fresh)));
    expect(world.server.calls).toBe(2);
  });

  it('and accepted for another model in turn, there is one refresh a minute at most', async () => {
    const world = await setUp({ credential: {} });
    let refused = 0;
    for (let second = 0; second < 300; second += 1) {
      const good = await lease(world.resolver);
      good.report({ kind: 'ok' });
      try {
        await settle(world.clock, Promise.resolve(lease(world.resolver, good)));
      } catch (error) {
        expect(error).toMatchObject({ code: 'TOKEN_REFUSED', data: { profileId: id, isFresh: true } });
        refused += 1;
      }
      await world.clock.advance(1_000);
    }
    expect(world.server.calls).toBeLessThanOrEqual(6);
    expect(refused).toBe(300 - world.server.calls);
  });

  it('also when two processes take turns', async () => {
    const world = await setUp({ credential: {} });
    const store = openTestStore({ stateDir: world.stateDir, keychain: world.keychain, clock: world.clock });
    const refresh = world.server.answer;
    const elsewhere = async (generation: number): Promise<void> => {
      const credential = (await store.readProfile(id))?.credential;
      if (credential?.type !== 'oauth') throw new Error('there is no login');
      await store.commitRefresh(id, generation, await refresh(credential));
      await world.clock.advance(500);
    };
    const first = await lease(world.resolver);
    const second = await settle(world.clock, Promise.resolve(lease(world.resolver, first)));
    await elsewhere(second.generation);
    const third = await lease(world.resolver);
    expect(third.generation).toBe(3);
    expect(() => lease(world.resolver, third)).toThrow(/also a fresh one/);
    await world.clock.advance(60_000);
    expect((await settle(world.clock, Promise.resolve(lease(world.resolver, third)))).generation).toBe(4);
  });

  it('a new login is refreshed when it is refused, however short ago the former one was', async () => {
    const world = await setUp({ credential: {} });
    await settle(world.clock, Promise.resolve(lease(world.resolver, await lease(world.resolver))));
    const times = { issuedAt: world.clock.nowMs(), expires: world.clock.nowMs() + hour };
    await world.clock.advance(10);
    await world.store.saveLogin(id, oauthCredential({ access: 'anew', ...times }));
    await world.clock.advance(500);
    const anew = await lease(world.resolver);
    expect(await bearer(anew)).toBe('Bearer anew');
    expect((await settle(world.clock, Promise.resolve(lease(world.resolver, anew)))).generation).toBe(4);
  });
});

describe('what other processes do', () => {
  const other = ({ stateDir, keychain }: World) => openTestStore({ stateDir, keychain });

  it('a login, a refresh and a logout are seen within a second', async () => {
    const world = await setUp();
    expect(() => lease(world.resolver)).toThrow(expect.objectContaining({ code: 'NO_PROFILE' }) as Error);
    const store = other(world);
    const times = { issuedAt: world.clock.nowMs(), expires: world.clock.nowMs() + hour };
    await store.saveLogin(id, oauthCredential({ access: 'elsewhere', ...times }));
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer elsewhere');
    await store.commitRefresh(id, 1, oauthCredential({ access: 'renewed', ...times }));
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer renewed');
    await store.deleteProfile(id);
    await world.clock.advance(1_000);
    expect(() => lease(world.resolver)).toThrow(expect.objectContaining({ code: 'NO_PROFILE' }) as Error);
  });

  it('a login that died elsewhere is not used, and a new one mends it', async () => {
    const world = await setUp({ credential: {} });
    const store = other(world);
    await store.markDead(id, 1, 'revoked');
    await world.clock.advance(1_000);
    expect(() => lease(world.resolver)).toThrow(/revoked/);
    expect(world.resolver.usableProfiles()).toBe(0);
    await store.saveLogin(
      id,
      oauthCredential({
        access: 'again',
        issuedAt: world.clock.nowMs(),
        expires: world.clock.nowMs() + hour,
      }),
    );
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer again');
  });
});

describe('a token that lives for seconds', () => {
  it('is kept fresh while it is used, and left alone while it is not', async () => {
    const world = await setUp({ credential: {} });
    const brief = (generation: number) => ({
      access: `brief-${generation}`,
      issuedAt: world.clock.nowMs(),
      expires: world.clock.nowMs() + 2_000,
    });
    world.server.answer = (credential) => Promise.resolve({ ...credential, ...brief(world.server.calls) });
    await world.store.saveLogin(id, oauthCredential(brief(0)));
    await world.clock.advance(60_000);
    expect(world.server.calls).toBe(0);
    for (let request = 0; request < 20; request += 1) {
      await settle(world.clock, Promise.resolve(lease(world.resolver)));
      await world.clock.advance(500);
    }
    expect(world.server.calls).toBeGreaterThanOrEqual(5);
    expect(world.server.calls).toBeLessThanOrEqual(7);
  });
});

describe('a store that is brought back from a backup', () => {
  it('counts from where it is, and a new login in it is used', async () => {
    const world = await setUp({ credential: {} });
    const backup = join(world.stateDir, 'backup');
    // Copied by another process: opening its files here would drop the store's locks.
    execFileSync('cp', ['-r', join(world.stateDir, 'auth'), backup]);
    for (let again = 0; again < 5; again += 1) {
      await settle(world.clock, world.engine.refresh(id, again + 1));
    }
    await world.clock.advance(1_000);
    expect((await lease(world.resolver)).generation).toBe(6);
    renameSync(join(world.stateDir, 'auth'), join(world.stateDir, 'auth.bad'));
    renameSync(backup, join(world.stateDir, 'auth'));
    const other = openTestStore({ stateDir: world.stateDir, keychain: world.keychain });
    await other.saveLogin(
      id,
      oauthCredential({ access: 'anew', issuedAt: world.clock.nowMs(), expires: world.clock.nowMs() + hour }),
    );
    await world.clock.advance(1_000);
    expect(await bearer(lease(world.resolver))).toBe('Bearer anew');
    const spent = world.server.calls;
    await world.clock.advance(10_000);
    expect(world.server.calls).toBe(spent);
  });
});

describe('clocks that jump', () => {
  it('a day forward: one refresh, no loop', async () => {
    const world = await setUp({ credential: {} });
    world.clock.setWallMs(world.clock.nowMs() + 24 * hour);
    await world.clock.advance(10_000);
    expect(world.server.calls).toBe(1);
    expect(lease(world.resolver)).not.toBeInstanceOf(Promise);
  });

  it('an hour back: the token goes on being used, and the refresh comes when it is refused', async () => {
    const world = await setUp({ credential: {} });
    world.clock.setWallMs(world.clock.nowMs() - hour);
    await world.clock.advance(10_000);
    expect(world.server.calls).toBe(0);
    const refused = await lease(world.resolver);
    expect((await settle(world.clock, Promise.resolve(lease(world.resolver, refused)))).generation).toBe(2);
  });
});

describe('providers with a key', () => {
  it('need no login', async () => {
    const { resolver } = await setUp({
      deps: {
        keyProviders: () => [
          { provider: 'minimax', baseUrl: 'https://api.minimax.io/anthropic', headers: { 'x-api-key': 'k' } },
        ],
      },
    });
    expect(resolver.lease('minimax', 'MiniMax-M2.1')).toMatchObject({
      profileId: 'minimax:key',
      headers: { 'x-api-key': 'k' },
    });
  });
});
