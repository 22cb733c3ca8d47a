// The door to the store: puts driver, key and locks together. Opens nothing itself: a store is looked for at the first
// call, made at the first write, and its key loaded at the first secret.
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import type { Keychain } from '../platform/keychain.ts';
import type { Random } from '../platform/random.ts';
import { createKeySource } from '../vault/key-source.ts';
import type { StorageOptions } from '../vault/key-source.ts';
import type { CredentialStore } from './credential-store.ts';
import { createSqliteDatabase } from './sqlite-database.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { createStoreKey } from './store-key.ts';
import { createStoreLocks } from './store-locks.ts';
import { createStorePlace } from './store-place.ts';

export type { StorageOptions } from '../vault/key-source.ts';

export type CredentialStoreDeps = {
  /** The store lies in `auth` within it. */
  readonly stateDir: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  readonly keychain: Keychain;
  readonly storage?: StorageOptions | undefined;
  /** Told in a sentence what was mended on the way, such as a file that was open to others. */
  readonly warn?: ((message: string) => void) | undefined;
};

export function openCredentialStore(deps: CredentialStoreDeps): CredentialStore {
  const { clock, random } = deps;
  const warn = deps.warn ?? (() => {});
  const place = createStorePlace(deps.stateDir, clock, warn);
  const database = createSqliteDatabase({ place, clock, random });
  const locks = createStoreLocks({ place, clock, random });
  const source = createKeySource({
    authDir: place.folder,
    env: deps.env,
    keychain: deps.keychain,
    random,
    storage: deps.storage,
  });
  const key = createStoreKey({ database, locks, source, clock, random, folder: place.folder, warn });
  return createSqliteStore({
    database,
    key,
    locks,
    clock,
    isLocal: () => database.isInMemory() || (source.isMemoryAskedFor() && !database.isThere()),
  });
}
