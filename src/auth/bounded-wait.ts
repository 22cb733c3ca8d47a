// How long a request waits for work that goes on without it: until the work ends, the client leaves, or time is up; and
// the same for work that nobody else needs, which ends with the wait.
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';

/** For `tooLong` of a request: `host` where the message does not name it by itself. */
export function noAnswerWithin(limitMs: number, host?: string): OpenClawError {
  return new OpenClawError({
    code: 'PORTAL_UNREACHABLE',
    message: `${host === undefined ? '' : `${host}: `}no answer within ${limitMs / 1_000} s`,
  });
}

export type WaitLimits = {
  readonly clock: Clock;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
  /** What to reject with when time is up. */
  readonly tooLong: () => Error;
};

/** Settles as `work` does, or rejects with the signal's reason or with `tooLong`; the work itself is never cancelled. */
export function waitBounded<T>(work: Promise<T>, limits: WaitLimits): Promise<T> {
  const { clock, limitMs, signal, tooLong } = limits;
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      cancel();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => finish(() => reject(signal?.reason as Error));
    const cancel = clock.setTimer(() => finish(() => reject(tooLong())), limitMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    work.then(
      (value) => finish(() => resolve(value)),
      (error: unknown) => finish(() => reject(error)),
    );
  });
}

/** As `waitBounded`; the work is told to stop when nobody waits for it any more. */
export async function callBounded<T>(
  call: (signal: AbortSignal) => Promise<T>,
  limits: WaitLimits,
): Promise<T> {
  const over = new AbortController();
  const { signal } = limits;
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    return await waitBounded(call(either), limits);
  } catch (error) {
    over.abort(error);
    throw error;
  }
}
