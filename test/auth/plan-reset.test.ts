// A plan that is used up: when its service is asked, with which token, and what its answer does to the cooldowns.
import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/auth/lease.ts';
import { readStanding } from '../../src/auth/plan-reset.ts';
import type { ResolverDeps } from '../../src/auth/resolver.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { LogFields } from '../../src/platform/log.ts';
import type { UsageContext, UsageSnapshot } from '../../src/plugin-sdk/index.ts';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createActivityStore } from '../../src/store/activity-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { hour, id, provider, setUp, type World } from '../support/resolver-stage.ts';
import { tempFolder } from '../support/temp-folder.ts';

const second = 1_000;
const minute = 60 * second;
const model = 'MiniMax-M3';
const startMs = 1_750_000_000_000;

const plan = (usedPercent: number, resetAt?: number): UsageSnapshot => ({
  provider,
  displayName: 'plan',
  windows: [
    { label: 'w', usedPercent: 50 },
    { label: 'i', usedPercent, ...(resetAt === undefined ? {} : { resetAt }) },
  ],
});

type Stage = World & {
  asked: { token: string; atMs: number; signal: AbortSignal | undefined }[];
  plan: { answer: (context: UsageContext) => Promise<UsageSnapshot | undefined> };
  said: { event: string; fields: LogFields }[];
};

async function stage(deps: Partial<ResolverDeps> = {}, lifetimeMs = 48 * hour): Promise<Stage> {
  const asked: Stage['asked'] = [];
  const said: Stage['said'] = [];
  const note = (event: string, fields: LogFields = {}): void => void said.push({ event, fields });
  const service: Stage['plan'] = { answer: () => Promise.resolve(plan(100, startMs + 3 * hour)) };
  const nowMs = (): number => world.clock.nowMs();
  const world = await setUp({
    credential: { issuedAt: startMs, expires: startMs + lifetimeMs },
    deps: {
      askPlan: (context) => {
        const token = context.credential.type === 'oauth' ? context.credential.access : '';
        asked.push({ token, atMs: nowMs() - startMs, signal: context.signal });
        return service.answer(context);
      },
      log: { debug: note, info: note, warn: note, error: note },
      ...deps,
    },
  });
  return { ...world, asked, plan: service, said };
}

const take = ({ resolver }: World, asked = model): Lease => resolver.lease(provider, asked) as Lease;
const useUp = (world: World, asked = model): void =>
  take(world, asked).report({ kind: 'failed', reason: 'quota' });
const until = ({ resolver }: World): number[] => resolver.cooldowns().map(({ untilMs }) => untilMs - startMs);
const timesAsked = ({ asked }: Stage): number[] => asked.map(({ atMs }) => atMs);

