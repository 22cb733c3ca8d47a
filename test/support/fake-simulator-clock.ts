// The simulator's clock in a test's hand: time moves only when told to, and due timers fire as it passes them.
import type { SimulatorClock } from '../../extensions/minimax-portal-auth/simulator/clock.ts';

export interface FakeSimulatorClock extends SimulatorClock {
  advance(durationMs: number): void;
  /** Resolves once a timer is waiting, at once when one already is. */
  timerSet(): Promise<void>;
}

export function createFakeSimulatorClock(startMs = 1_780_000_000_000): FakeSimulatorClock {
  let nowMs = startMs;
  const timers = new Set<{ readonly dueAtMs: number; readonly callback: () => void }>();
  let waiting: Array<() => void> = [];
  return {
    nowMs: () => nowMs,
    setTimer(callback, delayMs) {
      const timer = { dueAtMs: nowMs + delayMs, callback };
      timers.add(timer);
      for (const resolve of waiting) resolve();
      waiting = [];
      return () => timers.delete(timer);
    },
    advance(durationMs) {
      nowMs += durationMs;
      for (const timer of [...timers].sort((one, other) => one.dueAtMs - other.dueAtMs)) {
        if (timer.dueAtMs <= nowMs && timers.delete(timer)) timer.callback();
      }
    },
    timerSet() {
      if (timers.size > 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
