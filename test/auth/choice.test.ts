// Which login serves a request: turns, sessions, cooldowns, what a request has tried, and keys beside logins.
import { describe, expect, it } from 'vitest';
import type { Lease, LeaseOptions, LeaseOutcome } from '../../src/auth/lease.ts';
import type { LiveResolver, ResolverDeps } from '../../src/auth/resolver.ts';
import { httpStatusOf, OpenClawError } from '../../src/errors.ts';
import { oauthCredential } from '../support/credentials.ts';
import { hour, id, provider, setUp, type World } from '../support/resolver-stage.ts';

const cn = `${provider}:cn`;
const key = `${provider}:key`;
const model = 'MiniMax-M3';
const minute = 60_000;

async function withLogins(ids: readonly string[], deps: Partial<ResolverDeps> = {}): Promise<World> {
  const world = await setUp({ deps });
  const nowMs = world.clock.nowMs();
  for (const each of ids) {
    await world.store.saveLogin(
      each,
      oauthCredential({ access: each, issuedAt: nowMs, expires: nowMs + 48 * hour }),
    );
  }
  await world.clock.advance(1_000);
  return world;
}

const keyProviders = () => [
  { provider, baseUrl: 'https://api.minimax.io/anthropic', headers: { 'x-api-key': 'k' } },
];

const take = (resolver: LiveResolver, options?: LeaseOptions, asked = model): Lease =>
  resolver.lease(provider, asked, options) as Lease;
const fail = (lease: Lease, reason: string, more: Partial<LeaseOutcome> = {}): void =>
  lease.report({ kind: 'failed', reason, ...more } as LeaseOutcome);

function refusal(resolver: LiveResolver, options?: LeaseOptions, asked = model): OpenClawError {
  try {
    take(resolver, options, asked);
  } catch (error) {
    return error as OpenClawError;
  }
  throw new Error('a lease was given');
}

describe('turns', () => {
  it('go to the least recently used, within a millisecond too', async () => {
    const { resolver } = await withLogins([id, cn]);
    expect(Array.from({ length: 5 }, () => take(resolver).profileId)).toEqual([id, cn, id, cn, id]);
  });

  it('go to a key only when no login can serve, and to what an order names alone', async () => {
    const { resolver } = await withLogins([id], { keyProviders });
    expect([take(resolver).profileId, take(resolver).profileId]).toEqual([id, id]);
    fail(take(resolver), 'quota');
    expect(take(resolver).profileId).toBe(key);

    const ordered = await withLogins([id, cn], { keyProviders, explicitOrder: () => [key, cn] });
    expect([take(ordered.resolver).profileId, take(ordered.resolver).profileId]).toEqual([key, key]);
    fail(take(ordered.resolver), 'billing');
    expect(take(ordered.resolver).profileId).toBe(cn);
    expect(refusal(ordered.resolver, { exclude: new Set([cn]) }).code).toBe('COOLING_DOWN');
  });

  it('are not for what a request has tried', async () => {
    const { resolver } = await withLogins([id, cn]);
    expect(take(resolver, { exclude: new Set([id]) }).profileId).toBe(cn);
    expect(take(resolver, { exclude: new Set([id]) }).profileId).toBe(cn);
    const all = refusal(resolver, { exclude: new Set([id, cn]) });
    expect([all.code, all.data]).toEqual(['NO_PROFILE', { provider, excluded: true }]);
    fail(take(resolver, { exclude: new Set([cn]) }), 'overloaded');
    const tried = refusal(resolver, { exclude: new Set([id, cn]) });
    expect(tried.data).toEqual({ provider, excluded: true, retryAfterMs: 30_000 });
  });
});

describe('sessions', () => {
  it('stay with one login while it works, and go on with the one that took its place', async () => {
    const { resolver, clock } = await withLogins([id, cn]);
    const session = { session: 'a' };
    const stays = take(resolver, session);
    take(resolver);
    take(resolver);
    expect([take(resolver, session), take(resolver, session)]).toEqual([stays, stays]);
    fail(stays, 'rate_limit');
    const next = take(resolver, session);
    expect(next.profileId).not.toBe(stays.profileId);
    await clock.advance(minute);
    expect([take(resolver, session), take(resolver, session)]).toEqual([next, next]);
  });

  it('with names that are too long are none', async () => {
    const { resolver } = await withLogins([id, cn]);
    const session = { session: 'x'.repeat(201) };
    expect(take(resolver, session).profileId).not.toBe(take(resolver, session).profileId);
  });
});

