// The ledger: counted in memory, written once a second, kept while the disk takes nothing, and read back as asked for.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { createLedger, type Ledger, type LedgerDeps } from '../../src/gateway/ledger.ts';
import { reportUsage } from '../../src/gateway/ledger-report.ts';
import { hourMs, keptMs, readLedgerRows, type LedgerRow } from '../../src/gateway/ledger-table.ts';
import type { LogFields } from '../../src/platform/log.ts';
import { createPrices } from '../../src/providers/prices.ts';
import { openActivityDatabase, type ActivityDatabase } from '../../src/store/activity-database.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

const route = (ref: string, input = 1) => ({
  ref,
  definition: {
    id: ref,
    name: ref,
    reasoning: false,
    input: ['text'],
    cost: { input, output: 2, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 1,
    maxTokens: 1,
  } as const,
});
const opus = route('anthropic/opus', 15);
const m3 = route('minimax/M3');
const used = { input: 10, output: 5, cacheRead: 3, cacheWrite: 1, reasoning: 2 };
const noon = Date.UTC(2026, 10, 20, 12);

type Stage = {
  stateDir: string;
  clock: FakeClock;
  ledger: Ledger;
  database: ActivityDatabase;
  logged: { event: string; fields: LogFields }[];
  rows: (sinceMs?: number) => LedgerRow[];
};

function openStage(changes: Partial<LedgerDeps> = {}, stateDir = tempFolder()): Stage {
  const logged: Stage['logged'] = [];
  const log = (event: string, fields: LogFields = {}): void => void logged.push({ event, fields });
  const clock = createFakeClock(noon);
  const database = openActivityDatabase(stateDir, { mode: 'keep', warn: (message) => log(message) });
  onTestFinished(() => database.close());
  const ledger = createLedger({
    database,
    prices: createPrices(new Map()),
    clock,
    log: { debug: log, info: log, warn: log, error: log },
    ...changes,
  });
  const rows: Stage['rows'] = (sinceMs = 0) => {
    const reader = openActivityDatabase(stateDir, { mode: 'look', warn: log });
    try {
      return reader.read((db) => readLedgerRows(db, sinceMs)) ?? [];
    } finally {
      reader.close();
    }
  };
  return { stateDir, clock, ledger, database, logged, rows };
}

const ok = (route = m3, profileId = 'minimax:key', usage: typeof used | undefined = used) => ({
  route,
  profileId,
  isFailed: false,
  usage,
});

it('writes soon after a pause, and then once a second, in rows of hour, model and login', async () => {
  let writes = 0;
  const stateDir = tempFolder();
  const file = openActivityDatabase(stateDir, { mode: 'keep', warn: () => undefined });
  onTestFinished(() => file.close());
  const { clock, ledger, rows } = openStage(
    { database: { write: (work) => ((writes += 1), file.write(work)) } },
    stateDir,
  );
  for (let index = 0; index < 100; index += 1) ledger.note(ok());
  ledger.note(ok(m3, 'minimax:work'));
  ledger.note(ok(opus));
  ledger.note({ route: m3, profileId: 'minimax:key', isFailed: true, usage: undefined });
  ledger.note({ ...ok(), usage: undefined });
  await clock.advance(99);
  expect(writes).toBe(0);
  await clock.advance(1);
  expect(writes).toBe(1);
  expect(rows()).toEqual([
    {
      hourAtMs: noon,
      model: 'anthropic/opus',
      profileId: 'minimax:key',
      requests: 1,
      failures: 0,
      unmeasured: 0,
      input: 10,
      output: 5,
      cacheRead: 3,
      cacheWrite: 1,
      reasoning: 2,
      costNanoUsd: 160_000,
    },
    {
      hourAtMs: noon,
      model: 'minimax/M3',
      profileId: 'minimax:key',
      requests: 102,
      failures: 1,
      unmeasured: 1,
      input: 1_000,
      output: 500,
      cacheRead: 300,
      cacheWrite: 100,
      reasoning: 200,
      costNanoUsd: 2_000_000,
    },
    {
      hourAtMs: noon,
      model: 'minimax/M3',
      profileId: 'minimax:work',
      requests: 1,
      failures: 0,
      unmeasured: 0,
      input: 10,
      output: 5,
      cacheRead: 3,
      cacheWrite: 1,
      reasoning: 2,
      costNanoUsd: 20_000,
    },
  ]);
  // An idle gateway has no timer and writes nothing.
  expect(clock.timerCount()).toBe(0);
  await clock.advance(60_000);
  expect(writes).toBe(1);

  ledger.note(ok());
  await clock.advance(100);
  expect(writes).toBe(2);
  ledger.note(ok());
  await clock.advance(999);
  expect(writes).toBe(2);
  await clock.advance(1);
  expect(writes).toBe(3);
});

it('adds to what is there, also what another gateway wrote, and puts each request into its hour', async () => {
  const { clock, ledger, rows, stateDir } = openStage();
  ledger.note(ok());
  await clock.advance(1_000);
  const other = openStage({}, stateDir);
  other.ledger.note(ok());
  other.ledger.stop();
  await clock.advance(hourMs - 1_500);
  ledger.note(ok());
  await clock.advance(500);
  ledger.note(ok());
  ledger.stop();
  expect(rows().map(({ hourAtMs, requests }) => [hourAtMs - noon, requests])).toEqual([
    [0, 3],
    [hourMs, 1],
  ]);
  // Hours that were not over at the time that is asked for.
  expect(rows(noon + hourMs - 1)).toHaveLength(2);
  expect(rows(noon + hourMs)).toHaveLength(1);
});

it('writes what is left when it stops, and counts nothing afterwards', () => {
  const { ledger, rows, clock } = openStage();
  ledger.note(ok());
  ledger.stop();
  ledger.note(ok());
  ledger.stop();
  expect(rows()).toMatchObject([{ requests: 1 }]);
  expect(clock.timerCount()).toBe(0);
});

it('waits for a disk that cannot be written, and says so once', async () => {
  const { stateDir, ledger, logged, rows, clock } = openStage();
  const obstacle = join(stateDir, 'activity.sqlite');
  mkdirSync(obstacle);
  ledger.note(ok());
  await clock.advance(5_000);
  ledger.note(ok());
  await clock.advance(hourMs);
  expect(logged.map(({ event }) => event)).toEqual(['usage_kept']);
  rmSync(obstacle, { recursive: true });
  ledger.note(ok());
  await clock.advance(1_000);
  expect(rows().map(({ requests }) => requests)).toEqual([2, 1]);
  expect(logged.map(({ event }) => event)).toEqual(['usage_kept', 'usage_written']);
});

it('loses the counts with a word, and no request, when it stops before they can be written', async () => {
  const database = {
    write(): never {
      throw new OpenClawError({ code: 'STORE_UNREADABLE', message: 'disk full' });
    },
  };
  const { ledger, logged, clock } = openStage({ database });
  ledger.note(ok());
  await clock.advance(3_000);
  for (let index = 0; index < 6_000; index += 1) ledger.note(ok(m3, `minimax:${index}`));
  await clock.advance(1_000);
  ledger.stop();
  expect(logged).toEqual([
    { event: 'usage_kept', fields: { reason: 'disk full' } },
    { event: 'usage_lost', fields: { requests: 1_001 } },
    { event: 'usage_lost', fields: { requests: 5_000 } },
  ]);
});

it('says nothing of another process that is just writing, and comes again', async () => {
  const { ledger, logged, rows, clock, database, stateDir } = openStage();
  ledger.note(ok());
  await clock.advance(1_000);
  const other = openActivityDatabase(stateDir, { mode: 'keep', warn: () => undefined });
  other.write(() => {
    ledger.note(ok());
    expect(ledger.flush()).toBe(false);
  });
  other.close();
  await clock.advance(1_000);
  expect(rows()).toMatchObject([{ requests: 2 }]);
  expect(logged).toEqual([]);
  expect(database.read(() => 1)).toBe(1);
});

it('forgets what is older than 400 days, and never counts beyond what a number can hold', () => {
  const { ledger, rows, clock } = openStage();
  ledger.note(ok());
  ledger.flush();
  clock.setWallMs(noon + keptMs + 2 * hourMs);
  const dear = route('a/dear', 90_000);
  for (let index = 0; index < 120; index += 1)
    ledger.note(ok(dear, 'a:key', { ...used, input: 1_000_000_000 }));
  ledger.flush();
  ledger.note(ok(dear, 'a:key', { ...used, input: 1_000_000_000 }));
  ledger.stop();
  expect(rows()).toMatchObject([{ model: 'a/dear', costNanoUsd: Number.MAX_SAFE_INTEGER, requests: 121 }]);
});

it('has nothing to read where no gateway ever ran', () => {
  const { rows, stateDir } = openStage();
  rmSync(stateDir, { recursive: true });
  expect(rows()).toEqual([]);
});

it('reports by model, day and login', async () => {
  const { ledger, clock, rows } = openStage();
  ledger.note(ok());
  ledger.note(ok(opus, 'anthropic:key'));
  await clock.advance(12 * hourMs);
  ledger.note(ok());
  ledger.note(ok(route('local/free', 0), 'local:key', { ...used, output: 0 }));
  ledger.stop();
  const groups = (by: 'model' | 'day' | 'profile'): unknown[] =>
    reportUsage(rows(), by, noon + 5).groups.map(({ name, requests, costNanoUsd }) => [
      name,
      requests,
      costNanoUsd,
    ]);
  expect(groups('model')).toEqual([
    ['anthropic/opus', 1, 160_000],
    ['minimax/M3', 2, 40_000],
    ['local/free', 1, 0],
  ]);
  expect(groups('day')).toEqual([
    ['2026-11-20', 2, 180_000],
    ['2026-11-21', 2, 20_000],
  ]);
  expect(groups('profile')).toEqual([
    ['anthropic:key', 1, 160_000],
    ['minimax:key', 2, 40_000],
    ['local:key', 1, 0],
  ]);
  expect(reportUsage(rows(), 'day', noon + 5)).toMatchObject({
    sinceMs: noon,
    total: { requests: 4, input: 40 },
  });
});
