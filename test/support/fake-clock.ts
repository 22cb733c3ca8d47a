// A clock that stands still until a test moves it. Timers run in order of their time while it moves, and promises
// settle between them, so that a sleeping loop takes as many turns as it would in that time.
import type { Clock } from '../../src/platform/clock.ts';

export type FakeClock = Clock & {
  /** Moves wall and monotonic time together, running every timer that falls due. */
  advance(byMs: number): Promise<void>;
  /** Changes the wall clock alone, as a person or NTP would. */
  setWallMs(nowMs: number): void;
  /** How many timers wait. */
  timerCount(): number;
};

export function createFakeClock(startMs = 1_750_000_000_000): FakeClock {
  let wallMs = startMs;
  let monotonicMs = 1_000;
  let nextId = 0;
  const timers = new Map<number, { dueMs: number; callback: () => void }>();

  const move = (toMs: number): void => {
    wallMs += toMs - monotonicMs;
    monotonicMs = toMs;
  };
  /** Lets promise callbacks and finished I/O run: one turn of the event loop. */
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    nowMs: () => Math.floor(wallMs),
    monotonicMs: () => monotonicMs,
    setTimer(callback, delayMs) {
      const id = nextId++;
      timers.set(id, { dueMs: monotonicMs + Math.max(0, delayMs), callback });
      return () => void timers.delete(id);
    },
    async advance(byMs) {
      const endMs = monotonicMs + byMs;
      await settle();
      for (;;) {
        let next: [number, { dueMs: number; callback: () => void }] | undefined;
        for (const entry of timers) if (next === undefined || entry[1].dueMs < next[1].dueMs) next = entry;
        if (next === undefined || next[1].dueMs > endMs) break;
        timers.delete(next[0]);
        move(next[1].dueMs);
        next[1].callback();
        await settle();
      }
      move(endMs);
    },
    setWallMs(nowMs) {
      wallMs = nowMs;
    },
    timerCount: () => timers.size,
  };
}
