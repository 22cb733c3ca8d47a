// Finds out when a plan that is used up begins anew: asks the provider's plan usage behind the requests, one question at
// a time for each login, and only with a token that is valid anyway. What an answer does to a cooldown is cooldown.ts's.
import { toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import type { UsageContext, UsageSnapshot } from '../plugin-sdk/index.ts';
import { callBounded, noAnswerWithin } from './bounded-wait.ts';
import { isActive, planTrustMs, type PlanStanding } from './cooldown.ts';
import { retryDelayMs, type Pace } from './expiry.ts';
import type { LeaseEntry } from './lease-entry.ts';
import type { ProfileUse, ProfileUses } from './profile-use.ts';

/** undefined where the provider has no plan that could be asked about. May reject, with whatever the provider throws. */
export type AskPlan = (context: UsageContext) => Promise<UsageSnapshot | undefined>;

export type PlanResets = {
  /** Begins the questions that are due. Cheap where no plan is used up; never throws. */
  ask(logins: Iterable<LeaseEntry>): void;
  /** Gives up the questions that run. */
  stop(): void;
};

/** Whatever happens, a login is asked about no more often. */
const leastIntervalMs = 5_000;
/** More may be bought, or the window begin early. */
const againMs = 5 * 60_000;
/** So far earlier at most, so that several programs do not ask at once. */
const againJitter = 0.2;
const answerTimeoutMs = 10_000;
/** Of the service that does not answer. */
const troublePace: Pace = { baseMs: 10_000, ceilingMs: againMs };

type Inquiry = {
  running: boolean;
  /** Monotonic. */
  askedAtMs: number;
  nextAtMs: number;
  /** In a row. */
  failures: number;
  /** What was last said of it in the log. */
  trouble: string | undefined;
  /** The generation of the token that the service has refused. */
  refused: number | undefined;
  /** Which cooldowns the last question was about: model -> since when. */
  about: ReadonlyMap<string, number>;
};

export function createPlanResets(deps: {
  askPlan: AskPlan;
  uses: Pick<ProfileUses, 'of' | 'planTold'>;
  clock: Clock;
  random: Random;
  log: Log;
}): PlanResets {
  const { askPlan, uses, clock, random, log } = deps;
  const inquiries = new Map<string, Inquiry>();
  let stopping = new AbortController();

  const of = (profileId: string): Inquiry => {
    const known = inquiries.get(profileId);
    if (known !== undefined) return known;
    const made: Inquiry = {
      running: false,
      askedAtMs: -Infinity,
      nextAtMs: -Infinity,
      failures: 0,
      trouble: undefined,
      refused: undefined,
      about: new Map(),
    };
    inquiries.set(profileId, made);
    return made;
  };

  async function inquire(login: LeaseEntry, use: ProfileUse, inquiry: Inquiry): Promise<void> {
    const { profileId, generation } = login.lent;
    const { signal } = stopping;
    const { credential } = login.stored;
    const askedAtMs = clock.nowMs();
    try {
      const snapshot = await callBounded((either) => askPlan({ profileId, credential, signal: either }), {
        clock,
        limitMs: answerTimeoutMs,
        signal,
        tooLong: () => noAnswerWithin(answerTimeoutMs),
      });
      if (snapshot?.error === 'unauthorized') inquiry.refused = generation;
      const plan = snapshot === undefined ? noPlan : readStanding(snapshot, clock.nowMs());
      if (plan.kind === 'unknown') return failed(profileId, inquiry, plan.reason);
      if (plan.kind !== 'none') uses.planTold(use, plan, askedAtMs);
      Object.assign(inquiry, { failures: 0, trouble: undefined });
      log.debug('plan_asked', { profile: profileId, plan: plan.kind });
      const pauseMs = plan.kind === 'free' ? untilTrusted(use, clock.nowMs()) : againMs;
      rest(inquiry, pauseMs * (1 - againJitter * random.fraction()));
    } catch (error) {
      if (!signal.aborted) failed(profileId, inquiry, toOpenClawError(error).message);
    }
  }

  function failed(profileId: string, inquiry: Inquiry, reason: string): void {
    inquiry.failures += 1;
    if (reason !== inquiry.trouble) log.warn('plan_not_known', { profile: profileId, reason });
    inquiry.trouble = reason;
    rest(inquiry, retryDelayMs(inquiry.failures, random.fraction(), undefined, troublePace));
  }

  function rest(inquiry: Inquiry, pauseMs: number): void {
    inquiry.nextAtMs = clock.monotonicMs() + pauseMs;
  }

  return {
    ask(logins) {
      const nowMs = clock.nowMs();
      for (const login of logins) {
        const { profileId, generation } = login.lent;
        const use = uses.of(profileId);
        const about = usedUp(use, nowMs);
        if (about.size === 0) continue;
        const inquiry = of(profileId);
        const isNew = [...about].some(([model, sinceMs]) => inquiry.about.get(model) !== sinceMs);
        const dueAtMs = Math.max(inquiry.askedAtMs + leastIntervalMs, isNew ? -Infinity : inquiry.nextAtMs);
        if (inquiry.running || clock.monotonicMs() < dueAtMs) continue;
        // A token is not renewed for this: the next request does that, or the refresh ahead of its end.
        const isUsable = login.stored.record.dead === undefined && nowMs < login.expiry.unusableAtMs;
        if (!isUsable || inquiry.refused === generation) continue;
        Object.assign(inquiry, { running: true, askedAtMs: clock.monotonicMs(), about });
        void inquire(login, use, inquiry).finally(() => (inquiry.running = false));
      }
    },
    stop() {
      stopping.abort(new Error('stopped'));
      stopping = new AbortController();
    },
  };
}

type Standing = PlanStanding | typeof noPlan | { readonly kind: 'unknown'; readonly reason: string };

/** Its provider, or this login, has no window that could be used up. */
const noPlan = { kind: 'none' } as const;

/** Of several windows that are used up the one that begins anew last counts. */
export function readStanding(snapshot: UsageSnapshot, nowMs: number): Standing {
  const { error } = snapshot;
  if (error === 'unauthorized') return { kind: 'unknown', reason: 'the service refuses the token' };
  if (error !== undefined) return { kind: 'unknown', reason: cleanText(error) };
  const windows = snapshot.windows.filter(({ usedPercent }) => Number.isFinite(usedPercent));
  if (windows.length === 0) return noPlan;
  const ended = windows.filter(({ usedPercent }) => usedPercent >= 100);
  if (ended.length === 0) return { kind: 'free' };
  const resets = ended.map(({ resetAt = Number.NaN }) => resetAt).filter((resetAt) => resetAt > nowMs);
  if (resets.length > 0) return { kind: 'used_up', resetAtMs: Math.max(...resets) };
  return { kind: 'unknown', reason: 'the plan is used up, and when it begins anew is not told' };
}

/** The cooldowns that a question would be about: model -> since when. */
function usedUp({ cooldowns }: ProfileUse, nowMs: number): ReadonlyMap<string, number> {
  if (cooldowns.size === 0) return none;
  const about = new Map<string, number>();
  for (const [model, cooldown] of cooldowns) {
    if (cooldown.reason === 'quota' && isActive(cooldown, nowMs)) about.set(model, cooldown.sinceMs);
  }
  return about;
}

const none: ReadonlyMap<string, number> = new Map();

/** The plan has something left, and some cooldowns are too young for that to be believed. */
function untilTrusted({ cooldowns }: ProfileUse, nowMs: number): number {
  const waits = [...cooldowns.values()]
    .filter((cooldown) => cooldown.reason === 'quota' && isActive(cooldown, nowMs))
    .map(({ sinceMs, failures }) => sinceMs + planTrustMs(failures) - nowMs);
  // The jitter takes something off: asked a little too early, it would not be believed again.
  return Math.min(againMs, Math.max(leastIntervalMs, ...waits) / (1 - againJitter));
}
