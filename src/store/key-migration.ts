// Moves a store from one key to another: everything is sealed anew in one transaction, so that at any instant the store
// opens with exactly one of the two. The new key is noted in the store before it is made, the old one before it is
// removed: what a crash leaves behind is removed by the next move.
// Which kinds there are, and how each keeps its key, is decided in src/vault; that no refresh runs meanwhile by the caller.
import type { DatabaseSync } from 'node:sqlite';
import { isOpenClawError, OpenClawError, toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import { phraseOf } from '../vault/key-choice.ts';
import type { KeyRecord } from '../vault/key-record.ts';
import type { KeySource } from '../vault/key-source.ts';
import { createSealer } from '../vault/seal.ts';
import type { Sealer } from '../vault/seal.ts';
import { requireIntact, selectRows, writeRow } from './profile-table.ts';
import type { KeyMove } from './credential-store.ts';
import { profileBinding, secretBinding } from './seal-bindings.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { newKeyRecord, writeKeyRow } from './store-key.ts';
import type { OpenedKey, StoreKey } from './store-key.ts';
import type { StoreLocks } from './store-locks.ts';

export type KeyMigration = {
  /** See CredentialStore.moveKey. Until it resolves, or fails after the store has moved, the old key holds. */
  move(plan: {
    readonly from: KeySource;
    readonly to: KeySource;
    /** Knows the new place by its record alone, as a process does that comes later. */
    readonly later: KeySource;
    readonly quiesce: () => Promise<() => void>;
    readonly keepOldKey: boolean;
  }): Promise<KeyMove>;
};

/** The secret that lists keys to remove: `sealedOnce` tells one that opened the store from one that never came to. */
const listName = 'keys-to-remove';
type Unwanted = { readonly record: KeyRecord; readonly sealedOnce: boolean };
const lockWaitMs = 30_000;

export function createKeyMigration(deps: {
  readonly database: SqliteDatabase;
  readonly key: StoreKey;
  readonly locks: StoreLocks;
  readonly clock: Clock;
  readonly random: Random;
  readonly folder: string;
  /** Copies of the store that were kept beside it, and that an old key opens. */
  readonly keptCopies: () => readonly string[];
  readonly warn: (message: string) => void;
}): KeyMigration {
  const { database, key, locks, clock, random, folder, warn } = deps;

  const note = (sealer: Sealer, unwanted: readonly Unwanted[]): Promise<unknown> =>
    database.write((db) => writeList(db, sealer, unwanted, clock.nowMs()));

  /** What is left over, and why. Never throws: the keys in the list open nothing that is in use. */
  const removeAll = async (
    unwanted: readonly Unwanted[],
    source: KeySource,
    isKept: (entry: Unwanted) => boolean,
  ): Promise<{ left: readonly Unwanted[]; complaint?: string }> => {
    const left: Unwanted[] = [];
    let complaint: string | undefined;
    for (const entry of unwanted) {
      if (isKept(entry)) {
        left.push(entry);
        continue;
      }
      try {
        await source.remove(entry.record);
      } catch (error) {
        left.push(entry);
        complaint = `The old key could not be removed from ${phraseOf(entry.record.kind)}: ${toOpenClawError(error).message}`;
      }
    }
    return complaint === undefined ? { left } : { left, complaint };
  };

  const readListOrNone = async (sealer: Sealer): Promise<readonly Unwanted[]> => {
    try {
      return await readList(database, sealer);
    } catch (error) {
      if (!isOpenClawError(error) || error.code !== 'STORE_CORRUPT') throw error;
      warn('The list of old keys to remove is damaged; keys that open nothing may be left in the keychain');
      return [];
    }
  };

  /** After the store has moved: what fails here is said, and does not undo it. */
  const tidy = async (
    unwanted: readonly Unwanted[],
    opened: OpenedKey,
    from: KeySource,
  ): Promise<string | undefined> => {
    try {
      const copies = deps.keptCopies();
      const isKept = ({ sealedOnce }: Unwanted): boolean => sealedOnce && copies.length > 0;
      const { left, complaint } = await removeAll(unwanted, from, isKept);
      await note(opened.sealer, left);
      // The log still holds what the old key opens.
      await database.forgetLog();
      if (complaint !== undefined || !left.some(isKept)) return complaint;
      return `The old key was kept, as it opens ${cleanText(copies[0] ?? '', 300)}`;
    } catch (error) {
      return `The store has moved, and not all was tidied up: ${toOpenClawError(error).message}`;
    }
  };

  return {
    async move({ from, to, later, quiesce, keepOldKey }) {
      // Whatever a person has to be asked is asked before anything is locked.
      const old = await key.openWith(from);
      if (old === undefined) throw noStore();
      const kind = await to.choose();
      const record = newKeyRecord(kind, to, { clock, random });
      // There is one such place, and what lies in it is in use.
      if (kind === 'insecure-file' && isSamePlace(record, old.record)) throw movedMeanwhile();
      const isMadeHere = kind === 'keychain' || kind === 'insecure-file';
      const given = isMadeHere ? undefined : await to.provide(record);
      const release = await quiesce();
      let unlock = (): void => undefined;
      try {
        unlock = await locks.lock('key', { timeoutMs: lockWaitMs });
        if ((await key.readRecord())?.keyId !== old.record.keyId) throw movedMeanwhile();
        await database.read((db) => checkAll(db, old.sealer));
        const before = await readListOrNone(old.sealer);
        const copies = deps.keptCopies();
        const { left } = await removeAll(
          before,
          from,
          (entry) => isSamePlace(entry.record, old.record) || (entry.sealedOnce && copies.length > 0),
        );
        await note(old.sealer, [...left, { record, sealedOnce: false }]);
        const made = given ?? (await to.provide(record));
        if (kind !== 'passphrase' && !(await later.load(record)).equals(made)) throw keptElsewhere(record);
        const sealer = createSealer(made, record.keyId, folder);
        const former = keepOldKey ? [] : [{ record: old.record, sealedOnce: true }];
        const unwanted = [...left, ...former].filter((entry) => !isSamePlace(entry.record, record));
        await database.write((db) => {
          sealAnew(db, old.sealer, sealer);
          writeKeyRow(db, record, sealer);
          writeList(db, sealer, unwanted, clock.nowMs());
        });
        key.adopt({ record, sealer });
        const leftover = await tidy(unwanted, { record, sealer }, from);
        return { from: old.record, to: record, ...(leftover === undefined ? {} : { leftover }) };
      } finally {
        unlock();
        release();
      }
    },
  };
}

/** Two attempts may have named the same place. */
function isSamePlace(a: KeyRecord, b: KeyRecord): boolean {
  return a.kind === b.kind && a.location === b.location;
}

function noStore(): OpenClawError {
  return new OpenClawError({
    code: 'NO_PROFILE',
    message: 'There is no store yet, so there is no key to move',
  });
}

function movedMeanwhile(): OpenClawError {
  return new OpenClawError({
    code: 'STORE_BUSY',
    message: 'Another process has moved the key meanwhile',
    remedy: 'See where it is now: `openclaw auth storage show`.',
  });
}

function keptElsewhere(record: KeyRecord): OpenClawError {
  const place = cleanText(record.location ?? phraseOf(record.kind), 300);
  return new OpenClawError({
    code: 'KEY_WRONG',
    message: `The new key does not come back from ${place}`,
    remedy: 'The store was left as it was. Name another place: `openclaw auth storage migrate --help`.',
    data: { place },
  });
}

/** Throws STORE_CORRUPT, naming the row, when one does not open. */
function checkAll(db: DatabaseSync, sealer: Sealer): void {
  for (const row of selectRows(db).map(requireIntact(db))) {
    sealer.open(row.sealed, profileBinding(row.id, row.generation));
  }
  for (const { name, sealed } of selectSecrets(db)) sealer.open(sealed, secretBinding(name));
}

function sealAnew(db: DatabaseSync, from: Sealer, to: Sealer): void {
  for (const row of selectRows(db).map(requireIntact(db))) {
    const binding = profileBinding(row.id, row.generation);
    writeRow(db, { ...row, sealed: to.seal(from.open(row.sealed, binding), binding) });
  }
  for (const { name, sealed } of selectSecrets(db)) {
    const text = from.open(sealed, secretBinding(name));
    db.prepare('UPDATE secrets SET sealed = ? WHERE name = ?').run(to.seal(text, secretBinding(name)), name);
  }
}

/** All but the list, which is written anew. */
function selectSecrets(db: DatabaseSync): { name: string; sealed: Uint8Array }[] {
  return db.prepare('SELECT name, sealed FROM secrets WHERE name <> ?').all(listName) as {
    name: string;
    sealed: Uint8Array;
  }[];
}

async function readList(database: SqliteDatabase, sealer: Sealer): Promise<Unwanted[]> {
  const row = await database.read((db) =>
    db.prepare('SELECT sealed FROM secrets WHERE name = ?').get(listName),
  );
  if (row === undefined) return [];
  // Sealed by this program and authenticated: its shape needs no second check.
  return JSON.parse(
    sealer.open((row as { sealed: Uint8Array }).sealed, secretBinding(listName)),
  ) as Unwanted[];
}

function writeList(db: DatabaseSync, sealer: Sealer, unwanted: readonly Unwanted[], nowMs: number): void {
  db.prepare('DELETE FROM secrets WHERE name = ?').run(listName);
  if (unwanted.length === 0) return;
  db.prepare('INSERT INTO secrets (name, created_at_ms, sealed) VALUES (?, ?, ?)').run(
    listName,
    nowMs,
    sealer.seal(JSON.stringify(unwanted), secretBinding(listName)),
  );
}
