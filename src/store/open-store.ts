// The door to the store: puts driver, key and locks together. Opens nothing itself: a store is looked for at the first
// call, made at the first write, and its key loaded at the first secret.
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import type { Keychain } from '../platform/keychain.ts';
import type { Random } from '../platform/random.ts';
import { createKeySource } from '../vault/key-source.ts';
import type { KeySource, StorageOptions } from '../vault/key-source.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import type { CredentialStore, KeyRecord, KeyTarget } from './credential-store.ts';
import { createHighWater } from './high-water.ts';
import { createKeyMigration } from './key-migration.ts';
import { createSqliteDatabase } from './sqlite-database.ts';
import { createSqliteStore } from './sqlite-store.ts';
import { createStoreKey } from './store-key.ts';
import { createStoreLocks } from './store-locks.ts';
import { createStorePlace } from './store-place.ts';

export type { StorageOptions } from '../vault/key-source.ts';

/** A first key may be in the making, with a person at the prompt. */
const lockWaitMs = 30_000;

export type CredentialStoreDeps = {
  /** The store lies in `auth` within it. */
  readonly stateDir: string;
  readonly env: Env;
  readonly clock: Clock;
  readonly random: Random;
  readonly keychain: Keychain;
  readonly storage?: StorageOptions | undefined;
  /** Absent where nobody can be asked. */
  readonly askPassphrase?: AskPassphrase | undefined;
  /** Told in a sentence what was mended on the way, such as a file that was open to others. */
  readonly warn?: ((message: string) => void) | undefined;
};

export function openCredentialStore(deps: CredentialStoreDeps): CredentialStore {
  const { clock, random } = deps;
  const warn = deps.warn ?? (() => {});
  const place = createStorePlace(deps.stateDir, clock, warn);
  const isInMemoryAlone = deps.storage?.ephemeral === true;
  const database = createSqliteDatabase({ place, clock, random, isInMemoryAlone });
  const locks = createStoreLocks({ place, clock, random });
  const sourceWith = (env: Env, storage: StorageOptions | undefined): KeySource =>
    createKeySource({
      authDir: place.folder,
      env,
      keychain: deps.keychain,
      random,
      storage,
      askPassphrase: deps.askPassphrase,
    });
  const source = sourceWith(deps.env, deps.storage);
  const key = createStoreKey({ database, locks, source, clock, random, folder: place.folder, warn });
  const migration = createKeyMigration({
    database,
    key,
    locks,
    clock,
    random,
    folder: place.folder,
    keptCopies: () => place.keptCopies(),
    warn,
  });
  return createSqliteStore({
    database,
    key,
    locks,
    clock,
    highWater: createHighWater(deps.stateDir, warn),
    warn,
    async moveKey(target, quiesce) {
      const env = { ...deps.env, OPENCLAW_AUTH_STORAGE: undefined };
      return migration.move({
        // The wish that is in the environment may be for the old place or for the new one.
        from: sourceWith(env, undefined),
        to: sourceWith(environmentOf(env, target, await key.readRecord()), { kind: target.kind }),
        later: sourceWith({}, undefined),
        quiesce,
        keepOldKey: target.keepOldKey === true,
      });
    },
    identity: () => (database.isInMemory() ? undefined : place.identity()),
    async setAside(identity) {
      const release = await locks.lock('key', { timeoutMs: lockWaitMs });
      try {
        // Another process may have been first, and have a new login by now.
        return place.identity() === identity ? place.setAside() : undefined;
      } finally {
        release();
      }
    },
    isLocal: () => database.isInMemory() || (source.isMemoryAskedFor() && !database.isThere()),
  });
}

function environmentOf(env: Env, target: KeyTarget, current: KeyRecord | undefined): Env {
  const { keyFile, passphraseFile } = target;
  return {
    ...env,
    // What it names opens the store as it is: the new passphrase is another.
    ...(current?.kind === 'passphrase' ? { OPENCLAW_PASSPHRASE_FILE: undefined } : {}),
    ...(keyFile === undefined ? {} : { OPENCLAW_AUTH_KEY_FILE: keyFile }),
    ...(passphraseFile === undefined ? {} : { OPENCLAW_PASSPHRASE_FILE: passphraseFile }),
  };
}
