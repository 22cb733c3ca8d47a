// Setting a store aside while others may still use it: a process that has its key in memory may be in the middle of a
// refresh, and the pair that it gets belongs into the store that goes.
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { CredentialStore } from '../store/credential-store.ts';
import { refreshLockName } from './refresh.ts';

/** Longer than an exchange with a server may take; for all logins together. */
const waitMs = 45_000;

/**
 * `identity` is that of the store which could not be opened. Resolves as CredentialStore.setAside does; STORE_BUSY when
 * somebody has been refreshing all the while.
 */
export async function setAsideStore(
  store: CredentialStore,
  clock: Clock,
  identity: string,
): Promise<string | undefined> {
  const releases: (() => void)[] = [];
  const deadlineMs = clock.monotonicMs() + waitMs;
  try {
    const ids = await listIds(store);
    const hold = (): { timeoutMs: number } => ({ timeoutMs: Math.max(0, deadlineMs - clock.monotonicMs()) });
    for (const id of ids ?? []) {
      releases.push(await store.lock(refreshLockName(id), hold()).catch(stillInUse));
    }
    if (ids === undefined) releases.push(await store.lockAll(hold()).catch(stillInUse));
    return await store.setAside(identity);
  } finally {
    for (const release of releases) release();
  }
}

/** undefined when it cannot even be listed; a process that had it open before the damage may go on saving into it. */
async function listIds(store: CredentialStore): Promise<readonly string[] | undefined> {
  try {
    return (await store.listProfiles()).map(({ id }) => id);
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'STORE_CORRUPT') return undefined;
    throw error;
  }
}

function stillInUse(error: unknown): never {
  if (!isOpenClawError(error) || error.code !== 'STORE_BUSY') throw error;
  throw new OpenClawError({
    code: 'STORE_BUSY',
    message: `The old store is still in use. ${error.message}`,
    remedy:
      'A gateway that runs has the key in memory and saves into it: stop it, then run the command again.',
    data: error.data,
  });
}
