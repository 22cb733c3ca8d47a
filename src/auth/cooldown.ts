// How long a login is left alone after a failure, for which model, and when it may be tried again: pure decisions.
// What a failure is comes from the gateway; who remembers cooldowns is profile-use.ts, who is used instead order.ts.

/** What began a cooldown; other failures begin none: they speak of the request, or of one stream. */
export type CooldownReason =
  | 'rate_limit'
  | 'overloaded'
  | 'server_error'
  | 'timeout'
  | 'unreachable'
  | 'quota'
  | 'billing'
  | 'auth'
  | 'model_unavailable';

export type Cooldown = {
  readonly reason: CooldownReason;
  /** In a row, this one included; a success forgets them. */
  readonly failures: number;
  /** Wall time. */
  readonly sinceMs: number;
  readonly untilMs: number;
};

export type Failure = {
  /** The name of an answer's class; unknown names are no reason for a cooldown. */
  readonly reason: string;
  /** From a `Retry-After` header. */
  readonly retryAfterMs?: number | undefined;
  /** When the plan's window starts anew, wall time. */
  readonly resetAtMs?: number | undefined;
  /** When the attempt was sent, wall time. */
  readonly sentAtMs?: number | undefined;
};

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

/** The first, second … cooldown of a row of failures; the last one is repeated. */
const steps: Readonly<Record<CooldownReason, readonly number[]>> = {
  rate_limit: doubling(30 * second, hour),
  overloaded: [30 * second, minute, 5 * minute],
  server_error: [30 * second, minute, 5 * minute],
  timeout: [30 * second, minute, 5 * minute],
  // Most often it is this machine that has lost its network: it is tried soon after it may be back.
  unreachable: [30 * second],
  quota: doubling(5 * minute, hour),
  billing: doubling(10 * minute, 24 * hour),
  // It ends before its time when the credential is another one: profile-use.ts.
  auth: [minute, 5 * minute, 30 * minute],
  model_unavailable: [hour],
};

/** Of one kind as far as the count goes: the same trouble shows in all three. */
const outages: ReadonlySet<CooldownReason> = new Set(['overloaded', 'server_error', 'timeout']);

/** A server that asks for less is asked again at once, one that asks for more is not believed. */
const shortestToldMs = second;
const longestToldMs = 24 * hour;
/** The longest window of a plan is a week. */
const longestResetMs = 8 * 24 * hour;
/** A row of failures that nobody has added to for so long after its cooldown is none any more. */
const forgottenAfterMs = 24 * hour;

export function isCooldownReason(reason: string): reason is CooldownReason {
  return Object.hasOwn(steps, reason);
}

/** Whose turn it concerns: the login whatever it serves (''), or the login with this model. */
export function cooldownScope(reason: CooldownReason, model: string): string {
  return reason === 'billing' || reason === 'auth' ? '' : model;
}

/** Also over when the clock was set back to before it began: it would last for as long as that. */
export function isActive({ sinceMs, untilMs }: Cooldown, nowMs: number): boolean {
  return nowMs < untilMs && nowMs >= sinceMs;
}

/** Of stored ones those that count now: not over, and begun for a reason that this program knows. */
export function activeOf<Row extends Omit<Cooldown, 'reason'> & { readonly reason: string }>(
  rows: readonly Row[],
  nowMs: number,
): Row[] {
  return rows.filter(
    ({ reason, failures, sinceMs, untilMs }) =>
      isCooldownReason(reason) && isActive({ reason, failures, sinceMs, untilMs }, nowMs),
  );
}

export function isForgotten({ untilMs }: Cooldown, nowMs: number): boolean {
  return nowMs - untilMs > forgottenAfterMs;
}

/**
 * The cooldown after a failure; undefined when what was there stays as it is. An active one is not lengthened, but for a
 * reset time of the plan, which is a fact and no guess. Nor does an attempt begin the next one that was sent before the
 * last began: a hundred requests that met one outage would make a hundred of it.
 */
