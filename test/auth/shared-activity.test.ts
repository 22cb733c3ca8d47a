// What two gateways with one state folder know of the use of a login, while one of them tries it; and of its stored order.
import { expect, it } from 'vitest';
import type { Lease } from '../../src/auth/lease.ts';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createActivityStore, type ActivityStore } from '../../src/store/activity-store.ts';
import { hour, provider, setUp, type World } from '../support/resolver-stage.ts';
import { tempFolder } from '../support/temp-folder.ts';

const model = 'MiniMax-M3';
const take = ({ resolver }: World): Lease => resolver.lease(provider, model) as Lease;
const fail = (lease: Lease): void => lease.report({ kind: 'failed', reason: 'rate_limit' });
const isCooling = (world: World): boolean => {
  try {
    take(world).report({ kind: 'unknown' });
    return false;
  } catch {
    return true;
  }
};

async function half(): Promise<{ world: World; beside: ActivityStore; trial: Lease }> {
  const folder = tempFolder();
  const open = () =>
    createActivityStore(openActivityDatabase(folder, { mode: 'keep', warn: () => undefined }));
  const issuedAt = 1_750_000_000_000;
  const world = await setUp({
    credential: { issuedAt, expires: issuedAt + 48 * hour },
    deps: { activity: open() },
  });
  fail(take(world));
  await world.clock.advance(31_000);
  return { world, beside: open(), trial: take(world) };
}

it('a cooldown that is cleared while a request tries: nobody waits, and its failure is the first again', async () => {
  const { world, beside, trial } = await half();
  expect(isCooling(world)).toBe(true);
  expect(beside.clearCooldowns(undefined)).toHaveLength(1);
  await world.clock.advance(250);
  expect([isCooling(world), take(world)]).toEqual([false, take(world)]);
  fail(trial);
  await world.clock.advance(2_000);
  expect(beside.read().cooldowns).toMatchObject([{ model, failures: 1 }]);
});

it('another gateway’s newer cooldown outlives a success that is older, and is tried when it is over', async () => {
  const { world, beside, trial } = await half();
  const sentAtMs = world.clock.nowMs();
  const [known] = beside.read().cooldowns;
  if (known === undefined) throw new Error('nothing was written');
  const sinceMs = sentAtMs + 100;
  const newer = { ...known, failures: 2, sinceMs, untilMs: sinceMs + 1_000 };
  beside.write({ cooldowns: [newer], ended: [], uses: [] });
  await world.clock.advance(500);
  trial.report({ kind: 'ok', sentAtMs });
  expect(world.resolver.cooldowns()).toMatchObject([{ failures: 2 }]);
  await world.clock.advance(700);
  take(world).report({ kind: 'ok', sentAtMs: world.clock.nowMs() });
  await world.clock.advance(2_000);
  expect(beside.read().cooldowns).toEqual([]);
});

it('an order that names nobody who is there says so, and what ends it', async () => {
  const folder = tempFolder();
  const activity = createActivityStore(openActivityDatabase(folder, { mode: 'keep', warn: () => undefined }));
  const gone = ['minimax-portal:gone'];
  const issuedAt = 1_750_000_000_000;
  const credential = { issuedAt, expires: issuedAt + 48 * hour };
  const world = await setUp({ credential, deps: { activity, explicitOrder: () => gone } });
  const said = {
    code: 'NO_PROFILE',
    message: 'The order of the logins of minimax-portal leaves every one out.',
  };
  const written = expect.stringContaining('auth.order.minimax-portal in openclaw.json') as string;
  expect(() => take(world)).toThrow(expect.objectContaining({ ...said, remedy: written }));
  activity.setOrder(provider, gone);
  await world.clock.advance(250);
  const stored = 'Use them all again: `openclaw auth order clear minimax-portal`.';
  expect(() => take(world)).toThrow(expect.objectContaining({ ...said, remedy: stored }));
});
