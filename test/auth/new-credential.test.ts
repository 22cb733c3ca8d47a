// A credential that takes another one's place: what was said of the former, and what is said of it still, is not its.
import { describe, expect, it } from 'vitest';
import type { Lease, LeaseOptions } from '../../src/auth/lease.ts';
import type { LiveResolver } from '../../src/auth/resolver.ts';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createActivityStore } from '../../src/store/activity-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { hour, id, lease, provider, settle, setUp } from '../support/resolver-stage.ts';
import { tempFolder } from '../support/temp-folder.ts';

const minute = 60_000;
const baseUrl = 'https://llm.test';

function take(resolver: LiveResolver, of: string, options?: LeaseOptions): Lease {
  return resolver.lease(of, 'm', options) as Lease;
}

function reasonOf(resolver: LiveResolver, of: string): unknown {
  try {
    take(resolver, of).report({ kind: 'unknown' });
    return 'lent';
  } catch (error) {
    return (error as { data: { reason: unknown } }).data.reason;
  }
}

async function withKey(folder = tempFolder()) {
  const present: { key: string | undefined } = { key: 'k-1' };
  const activity = createActivityStore(openActivityDatabase(folder, { mode: 'keep', warn: () => undefined }));
  const world = await setUp({
    deps: {
      activity,
      keyProviders: () =>
        present.key === undefined
          ? []
          : [{ provider: 'lab', baseUrl, headers: { 'x-api-key': present.key } }],
    },
  });
  const change = (key: string | undefined): Promise<void> => {
    present.key = key;
    return world.resolver.load({ fresh: true });
  };
  const keyOf = (options?: LeaseOptions): string | undefined =>
    take(world.resolver, 'lab', options).headers['x-api-key'];
  return { ...world, activity, change, keyOf };
}

describe('a key in the place of another', () => {
  it.each(['billing', 'rate_limit', 'auth'])(
    'does not cool down for the end of the other: %s',
    async (reason) => {
      const { resolver, clock, change, keyOf } = await withKey();
      const former = take(resolver, 'lab');
      await change('k-2');
      former.report({ kind: 'failed', reason, sentAtMs: clock.nowMs() });
      expect([keyOf(), resolver.cooldowns()]).toEqual(['k-2', []]);
    },
  );

  it('is not proved by a success of the other', async () => {
    const { resolver, clock, change } = await withKey();
    const former = take(resolver, 'lab');
    await change('k-2');
    take(resolver, 'lab').report({ kind: 'failed', reason: 'billing' });
    former.report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect(reasonOf(resolver, 'lab')).toBe('billing');
  });

  it('is lent to whom the other was refused; refused itself, or alone, it is told', async () => {
    const { resolver, change, keyOf } = await withKey();
    const former = take(resolver, 'lab');
    const refused = expect.objectContaining({ code: 'TOKEN_REFUSED' }) as Error;
    expect(() => keyOf({ rejected: former })).toThrow(refused);
    await change('k-2');
    expect(keyOf({ rejected: former })).toBe('k-2');
    expect(() => keyOf({ rejected: take(resolver, 'lab') })).toThrow(refused);
    await change(undefined);
    expect(() => keyOf({ rejected: former })).toThrow(refused);
  });

  it('begins with a clean sheet after a time without any, and the same one does not', async () => {
    const { resolver, change } = await withKey();
    take(resolver, 'lab').report({ kind: 'failed', reason: 'billing' });
    for (const [key, reason] of [
      ['k-1', 'billing'],
      ['k-2', 'lent'],
    ] as const) {
      await change(undefined);
      await change(key);
      expect(reasonOf(resolver, 'lab')).toBe(reason);
    }
  });

  it('is the same one after the configuration was read again: its requests count', async () => {
    const { resolver, change } = await withKey();
    const before = take(resolver, 'lab');
    await change('k-1');
    before.report({ kind: 'failed', reason: 'billing' });
    expect(reasonOf(resolver, 'lab')).toBe('billing');
  });

  it('is a login: nothing of the key is told of it, and it is lent to whom the key was refused', async () => {
    const { resolver, clock, store } = await withKey();
    const former = take(resolver, 'lab');
    const times = { issuedAt: clock.nowMs(), expires: clock.nowMs() + hour };
    await store.saveLogin('lab:key', oauthCredential({ provider: 'lab', access: 'login', ...times }));
    await clock.advance(1_000);
    former.report({ kind: 'failed', reason: 'billing', sentAtMs: clock.nowMs() });
    const lent = take(resolver, 'lab');
    expect(lent.headers['authorization']).toBe('Bearer login');
    expect(take(resolver, 'lab', { rejected: former })).toBe(lent);
    await store.deleteProfile('lab:key');
    await clock.advance(1_000);
    expect(take(resolver, 'lab', { rejected: lent }).headers['x-api-key']).toBe('k-1');
  });
});