describe('a cooldown of a plan', () => {
  it('lasts until the time that the service names, asked for behind the request that failed', async () => {
    const world = await stage();
    await world.clock.advance(minute);
    expect(world.asked).toEqual([]);
    useUp(world);
    expect(world.asked).toEqual([]);
    await world.clock.advance(second);
    expect(world.asked).toMatchObject([{ token: 'access-1' }]);
    expect(until(world)).toEqual([3 * hour]);
    await world.clock.advance(3 * hour - minute - 2 * second);
    expect(() => take(world)).toThrow(expect.objectContaining({ code: 'COOLING_DOWN' }) as Error);
    await world.clock.advance(second);
    const trial = take(world);
    expect(() => take(world)).toThrow(expect.objectContaining({ code: 'COOLING_DOWN' }) as Error);
    trial.report({ kind: 'ok', sentAtMs: world.clock.nowMs() });
    expect(take(world)).toBe(take(world));
  });

  it('of several models follows one answer, and each new one is asked about, seconds apart at least', async () => {
    const world = await stage();
    useUp(world);
    useUp(world, 'MiniMax-M2.5');
    await world.clock.advance(second);
    expect([until(world), world.asked.length]).toEqual([[3 * hour, 3 * hour], 1]);
    useUp(world, 'MiniMax-M2.7');
    await world.clock.advance(10 * second);
    expect(until(world)).toEqual([3 * hour, 3 * hour, 3 * hour]);
    expect(timesAsked(world)).toEqual([250, 5_250]);
  });

  it('is over early when more was bought: one request tries first', async () => {
    const world = await stage();
    useUp(world);
    await world.clock.advance(minute);
    world.plan.answer = () => Promise.resolve(plan(40));
    await world.clock.advance(5 * minute);
    expect(world.resolver.cooldowns()).toEqual([]);
    const trial = take(world);
    expect(() => take(world)).toThrow(expect.objectContaining({ code: 'COOLING_DOWN' }) as Error);
    trial.report({ kind: 'ok', sentAtMs: world.clock.nowMs() });
    take(world);
    await world.clock.advance(hour);
    expect(world.asked).toHaveLength(2);
  });

  it('is not over because the service counts late, and less and less where it is always wrong', async () => {
    const world = await stage();
    world.plan.answer = () => Promise.resolve(plan(99));
    const overAt: number[] = [];
    useUp(world);
    for (let passedMs = 0; passedMs < hour; passedMs += second) {
      await world.clock.advance(second);
      if (world.resolver.cooldowns().length > 0) continue;
      overAt.push(Math.round((world.clock.nowMs() - startMs) / minute));
      useUp(world);
    }
    // After half a minute, one, two, four …, as soon as it is asked again: at the latest five minutes later.
    expect(overAt).toEqual([1, 2, 4, 9, 18, 34]);
    expect(world.asked.length).toBeLessThan(25);
  });

  it('is no matter of an answer to an earlier question, nor after its end by another hand', async () => {
    const world = await stage();
    let answer: (snapshot: UsageSnapshot) => void = () => undefined;
    world.plan.answer = () => new Promise((resolve) => (answer = resolve));
    useUp(world);
    await world.clock.advance(second);
    take(world, 'other');
    const lease = take(world, 'MiniMax-M2.5');
    lease.report({ kind: 'failed', reason: 'rate_limit' });
    await world.clock.advance(second);
    // A request that was sent since has worked.
    const proof = world.resolver.lease(provider, 'MiniMax-M2.7') as Lease;
    proof.report({ kind: 'ok', sentAtMs: world.clock.nowMs() });
    useUp(world, 'MiniMax-M2.7');
    answer(plan(100, startMs + 3 * hour));
    await world.clock.advance(250);
    expect(
      world.resolver.cooldowns().map(({ model: of, reason, untilMs }) => [of, reason, untilMs - startMs]),
    ).toEqual([
      [model, 'quota', 3 * hour],
      ['MiniMax-M2.5', 'rate_limit', 31 * second],
      ['MiniMax-M2.7', 'quota', 5 * minute + 2 * second],
    ]);
  });
});

describe('a service that does not tell', () => {
  it('is asked again with growing pauses, and said once; requests go on as without it', async () => {
    const world = await stage();
    world.plan.answer = () =>
      Promise.reject(new OpenClawError({ code: 'PORTAL_UNREACHABLE', message: 'no' }));
    useUp(world);
    await world.clock.advance(4 * minute);
    expect(until(world)).toEqual([5 * minute]);
    const pauses = timesAsked(world).map((atMs, at, all) => atMs - (all[at - 1] ?? 0));
    expect(pauses.length).toBeGreaterThan(3);
    expect(pauses.length).toBeLessThan(60);
    expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(5 * second);
    expect(world.said.filter(({ event }) => event === 'plan_not_known')).toHaveLength(1);
    world.plan.answer = () => Promise.resolve(plan(100, startMs + hour));
    await world.clock.advance(50 * second);
    expect(until(world)).toEqual([hour]);
  });

  it('and never answers is given up after a while, and when the gateway ends', async () => {
    const world = await stage();
    world.plan.answer = () => new Promise(() => undefined);
    useUp(world);
    await world.clock.advance(9 * second);
    expect(world.asked.map(({ signal }) => signal?.aborted)).toEqual([false]);
    await world.clock.advance(2 * second);
    expect(world.asked[0]?.signal?.aborted).toBe(true);
    await world.clock.advance(20 * second);
    const running = world.asked.at(-1);
    expect(running?.signal?.aborted).toBe(false);
    world.stop();
    expect(running?.signal?.aborted).toBe(true);
  });

  it('for it refuses the token is not shown that token again', async () => {
    const world = await stage();
    world.plan.answer = ({ credential }) =>
      Promise.resolve(
        credential.type === 'oauth' && credential.access === 'access-1'
          ? { provider, displayName: 'plan', windows: [], error: 'unauthorized' }
          : plan(100, startMs + hour),
      );
    useUp(world);
    await world.clock.advance(2 * minute);
    expect(world.asked).toHaveLength(1);
    await world.engine.refresh(id, 1);
    await world.clock.advance(second);
    expect(world.asked.map(({ token }) => token)).toEqual(['access-1', 'access-2']);
    expect([until(world), world.server.calls]).toEqual([[hour], 1]);
  });

  it('is not asked with a token that is over, and nothing is refreshed for it', async () => {
    const world = await stage({}, 10 * second);
    const lease = take(world);
    world.server.answer = () =>
      Promise.reject(new OpenClawError({ code: 'REFRESH_FAILED', message: 'down' }));
    await world.clock.advance(11 * second);
    const spent = world.server.calls;
    lease.report({ kind: 'failed', reason: 'quota' });
    await world.clock.advance(second);
    expect(world.asked).toEqual([]);
    expect(world.server.calls - spent).toBeLessThanOrEqual(5);
  });
});