describe('cooldowns', () => {
  it('are of one login and one model; billing of the login', async () => {
    const { resolver } = await withLogins([id, cn]);
    fail(take(resolver, { exclude: new Set([cn]) }), 'model_unavailable');
    expect([take(resolver).profileId, take(resolver).profileId]).toEqual([cn, cn]);
    expect(take(resolver, { exclude: new Set([cn]) }, 'MiniMax-M2.7').profileId).toBe(id);
    fail(take(resolver, { exclude: new Set([cn]) }, 'MiniMax-M2.7'), 'billing');
    expect(refusal(resolver, { exclude: new Set([cn]) }, 'MiniMax-M2.5').code).toBe('COOLING_DOWN');
    expect(resolver.cooldowns()).toMatchObject([
      { profileId: id, model, reason: 'model_unavailable' },
      { profileId: id, model: '', reason: 'billing' },
    ]);
  });

  it.each([
    ['rate_limit', 429, { retryAfterMs: 7_000 }, 7_000],
    ['quota', 429, {}, 5 * minute],
    ['billing', 503, {}, 10 * minute],
    ['server_error', 503, {}, 30_000],
  ])('of every login: %s is HTTP %i', async (reason, status, more, retryAfterMs) => {
    const { resolver } = await withLogins([id]);
    fail(take(resolver), reason, more);
    const error = refusal(resolver);
    expect([error.code, error.data['reason'], error.data['retryAfterMs']]).toEqual([
      'COOLING_DOWN',
      reason,
      retryAfterMs,
    ]);
    expect(httpStatusOf(error)).toBe(status);
    expect(error.message).toContain(id);
  });

  it('of several: the soonest counts', async () => {
    const { resolver } = await withLogins([id, cn]);
    fail(take(resolver), 'quota');
    fail(take(resolver), 'rate_limit');
    expect(refusal(resolver).data).toMatchObject({ retryAfterMs: 30_000, reason: 'rate_limit' });
  });

  it('begin with no answer that speaks of the request', async () => {
    const { resolver } = await withLogins([id]);
    for (const reason of ['format', 'context_overflow', 'forbidden', 'stream_cut'])
      fail(take(resolver), reason);
    take(resolver).report({ kind: 'auth', detail: 'HTTP 401' });
    expect(take(resolver).profileId).toBe(id);
  });

  it('end with a success of a request that was sent since, and with none that was sent before', async () => {
    const { resolver, clock } = await withLogins([id]);
    const lease = take(resolver);
    const before = clock.nowMs();
    await clock.advance(10);
    fail(lease, 'rate_limit');
    lease.report({ kind: 'ok', sentAtMs: before });
    lease.report({ kind: 'ok' });
    expect(refusal(resolver).code).toBe('COOLING_DOWN');
    await clock.advance(10);
    lease.report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect(take(resolver)).toBe(lease);
  });
});

