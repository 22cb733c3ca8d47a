// The passage of time, as a port: wall time for what is written down, monotonic time for deadlines.
// Tests pass a clock that they move by hand.

export type Clock = {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  nowMs(): number;
  /** Milliseconds that never go back; only differences mean anything. */
  monotonicMs(): number;
  /** Calls back once after `delayMs`; returns the cancel function. `unref` lets the process end before. */
  setTimer(callback: () => void, delayMs: number, options?: { unref?: boolean }): () => void;
};

/** setTimeout fires at once for a longer delay than this (2^31 - 1 ms). */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  // As `performance.now`, which would load all of perf_hooks first.
  monotonicMs: () => process.uptime() * 1_000,
  setTimer(callback, delayMs, options) {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimerMs));
    if (options?.unref) timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`; rejects with the signal's reason the moment it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason as Error);
      return;
    }
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.setTimer(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
