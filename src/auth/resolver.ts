// Hands a usable login to each request from memory, and keeps that memory fresh: refreshes ahead of expiry, sees what
// other processes saved, and makes a request wait only when no valid token is left. How a refresh is done is the
// engine's; which login comes first is order.ts.
import { OpenClawError, toOpenClawError, type ErrorCode } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { RuntimeAuth } from '../plugin-sdk/index.ts';
import type { CredentialStore, ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { planExpiry, type Expiry } from './expiry.ts';
import type { Lease, LeaseOptions, LeaseOutcome, Resolver } from './lease.ts';
import { orderProfiles } from './order.ts';
import { deadLogin, type RefreshEngine } from './refresh.ts';

export type KeyProvider = { provider: string; baseUrl: string; headers: Readonly<Record<string, string>> };

export type ResolverDeps = {
  store: CredentialStore;
  engine: RefreshEngine;
  /** The provider's own words for using a credential; undefined when its plugin is off or failed. */
  prepare: (profileId: string, credential: Credential) => Promise<RuntimeAuth | undefined>;
  /** Explicit order of a provider's profiles, from the configuration. */
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
  /** Starts watching the store and refreshing ahead of expiry; returns the stop function. */
  start(): () => void;
  /** How many logins could serve a request now, or after a refresh. */
  usableProfiles(): number;
};

type Entry = {
  record: ProfileRecord;
  expiry: Expiry;
  lease: Lease;
  refreshing: boolean;
  /** Handed out since it came. */
  used: boolean;
  /** Lives for less than a minute: kept fresh only while it is used. */
  shortLived: boolean;
  /** The generation that a forced refresh gave and that no request has been answered with yet. */
  forcedGeneration: number | undefined;
};

/** Other processes' changes are seen, and due refreshes begun, at this rate; one PRAGMA each time. */
const tickMs = 250;
const defaultWaitLimitMs = 30_000;
const shortLifeMs = 60_000;
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
  let entries = new Map<string, Entry>();
  let order = new Map<string, readonly Entry[]>();
  let seenCounter = Number.NaN;
  let loading: Promise<void> | undefined;
  let reloadTrouble: string | undefined;
  let keyLeases = readKeyLeases();

  function readKeyLeases(): Map<string, Lease> {
    return new Map((deps.keyProviders?.() ?? []).map((key) => [key.provider, keyLease(key)]));
  }

  /** Reads the counter before the rows: a change in between is seen as a change next time. */
  async function reload(fresh: boolean): Promise<void> {
    const counter = store.changeCounter();
    const before = new Set(entries.values());
    const records = await store.listProfiles();
    const next = new Map<string, Entry>();
    for (const record of records) {
      const known = entries.get(record.id);
      if (!fresh && known !== undefined && known.record.generation === record.generation) {
        known.record = record;
        next.set(record.id, known);
        continue;
      }
      const entry = await readEntry(record.id, known);
      if (entry !== undefined) next.set(record.id, entry);
    }
    // A refresh that finished while the rows were read has put a newer entry into memory.
    for (const [id, entry] of next) {
      const current = entries.get(id);
      const cameMeanwhile = current !== undefined && !before.has(current);
      if (cameMeanwhile && current.record.generation > entry.record.generation) next.set(id, current);
    }
    const known = [...entries.keys()].join();
    entries = next;
    order = groupByProvider(next);
    seenCounter = counter;
    if (known !== [...next.keys()].join()) deps.onChange?.();
  }

  /** A row that does not open, or a plugin that fails, takes its own login away and no other. */
  async function readEntry(profileId: string, known: Entry | undefined): Promise<Entry | undefined> {
    try {
      const stored = await store.readProfile(profileId);
      return stored === undefined ? undefined : await toEntry(stored, known);
    } catch (error) {
      const { code, message } = toOpenClawError(error);
      if (!ownFailures.has(code)) throw error;
      log.error('login_unusable', { profile: profileId, code, reason: message });
      return undefined;
    }
  }

  async function toEntry(stored: StoredProfile, known: Entry | undefined): Promise<Entry | undefined> {
    const { record, credential } = stored;
    const auth = await deps.prepare(record.id, credential);
    if (auth?.baseUrl === undefined) return undefined;
    const entry: Entry = {
      record,
      expiry: planExpiry(record, random.fraction()),
      lease: undefined as never,
      refreshing: false,
      used: false,
      shortLived: (record.expiresAtMs ?? Infinity) - (record.issuedAtMs ?? record.savedAtMs) < shortLifeMs,
      forcedGeneration: known?.forcedGeneration,
    };
    entry.lease = {
      profileId: record.id,
      provider: record.provider,
      baseUrl: auth.baseUrl.replace(/\/+$/, ''),
      headers: auth.headers ?? { authorization: `Bearer ${auth.apiKey}` },
      generation: record.generation,
      report: (outcome) => report(entry, outcome),
    };
    return entry;
  }

  function report(entry: Entry, outcome: LeaseOutcome): void {
    if (outcome.kind === 'ok') entry.forcedGeneration = undefined;
  }

  function groupByProvider(from: ReadonlyMap<string, Entry>): Map<string, readonly Entry[]> {
    const grouped = new Map<string, readonly Entry[]>();
    const providers = new Set([...from.values()].map((entry) => entry.record.provider));
    for (const provider of providers) {
      const records = [...from.values()]
        .map((entry) => entry.record)
        .filter((record) => record.provider === provider);
      const { ids } = orderProfiles(records, deps.explicitOrder(provider));
      grouped.set(
        provider,
        ids.map((id) => from.get(id)).filter((entry) => entry !== undefined),
      );
    }
    return grouped;
  }

  function reloadOnce(fresh = false): Promise<void> {
    loading ??= reload(fresh).finally(() => {
      loading = undefined;
    });
    return loading;
  }

  /** Waits for a credential newer than `fromGeneration` and answers with its lease. */
  async function renew(
    entry: Entry,
    fromGeneration: number,
    signal: AbortSignal | undefined,
    forced: boolean,
  ): Promise<Lease> {
    const stored = await bounded(engine.refresh(entry.record.id, fromGeneration), signal, entry.record.id);
    const fresh = await install(stored);
    if (fresh === undefined) throw missing(entry.record.provider);
    if (forced) fresh.forcedGeneration = stored.record.generation;
    return fresh.lease;
  }

  async function install(stored: StoredProfile): Promise<Entry | undefined> {
    const known = entries.get(stored.record.id);
    if (known !== undefined && known.record.generation >= stored.record.generation) return known;
    const entry = await toEntry(stored, known);
    if (entry === undefined) return undefined;
    entries.set(stored.record.id, entry);
    order = groupByProvider(entries);
    return entry;
  }

  /** The refresh itself goes on when a waiting request gives up. */
  function bounded<T>(work: Promise<T>, signal: AbortSignal | undefined, profileId: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const waitLimitMs = deps.waitLimitMs ?? defaultWaitLimitMs;
      const finish = (settle: () => void): void => {
        cancel();
        signal?.removeEventListener('abort', onAbort);
        settle();
      };
      const onAbort = (): void => finish(() => reject(signal?.reason as Error));
      const cancel = clock.setTimer(
        () =>
          finish(() =>
            reject(
              new OpenClawError({
                code: 'REFRESH_FAILED',
                message: `The refresh of ${profileId} has not finished within ${waitLimitMs / 1000} s; it goes on.`,
                data: { profileId, retryAfterMs: 1_000 },
              }),
            ),
          ),
        waitLimitMs,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
      work.then(
        (value) => finish(() => resolve(value)),
        (error: unknown) => finish(() => reject(error)),
      );
    });
  }

  function missing(provider: string): OpenClawError {
    return new OpenClawError({
      code: 'NO_PROFILE',
      message: deps.missingMessage?.(provider) ?? `There is no login for ${provider}.`,
      data: { provider },
    });
  }

  /** Memory goes on serving when the store cannot be read; said once for each reason. */
  function watch(): void {
    const failed = (error: unknown): void => {
      const reason = toOpenClawError(error).message;
      if (reason !== reloadTrouble) log.error('reload_failed', { reason });
      reloadTrouble = reason;
    };
    try {
      if (loading !== undefined || store.changeCounter() === seenCounter) return;
    } catch (error) {
      failed(error);
      return;
    }
    reloadOnce().then(() => {
      reloadTrouble = undefined;
    }, failed);
  }

  function tick(): void {
    watch();
    const nowMs = clock.nowMs();
    for (const entry of entries.values()) {
      if (nowMs < entry.expiry.refreshAtMs || entry.refreshing || entry.record.dead !== undefined) continue;
      if (engine.isPaused(entry.record.id)) continue;
      // Nobody uses it, and it would have to be renewed again at once: the next request does that.
      if (entry.shortLived && !entry.used) continue;
      entry.refreshing = true;
      engine
        .refresh(entry.record.id, entry.record.generation)
        .then(install)
        // Logged by the engine, which also says when to try again.
        .catch((error: unknown) =>
          log.debug('background_refresh_failed', { reason: toOpenClawError(error).message }),
        )
        .finally(() => {
          entry.refreshing = false;
        });
    }
  }

  function rejectedLease(rejected: Lease, options: LeaseOptions): Lease | Promise<Lease> {
    const entry = entries.get(rejected.profileId);
    if (entry === undefined) throw keyRefused(rejected);
    // A lower number is another credential too: a store that was brought back from a backup.
    if (entry.record.generation !== rejected.generation) return entry.lease;
    if (entry.record.dead !== undefined) throw deadLogin(entry.record.id, entry.record.dead.reason);
    if (!entry.record.refreshable || entry.forcedGeneration === rejected.generation)
      throw keyRefused(rejected);
    return renew(entry, rejected.generation, options.signal, true);
  }

  return {
    lease(provider, _model, options) {
      if (options?.rejected !== undefined) return rejectedLease(options.rejected, options);
      const candidates = order.get(provider);
      const entry = candidates?.[0];
      if (entry === undefined) {
        const lease = keyLeases.get(provider);
        if (lease !== undefined) return lease;
        throw missing(provider);
      }
      if (entry.record.dead !== undefined) throw deadLogin(entry.record.id, entry.record.dead.reason);
      entry.used = true;
      if (clock.nowMs() < entry.expiry.unusableAtMs) return entry.lease;
      if (!entry.record.refreshable) {
        throw deadLogin(entry.record.id, 'its access token has expired and it has no refresh token.');
      }
      return renew(entry, entry.record.generation, options?.signal, false);
    },

    async load(options) {
      await loading;
      if (options?.fresh === true) keyLeases = readKeyLeases();
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
      return () => cancel();
    },

    usableProfiles: () => [...entries.values()].filter((entry) => entry.record.dead === undefined).length,
  };
}

function keyLease(key: {
  provider: string;
  baseUrl: string;
  headers: Readonly<Record<string, string>>;
}): Lease {
  return {
    profileId: `${key.provider}:key`,
    provider: key.provider,
    baseUrl: key.baseUrl.replace(/\/+$/, ''),
    headers: key.headers,
    generation: 0,
    report: () => undefined,
  };
}

function keyRefused(rejected: Lease): OpenClawError {
  return new OpenClawError({
    code: 'TOKEN_REFUSED',
    message: `${new URL(rejected.baseUrl).host} refuses the credential of ${rejected.profileId}, also a fresh one.`,
    data: { profileId: rejected.profileId },
  });
}
