// Sees to it that a store has one key for its whole life: obeys the recorded one, or has the first one made, with the
// record written before the key and completed after it, so that no crash leaves a key without a trace or a store
// without a key. A key that has sealed nothing yet binds nobody: it gives way to another. Which kind of key, and how it
// is kept, is decided in src/vault.
import type { DatabaseSync } from 'node:sqlite';
import { OpenClawError, isOpenClawError, type ErrorCode } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { cleanText } from '../platform/text.ts';
import { phraseOf } from '../vault/key-choice.ts';
import type { KeyKind, KeyRecord } from '../vault/key-record.ts';
import type { KeySource } from '../vault/key-source.ts';
import { createSealer } from '../vault/seal.ts';
import type { Sealer } from '../vault/seal.ts';
import { isSameChecksum, keyRowChecksum } from './row-checksum.ts';
import type { KeyRow } from './row-checksum.ts';
import { checkBinding, checkText } from './seal-bindings.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import { damagedKeyRecord } from './store-failure.ts';
import type { StoreLocks } from './store-locks.ts';

export type OpenedKey = { readonly record: KeyRecord; readonly sealer: Sealer };

export type StoreKey = {
  /** undefined while the store has none. */
  readRecord(): Promise<KeyRecord | undefined>;
  /** The key, from memory once it was opened: a keychain that locks later does no harm. */
  unlock(): Promise<OpenedKey>;
  /** The same for a store that is there already: makes nothing. undefined while the store has no key. */
  open(): Promise<OpenedKey | undefined>;
  /** Whether this process has had a store open, be it another one or gone by now. */
  wasOpened(): boolean;
  /** Loads the recorded key by another source, and keeps nothing. undefined while the store has none. */
  openWith(source: KeySource): Promise<OpenedKey | undefined>;
  /** The key that the store has just been sealed with. */
  adopt(key: OpenedKey): void;
  /** Takes away the key that this process has made, unless something is, or was, sealed with it by whichever process. */
  dropUnused(): Promise<void>;
};

/** Enough for another process that makes the first key with a keychain that answers late. */
const creationWaitMs = 30_000;
/** A person may mistype a passphrase. */
const askedAtMost = 3;
/** A key that is made or moved at this moment is not unused: nobody waits for that. */
const dropWaitMs = 1_000;

/** With these a key that has sealed nothing gives way to one that is kept where it is wanted. */
const givesWay: ReadonlySet<ErrorCode> = new Set([
  'STORAGE_CONFLICT',
  'KEY_MISSING',
  'KEYCHAIN_UNAVAILABLE',
  'PASSPHRASE_REQUIRED',
]);

