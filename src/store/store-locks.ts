// The mutexes of the store: over processes a file lock for each name, which the operating system releases with its
// holder; within this process a queue in front of it, first come first served.
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { acquireFileLock } from '../platform/file-lock.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import { storeFailure } from './store-failure.ts';
import type { StorePlace } from './store-place.ts';

export type LockOptions = { readonly timeoutMs: number; readonly signal?: AbortSignal };

export type StoreLocks = {
  /** See CredentialStore; `isLocal` leaves the disk and the other processes out of it. */
  lock(name: string, options: LockOptions & { readonly isLocal?: boolean }): Promise<() => void>;
  /** Every lock that has ever been taken in this folder, but those that are named in `except`. */
  lockPresent(except: readonly string[], options: LockOptions): Promise<() => void>;
  /** Releases all that is held; whoever still waits gets STORE_BUSY. */
  close(): void;
};

export function createStoreLocks(deps: {
  readonly place: StorePlace;
  readonly clock: Clock;
  readonly random: Random;
}): StoreLocks {
  const { place, clock, random } = deps;
  /** Those who wait for a name; a name that is here is taken. */
  const queues = new Map<string, (() => void)[]>();
  const held = new Set<() => void>();
  let isClosed = false;

  /** True when it is this caller's turn; false after `timeoutMs`. */
  const enter = (name: string, options: LockOptions): Promise<boolean> =>
    new Promise((resolve, reject) => {
      const queue = queues.get(name);
      if (queue === undefined) {
        queues.set(name, []);
        resolve(true);
        return;
      }
      const stop = (): void => {
        cancelTimer();
        options.signal?.removeEventListener('abort', onAbort);
        const index = queue.indexOf(onTurn);
        if (index !== -1) queue.splice(index, 1);
      };
      const onTurn = (): void => {
        stop();
        resolve(true);
      };
      const onAbort = (): void => {
        stop();
        reject(options.signal?.reason as Error);
      };
      const cancelTimer = clock.setTimer(() => {
        stop();
        resolve(false);
      }, options.timeoutMs);
      options.signal?.addEventListener('abort', onAbort, { once: true });
      queue.push(onTurn);
    });

  const leave = (name: string): void => {
    const next = queues.get(name)?.shift();
    if (next === undefined) queues.delete(name);
    else next();
  };

  const acquire = async (name: string, options: LockOptions): Promise<(() => void) | undefined> => {
    place.prepare();
    try {
      return await acquireFileLock(place.lockFile(name), { clock, random, ...options });
    } catch (error) {
      if (error === options.signal?.reason) throw error;
      throw storeFailure(error, place.lockFile(name));
    }
  };

  return {
    async lock(name, { timeoutMs, signal, isLocal = false }) {
      signal?.throwIfAborted();
      const withSignal = signal === undefined ? {} : { signal };
      const deadlineMs = clock.monotonicMs() + timeoutMs;
      if (!(await enter(name, { timeoutMs, ...withSignal }))) throw tooLong(name, timeoutMs);
      try {
        const leftMs = Math.max(0, deadlineMs - clock.monotonicMs());
        const unlock = isLocal ? () => {} : await acquire(name, { timeoutMs: leftMs, ...withSignal });
        if (unlock === undefined) throw tooLong(name, timeoutMs);
        if (isClosed) {
          unlock();
          throw new OpenClawError({ code: 'STORE_BUSY', message: 'The store was closed during the wait' });
        }
        const release = (): void => {
          if (!held.delete(release)) return;
          unlock();
          leave(name);
        };
        held.add(release);
        return release;
      } catch (error) {
        leave(name);
        throw error;
      }
    },
    async lockPresent(except, { timeoutMs }) {
      const deadlineMs = clock.monotonicMs() + timeoutMs;
      const unlocks: (() => void)[] = [];
      const unlockAll = (): void => unlocks.forEach((unlock) => unlock());
      try {
        for (const file of place.lockFiles()) {
          if (except.some((name) => file === place.lockFile(name))) continue;
          const leftMs = Math.max(0, deadlineMs - clock.monotonicMs());
          const unlock = await acquireFileLock(file, { clock, random, timeoutMs: leftMs });
          if (unlock === undefined) throw tooLong(file, timeoutMs);
          unlocks.push(unlock);
        }
      } catch (error) {
        unlockAll();
        throw storeFailure(error, place.folder);
      }
      return unlockAll;
    },
    close() {
      isClosed = true;
      for (const release of held) release();
    },
  };
}

function tooLong(name: string, timeoutMs: number): OpenClawError {
  const shown = cleanText(name, 120);
  return new OpenClawError({
    code: 'STORE_BUSY',
    message: `Another holder kept the lock ${shown} for more than ${Math.round(timeoutMs / 100) / 10} s`,
    data: { lock: shown },
  });
}
