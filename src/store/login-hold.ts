// While somebody is asked to approve a login, the key that it was promised to be sealed with is in use, though it has sealed
// nothing yet. A lock says so to the other processes, and ends with this one.
import { isOpenClawError } from '../errors.ts';
import type { StoreLocks } from './store-locks.ts';

/** Names of locks. More logins at once than these wait unprotected. */
export const loginLocks: readonly string[] = Array.from({ length: 16 }, (_, index) => `login-${index}`);

/** Another process may be making the first key, with a person at the prompt. */
const keyWaitMs = 30_000;

/**
 * Resolves with the function that lets go. Whoever takes an unused key away holds the lock `key` meanwhile: so that one
 * sees this lock, or has ended before this resolves, and the key is to be looked for after it. Throws STORE_BUSY.
 */
export async function holdForLogin(locks: StoreLocks): Promise<() => void> {
  const release = await locks.lock('key', { timeoutMs: keyWaitMs });
  try {
    for (const name of loginLocks) {
      try {
        return await locks.lock(name, { timeoutMs: 0 });
      } catch (error) {
        if (!isOpenClawError(error) || error.code !== 'STORE_BUSY') throw error;
      }
    }
    return () => undefined;
  } finally {
    release();
  }
}