export function createStoreKey(deps: {
  readonly database: SqliteDatabase;
  readonly locks: StoreLocks;
  readonly source: KeySource;
  readonly clock: Clock;
  readonly random: Random;
  /** The folder that a person would move aside. */
  readonly folder: string;
  readonly warn: (message: string) => void;
}): StoreKey {
  const { database, locks, source, clock, random, folder, warn } = deps;
  let opened: OpenedKey | undefined;
  let opening: Promise<OpenedKey> | undefined;
  let wasOpened = false;
  let made: KeyRecord | undefined;

  const readRow = (): Promise<KeyRow | undefined> => database.read(selectKeyRow);

  const openOrCreate = async (): Promise<OpenedKey> => {
    const row = await readRow();
    const found = isComplete(row) ? await loadUnlessUnused(row) : undefined;
    if (found !== undefined) return found;
    const kind = await source.choose();
    if (kind === 'memory') {
      // A store on the disk is not forgotten for one that ends with this process.
      if (isComplete(row)) return load(row);
      if (!database.isInMemory()) database.createInMemory();
      return create(kind);
    }
    const release = await locks.lock('key', { timeoutMs: creationWaitMs });
    try {
      const now = await readRow();
      if (isComplete(now)) {
        // Another process was first: its choice holds.
        const chosen = await loadUnlessUnused(now);
        if (chosen !== undefined) return chosen;
        if ((await retire(now.key_id)) === 'in use') return await load(now);
      } else if (now !== undefined) await withdraw(recordOf(now), (record) => source.discard(record));
      if (!database.isThere()) database.create();
      return await create(kind, now?.key_id);
    } finally {
      release();
    }
  };

  /** `leftover`: the record that may be there, of a key that opens nothing. */
  const create = async (kind: KeyKind, leftover?: string): Promise<OpenedKey> => {
    const record = newKeyRecord(kind, source, { clock, random });
    await database.write((db) => {
      refuseOther(db, leftover, folder);
      writeKeyRow(db, record);
    });
    const sealer = createSealer(await source.provide(record), record.keyId, folder);
    // The keychain, or a person at a prompt, may have taken a while.
    await database.write((db) => {
      refuseOther(db, record.keyId, folder);
      writeKeyRow(db, record, sealer);
    });
    if (kind !== 'memory') made = record;
    return { record, sealer };
  };

  /** undefined: it does not open here, and nobody would miss it. */
  const loadUnlessUnused = async (row: CompleteKeyRow): Promise<OpenedKey | undefined> => {
    try {
      return await load(row);
    } catch (error) {
      const now = await readRow();
      // Taken away, or replaced, by another process meanwhile: nothing that lies here was meant.
      if (isOpenClawError(error) && (!isComplete(now) || now.key_id !== row.key_id)) return undefined;
      const mayGiveWay = isOpenClawError(error) && givesWay.has(error.code);
      if (mayGiveWay && (await database.read((db) => isUnused(db, row.key_id))) === true) return undefined;
      throw error;
    }
  };

  /**
   * The caller holds the lock. The record is incomplete from then on, so that nothing is sealed with the key any more,
   * and names it until it is gone.
   */
  const retire = async (keyId: string): Promise<'in use' | 'kept' | 'gone'> => {
    const record = await unlessWaitedFor(() =>
      database.write((db) => {
        const row = isUnused(db, keyId) ? selectKeyRow(db) : undefined;
        if (row === undefined) return undefined;
        writeKeyRow(db, recordOf(row));
        return recordOf(row);
      }),
    );
    if (record === undefined) return 'in use';
    return (await withdraw(record, (each) => source.remove(each))) ? 'gone' : 'kept';
  };

  /** undefined where somebody is at work on the store: a login may wait for its approval, to be sealed with this key. */
  const unlessWaitedFor = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    let release: () => void;
    try {
      release = await locks.lockPresent(['key'], { timeoutMs: 0 });
    } catch (error) {
      if (isOpenClawError(error) && error.code === 'STORE_BUSY') return undefined;
      throw error;
    }
    try {
      return await work();
    } finally {
      release();
    }
  };

  /** What opens nothing may be left over: no reason to refuse a new key. */
  const withdraw = async (
    record: KeyRecord,
    take: (record: KeyRecord) => Promise<void>,
  ): Promise<boolean> => {
    try {
      await take(record);
      return true;
    } catch (error) {
      if (!isOpenClawError(error)) throw error;
      warn(
        `An unused key (${record.keyId}) could not be removed from ${phraseOf(record.kind)}: ${error.message}`,
      );
      return false;
    }
  };

  /** The key may move to another place between the look at its record and the look at that place. */
  const load = async (row: CompleteKeyRow, from = source): Promise<OpenedKey> => {
    for (let current = row; ;) {
      try {
        return await loadFrom(current, from);
      } catch (error) {
        const now = await readRow();
        if (!isOpenClawError(error) || !isComplete(now) || now.key_id === current.key_id) throw error;
        current = now;
      }
    }
  };

  const loadFrom = async (row: CompleteKeyRow, from: KeySource): Promise<OpenedKey> => {
    const record = recordOf(row);
    // A process that has had the store open follows it to another place: its own wish was for the first one.
    if (!wasOpened) await from.choose(record.kind);
    for (let tries = 1; ; tries += 1) {
      const sealer = createSealer(await from.load(record, tries > 1), record.keyId, folder);
      if (opens(sealer, row.check_value)) return { record, sealer };
      if (tries < askedAtMost && from.canAskAgain(record)) continue;
      throw from.wrong(record);
    }
  };

  const shareOpening = async (open: () => Promise<OpenedKey>): Promise<OpenedKey> => {
    opening ??= open().finally(() => {
      opening = undefined;
    });
    opened = await opening;
    wasOpened = true;
    return opened;
  };

  return {
    async readRecord() {
      const row = await readRow();
      return isComplete(row) ? recordOf(row) : undefined;
    },
    async unlock() {
      if (opened !== undefined) {
        // The store may have been replaced by another, with a key of its own.
        const row = await readRow();
        if (isComplete(row) && row.key_id === opened.record.keyId) return opened;
        opened = undefined;
      }
      return shareOpening(openOrCreate);
    },
    async open() {
      const row = await readRow();
      if (!isComplete(row)) return undefined;
      if (row.key_id === opened?.record.keyId) return opened;
      return shareOpening(() => load(row));
    },
    wasOpened: () => wasOpened,
    async openWith(other) {
      const row = await readRow();
      return isComplete(row) ? load(row, other) : undefined;
    },
    adopt(key) {
      opened = key;
    },
    async dropUnused() {
      if (made === undefined || database.isInMemory() || !database.isThere()) return;
      const { keyId } = made;
      const release = await locks.lock('key', { timeoutMs: dropWaitMs });
      try {
        const outcome = await retire(keyId);
        if (outcome === 'in use') return;
        made = undefined;
        opened = undefined;
        // What could not be removed stays on record: whoever makes the next key tries again.
        if (outcome === 'gone') {
          const removal = 'DELETE FROM key_record WHERE key_id = ? AND check_value IS NULL';
          await database.write((db) => db.prepare(removal).run(keyId));
        }
      } finally {
        release();
      }
    },
  };
}

