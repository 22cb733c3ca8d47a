// Moves a store from one key to another: everything is sealed anew in one transaction, so that at any instant the store
// opens with exactly one of the two. The new key is noted in the store before it is made, the old one before it is
// removed: what a crash leaves behind is removed by the next move.
// Which kinds there are, and how each keeps its key, is decided in src/vault; that no refresh runs meanwhile by the caller.
import type { DatabaseSync } from 'node:sqlite';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
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
  /** Errors: NO_PROFILE when there is no store, and what the two sources throw. Until it resolves the old key holds. */
  move(sources: { from: KeySource; to: KeySource }): Promise<KeyMove>;
};

/** The secret that lists keys which opened the store once, or never came to. */
const discarded = 'keys-to-remove';
const lockWaitMs = 30_000;

export function createKeyMigration(deps: {
  readonly database: SqliteDatabase;
  readonly key: StoreKey;
  readonly locks: StoreLocks;
  readonly clock: Clock;
  readonly random: Random;
  readonly folder: string;
}): KeyMigration {
  const { database, key, locks, clock, random, folder } = deps;

  const note = (sealer: Sealer, records: readonly KeyRecord[]): Promise<unknown> =>
    database.write((db) => writeList(db, sealer, records, clock.nowMs()));

  /** Which could not be removed, and why. */
  const removeAll = async (
    records: readonly KeyRecord[],
    source: KeySource,
  ): Promise<{ left: readonly KeyRecord[]; complaint?: string }> => {
    const left: KeyRecord[] = [];
    let complaint: string | undefined;
    for (const record of records) {
      try {
        await source.remove(record);
      } catch (error) {
        if (!isOpenClawError(error)) throw error;
        left.push(record);
        complaint = `The old key could not be removed from ${phraseOf(record.kind)}: ${error.message}`;
      }
    }
    return complaint === undefined ? { left } : { left, complaint };
  };

  return {
    async move({ from, to }) {
      const release = await locks.lock('key', { timeoutMs: lockWaitMs });
      try {
        const old = await key.openWith(from);
        if (old === undefined) {
          throw new OpenClawError({
            code: 'NO_PROFILE',
            message: 'There is no store yet, so there is no key to move',
          });
        }
        const kind = await to.choose();
        const before = await readList(database, old);
        const { left } = await removeAll(before.filter(elsewhere(old.record)), from);
        const record = newKeyRecord(kind, to, { clock, random });
        await note(old.sealer, [...left, record]);
        const sealer = createSealer(await to.provide(record), record.keyId, folder);
        const unwanted = [...left, old.record].filter(elsewhere(record));
        await database.write((db) => {
          sealAnew(db, old.sealer, sealer);
          writeKeyRow(db, record, sealer);
          writeList(db, sealer, unwanted, clock.nowMs());
        });
        key.adopt({ record, sealer });
        const after = await removeAll(unwanted, from);
        await note(sealer, after.left);
        // The log still holds what the old key opens.
        await database.forgetLog();
        return {
          from: old.record,
          to: record,
          ...(after.complaint === undefined ? {} : { leftover: after.complaint }),
        };
      } finally {
        release();
      }
    },
  };
}

/** Not the place that is in use: two attempts may have named the same file. */
function elsewhere(used: KeyRecord): (record: KeyRecord) => boolean {
  return ({ kind, location }) => kind !== used.kind || location !== used.location;
}

/** Throws STORE_CORRUPT, naming the row, when one does not open; nothing has changed then. */
function sealAnew(db: DatabaseSync, from: Sealer, to: Sealer): void {
  for (const row of selectRows(db).map(requireIntact(db))) {
    const binding = profileBinding(row.id, row.generation);
    writeRow(db, { ...row, sealed: to.seal(from.open(row.sealed, binding), binding) });
  }
  const secrets = db.prepare('SELECT name, sealed FROM secrets').all() as {
    name: string;
    sealed: Uint8Array;
  }[];
  for (const { name, sealed } of secrets) {
    const text = from.open(sealed, secretBinding(name));
    db.prepare('UPDATE secrets SET sealed = ? WHERE name = ?').run(to.seal(text, secretBinding(name)), name);
  }
}

async function readList(database: SqliteDatabase, { sealer }: OpenedKey): Promise<KeyRecord[]> {
  const row = await database.read((db) =>
    db.prepare('SELECT sealed FROM secrets WHERE name = ?').get(discarded),
  );
  if (row === undefined) return [];
  // Sealed by this program and authenticated: its shape needs no second check.
  return JSON.parse(
    sealer.open((row as { sealed: Uint8Array }).sealed, secretBinding(discarded)),
  ) as KeyRecord[];
}

function writeList(db: DatabaseSync, sealer: Sealer, records: readonly KeyRecord[], nowMs: number): void {
  db.prepare('DELETE FROM secrets WHERE name = ?').run(discarded);
  if (records.length === 0) return;
  db.prepare('INSERT INTO secrets (name, created_at_ms, sealed) VALUES (?, ?, ?)').run(
    discarded,
    nowMs,
    sealer.seal(JSON.stringify(records), secretBinding(discarded)),
  );
}