describe('half open', () => {
  async function over(): Promise<World> {
    const world = await withLogins([id, cn], { explicitOrder: () => [id, cn] });
    fail(take(world.resolver), 'rate_limit');
    await world.clock.advance(30_000);
    return world;
  }

  it('one request tries, others go elsewhere, and a success brings it back', async () => {
    const { resolver } = await over();
    const trial = take(resolver);
    expect([trial.profileId, take(resolver).profileId, take(resolver).profileId]).toEqual([id, cn, cn]);
    trial.report({ kind: 'ok' });
    expect([take(resolver).profileId, take(resolver).profileId]).toEqual([id, id]);
    fail(take(resolver), 'rate_limit');
    expect(refusal(resolver, { exclude: new Set([cn]) }).data['retryAfterMs']).toBe(30_000);
  });

  it('a failure begins the next longer one', async () => {
    const { resolver, clock } = await over();
    fail(take(resolver), 'rate_limit');
    expect(take(resolver).profileId).toBe(cn);
    expect(refusal(resolver, { exclude: new Set([cn]) }).data['retryAfterMs']).toBe(minute);
    await clock.advance(minute);
    expect(take(resolver).profileId).toBe(id);
  });

  it.each<[string, LeaseOutcome]>([
    ['the client left', { kind: 'unknown' }],
    ['the request was wrong', { kind: 'failed', reason: 'format' }],
    ['the token was refused', { kind: 'auth', detail: 'HTTP 401' }],
  ])('says nothing when %s: the next one tries', async (_name, outcome) => {
    const { resolver } = await over();
    take(resolver).report(outcome);
    expect([take(resolver).profileId, take(resolver).profileId]).toEqual([id, cn]);
  });

  it('an attempt that is never told of keeps no other from trying for longer than 30 s', async () => {
    const { resolver, clock } = await over();
    take(resolver);
    await clock.advance(29_000);
    expect(take(resolver).profileId).toBe(cn);
    await clock.advance(1_000);
    expect(take(resolver).profileId).toBe(id);
  });

  it('is nobody’s trial but its own: the end of an older request lets no second one in', async () => {
    const world = await withLogins([id, cn], { explicitOrder: () => [id, cn] });
    const { resolver, clock } = world;
    const older = take(resolver);
    fail(older, 'rate_limit');
    await clock.advance(30_000);
    const trial = take(resolver);
    older.report({ kind: 'unknown' });
    fail(older, 'format');
    expect([trial.profileId, take(resolver).profileId]).toEqual([id, cn]);
    trial.report({ kind: 'unknown' });
    expect(take(resolver).profileId).toBe(id);
  });

  it('is not lengthened by what was sent before it, however late that fails', async () => {
    const { resolver, clock } = await withLogins([id]);
    const lease = take(resolver);
    const sentAtMs = clock.nowMs();
    await clock.advance(10);
    fail(lease, 'timeout', { sentAtMs });
    await clock.advance(30_000);
    const trial = take(resolver);
    for (let late = 0; late < 10; late += 1) fail(lease, 'timeout', { sentAtMs });
    trial.report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect(take(resolver)).toBe(take(resolver));
  });

  it('with one login, others are told to come back in a moment', async () => {
    const { resolver, clock } = await withLogins([id]);
    fail(take(resolver), 'timeout');
    await clock.advance(30_000);
    take(resolver);
    expect(refusal(resolver).data['retryAfterMs']).toBe(1_000);
  });
});

describe('clocks that jump', () => {
  it('back: a success ends what has not begun yet, and nobody is kept waiting', async () => {
    const { resolver, clock } = await withLogins([id]);
    fail(take(resolver), 'quota');
    clock.setWallMs(clock.nowMs() - hour);
    const trial = take(resolver);
    expect(refusal(resolver).data['retryAfterMs']).toBe(1_000);
    trial.report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect([take(resolver), take(resolver)]).toEqual([take(resolver), take(resolver)]);
    clock.setWallMs(clock.nowMs() + hour);
    expect(resolver.cooldowns()).toEqual([]);
  });

  it('forward: a cooldown is over early, and one request tries', async () => {
    const { resolver, clock } = await withLogins([id]);
    fail(take(resolver), 'billing');
    clock.setWallMs(clock.nowMs() + 24 * hour);
    expect(take(resolver).profileId).toBe(id);
    expect(refusal(resolver).data['retryAfterMs']).toBe(1_000);
  });
});

describe('a login whose refresh fails', () => {
  it('is passed over while another one works, and is in turn again when it is renewed', async () => {
    const { resolver, clock, store, server } = await withLogins([cn]);
    const good = server.answer;
    server.answer = () => Promise.reject(new OpenClawError({ code: 'REFRESH_FAILED', message: 'HTTP 503' }));
    const nowMs = clock.nowMs();
    await store.saveLogin(id, oauthCredential({ access: id, issuedAt: nowMs - hour, expires: nowMs }));
    await clock.advance(1_000);
    const session = { session: 'a' };
    for (let turn = 0; turn < 4; turn += 1) {
      expect([take(resolver).profileId, take(resolver, session).profileId]).toEqual([cn, cn]);
    }
    // Where nothing else works it is waited for.
    await expect(resolver.lease(provider, model, { exclude: new Set([cn]) })).rejects.toMatchObject({
      code: 'REFRESH_FAILED',
      data: { profileId: id },
    });
    server.answer = good;
    await clock.advance(10 * minute);
    expect(new Set([take(resolver).profileId, take(resolver).profileId])).toEqual(new Set([id, cn]));
    expect(take(resolver, session).profileId).toBe(cn);
  });

  it('counts before a key as long as none has failed', async () => {
    const { resolver, clock, store } = await withLogins([], { keyProviders });
    await store.saveLogin(
      id,
      oauthCredential({ access: id, issuedAt: clock.nowMs(), expires: clock.nowMs() + hour }),
    );
    await clock.advance(1_000);
    clock.setWallMs(clock.nowMs() + hour);
    const waiting = resolver.lease(provider, model) as Promise<Lease>;
    await clock.advance(1_000);
    expect((await waiting).profileId).toBe(id);
  });
});

