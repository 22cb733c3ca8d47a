// What the outcomes of a run amount to: which of them were cut by a kill, which failed with no excuse, how long there was
// nobody to ask, and how long requests took. Pure.
import type { Outcome } from './client.ts';
import type { Kill } from './service.ts';

export type Interval = { readonly fromMs: number; readonly toMs: number };

export type Happenings = {
  readonly outcomes: readonly Outcome[];
  readonly kills: readonly Kill[];
  /** From the command to its end. */
  readonly restarts: readonly Interval[];
};

export type Verdict = {
  readonly counts: Readonly<Record<string, number>>;
  readonly asked: number;
  readonly whole: number;
  readonly left: number;
  /** In flight when the gateway was killed: nobody can answer those. */
  readonly cutByKill: number;
  readonly failed: readonly Outcome[];
  /** From each kill to the first answer to what was asked after it. */
  readonly gapsMs: readonly number[];
  /** The longest wait for the beginning of an answer among what was asked around each restart. */
  readonly restartStallsMs: readonly number[];
  /** … and among all else, where nothing happened. */
  readonly calmStall: { readonly waitMs: number; readonly kind: string; readonly atMs: number } | undefined;
  /** Until the answer begins, in calm and around restarts. */
  readonly latency: { readonly p50Ms: number; readonly p99Ms: number };
};

/** The kernel tells a client that the other end has gone a moment later, and a busy client hears it later still. */
const heardMs = 1_000;
/** The former process still finishes what it has, and connections move. */
const afterMs = 2_000;

export function judge({ outcomes, kills, restarts }: Happenings): Verdict {
  const counts: Record<string, number> = {};
  for (const { kind } of outcomes) counts[kind] = (counts[kind] ?? 0) + 1;
  const failed = outcomes.filter((outcome) => isFailure(outcome, kills));
  const count = (is: (outcome: Outcome) => boolean): number => outcomes.filter(is).length;
  const around = restarts.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + afterMs }));
  const excused = [
    ...around,
    ...kills.map(({ killedAtMs, backAtMs }) => ({ fromMs: killedAtMs, toMs: backAtMs })),
  ];
  const answered = outcomes.filter(({ end }) => end === 'whole');
  const calm = answered.filter((outcome) => !excused.some((interval) => overlaps(outcome, interval)));
  const waits = answered.map(waitMs).sort((a, b) => a - b);
  return {
    counts,
    asked: outcomes.length,
    whole: answered.length,
    left: count(({ end }) => end === 'left'),
    cutByKill: count((outcome) => wasCutBy(outcome, kills)),
    failed,
    gapsMs: kills.map((kill) => gapOf(kill, answered)),
    restartStallsMs: around.map((interval) =>
      longest(answered.filter((outcome) => overlaps(outcome, interval)).map(waitMs)),
    ),
    calmStall: stallOf(calm),
    latency: { p50Ms: quantile(waits, 0.5), p99Ms: quantile(waits, 0.99) },
  };
}

function isFailure(outcome: Outcome, kills: readonly Kill[]): boolean {
  const { refused } = outcome;
  const isRefusalExcused =
    refused === undefined ||
    kills.some(
      ({ killedAtMs, backAtMs }) => refused.firstAtMs >= killedAtMs && refused.lastAtMs <= backAtMs + heardMs,
    );
  if (!isRefusalExcused) return true;
  return outcome.end === 'wrong' || (outcome.end === 'broken' && !wasCutBy(outcome, kills));
}

function wasCutBy({ end, startedAtMs, endedAtMs }: Outcome, kills: readonly Kill[]): boolean {
  return (
    end === 'broken' &&
    kills.some(
      ({ killedAtMs, goneAtMs }) =>
        startedAtMs <= goneAtMs && endedAtMs >= killedAtMs && endedAtMs <= goneAtMs + heardMs,
    )
  );
}

function gapOf({ killedAtMs, goneAtMs }: Kill, answered: readonly Outcome[]): number {
  const first = answered
    .filter(({ startedAtMs }) => startedAtMs > goneAtMs)
    .map(({ firstByteAtMs, endedAtMs }) => firstByteAtMs ?? endedAtMs);
  return first.reduce((least, atMs) => Math.min(least, atMs), Infinity) - killedAtMs;
}

function overlaps({ startedAtMs, endedAtMs }: Outcome, { fromMs, toMs }: Interval): boolean {
  return startedAtMs <= toMs && endedAtMs >= fromMs;
}

function waitMs({ startedAtMs, firstByteAtMs, endedAtMs }: Outcome): number {
  return (firstByteAtMs ?? endedAtMs) - startedAtMs;
}

function stallOf(answered: readonly Outcome[]): Verdict['calmStall'] {
  let longest: Outcome | undefined;
  for (const outcome of answered)
    if (longest === undefined || waitMs(outcome) > waitMs(longest)) longest = outcome;
  return longest && { waitMs: waitMs(longest), kind: longest.kind, atMs: longest.startedAtMs };
}

function longest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

/** Of sorted values; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** How many refreshes so much time takes: a token is renewed in its last tenth, at the next look. */
export function expectedRefreshes(
  spanMs: number,
  tokenMs: number,
  gapsMs: readonly number[],
): { least: number; most: number } {
  const idleMs = gapsMs.reduce((sum, gap) => sum + gap, 0);
  const soonestMs = tokenMs * (1 - 0.1 * 1.2);
  const latestMs = tokenMs + 100;
  return { least: Math.floor((spanMs - idleMs) / latestMs) - 1, most: Math.ceil(spanMs / soonestMs) + 1 };
}