export function coolDown(
  current: Cooldown | undefined,
  failure: Failure,
  nowMs: number,
): Cooldown | undefined {
  const { reason } = failure;
  if (!isCooldownReason(reason)) return undefined;
  const resetAtMs = knownReset(failure, nowMs);
  if (current !== undefined && isActive(current, nowMs)) {
    if (resetAtMs === undefined || resetAtMs === current.untilMs) return undefined;
    return { ...current, reason, untilMs: resetAtMs };
  }
  const isOlder = failure.sentAtMs !== undefined && failure.sentAtMs < (current?.sinceMs ?? -Infinity);
  if (current !== undefined && isOlder && nowMs >= current.sinceMs && resetAtMs === undefined)
    return undefined;
  const isNext = current !== undefined && !isForgotten(current, nowMs) && isSameKind(current.reason, reason);
  const failures = isNext ? current.failures + 1 : 1;
  const untilMs = resetAtMs ?? nowMs + (toldMs(failure) ?? stepMs(reason, failures));
  return { reason, failures, sinceMs: nowMs, untilMs };
}

/**
 * A success of a request that was sent at `sentAtMs` ends what began before it; unknown: what is over. Any success ends
 * what has not begun yet, for the clock has been set back since, and no date of a request can be held against it.
 */
export function isDisproved(cooldown: Cooldown, sentAtMs: number | undefined, nowMs: number): boolean {
  if (nowMs < cooldown.sinceMs) return true;
  return sentAtMs === undefined ? !isActive(cooldown, nowMs) : sentAtMs >= cooldown.sinceMs;
}

/** What the plan's own service says of a login that met the end of its plan. */
export type PlanStanding =
  | { readonly kind: 'used_up'; readonly resetAtMs: number }
  /** Something is left of each of its windows. */
  | { readonly kind: 'free' };

/**
 * How long a cooldown has lasted before the service's word that something is left is believed: what was used a moment ago
 * may not be counted yet, and a login that is refused again in spite of that word is asked about ever later.
 */
export function planTrustMs(failures: number): number {
  return Math.min(30 * second * 2 ** Math.min(failures - 1, 20), hour);
}

/**
 * The cooldown after an answer of the plan's service to a question that was asked at `askedAtMs`; undefined when what was
 * there stays as it is. One that is over early is tried by one request first, as any other that is over.
 */
export function afterPlan(
  current: Cooldown,
  plan: PlanStanding,
  askedAtMs: number,
  nowMs: number,
): Cooldown | undefined {
  if (current.reason !== 'quota' || !isActive(current, nowMs) || askedAtMs < current.sinceMs)
    return undefined;
  if (plan.kind === 'free') {
    const isBelieved = askedAtMs - current.sinceMs >= planTrustMs(current.failures);
    return isBelieved ? { ...current, untilMs: nowMs } : undefined;
  }
  const untilMs = knownReset({ reason: 'quota', resetAtMs: plan.resetAtMs }, nowMs);
  return untilMs === undefined || untilMs === current.untilMs ? undefined : { ...current, untilMs };
}

function knownReset({ reason, resetAtMs }: Failure, nowMs: number): number | undefined {
  if (reason !== 'quota' || resetAtMs === undefined || !(resetAtMs > nowMs)) return undefined;
  return Math.min(resetAtMs, nowMs + longestResetMs);
}

function toldMs({ reason, retryAfterMs }: Failure): number | undefined {
  if ((reason !== 'rate_limit' && reason !== 'quota') || retryAfterMs === undefined) return undefined;
  if (!Number.isFinite(retryAfterMs)) return undefined;
  return Math.min(Math.max(retryAfterMs, shortestToldMs), longestToldMs);
}

function isSameKind(before: CooldownReason, now: CooldownReason): boolean {
  return before === now || (outages.has(before) && outages.has(now));
}

function stepMs(reason: CooldownReason, failures: number): number {
  const own = steps[reason];
  return own[Math.min(failures, own.length) - 1] ?? hour;
}

function doubling(firstMs: number, ceilingMs: number): readonly number[] {
  const made: number[] = [];
  for (let stepMs = firstMs; stepMs < ceilingMs; stepMs *= 2) made.push(stepMs);
  return [...made, ceilingMs];
}
