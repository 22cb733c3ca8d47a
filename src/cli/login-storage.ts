// Where a command keeps what it logs in to: read from its flags, proved before anybody approves, and let go again when the
// login came to nothing. How a key is kept is the vault's.
import type { App } from '../app.ts';
import type { LoginReport } from '../auth/login.ts';
import { isOpenClawError, toOpenClawError } from '../errors.ts';
import { gatewayTokenName, makeGatewayToken } from '../gateway/gateway-token.ts';
import type { StorageOptions } from '../store/open-store.ts';
import { readKeyKind } from './ui/storage-text.ts';

/** Throws USAGE for a kind that there is not. */
export function readStorageOptions(options: { storage?: string; insecureStorage?: boolean }): StorageOptions {
  const remedy = 'Leave --storage out to take the safest place there is. See `openclaw onboard --help`.';
  const kind = options.storage === undefined ? undefined : readKeyKind(options.storage, remedy);
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(options.insecureStorage === true ? { insecureStorage: true } : {}),
  };
}

/** Opens the key, looks at every page and takes the write lock once. Leaves nothing that would bind a store without logins. */
export async function proveStorage(app: App): Promise<void> {
  await app.store().unlock();
  await app.store().prove();
}

/** Beside the first login, so that it can be shown before a gateway has run. A login that is saved counts without it. */
export async function keepGatewayToken(app: App, { key }: LoginReport): Promise<void> {
  if (key.kind === 'memory') return;
  try {
    await app.store().createSecret(gatewayTokenName, makeGatewayToken(app.random));
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    app.log.warn('gateway_token_not_made', { code: error.code });
  }
}

/** After a command that failed: a store that was made for its login, and holds none, binds nobody. */
export async function releaseStore(app: App): Promise<void> {
  try {
    await app.store().dropUnusedKey();
  } catch (trouble) {
    // The next login takes the place that it wants all the same: how this one ended is what is told.
    app.log.warn('unused_key_left', { code: toOpenClawError(trouble).code });
  }
}