describe('what holds a login back', () => {
  it('is what is told, not what is over', async () => {
    const { resolver, clock } = await withLogins([id]);
    fail(take(resolver), 'rate_limit');
    await clock.advance(minute);
    fail(take(resolver), 'billing');
    expect(refusal(resolver).data).toMatchObject({
      reason: 'billing',
      retryAfterMs: 10 * minute,
      httpStatus: 503,
    });
  });

  it('keeps it from a request that has nowhere else to go only while it lasts', async () => {
    const { resolver, clock } = await withLogins([id]);
    fail(take(resolver), 'billing');
    await clock.advance(10 * minute);
    fail(take(resolver), 'server_error');
    expect(refusal(resolver).data['reason']).toBe('server_error');
    expect(take(resolver, { cooling: true }).profileId).toBe(id);
  });
});

describe('a login that ends while it is lent', () => {
  const others = { exclude: new Set([cn]) };

  it('and another one under its name: what becomes of its requests is no word about that one', async () => {
    const { resolver, clock, store } = await withLogins([id]);
    const former = take(resolver);
    await clock.advance(2_000);
    await store.saveLogin(id, oauthCredential({ issuedAt: clock.nowMs(), expires: clock.nowMs() + hour }));
    await clock.advance(1_000);
    fail(former, 'billing');
    expect(take(resolver).generation).toBe(2);
    fail(take(resolver), 'quota');
    former.report({ kind: 'ok', sentAtMs: clock.nowMs() });
    expect(refusal(resolver).data['reason']).toBe('quota');
  });

  it('for good: its requests end, and nothing is left of it', async () => {
    const { resolver, clock, store } = await withLogins([id, cn]);
    const former = take(resolver, others);
    await store.deleteProfile(id);
    await clock.advance(1_000);
    fail(former, 'billing');
    expect(resolver.cooldowns()).toEqual([]);
    expect([take(resolver).profileId, take(resolver).profileId]).toEqual([cn, cn]);
    expect(() => take(resolver, { rejected: former })).toThrow(
      expect.objectContaining({ code: 'TOKEN_REFUSED' }) as Error,
    );
  });

  it('in the middle of a trial: the new login is free', async () => {
    const { resolver, clock, store } = await withLogins([id]);
    fail(take(resolver), 'rate_limit');
    await clock.advance(30_000);
    const trial = take(resolver);
    await store.saveLogin(id, oauthCredential({ issuedAt: clock.nowMs(), expires: clock.nowMs() + hour }));
    await clock.advance(1_000);
    trial.report({ kind: 'unknown' });
    expect(take(resolver)).toBe(take(resolver));
  });
});

it('a session goes on with one login while the other cools down for one of its models', async () => {
  const { resolver } = await withLogins([id, cn]);
  const session = { session: 'a' };
  fail(take(resolver, session), 'rate_limit');
  expect([take(resolver, session).profileId, take(resolver, session, 'MiniMax-M2.7').profileId]).toEqual([
    cn,
    cn,
  ]);
  fail(take(resolver, session, 'MiniMax-M2.7'), 'rate_limit');
  const turns = [model, 'MiniMax-M2.7', model].map((asked) => take(resolver, session, asked).profileId);
  expect(turns).toEqual([cn, id, cn]);
});

it('another key in the place of a former one begins with a clean sheet, the same one does not', async () => {
  let key = 'k-1';
  const { resolver } = await withLogins([], {
    keyProviders: () => [
      { provider, baseUrl: 'https://api.minimax.io/anthropic', headers: { 'x-api-key': key } },
    ],
  });
  fail(take(resolver), 'billing');
  await resolver.load({ fresh: true });
  expect(refusal(resolver).data['reason']).toBe('billing');
  key = 'k-2';
  await resolver.load({ fresh: true });
  expect(take(resolver).headers).toEqual({ 'x-api-key': 'k-2' });
});

it('a new login under the name begins with a clean sheet', async () => {
  const { resolver, clock, store } = await withLogins([id]);
  fail(take(resolver), 'billing');
  await clock.advance(2_000);
  await store.saveLogin(id, oauthCredential({ issuedAt: clock.nowMs(), expires: clock.nowMs() + hour }));
  await clock.advance(1_000);
  expect(take(resolver).generation).toBe(2);
});
