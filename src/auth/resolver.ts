// Hands a usable login to each request from memory, refreshes ahead of expiry, and makes a request wait only when no valid
// token is left. How a refresh is done is the engine's; what is in memory is loaded-logins.ts, which login comes first
// order.ts, what is known of its use profile-use.ts.
import { OpenClawError, toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { ActivityStore, StoredCooldown } from '../store/activity-store.ts';
import type { CredentialStore, ProfileRecord } from '../store/credential-store.ts';
import { waitBounded } from './bounded-wait.ts';
import { createForcedRefreshes } from './forced-refreshes.ts';
import {
  allLeftOut,
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
import { createKeysInUse } from './keys-in-use.ts';
import type { LeaseEntry, OnReport, PreparedAuth } from './lease-entry.ts';
import { createLoadedLogins } from './loaded-logins.ts';
import { chooseCandidate } from './order.ts';
import { createPlanResets, type AskPlan } from './plan-reset.ts';
import { createProfileUses, type ProfileUse, type Trial } from './profile-use.ts';
import { deadLogin, type RefreshEngine } from './refresh.ts';
import { createSessionProfiles } from './session-profiles.ts';

export type ResolverDeps = {
  store: CredentialStore;
  engine: RefreshEngine;
  /** How its provider wants a credential used; undefined when its plugin is off or failed, or nobody knows it. */
  prepare: (profileId: string, credential: Credential) => Promise<PreparedAuth | undefined>;
  /** Cooldowns, last uses and stored orders, over restarts and processes; absent: in memory alone. */
  activity?: ActivityStore;
  /** Explicit order of a provider's profiles, from the configuration; a stored one goes before it. */
  explicitOrder: (provider: string) => readonly string[] | undefined;
  /** Providers that need no login: a key from the configuration or the environment. */
  keyProviders?: () => readonly KeyProvider[];
  /** What is left of the plan behind a login; absent: nobody asks, and a plan that is used up is tried now and then. */
  askPlan?: AskPlan;
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
  /** Whether any request could be served, cooldowns aside. `left_out`: what works is in no order. */
  standing(): 'serves' | 'left_out' | 'nothing';
  /** Those that are active now. */
  cooldowns(): readonly StoredCooldown[];
  /** Writes what is known of the use of logins, for when the last request is over. */
  keepActivity(): void;
};

/** Other processes' changes are seen, and due refreshes begun, at this rate; one PRAGMA each time. */
const tickMs = 250;
const defaultWaitLimitMs = 30_000;
/** For so long after a request that could not be served the next attempts follow quickly. */
const demandMs = 30_000;

export function createResolver(deps: ResolverDeps): LiveResolver {
  const { store, engine, clock, random, log } = deps;
  let order = new Map<string, Candidates>();
  const forced = createForcedRefreshes(clock);
  const uses = createProfileUses({ store: deps.activity, clock, log });
  const sessions = createSessionProfiles();
  const logins = createLoadedLogins({
    store,
    engine,
    prepare: deps.prepare,
    clock,
    random,
    log,
    listenerFor,
    onChange({ names }) {
      regroup();
      if (names) deps.onChange?.();
    },
  });
  const plans =
    deps.askPlan === undefined
      ? undefined
      : createPlanResets({ askPlan: deps.askPlan, uses, clock, random, log });
  const keys = createKeysInUse({
    keyProviders: () => deps.keyProviders?.() ?? [],
    uses,
    isTaken: (profileId) => logins.entries().has(profileId),
    onReport: heard,
  });
  let isLoaded = false;
  keys.read();
  regroup();

  function regroup(): void {
    const explicit = (provider: string): readonly string[] | undefined =>
      uses.order(provider) ?? deps.explicitOrder(provider);
    order = groupCandidates(logins.entries(), keys.candidates(), explicit, uses);
  }

  function heard(use: ProfileUse, model: string, outcome: LeaseOutcome, trial: Trial | undefined): void {
    uses.released(use, trial);
    if (outcome.kind === 'ok') uses.succeeded(use, model, outcome.sentAtMs);
    else if (outcome.kind === 'failed') uses.failed(use, model, outcome);
  }

  /**
   * What becomes of requests of a login that has ended meanwhile says nothing of another one under its name, nor the
   * refusal of a token of the one that came after it.
   */
  function listenerFor({ id, createdAtMs, savedAtMs, generation }: ProfileRecord): OnReport {
    const use = uses.of(id);
    const former = logins.entries().get(id)?.lent.generation;
    uses.forgetBefore(use, createdAtMs);
    uses.forgetBefore(use, (former ?? generation) === generation ? savedAtMs : Infinity, 'auth');
    return (model, outcome, trial) => {
      const current = logins.entries().get(id);
      const isSame = current?.stored.record.createdAtMs === createdAtMs;
      const isRefusal = outcome.kind === 'failed' && outcome.reason === 'auth';
      if (!isSame || (isRefusal && current.lent.generation !== generation)) return uses.released(use, trial);
      if (outcome.kind === 'ok') forced.accepted(id, generation);
      heard(use, model, outcome, trial);
    };
  }

  /** Waits for a credential newer than the entry's, and answers with its lease. */
  async function renew(
    entry: LeaseEntry,
    model: string,
    signal: AbortSignal | undefined,
    options: { isForced?: boolean; trial?: Trial | undefined } = {},
  ): Promise<Lease> {
    const { isForced = false, trial } = options;
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
    const fresh = await logins.install(stored, entry);
    if (fresh === undefined) throw missing(provider);
    return fresh.leaseFor(model, trial);
  }

  const missing = (provider: string): OpenClawError => noLogin(provider, deps.missingMessage?.(provider));

  function tick(): void {
    logins.watch();
    if (uses.sync()) regroup();
    plans?.ask(logins.entries().values());
    const nowMs = clock.nowMs();
    for (const entry of logins.entries().values()) {
      const { record } = entry.stored;
      if (nowMs < entry.expiry.refreshAtMs || entry.refreshing || record.dead !== undefined) continue;
      const urgent = clock.monotonicMs() - entry.missedAtMs < demandMs;
      if (engine.isPaused(record.id, record.generation, urgent)) continue;
      // Nobody uses it, and it would have to be renewed again at once: the next request does that.
      if (entry.shortLived && !entry.used) continue;
      entry.refreshing = true;
      engine
        .refresh(record.id, record.generation, { held: entry.stored, urgent })
        .then((stored) => logins.install(stored, entry))
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
    const entry = logins.entries().get(rejected.profileId);
    if (entry === undefined) {
      const key = keys.insteadOf(rejected);
      if (key === undefined) throw keyRefused(rejected);
      return key.leaseFor(model);
    }
    // A lower number is another credential too: a store that was brought back from a backup.
    if (entry.lent.generation !== rejected.generation) return entry.leaseFor(model);
    const { dead, refreshable } = entry.stored.record;
    if (dead !== undefined) throw deadLogin(rejected.profileId, dead.reason);
    if (!refreshable) throw keyRefused(rejected);
    // It has ended on the way: as due as it would have been a moment later.
    if (clock.nowMs() >= entry.expiry.unusableAtMs) return renew(entry, model, options.signal);
    if (!forced.mayForce(entry.stored.record)) throw keyRefused(rejected, { isFresh: true });
    return renew(entry, model, options.signal, { isForced: true });
  }

  /** Its token is over, and the last attempt to renew it has failed: as long as another login works nobody waits for it. */
  function isStuck({ login }: Candidate, nowMs: number): boolean {
    if (login === undefined || nowMs < login.expiry.unusableAtMs) return false;
    return engine.hasFailed(login.lent.profileId, login.lent.generation);
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
    const works = (candidate: Candidate): boolean => mayUse(candidate) && !isStuck(candidate, nowMs);
    const session = options?.session;
    const first = (): Candidate | undefined =>
      chooseCandidate(list, isExplicit, works) ?? chooseCandidate(list, isExplicit, mayUse);
    if (session === undefined) return first();
    const former = sessions.find(provider, session);
    const kept = list.find(({ use }) => use.profileId === former);
    const chosen =
      kept !== undefined && works(kept) && uses.standing(kept.use, model, nowMs) === 'free' ? kept : first();
    if (chosen !== undefined) sessions.note(provider, session, chosen.use.profileId);
    return chosen;
  }

  return {
    lease(provider, model, options) {
      if (options?.rejected !== undefined) return rejectedLease(options.rejected, model, options);
      const group = order.get(provider);
      if (group === undefined) throw missing(provider);
      if (group.list.length === 0) throw allLeftOut(provider, uses.order(provider) !== undefined);
      const nowMs = clock.nowMs();
      const chosen =
        choose(group, provider, model, nowMs, options) ??
        (options?.cooling === true ? leastCooling(group, model, options.exclude, uses, nowMs) : undefined);
      if (chosen === undefined) {
        throw noneLeft(provider, group, model, options?.exclude, uses, nowMs) ?? missing(provider);
      }
      const trial = uses.take(chosen.use, model, nowMs);
      const { login } = chosen;
      if (login === undefined) return chosen.leaseFor(model, trial);
      login.used = true;
      if (nowMs < login.expiry.unusableAtMs) return login.leaseFor(model, trial);
      login.missedAtMs = clock.monotonicMs();
      return renew(login, model, options?.signal, { trial }).catch((error: unknown) => {
        uses.released(chosen.use, trial);
        throw error;
      });
    },

    async load(options) {
      await logins.settled();
      uses.sync();
      if (options?.fresh === true) keys.read();
      await logins.reload(options?.fresh);
      if (!isLoaded) keys.forgetRefusals();
      isLoaded = true;
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
        plans?.stop();
        uses.sync({ all: true });
      };
    },

    records: () => [...logins.entries().values()].map(({ stored }) => stored.record),
    standing() {
      const nowMs = clock.nowMs();
      const works = (candidate: Pick<Candidate, 'login'>): boolean => lossOf(candidate, nowMs) === undefined;
      if ([...order.values()].some(({ list }) => list.some(works))) return 'serves';
      const all = [
        ...[...logins.entries().values()].map((login) => ({ login })),
        ...keys.candidates().values(),
      ];
      return all.some(works) ? 'left_out' : 'nothing';
    },
    cooldowns: () => uses.active(),
    keepActivity: () => void uses.sync({ all: true }),
  };
}