describe('a login that is refused', () => {
  const refuse = (given: Lease, sentAtMs: number): void =>
    given.report({ kind: 'failed', reason: 'auth', sentAtMs });

  it('is left alone whatever the model, and lent all the same where nothing else is left', async () => {
    const { resolver, clock } = await setUp({ credential: { expires: 1_750_000_000_000 + 48 * hour } });
    refuse(take(resolver, provider), clock.nowMs());
    for (const model of ['m', 'another']) {
      expect(() => resolver.lease(provider, model)).toThrow(
        expect.objectContaining({
          code: 'COOLING_DOWN',
          message: expect.stringContaining('(the login was refused)') as string,
          data: expect.objectContaining({ reason: 'auth', retryAfterMs: minute, httpStatus: 503 }) as unknown,
        }) as Error,
      );
      expect(resolver.lease(provider, model, { cooling: true })).toMatchObject({ profileId: id });
    }
    await clock.advance(minute);
    const trial = take(resolver, provider);
    refuse(trial, clock.nowMs());
    expect(resolver.cooldowns()).toMatchObject([{ model: '', reason: 'auth', failures: 2 }]);
    await clock.advance(5 * minute);
    take(resolver, provider).report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect(take(resolver, provider)).toBe(take(resolver, provider));
  });

  it('is used at once when it has been renewed, and what it met but that stays', async () => {
    const { resolver, clock, store } = await setUp({ credential: {} });
    const former = await lease(resolver);
    take(resolver, provider).report({ kind: 'failed', reason: 'rate_limit', retryAfterMs: hour });
    refuse(former, clock.nowMs());
    const times = { issuedAt: clock.nowMs(), expires: clock.nowMs() + hour };
    await store.commitRefresh(id, 1, oauthCredential({ access: 'renewed', ...times }));
    await clock.advance(1_000);
    const renewed = await lease(resolver);
    expect(renewed.headers['authorization']).toBe('Bearer renewed');
    expect(reasonOf(resolver, provider)).toBe('rate_limit');
    // What becomes of the token before it says nothing of this one; of the service it does.
    refuse(former, clock.nowMs());
    expect(await lease(resolver)).toBe(renewed);
    former.report({ kind: 'failed', reason: 'billing' });
    expect(resolver.cooldowns().map(({ reason }) => reason)).toEqual(['rate_limit', 'billing']);
  });

  it('is used at once when this process renews it', async () => {
    const world = await setUp({ credential: {} });
    const former = await lease(world.resolver);
    refuse(former, world.clock.nowMs());
    await world.clock.advance(1_000);
    await settle(world.clock, Promise.resolve(lease(world.resolver, former)));
    expect(world.resolver.cooldowns()).toEqual([]);
    expect((await lease(world.resolver)).generation).toBe(2);
  });

  it('stays so when everything is read again', async () => {
    const { resolver, clock } = await setUp({ credential: {} });
    refuse(take(resolver, provider), clock.nowMs());
    await resolver.load({ fresh: true });
    expect(reasonOf(resolver, provider)).toBe('auth');
  });

  it('stays so over a restart, unless it was renewed in between; a key may be another one by then', async () => {
    const folder = tempFolder();
    const first = await withKey(folder);
    const other = `${provider}:other`;
    const issuedAt = first.clock.nowMs();
    for (const each of [id, other]) {
      await first.store.saveLogin(
        each,
        oauthCredential({ access: each, issuedAt, expires: issuedAt + hour }),
      );
    }
    await first.clock.advance(1_000);
    for (const given of [take(first.resolver, provider), take(first.resolver, provider)]) {
      refuse(given, first.clock.nowMs());
    }
    refuse(take(first.resolver, 'lab'), first.clock.nowMs());
    await first.clock.advance(2_000);
    first.stop();
    expect(first.activity.read().cooldowns).toHaveLength(3);
    await first.store.commitRefresh(
      other,
      1,
      oauthCredential({ access: 'renewed', issuedAt, expires: issuedAt + hour }),
    );
    const again = await setUp({
      deps: {
        store: first.store,
        clock: first.clock,
        activity: first.activity,
        keyProviders: () => [{ provider: 'lab', baseUrl, headers: { 'x-api-key': 'k-2' } }],
      },
    });
    expect(again.resolver.cooldowns()).toMatchObject([{ profileId: id, reason: 'auth' }]);
    expect(take(again.resolver, provider).profileId).toBe(other);
    expect(take(again.resolver, 'lab').headers['x-api-key']).toBe('k-2');
  });
});
