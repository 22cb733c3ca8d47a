// Moving the store's key while logins are in use: no refresh may run, since a pair that comes back after the move would
// have to be sealed with a key that its process may not be able to open.
import { OpenClawError } from '../errors.ts';
import type { CredentialStore, KeyMove, KeyTarget } from '../store/credential-store.ts';
import { refreshLockName } from './refresh.ts';

/** Longer than an exchange with a server may take. */
const lockTimeoutMs = 45_000;

/** Errors as of CredentialStore.moveKey. */
export async function moveStoreKey(store: CredentialStore, target: KeyTarget): Promise<KeyMove> {
  if (target.kind === 'memory') {
    throw new OpenClawError({
      code: 'USAGE',
      message: 'A store that lies on disk cannot keep its key in memory: nothing would open it again.',
      remedy: 'Name another place: `openclaw auth storage migrate --help`.',
    });
  }
  return store.moveKey(target, async () => {
    const releases: (() => void)[] = [];
    const releaseAll = (): void => releases.forEach((release) => release());
    try {
      for (const { id } of await store.listProfiles()) {
        releases.push(await store.lock(refreshLockName(id), { timeoutMs: lockTimeoutMs }));
      }
    } catch (error) {
      releaseAll();
      throw error;
    }
    return releaseAll;
  });
}
