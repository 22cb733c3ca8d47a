// What this process knows of the use of each login: when it was last used, what it is cooling down from, and who tries
// whether that is over. Memory answers at once; what changed is written behind it, and what other processes wrote is
// read when there is something new. How long a cooldown lasts is cooldown.ts, which login is used is order.ts.
import { toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { ActivitySnapshot, ActivityStore, StoredCooldown, StoredUse } from '../store/activity-store.ts';
import {
  afterPlan,
  coolDown,
  cooldownScope,
  isActive,
  isCooldownReason,
  isDisproved,
  isForgotten,
  type Cooldown,
  type CooldownReason,
  type Failure,
  type PlanStanding,
} from './cooldown.ts';

/** One request that tries whether a cooldown is over; the object itself is its name. `sinceMs`: monotonic. */
export type Trial = { readonly sinceMs: number };

export type ProfileUse = {
  readonly profileId: string;
  /** Wall time, and rising with each use of any login here; 0: never. */
  lastUsedAtMs: number;
  writtenUseAtMs: number;
  /** By model; '' is the login whatever it serves. */
  readonly cooldowns: Map<string, Cooldown>;
  /** Who tries whether a cooldown is over. */
  readonly trials: Map<string, Trial>;
  /** Scopes whose cooldown differs from what is stored. */
  readonly changed: Set<string>;
};

/** `half_open`: its cooldown is over, and whoever takes it now is the one that tries. */
export type Standing = 'free' | 'half_open' | 'closed';

/** What keeps a login from being used now. */
export type Hold = { readonly reason: CooldownReason; readonly waitMs: number };

export type ProfileUses = {
  /** The same object each time. */
  of(profileId: string): ProfileUse;
  /** As stored by `auth order set`. */
  order(provider: string): readonly string[] | undefined;
  standing(use: ProfileUse, model: string, nowMs: number): Standing;
  /** It is handed out: the latest of all uses. Answers with the one trial, where it was half open. */
  take(use: ProfileUse, model: string, nowMs: number): Trial | undefined;
  /** Without I/O, as all that follow. `sentAtMs` as in LeaseOutcome. */
  succeeded(use: ProfileUse, model: string, sentAtMs: number | undefined): void;
  failed(use: ProfileUse, model: string, failure: Failure): void;
  /** The trial has ended, whatever came of it; where it was no word about the login, another one may try. */
  released(use: ProfileUse, trial: Trial | undefined): void;
  /** The plan's service has answered a question that was asked at `askedAtMs` (wall time). */
  planTold(use: ProfileUse, plan: PlanStanding, askedAtMs: number): void;
  /** Why it may not be used for this model now, and for how long; empty: it may. */
  holds(use: ProfileUse, model: string, nowMs: number): readonly Hold[];
  /** Another credential has the name since `atMs`: what was known of the former one is void; with `reason`, that alone. */
  forgetBefore(use: ProfileUse, atMs: number, reason?: CooldownReason): void;
  /** Active now, of all logins. */
  active(): readonly StoredCooldown[];
  /** Reads and writes what is due; logs what cannot be. True when a stored order has changed. */
  sync(options?: { all?: boolean }): boolean;
};

const writeEveryMs = 250;
/** Of a use that is nothing but the next one. */
const useWrittenEveryMs = 10_000;
/** An attempt that has not been told of for so long keeps no other from trying. */
const longestTrialMs = 30_000;
/** What a caller waits for that is told of a trial that runs. */
const trialWaitMs = 1_000;

export function createProfileUses(deps: {
  /** Absent: in memory alone. */
  store?: ActivityStore | undefined;
  clock: Clock;
  log: Log;
}): ProfileUses {
  const { store, clock, log } = deps;
  const uses = new Map<string, ProfileUse>();
  const latest = { atMs: 0 };
  let orders: ActivitySnapshot['orders'] = new Map();
  let seenMark: string | undefined;
  let writtenAtMs = -Infinity;
  let trouble: string | undefined;

  const of = (profileId: string): ProfileUse => {
    const known = uses.get(profileId);
    if (known !== undefined) return known;
    const made: ProfileUse = {
      profileId,
      lastUsedAtMs: 0,
      writtenUseAtMs: 0,
      cooldowns: new Map(),
      trials: new Map(),
      changed: new Set(),
    };
    uses.set(profileId, made);
    return made;
  };

  const isTried = (use: ProfileUse, scope: string): boolean => {
    const trial = use.trials.get(scope);
    return trial !== undefined && clock.monotonicMs() - trial.sinceMs < longestTrialMs;
  };

  const standingIn = (use: ProfileUse, scope: string, nowMs: number): Standing => {
    const cooldown = use.cooldowns.get(scope);
    if (cooldown === undefined) return 'free';
    return isActive(cooldown, nowMs) || isTried(use, scope) ? 'closed' : 'half_open';
  };

  const standing = (use: ProfileUse, model: string, nowMs: number): Standing => {
    if (use.cooldowns.size === 0) return 'free';
    const whole = standingIn(use, '', nowMs);
    if (whole === 'closed') return whole;
    const own = standingIn(use, model, nowMs);
    return own === 'free' ? whole : own;
  };

  const remove = (use: ProfileUse, scope: string): void => {
    use.cooldowns.delete(scope);
    use.trials.delete(scope);
    use.changed.add(scope);
  };

  /** What is not written yet stays as it is here. */
  function merge(snapshot: ActivitySnapshot): boolean {
    const stored = new Map<ProfileUse, Set<string>>();
    for (const row of snapshot.cooldowns) {
      if (!isCooldownReason(row.reason)) continue;
      const use = of(row.profileId);
      const scopes = stored.get(use) ?? new Set();
      stored.set(use, scopes.add(row.model));
      if (use.changed.has(row.model)) continue;
      const { reason, failures, sinceMs, untilMs } = row;
      use.cooldowns.set(row.model, { reason, failures, sinceMs, untilMs });
    }
    for (const use of uses.values()) {
      for (const scope of use.cooldowns.keys()) {
        if (use.changed.has(scope) || stored.get(use)?.has(scope) === true) continue;
        use.cooldowns.delete(scope);
        use.trials.delete(scope);
      }
    }
    for (const { profileId, lastUsedAtMs } of snapshot.uses) {
      const use = of(profileId);
      use.lastUsedAtMs = Math.max(use.lastUsedAtMs, lastUsedAtMs);
      latest.atMs = Math.max(latest.atMs, lastUsedAtMs);
      use.writtenUseAtMs = Math.max(use.writtenUseAtMs, lastUsedAtMs);
    }
    const changed = JSON.stringify([...orders]) !== JSON.stringify([...snapshot.orders]);
    orders = snapshot.orders;
    return changed;
  }

  function readNew(): boolean {
    if (store === undefined) return false;
    const mark = store.changeMark();
    if (mark === seenMark) return false;
    const changed = merge(store.read());
    seenMark = mark;
    return changed;
  }

  function writeChanged(all: boolean): void {
    const nowMs = clock.nowMs();
    const cooldowns: StoredCooldown[] = [];
    const ended: { profileId: string; model: string }[] = [];
    const used: StoredUse[] = [];
    for (const use of uses.values()) {
      const { profileId, lastUsedAtMs } = use;
      for (const [scope, cooldown] of use.cooldowns) if (isForgotten(cooldown, nowMs)) remove(use, scope);
      for (const model of use.changed) {
        const cooldown = use.cooldowns.get(model);
        if (cooldown === undefined) ended.push({ profileId, model });
        else cooldowns.push({ profileId, model, ...cooldown });
      }
      const unwrittenMs = lastUsedAtMs - use.writtenUseAtMs;
      if (unwrittenMs > useWrittenEveryMs || (all && unwrittenMs > 0)) used.push({ profileId, lastUsedAtMs });
    }
    if (cooldowns.length + ended.length + used.length === 0) return;
    store?.write({ cooldowns, ended, uses: used });
    for (const use of uses.values()) use.changed.clear();
    for (const { profileId, lastUsedAtMs } of used) of(profileId).writtenUseAtMs = lastUsedAtMs;
    for (const { profileId, model, reason, failures, untilMs } of cooldowns) {
      log.warn('cooldown', { profile: profileId, model, reason, failures, until: isoTime(untilMs) });
    }
    for (const { profileId, model } of ended) log.info('cooldown_over', { profile: profileId, model });
  }

  return {
    of,
    order: (provider) => orders.get(provider),
    standing,
    take(use, model, nowMs) {
      // Several within one millisecond are in turn too; a clock that was set back changes no turn.
      latest.atMs = nowMs > latest.atMs ? nowMs : latest.atMs + 1 / 1024;
      use.lastUsedAtMs = latest.atMs;
      if (use.cooldowns.size === 0) return undefined;
      const halfOpen = ['', model].filter((scope) => standingIn(use, scope, nowMs) === 'half_open');
      if (halfOpen.length === 0) return undefined;
      const trial: Trial = { sinceMs: clock.monotonicMs() };
      for (const scope of halfOpen) use.trials.set(scope, trial);
      return trial;
    },
    succeeded(use, model, sentAtMs) {
      if (use.cooldowns.size === 0) return;
      const nowMs = clock.nowMs();
      for (const scope of ['', model]) {
        const cooldown = use.cooldowns.get(scope);
        if (cooldown !== undefined && isDisproved(cooldown, sentAtMs, nowMs)) remove(use, scope);
      }
    },
    failed(use, model, failure) {
      if (!isCooldownReason(failure.reason)) return;
      const scope = cooldownScope(failure.reason, model);
      const next = coolDown(use.cooldowns.get(scope), failure, clock.nowMs());
      if (next === undefined) return;
      use.cooldowns.set(scope, next);
      use.changed.add(scope);
    },
    released(use, trial) {
      if (trial === undefined) return;
      for (const [scope, running] of use.trials) if (running === trial) use.trials.delete(scope);
    },
    planTold(use, plan, askedAtMs) {
      const nowMs = clock.nowMs();
      for (const [scope, cooldown] of use.cooldowns) {
        const next = afterPlan(cooldown, plan, askedAtMs, nowMs);
        if (next === undefined) continue;
        use.cooldowns.set(scope, next);
        use.changed.add(scope);
      }
    },
    holds(use, model, nowMs) {
      const holds: Hold[] = [];
      for (const scope of ['', model]) {
        const cooldown = use.cooldowns.get(scope);
        if (cooldown === undefined) continue;
        const { reason, untilMs } = cooldown;
        if (isActive(cooldown, nowMs)) holds.push({ reason, waitMs: untilMs - nowMs });
        else if (isTried(use, scope)) holds.push({ reason, waitMs: trialWaitMs });
      }
      return holds;
    },
    forgetBefore(use, atMs, reason) {
      for (const [scope, cooldown] of use.cooldowns) {
        const isMeant = reason === undefined || cooldown.reason === reason;
        if (isMeant && cooldown.sinceMs < atMs) remove(use, scope);
      }
    },
    active() {
      const nowMs = clock.nowMs();
      return [...uses.values()].flatMap(({ profileId, cooldowns }) =>
        [...cooldowns]
          .filter(([, cooldown]) => isActive(cooldown, nowMs))
          .map(([model, cooldown]) => ({ profileId, model, ...cooldown })),
      );
    },
    sync({ all = false } = {}) {
      let changed = false;
      try {
        changed = readNew();
        if (all || clock.monotonicMs() - writtenAtMs >= writeEveryMs) {
          writtenAtMs = clock.monotonicMs();
          writeChanged(all);
        }
        trouble = undefined;
      } catch (error) {
        // Memory goes on, and what is unwritten is tried again.
        const reason = toOpenClawError(error).message;
        if (reason !== trouble) log.warn('activity_not_kept', { reason });
        trouble = reason;
      }
      return changed;
    },
  };
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