it('what the service said outlives the process, and the next one asks for itself', async () => {
  const activity = () =>
    createActivityStore(openActivityDatabase(folder, { mode: 'keep', warn: () => undefined }));
  const folder = tempFolder();
  const first = await stage({ activity: activity() });
  useUp(first);
  await first.clock.advance(5 * second);
  first.stop();
  const next = await stage({ activity: activity() });
  await next.clock.advance(10 * second);
  expect(until(next)).toEqual([3 * hour]);
  next.plan.answer = () => Promise.resolve(plan(0));
  await next.clock.advance(6 * minute);
  expect(next.resolver.cooldowns()).toEqual([]);
  expect(next.asked).toHaveLength(2);
});

it('a new login under the name is not held to the answer for the former one', async () => {
  const world = await stage();
  let answer: (snapshot: UsageSnapshot) => void = () => undefined;
  world.plan.answer = () => new Promise((resolve) => (answer = resolve));
  useUp(world);
  await world.clock.advance(second);
  const times = { issuedAt: world.clock.nowMs(), expires: world.clock.nowMs() + hour };
  await world.store.saveLogin(id, oauthCredential({ access: 'anew', ...times }));
  await world.clock.advance(second);
  useUp(world);
  answer(plan(100, startMs + 3 * hour));
  await world.clock.advance(250);
  expect(until(world)).toEqual([5 * minute + 2 * second]);
});

describe('readStanding', () => {
  const windows = (...list: [number, number?][]): UsageSnapshot => ({
    provider,
    displayName: 'plan',
    windows: list.map(([usedPercent, resetAt]) => ({
      label: 'x',
      usedPercent,
      ...(resetAt === undefined ? {} : { resetAt: startMs + resetAt }),
    })),
  });
  it.each<[string, UsageSnapshot, object]>([
    ['the interval', windows([100, hour], [80, 9 * hour]), { kind: 'used_up', resetAtMs: startMs + hour }],
    ['the week', windows([30, hour], [100, 9 * hour]), { kind: 'used_up', resetAtMs: startMs + 9 * hour }],
    [
      'both: the later',
      windows([100, hour], [101, 9 * hour]),
      { kind: 'used_up', resetAtMs: startMs + 9 * hour },
    ],
    ['one without a time', windows([100], [100, hour]), { kind: 'used_up', resetAtMs: startMs + hour }],
    ['something left', windows([99.5, hour], [0]), { kind: 'free' }],
    ['no windows', windows(), { kind: 'none' }],
    ['no numbers', windows([Number.NaN, hour]), { kind: 'none' }],
    ['a reset that has passed', windows([100, -1]), { kind: 'unknown' }],
    ['no reset', windows([100], [10, hour]), { kind: 'unknown' }],
    ['an error', { ...windows([100, hour]), error: 'HTTP 503' }, { kind: 'unknown', reason: 'HTTP 503' }],
    [
      'a refusal',
      { ...windows(), error: 'unauthorized' },
      { kind: 'unknown', reason: 'the service refuses the token' },
    ],
  ])('%s', (_name, snapshot, expected) => {
    expect(readStanding(snapshot, startMs)).toMatchObject(expected);
  });
});
