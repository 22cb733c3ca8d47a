// The simulator's own notion of time, so that its state machine can be driven by a test's clock.
// It decides nothing: deadlines belong to the parts that ask for the time.

export interface SimulatorClock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the returned function cancels. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

export function createSystemClock(): SimulatorClock {
  return {
    nowMs: () => Date.now(),
    setTimer(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
  };
}
