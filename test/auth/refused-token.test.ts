// A token that the upstream refuses before its time: refreshed once for all who were refused, and never in a loop.
import { describe, expect, it } from 'vitest';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { bearer, hour, id, lease, provider, settle, setUp } from '../support/resolver-stage.ts';

describe('a token that the upstream refuses', () => {
  it('R8: is replaced by one forced refresh for all who were refused', async () => {
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

  it('of the only login is the end of the request, whether or not another process has told that it is dead', async () => {
    const { clock, resolver, store } = await setUp({ credential: {} });
    const another = () => resolver.lease(provider, 'MiniMax-M3', { exclude: new Set([id]) });
    const nothingElse = expect.objectContaining({
      code: 'NO_PROFILE',
      data: { provider, excluded: true },
    }) as Error;
    expect(another).toThrow(nothingElse);
    await store.markDead(id, 1, 'revoked');
    await clock.advance(1_000);
    expect(() => lease(resolver)).toThrow(expect.objectContaining({ code: 'LOGIN_DEAD' }) as Error);
    expect(another).toThrow(nothingElse);
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

  it('that has ended on the way is renewed as one that is due, however often that happens', async () => {
    const world = await setUp({ credential: {} });
    const first = await lease(world.resolver);
    await settle(world.clock, Promise.resolve(lease(world.resolver, first)));
    for (let turn = 2; turn < 6; turn += 1) {
      const current = await lease(world.resolver);
      world.clock.setWallMs(world.clock.nowMs() + hour);
      const renewed = await settle(world.clock, Promise.resolve(lease(world.resolver, current)));
      expect(await bearer(renewed)).toBe(`Bearer access-${turn + 1}`);
    }
  });

  it('and lives for a second only may be refreshed once in that time', async () => {
    const world = await setUp({ credential: {} });
    const refresh = world.server.answer;
    world.server.answer = async (credential) => ({
      ...(await refresh(credential)),
      expires: world.clock.nowMs() + 1_000,
    });
    let current = await lease(world.resolver);
    for (let turn = 0; turn < 3; turn += 1) {
      current = await settle(world.clock, Promise.resolve(lease(world.resolver, current)));
      current.report({ kind: 'ok' });
      const now = current;
      expect(() => lease(world.resolver, now)).toThrow(/also a fresh one/);
      await world.clock.advance(1_200);
      current = await settle(world.clock, Promise.resolve(lease(world.resolver)));
    }
  });
});
