// Hands a usable login to each request from memory, and keeps that memory fresh: refreshes ahead of expiry, sees what
// other processes saved, and makes a request wait only when no valid token is left. How a refresh is done is the
// engine's; which login comes first is order.ts.
import { OpenClawError, toOpenClawError, type ErrorCode } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { RuntimeAuth } from '../plugin-sdk/index.ts';
import type { ActivityStore, StoredCooldown } from '../store/activity-store.ts';
import type { CredentialStore, ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { isOlderCopy } from '../store/older-copy.ts';
import { waitBounded } from './bounded-wait.ts';
import { retryDelayMs, type Pace } from './expiry.ts';
import { createForcedRefreshes } from './forced-refreshes.ts';
import {
  createKeyCandidate,
  groupCandidates,
  keyRefused,
  lossOf,
  leastCooling,
  noLogin,
  noneLeft,
  type Candidate,
  type Candidates,
  type KeyProvider,
} from './candidates.ts';
import type { Lease, LeaseOptions, LeaseOutcome, Resolver } from './lease.ts';
import { createEntry, type LeaseEntry } from './lease-entry.ts';
import { createOlderCopies } from './older-copies.ts';
import { chooseCandidate } from './order.ts';
import { createProfileUses, type ProfileUse } from './profile-use.ts';
import { deadLogin, type RefreshEngine } from './refresh.ts';
import { createSessionProfiles } from './session-profiles.ts';

export type ResolverDeps = {
  store: CredentialStore;
  engine: RefreshEngine;
  /** The provider's own words for using a credential; undefined when its plugin is off or failed. */
  prepare: (profileId: string, credential: Credential) => Promise<RuntimeAuth | undefined>;
  /** Cooldowns, last uses and stored orders, over restarts and processes; absent: in memory alone. */
  activity?: ActivityStore;
  /** Explicit order of a provider's profiles, from the configuration; a stored one goes before it. */
  explicitOrder: (provider: string) => readonly string[] | undefined;
  /** Providers that need no login: a key from the configuration or the environment. */
  keyProviders?: () => readonly KeyProvider[];
  /** What to say when a provider has no login. */
  missingMessage?: (provider: string) => string | undefined;
  clock: Clock;
  random: Random;
  log: Log;
  /** A login came, went or changed its credential. */
  onChange?: () => void;
  /** How long a request waits for a refresh when there is no valid token; 30 s. */
  waitLimitMs?: number;
};

export type LiveResolver = Resolver & {
  /** Reads all logins into memory, before the first lease; `fresh` builds each lease anew (configuration changed). */
  load(options?: { fresh?: boolean }): Promise<void>;
  /** Starts watching the store and refreshing ahead of expiry, and writing activity; returns the stop function. */
  start(): () => void;
  /** Of every login in memory. */
  records(): readonly ProfileRecord[];
  /** Those that are active now. */
  cooldowns(): readonly StoredCooldown[];
  /** Writes what is known of the use of logins, for when the last request is over. */
  keepActivity(): void;
};

/** Other processes' changes are seen, and due refreshes begun, at this rate; one PRAGMA each time. */
const tickMs = 250;
const reloadPace: Pace = { baseMs: 1_000, ceilingMs: 30_000 };
const noPause = { counter: Number.NaN, failures: 0, untilMs: -Infinity };
const defaultWaitLimitMs = 30_000;
/** For so long after a request that could not be served the next attempts follow quickly. */
const demandMs = 30_000;
/** Failures that say something of one login and nothing of the store. */
const ownFailures = new Set<ErrorCode>([
  'STORE_CORRUPT',
  'PLUGIN_FAILED',
  'PLUGIN_DISABLED',
  'CONFIG_INVALID',
  'URL_REFUSED',
]);

export function createResolver(deps: ResolverDeps): LiveResolver {
  const { store, engine, clock, random, log } = deps;
  let entries = new Map<string, LeaseEntry>();
  let order = new Map<string, Candidates>();
  let seenCounter = Number.NaN;
  let loading: Promise<void> | undefined;
  let reloadTrouble: string | undefined;
  let reloadPause = noPause;
  const forced = createForcedRefreshes(clock);
  const olderCopies = createOlderCopies(engine, clock, random, log);
  const uses = createProfileUses({ store: deps.activity, clock, log });
  const sessions = createSessionProfiles();
  let keys = readKeys();
  regroup();

  function readKeys(): Map<string, Candidate> {
    const made = (key: KeyProvider): Candidate => createKeyCandidate(key, uses, heard);
    return new Map((deps.keyProviders?.() ?? []).map((key) => [key.provider, made(key)]));
  }

  function regroup(): void {
    const explicit = (provider: string): readonly string[] | undefined =>
      uses.order(provider) ?? deps.explicitOrder(provider);
    order = groupCandidates(entries, keys, explicit, uses);
  }

  function heard(use: ProfileUse, generation: number, model: string, outcome: LeaseOutcome): void {
    if (outcome.kind === 'ok') {
      forced.accepted(use.profileId, generation);
      uses.succeeded(use, model, outcome.sentAtMs);
    } else if (outcome.kind === 'failed') uses.failed(use, model, outcome);
    else uses.released(use, model);
  }

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
    regroup();
    seenCounter = counter;
    if (known !== [...next.keys()].join()) deps.onChange?.();
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
    const use = uses.of(record.id);
    uses.forgetBefore(use, record.createdAtMs);
    return createEntry(stored, auth, random.fraction(), (generation, model, outcome) =>
      heard(use, generation, model, outcome),
    );
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

  /** Waits for a credential newer than the entry's, and answers with its lease. */
  async function renew(
    entry: LeaseEntry,
    model: string,
    signal: AbortSignal | undefined,
    isForced: boolean,
  ): Promise<Lease> {
    const { profileId, provider, generation } = entry.lent;
    const limitMs = deps.waitLimitMs ?? defaultWaitLimitMs;
    const work = engine
      .refresh(profileId, generation, { held: entry.stored, urgent: true })
      .then((stored) => {
        if (isForced) forced.note(stored.record);
        return stored;
      });
    const tooLong = (): OpenClawError =>
      new OpenClawError({
        code: 'REFRESH_FAILED',
        message: `The refresh of ${profileId} has not finished within ${limitMs / 1000} s; it goes on.`,
        data: { profileId, retryAfterMs: 1_000 },
      });
    const stored = await waitBounded(work, { clock, limitMs, signal, tooLong });
    const fresh = await install(stored, entry);
    if (fresh === undefined) throw missing(provider);
    return fresh.leaseFor(model);
  }

  /** `from` is what the refresh began with; what came into memory meanwhile stays if it is newer still. */
  async function install(stored: StoredProfile, from: LeaseEntry): Promise<LeaseEntry | undefined> {
    const { id } = stored.record;
    const entry = await toEntry(stored);
    const known = entries.get(id);
    // Logged out meanwhile: it does not come back.
    if (known === undefined) return undefined;
    if (known !== from && generationOf(known) >= stored.record.generation) return known;
    if (entry === undefined) return undefined;
    entries.set(id, entry);
    regroup();
    return entry;
  }

  const missing = (provider: string): OpenClawError => noLogin(provider, deps.missingMessage?.(provider));

  /** Memory goes on serving when the store cannot be read; said once for each reason. */
  function watch(): void {
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
  }

  function tick(): void {
    watch();
    if (uses.sync()) regroup();
    const nowMs = clock.nowMs();
    for (const entry of entries.values()) {
      const { record } = entry.stored;
      if (nowMs < entry.expiry.refreshAtMs || entry.refreshing || record.dead !== undefined) continue;
      const urgent = clock.monotonicMs() - entry.missedAtMs < demandMs;
      if (engine.isPaused(record.id, record.generation, urgent)) continue;
      // Nobody uses it, and it would have to be renewed again at once: the next request does that.
      if (entry.shortLived && !entry.used) continue;
      entry.refreshing = true;
      engine
        .refresh(record.id, record.generation, { held: entry.stored, urgent })
        .then((stored) => install(stored, entry))
        // Logged by the engine, which also says when to try again.
        .catch((error: unknown) =>
          log.debug('background_refresh_failed', { reason: toOpenClawError(error).message }),
        )
        .finally(() => {
          entry.refreshing = false;
        });
    }
  }

  function rejectedLease(rejected: Lease, model: string, options: LeaseOptions): Lease | Promise<Lease> {
    const entry = entries.get(rejected.profileId);
    if (entry === undefined) throw keyRefused(rejected);
    // A lower number is another credential too: a store that was brought back from a backup.
    if (entry.lent.generation !== rejected.generation) return entry.leaseFor(model);
    const { dead, refreshable } = entry.stored.record;
    if (dead !== undefined) throw deadLogin(rejected.profileId, dead.reason);
    if (!refreshable) throw keyRefused(rejected);
    // It has ended on the way: as due as it would have been a moment later.
    if (clock.nowMs() >= entry.expiry.unusableAtMs) return renew(entry, model, options.signal, false);
    if (!forced.mayForce(entry.stored.record)) throw keyRefused(rejected, { isFresh: true });
    return renew(entry, model, options.signal, true);
  }

  function choose(
    { list, isExplicit }: Candidates,
    provider: string,
    model: string,
    nowMs: number,
    options: LeaseOptions | undefined,
  ): Candidate | undefined {
    const exclude = options?.exclude;
    const mayUse = (candidate: Candidate): boolean =>
      exclude?.has(candidate.use.profileId) !== true &&
      lossOf(candidate, nowMs) === undefined &&
      uses.standing(candidate.use, model, nowMs) !== 'closed';
    const session = options?.session;
    if (session === undefined) return chooseCandidate(list, isExplicit, mayUse);
    const former = sessions.find(provider, session);
    const kept = list.find(({ use }) => use.profileId === former);
    const chosen =
      kept !== undefined && mayUse(kept) && uses.standing(kept.use, model, nowMs) === 'free'
        ? kept
        : chooseCandidate(list, isExplicit, mayUse);
    if (chosen !== undefined) sessions.note(provider, session, chosen.use.profileId);
    return chosen;
  }

  return {
    lease(provider, model, options) {
      if (options?.rejected !== undefined) return rejectedLease(options.rejected, model, options);
      const group = order.get(provider);
      if (group === undefined) throw missing(provider);
      const nowMs = clock.nowMs();
      const chosen =
        choose(group, provider, model, nowMs, options) ??
        (options?.cooling === true ? leastCooling(group, model, options.exclude, uses, nowMs) : undefined);
      if (chosen === undefined) {
        throw noneLeft(provider, group, model, options?.exclude, uses, nowMs) ?? missing(provider);
      }
      uses.take(chosen.use, model, nowMs);
      const { login } = chosen;
      if (login === undefined) return chosen.leaseFor(model);
      login.used = true;
      if (nowMs < login.expiry.unusableAtMs) return login.leaseFor(model);
      login.missedAtMs = clock.monotonicMs();
      return renew(login, model, options?.signal, false).catch((error: unknown) => {
        uses.released(chosen.use, model);
        throw error;
      });
    },

    async load(options) {
      await loading;
      uses.sync();
      if (options?.fresh === true) keys = readKeys();
      await reloadOnce(options?.fresh);
    },

    start() {
      let cancel: () => void = () => undefined;
      const next = (): void => {
        cancel = clock.setTimer(
          () => {
            tick();
            next();
          },
          tickMs,
          { unref: true },
        );
      };
      next();
      return () => {
        cancel();
        uses.sync({ all: true });
      };
    },

    records: () => [...entries.values()].map(({ stored }) => stored.record),
    cooldowns: () => uses.active(),
    keepActivity: () => void uses.sync({ all: true }),
  };
}

function generationOf({ stored }: { stored: StoredProfile }): number {
  return stored.record.generation;
}
