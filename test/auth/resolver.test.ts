// Leases from memory over a real store: valid tokens at once, due ones refreshed behind the scenes, others' changes seen.
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/auth/lease.ts';
import { OpenClawError } from '../../src/errors.ts';
import { bearer, hour, id, lease, provider, settle, setUp, type World } from '../support/resolver-stage.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';

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

  it('is refreshed beside other logins: none waits for another one’s refresh', async () => {
    const world = await setUp({ credential: {} });
    const cn = `${provider}:cn`;
    const expires = world.clock.nowMs() + hour + 60_000;
    await world.store.saveLogin(cn, oauthCredential({ access: cn, issuedAt: world.clock.nowMs(), expires }));
    const quick = world.server.answer;
    world.server.answer = (credential) =>
      credential.access === 'access-1' ? new Promise(() => undefined) : quick(credential);
    await world.clock.advance(hour - 120_000);
    const generations = world.resolver.records().map((record) => [record.id, record.generation]);
    expect(generations).toEqual([
      [cn, 2],
      [id, 1],
    ]);
    const leases = [lease(world.resolver), lease(world.resolver)];
    expect(leases.every((one) => !(one instanceof Promise))).toBe(true);
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

  it('nobody waits for longer than half a minute, unless told otherwise', async () => {
    const world = await setUp({ credential: { issuedAt: 0, expires: 1 } });
    world.server.answer = () => new Promise(() => undefined);
    const ends: string[] = [];
    for (const _each of [1, 2]) {
      (lease(world.resolver) as Promise<Lease>).catch((error: OpenClawError) => ends.push(error.code));
    }
    await world.clock.advance(29_000);
    expect(ends).toEqual([]);
    await world.clock.advance(1_000);
    expect([ends, world.server.calls]).toEqual([['REFRESH_FAILED', 'REFRESH_FAILED'], 1]);
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
    expect(world.resolver.records().filter(({ dead }) => dead === undefined)).toEqual([]);
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
  it('R9: a day forward: one refresh, no loop', async () => {
    const world = await setUp({ credential: {} });
    world.clock.setWallMs(world.clock.nowMs() + 24 * hour);
    await world.clock.advance(10_000);
    expect(world.server.calls).toBe(1);
    expect(lease(world.resolver)).not.toBeInstanceOf(Promise);
  });

  it('a sleep that ends shortly before the token does: a refresh within a tick, and nobody waits', async () => {
    const world = await setUp({ credential: {} });
    const old = lease(world.resolver);
    world.clock.setWallMs(world.clock.nowMs() + hour - 60_000);
    expect(lease(world.resolver)).toBe(old);
    await world.clock.advance(300);
    expect(world.server.calls).toBe(1);
    await world.clock.advance(700);
    expect(await bearer(lease(world.resolver))).toBe('Bearer access-2');
  });

  it('a sleep that outlasts the token: who asks before the first tick shares its one refresh', async () => {
    const world = await setUp({ credential: {} });
    world.clock.setWallMs(world.clock.nowMs() + 2 * hour);
    const waiting = [lease(world.resolver), lease(world.resolver)] as Promise<Lease>[];
    const leases = await settle(world.clock, Promise.all(waiting));
    expect(leases.map((one) => one.headers['authorization'])).toEqual(['Bearer access-2', 'Bearer access-2']);
    expect(world.server.calls).toBe(1);
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
