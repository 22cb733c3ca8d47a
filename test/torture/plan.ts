// Which fault or kill the next refresh request meets, and which other disturbance comes when: drawn from the seed.
import type { SeededRandom } from './seeded-random.ts';

type Trouble = {
  readonly name: string;
  readonly delayMs: number;
  /** What comes of it; `nothing`: the request goes on. */
  readonly outcome: 'reset' | '503' | 'nothing';
  readonly retryAfterS?: number;
};

export type RequestPlan = {
  readonly killAt?: 'arrival' | 'processing' | { readonly afterAnswerMs: number };
  /** Before the server has seen the request. */
  readonly before?: Trouble;
  /** The server has done its work. */
  readonly after?: Trouble;
  /** A request whose sender has left is processed all the same, as a server does that has read it already. */
  readonly processesAbandoned: boolean;
};

export type Planner = {
  next(): RequestPlan;
  /** Whether processes may be killed now. */
  isKilling(): boolean;
  /** Every request fails until then. */
  failUntil(timeMs: number): void;
  /** No more faults and kills. */
  calm(): void;
};

/** Kills cost a new process each, and two cores can start only so many. */
const killGapMs = 450;
/** In every other stretch nobody is killed: a process that was just started owes no pause and would hide long ones. */
const stretchMs = 3_500;

export function createPlanner(random: SeededRandom, nowMs: () => number): Planner {
  let isCalm = false;
  let outageUntilMs = -Infinity;
  let nextKillAtMs = 0;
  let startedAtMs: number | undefined;

  const isKilling = (): boolean => {
    startedAtMs ??= nowMs();
    return !isCalm && Math.floor((nowMs() - startedAtMs) / stretchMs) % 2 === 0;
  };

  const killAt = (): RequestPlan['killAt'] => {
    if (!isKilling() || nowMs() < nextKillAtMs || !random.chance(0.4)) return undefined;
    nextKillAtMs = nowMs() + killGapMs;
    const afterAnswerMs = random.pick([0, 0, 1, 2, 4, 8, 16]) ?? 0;
    return random.pick([
      'arrival',
      'arrival',
      'processing',
      { afterAnswerMs },
      { afterAnswerMs },
      { afterAnswerMs },
    ]);
  };

  return {
    next() {
      const processesAbandoned = random.chance(0.25);
      if (isCalm) return { processesAbandoned };
      const leftMs = outageUntilMs - nowMs();
      if (leftMs > 0) {
        const outcome = random.pick(['reset', '503'] as const) ?? 'reset';
        return { before: { name: 'refused in an outage', delayMs: 0, outcome }, processesAbandoned };
      }
      const kill = killAt();
      const withKill = kill === undefined ? {} : { killAt: kill };
      const dice = random.fraction();
      if (dice < 0.12) return { before: drawBefore(random), processesAbandoned, ...withKill };
      if (dice < 0.18) {
        const late = { name: 'late answer', delayMs: random.between(30, 700), outcome: 'nothing' } as const;
        return { after: late, processesAbandoned, ...withKill };
      }
      if (dice < 0.195) return { after: drawLost(random), processesAbandoned };
      return { processesAbandoned, ...withKill };
    },
    isKilling,
    failUntil(timeMs) {
      outageUntilMs = timeMs;
    },
    calm() {
      isCalm = true;
    },
  };
}

function drawBefore(random: SeededRandom): Trouble {
  const slow: Trouble = { name: 'slow', delayMs: random.between(30, 400), outcome: 'nothing' };
  const hang: Trouble = { name: 'hang', delayMs: random.between(200, 1_200), outcome: 'reset' };
  const faults: Trouble[] = [
    { name: '503', delayMs: 0, outcome: '503' },
    { name: '503 with Retry-After', delayMs: 0, outcome: '503', retryAfterS: 1 },
    { name: 'connection reset', delayMs: 0, outcome: 'reset' },
    hang,
    slow,
    slow,
  ];
  return random.pick(faults) ?? slow;
}

function drawLost(random: SeededRandom): Trouble {
  const lost: Trouble[] = [
    { name: 'answer lost: reset', delayMs: 0, outcome: 'reset' },
    { name: 'answer lost: 503', delayMs: 0, outcome: '503' },
    { name: 'answer lost: hang', delayMs: random.between(200, 900), outcome: 'reset' },
  ];
  return random.pick(lost) ?? { name: 'answer lost: reset', delayMs: 0, outcome: 'reset' };
}