export function newKeyRecord(
  kind: KeyKind,
  source: KeySource,
  ports: { readonly clock: Clock; readonly random: Random },
): KeyRecord {
  const keyId = ports.random.bytes(8).toString('hex');
  const location = source.locate(kind, keyId);
  return {
    kind,
    keyId,
    ...(location === undefined ? {} : { location }),
    createdAtMs: ports.clock.nowMs(),
  };
}

/** Without a sealer: the key is about to be made. */
export function writeKeyRow(db: DatabaseSync, record: KeyRecord, sealer?: Sealer): void {
  db.exec('DELETE FROM key_record');
  const row: KeyRow = {
    kind: record.kind,
    key_id: record.keyId,
    location: record.location ?? null,
    created_at_ms: record.createdAtMs,
    check_value: sealer?.seal(checkText, checkBinding) ?? null,
  };
  db.prepare(
    'INSERT INTO key_record (id, kind, key_id, location, created_at_ms, check_value, checksum) ' +
      'VALUES (1, :kind, :key_id, :location, :created_at_ms, :check_value, :checksum)',
  ).run({ ...row, checksum: keyRowChecksum(row) });
}

function opens(sealer: Sealer, checkValue: Uint8Array): boolean {
  try {
    sealer.open(checkValue, checkBinding);
    return true;
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'STORE_CORRUPT') return false;
    throw error;
  }
}

function selectKeyRow(db: DatabaseSync): KeyRow | undefined {
  const row = db.prepare('SELECT * FROM key_record WHERE id = 1').get() as
    | (KeyRow & { checksum: Uint8Array })
    | undefined;
  const isIntact = row === undefined || isSameChecksum(row.checksum, keyRowChecksum(row));
  // What is sealed was sealed with a key that was recorded as complete: another one would open nothing.
  if (!isIntact || (!isComplete(row) && holdsSealed(db))) throw damagedKeyRecord(db.location() ?? 'memory');
  return row;
}

/** Throws STORE_BUSY where the store that lies here now is not the one that this key is made for: it was exchanged. */
function refuseOther(db: DatabaseSync, keyId: string | undefined, folder: string): void {
  const row = selectKeyRow(db);
  const isOurs = row === undefined ? !holdsSealed(db) : row.key_id === keyId && !isComplete(row);
  if (isOurs) return;
  throw new OpenClawError({
    code: 'STORE_BUSY',
    message: `The store in ${cleanText(folder, 300)} was exchanged while a key was made for it`,
    remedy: 'Nothing of it was changed. Run the command again.',
  });
}

function holdsSealed(db: DatabaseSync): boolean {
  const query = 'SELECT EXISTS (SELECT 1 FROM logins) OR EXISTS (SELECT 1 FROM secrets) AS found';
  return (db.prepare(query).get() as { found: number }).found === 1;
}

/** Whether this is the store's key, and neither seals anything now nor did for a login that copies may still hold. */
function isUnused(db: DatabaseSync, keyId: string): boolean {
  const row = selectKeyRow(db);
  if (!isComplete(row) || row.key_id !== keyId || holdsSealed(db)) return false;
  const query = 'SELECT EXISTS (SELECT 1 FROM generations) AS found';
  return (db.prepare(query).get() as { found: number }).found === 0;
}

type CompleteKeyRow = KeyRow & { check_value: Uint8Array };

function isComplete(row: KeyRow | undefined): row is CompleteKeyRow {
  return row !== undefined && row.check_value !== null;
}

function recordOf(row: KeyRow): KeyRecord {
  return {
    kind: row.kind,
    keyId: row.key_id,
    ...(row.location === null ? {} : { location: row.location }),
    createdAtMs: row.created_at_ms,
  };
}
