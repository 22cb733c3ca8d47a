// A mutex over processes, named by a file: the write lock of an empty SQLite database at that path. The operating system
// releases it when its holder dies, so there is no stale lock to judge, and nothing is ever written to the file.
// What is protected, and what to say when the wait was too long, belongs to the caller.
import { closeSync, openSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { sleep, type Clock } from './clock.ts';
import type { Random } from './random.ts';

export type FileLockOptions = {
  clock: Clock;
  random: Random;
  timeoutMs: number;
  signal?: AbortSignal;
};

const pollFloorMs = 5;
const pollSpanMs = 20;
/** SQLITE_BUSY, in the lower eight bits of an extended code. */
const sqliteBusy = 5;

/**
 * Resolves with the function that releases the lock, or with undefined when another holder kept it for `timeoutMs`.
 * The file is made with mode 0600 and stays. Rejects with the signal's reason, or with the system's error when the
 * file cannot be made or is not a lock file.
 */
export async function acquireFileLock(
  path: string,
  options: FileLockOptions,
): Promise<(() => void) | undefined> {
  const { clock, random, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const { DatabaseSync } = await import('node:sqlite');
  createIfAbsent(path);
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0');
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    while (!tryLock(database)) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) {
        database.close();
        return undefined;
      }
      await sleep(clock, Math.min(leftMs, pollFloorMs + random.fraction() * pollSpanMs), signal);
    }
  } catch (error) {
    if (database.isOpen) database.close();
    throw error;
  }
  return () => {
    if (database.isOpen) database.close();
  };
}

/**
 * Never opens a file that is there: POSIX drops every lock that a process holds on a file as soon as it closes any of
 * its handles to it, SQLite's own included.
 */
function createIfAbsent(path: string): void {
  try {
    closeSync(openSync(path, 'ax', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    // No journal beside the file: the first lock of an empty database writes one, which a full disk does not take.
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  }
}

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' && (code & 0xff) === sqliteBusy;
}
