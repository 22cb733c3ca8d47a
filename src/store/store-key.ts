// Sees to it that a store has one key for its whole life: obeys the recorded one, or has the first one made, with the
// record written before the key and completed after it, so that no crash leaves a key without a trace or a store
// without a key. Which kind of key, and how it is kept, is decided in src/vault.
import type { DatabaseSync } from 'node:sqlite';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { phraseOf } from '../vault/key-choice.ts';
import type { KeyKind, KeyRecord } from '../vault/key-record.ts';
import type { KeySource } from '../vault/key-source.ts';
import { createSealer } from '../vault/seal.ts';
import type { Sealer } from '../vault/seal.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { StoreLocks } from './store-locks.ts';

export type OpenedKey = { readonly record: KeyRecord; readonly sealer: Sealer };

export type StoreKey = {
  /** undefined while the store has none. */
  readRecord(): Promise<KeyRecord | undefined>;
  /** The key, from memory once it was opened: a keychain that locks later does no harm. */
  unlock(): Promise<OpenedKey>;
};

type KeyRow = {
  readonly kind: KeyKind;
  readonly key_id: string;
  readonly location: string | null;
  readonly created_at_ms: number;
  readonly check_value: Uint8Array | null;
};

const checkText = 'openclaw';
const checkBinding = { row: 'key-check', version: 1 };
/** Enough for another process that makes the first key with a keychain that answers late. */
const creationWaitMs = 30_000;

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
    const keyId = random.bytes(8).toString('hex');
    const location = source.locate(kind, keyId);
    const record: KeyRecord = {
      kind,
      keyId,
      ...(location === undefined ? {} : { location }),
      createdAtMs: clock.nowMs(),
    };
    await database.write((db) => {
      db.exec('DELETE FROM key_record');
      db.prepare(
        'INSERT INTO key_record (id, kind, key_id, location, created_at_ms) VALUES (1, ?, ?, ?, ?)',
      ).run(kind, keyId, location ?? null, record.createdAtMs);
    });
    const sealer = createSealer(await source.provide(record), keyId, folder);
    const check = sealer.seal(checkText, checkBinding);
    await database.write((db) => {
      db.prepare('UPDATE key_record SET check_value = ? WHERE key_id = ?').run(check, keyId);
    });
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

  const load = async (row: KeyRow & { check_value: Uint8Array }): Promise<OpenedKey> => {
    const record = recordOf(row);
    await source.choose(record.kind);
    const sealer = createSealer(await source.load(record), record.keyId, folder);
    try {
      sealer.open(row.check_value, checkBinding);
    } catch (error) {
      if (!isOpenClawError(error) || error.code !== 'STORE_CORRUPT') throw error;
      throw new OpenClawError({
        code: 'KEY_WRONG',
        message: `The key from ${phraseOf(record.kind)} is not the one that the stored logins were sealed with`,
        data: { place: folder },
      });
    }
    return { record, sealer };
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
      opening ??= openOrCreate().finally(() => {
        opening = undefined;
      });
      opened = await opening;
      return opened;
    },
  };
}

function selectKeyRow(db: DatabaseSync): KeyRow | undefined {
  return db
    .prepare('SELECT kind, key_id, location, created_at_ms, check_value FROM key_record WHERE id = 1')
    .get() as KeyRow | undefined;
}

function isComplete(row: KeyRow | undefined): row is KeyRow & { check_value: Uint8Array } {
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
