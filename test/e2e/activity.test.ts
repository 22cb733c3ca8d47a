// Cooldowns and orders over restarts and processes: a resolver here, the program beside it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Lease } from '../../src/auth/lease.ts';
import type { ResolverDeps } from '../../src/auth/resolver.ts';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createActivityStore } from '../../src/store/activity-store.ts';
import { createHome, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { setUp, type World } from '../support/resolver-stage.ts';

const provider = 'minimax';
const key = `${provider}:key`;
const model = 'MiniMax-M2.1';

async function gateway(home: Home, changes: Partial<ResolverDeps> = {}): Promise<World> {
  const database = openActivityDatabase(home.stateDir, { mode: 'keep', warn: () => undefined });
  const world = await setUp({
    deps: {
      activity: createActivityStore(database),
      keyProviders: () => [
        { provider, baseUrl: 'https://api.minimax.io/anthropic', headers: { 'x-api-key': 'k' } },
      ],
      ...changes,
    },
  });
  // Dates that the program beside it can compare with its own.
  world.clock.setWallMs(Date.now());
  return world;
}

it('a cooldown outlives its process, is shown and ended by another one, and that is followed', async () => {
  const home = createHome();
  const first = await gateway(home);
  (first.resolver.lease(provider, model) as Lease).report({ kind: 'failed', reason: 'billing' });
  await first.clock.advance(1_500);
  const next = await gateway(home);
  await next.resolver.load();
  expect(() => next.resolver.lease(provider, model)).toThrow(
    expect.objectContaining({ code: 'COOLING_DOWN' }) as Error,
  );

  expect((await home.json(['auth', 'status'])).value['cooldowns']).toMatchObject([
    { profile: key, model: null, reason: 'billing', failures: 1 },
  ]);
  expect((await home.run(['auth', 'status'])).stdout).toMatch(
    /minimax:key {2}cooling down until .* UTC \(in /,
  );
  const ended = await home.start(['auth', 'clear-cooldown', key]).ended;
  expect([ended.code, ended.stdout]).toEqual([0, `✓ ${key} is tried again (was: the balance is used up)\n`]);
  for (const { resolver, clock } of [first, next]) {
    await clock.advance(500);
    expect((resolver.lease(provider, model) as Lease).profileId).toBe(key);
  }
  expect(await home.json(['auth', 'clear-cooldown'])).toEqual({ code: 0, value: { cleared: [] } });
  expect((await home.json(['auth', 'clear-cooldown', 'p:none'])).value['error']).toMatchObject({
    code: 'PROFILE_UNKNOWN',
  });
});

it('auth order and auth status tell which login serves, and why', async () => {
  const portal = await startPortal();
  const home = await loggedIn(portal);
  const id = 'minimax-portal:default';
  const database = openActivityDatabase(home.stateDir, { mode: 'keep', warn: () => undefined });
  const profile = async (): Promise<unknown> =>
    ((await home.json(['auth', 'status'])).value['profiles'] as unknown[])[0];
  const sinceMs = Date.now() - 1_000;
  createActivityStore(database).write({
    cooldowns: [
      {
        profileId: id,
        model: 'MiniMax-M3',
        reason: 'quota',
        failures: 1,
        sinceMs,
        untilMs: sinceMs + 600_000,
      },
      { profileId: id, model: 'MiniMax-M2.1', reason: 'quota', failures: 1, sinceMs, untilMs: sinceMs + 10 },
    ],
    ended: [],
    uses: [{ profileId: id, lastUsedAtMs: sinceMs }],
  });
  // The last one to close it moves the log into the file.
  database.close();
  expect(await profile()).toMatchObject({
    state: 'cooling_down',
    active: true,
    lastUsedAt: new Date(sinceMs).toISOString(),
    cooldowns: [{ model: 'MiniMax-M3', reason: 'quota' }],
  });
  expect((await home.run(['auth', 'status', '--check'])).code).toBe(0);
  expect((await home.run(['auth', 'status'])).stdout).toMatch(
    /cooling down {2}in use \(only login\)[^]*Paused {3}cooling down until .*for MiniMax-M3: the plan is used up[^]*Used /,
  );

  const orders = async (): Promise<unknown> => (await home.json(['auth', 'order', 'get'])).value['orders'];
  expect(await orders()).toEqual([{ provider: 'minimax-portal', source: 'default', profiles: [id] }]);
  expect(
    (await home.json(['auth', 'order', 'set', 'minimax-portal', `${id}x`])).value['error'],
  ).toMatchObject({
    code: 'PROFILE_UNKNOWN',
  });
  expect((await home.run(['auth', 'order', 'set', 'minimax-portal', id])).code).toBe(0);
  expect(await orders()).toEqual([{ provider: 'minimax-portal', source: 'stored', profiles: [id] }]);
  expect(await profile()).toMatchObject({ activeReason: 'explicit order' });
  const clear = ['auth', 'order', 'clear', 'minimax-portal'];
  expect((await home.json(clear)).value).toEqual({ provider: 'minimax-portal', cleared: true });
  expect((await home.json(clear)).value).toEqual({ provider: 'minimax-portal', cleared: false });

  writeFileSync(join(home.stateDir, 'activity.sqlite'), 'not a database, whatever its name says'.repeat(99));
  const status = await home.json(['auth', 'status']);
  expect([status.code, status.value['check']]).toEqual([0, 0]);
  expect(await profile()).toMatchObject({ id, state: 'ok', activeReason: 'only login' });
});

it('a stored order is followed by a gateway that runs, before what the configuration says', async () => {
  const home = createHome({ MINIMAX_API_KEY: 'canary7f3a-key' });
  const { resolver, clock } = await gateway(home, { explicitOrder: () => ['minimax:gone'] });
  expect(() => resolver.lease(provider, model)).toThrow(
    expect.objectContaining({ code: 'NO_PROFILE' }) as Error,
  );
  expect((await home.run(['auth', 'order', 'set', provider, key])).code).toBe(0);
  await clock.advance(500);
  expect((resolver.lease(provider, model) as Lease).profileId).toBe(key);
});
