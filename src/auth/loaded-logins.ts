// The logins that this process has in memory, each with its leases made: reads them from the store, sees within a tick
// what other processes saved, and keeps what it has when the store cannot be read or holds an older copy.
// Which of them serves a request, and when one is refreshed, is the resolver's.
import { toOpenClawError, type ErrorCode } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { CredentialStore, ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { isOlderCopy } from '../store/older-copy.ts';
import { retryDelayMs, type Pace } from './expiry.ts';
import { createEntry, type LeaseEntry, type OnReport, type PreparedAuth } from './lease-entry.ts';
import { createOlderCopies } from './older-copies.ts';
import type { RefreshEngine } from './refresh.ts';

export type LoadedLoginsDeps = {
  store: CredentialStore;
  engine: Pick<RefreshEngine, 'bringBack'>;
  /** As of the resolver. */
  prepare: (profileId: string, credential: Credential) => Promise<PreparedAuth | undefined>;
  clock: Clock;
  random: Random;
  log: Log;
  /** A login is about to come into memory: answers with who hears what becomes of its leases. */
  listenerFor: (record: ProfileRecord) => OnReport;
  /** Entries are not what they were; `names`: of other logins than before. */
  onChange: (change: { names: boolean }) => void;
};

export type LoadedLogins = {
  /** As of now; another map after a change. */
  entries(): ReadonlyMap<string, LeaseEntry>;
  /** Reads all, or waits for the reading that runs; `fresh` makes each lease anew. */
  reload(fresh?: boolean): Promise<void>;
  /** Resolves when the reading that runs is over, whatever came of it: that is told to who asked for it. */
  settled(): Promise<void>;
  /** Looks whether there is something new to read, and begins to; one PRAGMA. */
  watch(): void;
  /**
   * Takes what a refresh that began with `from` has brought; answers with what is in memory then, which is newer still
   * where something else came meanwhile. undefined: logged out meanwhile, or nothing can be done with it.
   */
  install(stored: StoredProfile, from: LeaseEntry): Promise<LeaseEntry | undefined>;
};

const reloadPace: Pace = { baseMs: 1_000, ceilingMs: 30_000 };
const noPause = { counter: Number.NaN, failures: 0, untilMs: -Infinity };
/** Failures that say something of one login and nothing of the store. */
const ownFailures = new Set<ErrorCode>([
  'STORE_CORRUPT',
  'PLUGIN_FAILED',
  'PLUGIN_DISABLED',
  'CONFIG_INVALID',
  'URL_REFUSED',
]);

export function createLoadedLogins(deps: LoadedLoginsDeps): LoadedLogins {
  const { store, engine, clock, random, log } = deps;
  let entries = new Map<string, LeaseEntry>();
  let seenCounter = Number.NaN;
  let loading: Promise<void> | undefined;
  let reloadTrouble: string | undefined;
  let reloadPause = noPause;
  const olderCopies = createOlderCopies(engine, clock, random, log);

  /** Reads the counter before the rows: a change in between is seen as a change next time. */
  async function reload(fresh: boolean): Promise<void> {
    const counter = store.changeCounter();
    const before = new Set(entries.values());
    const records = await store.listProfiles();
    const next = new Map<string, LeaseEntry>();
    const copies = new Set<string>();
    for (const record of records) {
      const known = entries.get(record.id);
      if (known !== undefined && record.damaged === true) {
        // What is in memory is all that is left of it.
        next.set(record.id, known);
        continue;
      }
      if (known !== undefined && standsAgainst(known, record)) {
        next.set(record.id, known);
        copies.add(record.id);
        olderCopies.replace(known.stored);
        continue;
      }
      if (!fresh && known !== undefined && known.stored.record.generation === record.generation) {
        known.stored = { record, credential: known.stored.credential };
        next.set(record.id, known);
        continue;
      }
      const entry = await readEntry(record.id);
      if (entry !== undefined) next.set(record.id, entry);
    }
    olderCopies.keep(copies);
    // A refresh that finished while the rows were read has put a newer entry into memory.
    for (const [id, entry] of next) {
      const current = entries.get(id);
      const cameMeanwhile = current !== undefined && !before.has(current);
      if (cameMeanwhile && generationOf(current) > generationOf(entry)) next.set(id, current);
    }
    const known = [...entries.keys()].join();
    entries = next;
    seenCounter = counter;
    deps.onChange({ names: known !== [...next.keys()].join() });
  }

  /** A row that does not open, or a plugin that fails, takes its own login away and no other. */
  async function readEntry(profileId: string): Promise<LeaseEntry | undefined> {
    try {
      const stored = await store.readProfile(profileId);
      return stored === undefined ? undefined : await toEntry(stored);
    } catch (error) {
      const { code, message } = toOpenClawError(error);
      if (!ownFailures.has(code)) throw error;
      log.error('login_unusable', { profile: profileId, code, reason: message });
      return undefined;
    }
  }

  async function toEntry(stored: StoredProfile): Promise<LeaseEntry | undefined> {
    const { record, credential } = stored;
    olderCopies.name(record);
    const auth = await deps.prepare(record.id, credential);
    return createEntry(stored, auth, random.fraction(), deps.listenerFor(record));
  }

  /** A backup has been put in the store's place: what is in memory is newer, and its refresh token the one not spent. */
  function standsAgainst({ stored }: LeaseEntry, record: ProfileRecord): boolean {
    if (stored.record.dead !== undefined || !isOlderCopy(record, stored.record)) return false;
    olderCopies.name({ ...record, restored: { newestGeneration: generationOf({ stored }) } });
    return true;
  }

  function reloadOnce(fresh = false): Promise<void> {
    loading ??= reload(fresh).finally(() => {
      loading = undefined;
    });
    return loading;
  }

  return {
    entries: () => entries,
    reload: reloadOnce,
    settled: async () => void (await Promise.allSettled([loading])),

    /** Memory goes on serving when the store cannot be read; said once for each reason. */
    watch() {
      const failed = (error: unknown): void => {
        const reason = toOpenClawError(error).message;
        if (reason !== reloadTrouble) log.error('reload_failed', { reason });
        reloadTrouble = reason;
      };
      let counter: number;
      try {
        if (loading !== undefined) return;
        counter = store.changeCounter();
        if (counter === seenCounter && !olderCopies.isDue()) return;
      } catch (error) {
        failed(error);
        return;
      }
      // What could not be read may need a key that costs seconds or a person: it is tried again at its own pace.
      if (counter === reloadPause.counter && clock.monotonicMs() < reloadPause.untilMs) return;
      reloadOnce().then(
        () => {
          reloadTrouble = undefined;
          reloadPause = noPause;
        },
        (error: unknown) => {
          const failures = counter === reloadPause.counter ? reloadPause.failures + 1 : 1;
          const delayMs = retryDelayMs(failures, 0.5 + random.fraction() / 2, undefined, reloadPace);
          reloadPause = { counter, failures, untilMs: clock.monotonicMs() + delayMs };
          failed(error);
        },
      );
    },

    async install(stored, from) {
      const { id } = stored.record;
      const entry = await toEntry(stored);
      const known = entries.get(id);
      // Logged out meanwhile: it does not come back.
      if (known === undefined) return undefined;
      if (known !== from && generationOf(known) >= stored.record.generation) return known;
      if (entry === undefined) return undefined;
      entries.set(id, entry);
      deps.onChange({ names: false });
      return entry;
    },
  };
}

function generationOf({ stored }: { stored: StoredProfile }): number {
  return stored.record.generation;
}
