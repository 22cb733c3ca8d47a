// The effects behind the choice of a key source: looks at files and environment, asks the keychain, loads or makes the
// key. What is chosen is decided in key-choice.ts; that a store is never given a second key is seen to by the store.
import { rmSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { envFlag } from '../platform/env.ts';
import type { Env } from '../platform/env.ts';
import { keychainService } from '../platform/keychain.ts';
import type { Keychain } from '../platform/keychain.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import { askedFor, decideKeySource, passphraseRequired } from './key-choice.ts';
import type { KeyFacts } from './key-choice.ts';
import { insecureKeyFile, keyFileInvalid, readKeyFile, writeKeyFile } from './key-file.ts';
import { keyLength } from './key-record.ts';
import type { KeyKind, KeyRecord } from './key-record.ts';
import { keyMissing, keyWrong } from './key-trouble.ts';
import type { KeyPlace } from './key-trouble.ts';
import { deriveKey, newDerivation, passphraseFault, readPassphraseFile } from './passphrase.ts';
import type { AskPassphrase, PassphraseRequest } from './passphrase.ts';

/** What a person asked for on the command line. */
export type StorageOptions = {
  /** `--storage`, as typed: an unknown word becomes USAGE. */
  readonly kind?: string | undefined;
  /** `--insecure-storage` */
  readonly insecureStorage?: boolean | undefined;
  /** `--ephemeral` */
  readonly ephemeral?: boolean | undefined;
};

export type KeySourceDeps = {
  /** The folder of the store, which a person would move aside; an unprotected key lies in it. */
  readonly authDir: string;
  readonly env: Env;
  readonly keychain: Keychain;
  readonly random: Random;
  readonly storage?: StorageOptions | undefined;
  /** Absent where nobody can be asked. */
  readonly askPassphrase?: AskPassphrase | undefined;
};

/** Errors of every call: KEYCHAIN_…, KEY_FILE_INVALID, PASSPHRASE_REQUIRED. */
export type KeySource = {
  /**
   * The kind to use; the keychain is asked only when that decides it. Adds STORAGE_CONFLICT (the store was made with
   * another kind than was asked for), INPUT_REQUIRED and USAGE.
   */
  choose(recorded?: KeyKind): Promise<KeyKind>;
  /** True when options alone already say that nothing may be written to disk. */
  isMemoryAskedFor(): boolean;
  /** Where a key of this kind will be. */
  locate(kind: KeyKind, keyId: string): string | undefined;
  /** Makes the key, or takes the one that is provided. An unprotected one that lies there already is kept aside. */
  provide(record: KeyRecord): Promise<Buffer>;
  /**
   * The key of a store that was made before; `again` when the last one that was asked for did not open it. Adds
   * KEY_MISSING and KEY_WRONG.
   */
  load(record: KeyRecord, again?: boolean): Promise<Buffer>;
  /** What is to be thrown when the key that `load` gave does not open the store. */
  wrong(record: KeyRecord): OpenClawError;
  /** Whether another `load` can give another key: a person may have mistyped. */
  canAskAgain(record: KeyRecord): boolean;
  /** Removes the key of an attempt that was cut off before anything was sealed with it. */
  discard(record: KeyRecord): Promise<void>;
  /** Removes a key that this program made and that opens nothing any more; what others provided is left alone. */
  remove(record: KeyRecord): Promise<void>;
};

const credentialName = 'openclaw-auth-key';

export function createKeySource(deps: KeySourceDeps): KeySource {
  const { authDir, env, keychain, random, storage = {} } = deps;
  const insecureFile = insecureKeyFile(authDir);
  const options = {
    ...(storage.kind === undefined ? {} : { flag: storage.kind }),
    ...(env['OPENCLAW_AUTH_STORAGE'] === undefined ? {} : { variable: env['OPENCLAW_AUTH_STORAGE'] }),
    insecureStorage: storage.insecureStorage ?? false,
    ephemeral: storage.ephemeral ?? false,
  };

  const credentialsFile = (): string | undefined => {
    const folder = env['CREDENTIALS_DIRECTORY'];
    return folder ? resolve(folder, credentialName) : undefined;
  };
  const keyFile = (): string | undefined => {
    const path = env['OPENCLAW_AUTH_KEY_FILE'];
    return path ? resolve(path) : undefined;
  };

  const passphraseFile = (): string | undefined => {
    const path = env['OPENCLAW_PASSPHRASE_FILE'];
    return path ? resolve(path) : undefined;
  };
  let probeError: OpenClawError | undefined;

  const factsOf = (recorded: KeyKind | undefined, answer: KeyFacts['keychain']): KeyFacts => {
    const credential = credentialsFile();
    return {
      ...options,
      ...(recorded === undefined ? {} : { recorded }),
      hasCredentialsFile: credential !== undefined && isThere(credential),
      hasKeyFile: keyFile() !== undefined,
      hasPassphraseFile: passphraseFile() !== undefined,
      canAsk: deps.askPassphrase !== undefined,
      keychain: answer,
      isCi: envFlag(env, 'CI'),
    };
  };

  const askKeychain = async (): Promise<KeyFacts['keychain']> => {
    try {
      await keychain.probe();
      return 'usable';
    } catch (error) {
      if (!isOpenClawError(error) || error.code === 'INTERRUPTED') throw error;
      probeError = error;
      return error;
    }
  };

  const passphrase = async (request: PassphraseRequest): Promise<string> => {
    const path = passphraseFile();
    if (path !== undefined) {
      const text = readPassphraseFile(path);
      if (text === undefined) {
        throw keyFileInvalid(path, 'does not exist', 'Bring {place} back.', 'passphrase file');
      }
      const fault = request.purpose === 'new' ? passphraseFault(text) : undefined;
      if (fault !== undefined) throw keyFileInvalid(path, fault, 'Take a longer one.', 'passphrase file');
      return text;
    }
    if (deps.askPassphrase !== undefined) return deps.askPassphrase(request);
    throw passphraseRequired('The stored logins are opened by a passphrase');
  };

  /** The file of a kind that keeps its key in one. What the environment names now wins over what was recorded. */
  const fileOf = (kind: KeyKind): string | undefined => {
    if (kind === 'credentials-directory') return credentialsFile();
    if (kind === 'key-file') return keyFile();
    return kind === 'insecure-file' ? insecureFile : undefined;
  };
  /** Why the next process could not rely on a file that this one can read. */
  const unfitFor = (path: string): string | undefined => {
    if (/^\/(dev\/(fd|std)|proc\/)/.test(path)) return 'is gone when this command ends';
    const [given, own] = [path, insecureFile].map((file) => statSync(file, { throwIfNoEntry: false }));
    const isOwn = given !== undefined && given.dev === own?.dev && given.ino === own.ino;
    return isOwn ? 'is the unprotected key of the store itself' : undefined;
  };
  const readFile = (kind: KeyKind, path: string): Buffer | undefined =>
    readKeyFile(path, { isPrivateFolder: kind === 'credentials-directory' });

  /** Where `load` reads, when that is a file. */
  const placeOf = ({ kind, location }: KeyRecord): KeyPlace | undefined => {
    const path = kind === 'passphrase' ? passphraseFile() : (fileOf(kind) ?? location);
    if (path === undefined || kind === 'keychain') return undefined;
    const variable = variableOf[kind];
    return { path, variable: variable !== undefined && env[variable] ? variable : undefined };
  };

  const accountOf = (record: KeyRecord): string => record.location ?? accountFor(record.keyId);

  const readItem = async (record: KeyRecord): Promise<Buffer | undefined> => {
    const value = await keychain.get(accountOf(record));
    if (value === undefined) return undefined;
    const key = Buffer.from(value, 'base64url');
    if (key.length === keyLength && key.toString('base64url') === value) return key;
    throw new OpenClawError({
      code: 'KEY_WRONG',
      message: `The keychain item ${accountOf(record)} of service ${keychainService} holds something that is no key`,
      data: { place: cleanText(authDir, 300) },
    });
  };

  return {
    async choose(recorded) {
      let decision = decideKeySource(factsOf(recorded, 'not asked'));
      if (decision.action === 'probe') decision = decideKeySource(factsOf(recorded, await askKeychain()));
      if (decision.action === 'use') return decision.kind;
      throw decision.action === 'refuse'
        ? decision.error
        : new OpenClawError({ code: 'INTERNAL', message: 'The keychain was asked and is to be asked again' });
    },
    isMemoryAskedFor: () => askedFor(options) === 'memory',
    locate(kind, keyId) {
      if (kind === 'keychain') return accountFor(keyId);
      return kind === 'passphrase' ? newDerivation((length) => random.bytes(length)) : fileOf(kind);
    },

    async provide(record) {
      const { kind } = record;
      if (kind === 'memory') return random.bytes(keyLength);
      if (kind === 'keychain') {
        const key = random.bytes(keyLength);
        await keychain.set(accountOf(record), key.toString('base64url'));
        // Read back before anything is sealed: a key that was not kept is a login that was not saved.
        if ((await readItem(record))?.equals(key)) return key;
        throw new OpenClawError({
          code: 'KEYCHAIN_UNAVAILABLE',
          message: 'The OS keychain took the key and did not give it back',
        });
      }
      if (kind === 'passphrase') {
        const reason = storage.kind === 'passphrase' ? undefined : probeError?.message;
        const text = await passphrase({ purpose: 'new', ...(reason === undefined ? {} : { reason }) });
        return deriveKey(text, record.location ?? '', authDir);
      }
      const path = fileOf(kind) ?? record.location ?? '';
      const fault = kind === 'insecure-file' ? undefined : unfitFor(path);
      if (fault !== undefined) throw keyFileInvalid(path, fault, 'Make another key, and name its file.');
      if (kind !== 'insecure-file') {
        const found = readFile(kind, path);
        if (found !== undefined) return found;
        throw keyFileInvalid(path, 'does not exist');
      }
      const key = random.bytes(keyLength);
      // One that is there may open a store that was moved away without it: it is not to go with this store's.
      writeKeyFile(path, key, `${path}.aside-${record.keyId}`);
      return key;
    },

    async load(record, again = false) {
      const { kind } = record;
      if (kind === 'passphrase') {
        return deriveKey(await passphrase({ purpose: 'open', again }), record.location ?? '', authDir);
      }
      if (kind === 'keychain') {
        const key = await readItem(record);
        if (key !== undefined) return key;
        // Some services show a locked collection as an empty one: only a keychain that works can miss an item.
        await keychain.probe();
        const detail = `it has no item ${accountOf(record)} of service ${keychainService}`;
        throw keyMissing(record, { detail }, authDir);
      }
      const place = placeOf(record);
      if (place === undefined) {
        throw keyMissing(record, { detail: 'it ended with the process that made it' }, authDir);
      }
      const key = readFile(kind, place.path);
      if (key === undefined) throw keyMissing(record, { place }, authDir);
      return key;
    },

    wrong: (record) => keyWrong(record, placeOf(record), authDir),

    canAskAgain: ({ kind }) =>
      kind === 'passphrase' && passphraseFile() === undefined && deps.askPassphrase !== undefined,

    async discard(record) {
      // A file may be older than the attempt, and open a store that was moved aside.
      if (record.kind === 'keychain') await keychain.delete(accountOf(record));
    },

    async remove(record) {
      if (record.kind === 'keychain') await keychain.delete(accountOf(record));
      if (record.kind === 'insecure-file') rmSync(insecureFile, { force: true });
    },
  };
}

/** The variables that name the file of a kind, and win over what was recorded. */
const variableOf: Partial<Record<KeyKind, string>> = {
  passphrase: 'OPENCLAW_PASSPHRASE_FILE',
  'key-file': 'OPENCLAW_AUTH_KEY_FILE',
  'credentials-directory': 'CREDENTIALS_DIRECTORY',
};

function accountFor(keyId: string): string {
  return `credential-key-${keyId}`;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
