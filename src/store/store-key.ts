// Sees to it that a store has one key for its whole life: obeys the recorded one, or has the first one made, with the
// record written before the key and completed after it, so that no crash leaves a key without a trace or a store
// without a key. Which kind of key, and how it is kept, is decided in src/vault.
import type { DatabaseSync } from 'node:sqlite';
import { isOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
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
};

/** Enough for another process that makes the first key with a keychain that answers late. */
const creationWaitMs = 30_000;
/** A person may mistype a passphrase. */
const askedAtMost = 3;

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

  const readRow = (): Promise<KeyRow | undefined> => database.read(selectKeyRow);

  const openOrCreate = async (): Promise<OpenedKey> => {
    const row = await readRow();
    if (isComplete(row)) return load(row);
    const kind = await source.choose();
    if (kind === 'memory') {
      if (!database.isInMemory()) database.createInMemory();
      return create(kind);
    }
    const release = await locks.lock('key', { timeoutMs: creationWaitMs });
    try {
      const now = await readRow();
      // Another process was first: its choice holds.
      if (isComplete(now)) return await load(now);
      if (!database.isThere()) database.create();
      if (now !== undefined) await discard(recordOf(now));
      return await create(kind);
    } finally {
      release();
    }
  };

  const create = async (kind: KeyKind): Promise<OpenedKey> => {
    const record = newKeyRecord(kind, source, { clock, random });
    await database.write((db) => writeKeyRow(db, record));
    const sealer = createSealer(await source.provide(record), record.keyId, folder);
    await database.write((db) => writeKeyRow(db, record, sealer));
    return { record, sealer };
  };

  /** An attempt that was cut off may have left a key that opens nothing: no reason to refuse a new one. */
  const discard = async (record: KeyRecord): Promise<void> => {
    try {
      await source.discard(record);
    } catch (error) {
      if (!isOpenClawError(error)) throw error;
      warn(
        `An unused key (${record.keyId}) could not be removed from ${phraseOf(record.kind)}: ${error.message}`,
      );
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
        if (row?.key_id === opened.record.keyId) return opened;
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

function holdsSealed(db: DatabaseSync): boolean {
  const query = 'SELECT EXISTS (SELECT 1 FROM logins) OR EXISTS (SELECT 1 FROM secrets) AS found';
  return (db.prepare(query).get() as { found: number }).found === 1;
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
