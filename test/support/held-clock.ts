// A clock that runs by itself from timer to timer, as fast as it can, but stands still while work is held: hours of
// waiting take no time, and a request never meets a deadline that its server did not cause.
import type { Clock } from '../../src/platform/clock.ts';

export type HeldClock = Clock & {
  /** Time stands still until `work` has settled. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Runs the timer that is due next, held or not: for a server that lets its client wait. */
  passToNextTimer(): void;
  timerCount(): number;
};

/** `onMove` is told the wall clock each time it has changed. */
export function createHeldClock(
  startMs: number,
  onMove: (nowMs: number) => void = () => undefined,
): HeldClock {
  let passedMs = 0;
  let holds = 0;
  let isPumping = false;
  let nextId = 0;
  const timers = new Map<number, { dueMs: number; callback: () => void }>();

  const passToNextTimer = (): void => {
    const [first] = [...timers].sort(([, one], [, other]) => one.dueMs - other.dueMs);
    if (first === undefined) return;
    const [id, { dueMs, callback }] = first;
    timers.delete(id);
    passedMs = Math.max(passedMs, dueMs);
    onMove(Math.floor(startMs + passedMs));
    callback();
  };
  const pump = (): void => {
    if (isPumping || holds > 0 || timers.size === 0) return;
    isPumping = true;
    setImmediate(() => {
      isPumping = false;
      if (holds === 0) passToNextTimer();
      pump();
    });
  };

  return {
    nowMs: () => Math.floor(startMs + passedMs),
    monotonicMs: () => passedMs,
    setTimer(callback, delayMs) {
      const id = nextId++;
      timers.set(id, { dueMs: passedMs + Math.max(0, delayMs), callback });
      pump();
      return () => void timers.delete(id);
    },
    async hold(work) {
      holds += 1;
      try {
        return await work();
      } finally {
        holds -= 1;
        pump();
      }
    },
    passToNextTimer,
    timerCount: () => timers.size,
  };
}
