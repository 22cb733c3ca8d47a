// What was used, by hour, model and login: counted in memory as requests end, written once a second at most,
// in one transaction.
// No request waits for it, and none fails with it: counts that cannot be written wait in memory, and are lost, with a
// word in the log, when the gateway stops before they can be. What a usage is, and what it costs, comes from others.
import { isOpenClawError, toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { ModelRoute } from '../providers/model-route.ts';
import type { Prices } from '../providers/prices.ts';
import type { ActivityDatabase } from '../store/activity-database.ts';
import type { Usage } from '../wire/usage.ts';
import {
  addCounts,
  addLedgerRows,
  emptyCounts,
  hourMs,
  type LedgerCounts,
  type LedgerRow,
} from './ledger-table.ts';

/** One attempt at an upstream that has ended. */
export type LedgerEntry = {
  readonly route: Pick<ModelRoute, 'ref' | 'definition'>;
  readonly profileId: string;
  readonly isFailed: boolean;
  /** undefined when the answer told none. A failed one may have used something too. */
  readonly usage: Usage | undefined;
};

export type Ledger = {
  /** A few additions in memory; never throws for want of a disk. */
  note(entry: LedgerEntry): void;
  /** Writes what is counted now; false when it could not be, and is kept for later. */
  flush(): boolean;
  /** The last flush. What is noted afterwards is not counted. */
  stop(): void;
};

export type LedgerDeps = {
  database: Pick<ActivityDatabase, 'write'>;
  prices: Pick<Prices, 'costOf'>;
  clock: Clock;
  log: Log;
};

const writeEveryMs = 1_000;
/** After a pause: whoever has sent one request, and looks, finds it. */
const firstWriteMs = 100;
/** While the disk is full: rows, not requests, so this is days of many models and logins. */
const mostRows = 5_000;

export function createLedger(deps: LedgerDeps): Ledger {
  const { database, prices, clock, log } = deps;
  /** Of the present hour, by model and login. */
  let current = new Map<string, Map<string, LedgerCounts>>();
  let hourAtMs = 0;
  let triedAtMs = -Infinity;
  /** Of hours that are over, or could not be written. */
  let waiting: LedgerRow[] = [];
  let cancelTimer: (() => void) | undefined;
  let isTroubled = false;
  let isStopped = false;

  const countsOf = (model: string, profileId: string): LedgerCounts => {
    let ofModel = current.get(model);
    if (ofModel === undefined) current.set(model, (ofModel = new Map<string, LedgerCounts>()));
    let counts = ofModel.get(profileId);
    if (counts === undefined) ofModel.set(profileId, (counts = emptyCounts()));
    return counts;
  };

  const gather = (): void => {
    for (const [model, ofModel] of current) {
      for (const [profileId, counts] of ofModel) {
        const same = waiting.find(
          (row) => row.hourAtMs === hourAtMs && row.model === model && row.profileId === profileId,
        );
        if (same !== undefined) addCounts(same, counts);
        else waiting.push({ hourAtMs, model, profileId, ...counts });
      }
    }
    current = new Map();
    if (waiting.length <= mostRows) return;
    lose(waiting.splice(0, waiting.length - mostRows));
  };

  const lose = (rows: readonly LedgerRow[]): void => {
    let requests = 0;
    for (const row of rows) requests += row.requests;
    log.warn('usage_lost', { requests });
  };

  const flush = (): boolean => {
    gather();
    if (waiting.length === 0) return true;
    try {
      const rows = waiting;
      database.write((db) => addLedgerRows(db, rows, clock.nowMs()));
      waiting = [];
      if (isTroubled) log.info('usage_written');
      isTroubled = false;
      return true;
    } catch (error) {
      // Another process writes at this moment: the next second will do.
      const isBusy = isOpenClawError(error) && error.code === 'STORE_BUSY';
      if (!isBusy && !isTroubled) log.warn('usage_kept', { reason: toOpenClawError(error).message });
      isTroubled ||= !isBusy;
      return false;
    }
  };

  const schedule = (): void => {
    const dueMs = triedAtMs + writeEveryMs - clock.monotonicMs();
    cancelTimer = clock.setTimer(onTimer, Math.max(firstWriteMs, dueMs), { unref: true });
  };
  const onTimer = (): void => {
    cancelTimer = undefined;
    triedAtMs = clock.monotonicMs();
    if (!flush()) schedule();
  };

  return {
    note({ route, profileId, isFailed, usage }) {
      if (isStopped) return;
      const nowMs = clock.nowMs();
      if (nowMs < hourAtMs || nowMs >= hourAtMs + hourMs) {
        gather();
        hourAtMs = nowMs - (nowMs % hourMs);
      }
      const counts = countsOf(route.ref, profileId);
      counts.requests += 1;
      if (isFailed) counts.failures += 1;
      if (usage !== undefined) {
        counts.input += usage.input;
        counts.output += usage.output;
        counts.cacheRead += usage.cacheRead;
        counts.cacheWrite += usage.cacheWrite;
        counts.reasoning += usage.reasoning ?? 0;
        counts.costNanoUsd += prices.costOf(route, usage);
      } else if (!isFailed) counts.unmeasured += 1;
      if (cancelTimer === undefined) schedule();
    },
    flush,
    stop() {
      if (isStopped) return;
      isStopped = true;
      cancelTimer?.();
      if (!flush()) lose(waiting);
    },
  };
}
