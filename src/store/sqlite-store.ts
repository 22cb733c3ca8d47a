// The CredentialStore over SQLite: every step of a login's life as one transaction. A credential is sealed whole and
// bound to its profile id and generation, so that an older row put back does not open.
// When to refresh, and what a failure means, is decided in src/auth.
import type { DatabaseSync } from 'node:sqlite';
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Sealer } from '../vault/seal.ts';
import type { CredentialStore, ProfileRecord } from './credential-store.ts';
import type { HighWater } from './high-water.ts';
import { createKeptCopies } from './kept-copies.ts';
import { isOlderCopy } from './older-copy.ts';
import { clearColumnsOf, damagedRecordOf, recordOf } from './profile-row.ts';
import type { ProfileRow } from './profile-row.ts';
import {
  failedRefresh,
  lastGeneration,
  selectIntactRow,
  selectRow,
  selectRows,
  shownReason,
  writeCredential,
  writeRow,
} from './profile-table.ts';
import { isIntact } from './row-checksum.ts';
import {
  openCredential,
  opens,
  openSecret,
  selectKeyId,
  selectSecret,
  selectSecretNames,
  writeSecret,
} from './sealed-row.ts';
import { holdForLogin, loginLocks } from './login-hold.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { StoreKey } from './store-key.ts';
import type { StoreLocks } from './store-locks.ts';

export type SqliteStoreDeps = {
  readonly database: SqliteDatabase;
  readonly key: StoreKey;
  readonly locks: StoreLocks;
  readonly clock: Clock;
  readonly highWater: HighWater;
  readonly warn: (message: string) => void;
  readonly moveKey: CredentialStore['moveKey'];
  readonly identity: CredentialStore['identity'];
  readonly setAside: CredentialStore['setAside'];
  /** True when a lock need not reach beyond this process. */
  readonly isLocal: () => boolean;
};

export function createSqliteStore(deps: SqliteStoreDeps): CredentialStore {
  const { database, key, locks, clock, highWater } = deps;
  const keptCopies = createKeptCopies(database, deps.warn);
  /** The key of the store in which this process noted its intent, by login. */
  const begunWith = new Map<string, string | undefined>();

  const takeMarks = (): Marks => (database.isInMemory() ? () => undefined : highWater.take());

  const raiseMark = <T extends ProfileRecord | 'superseded'>(outcome: T): T => {
    if (outcome !== 'superseded' && !database.isInMemory()) highWater.raise(outcome.id, outcome.generation);
    return outcome;
  };

  /** Opens what was read with the key that it was sealed with, also while another process seals all anew. */
  const readSealed = async <Row, T>(
    select: (db: DatabaseSync) => Row | undefined,
    open: (row: Row, sealer: Sealer) => T,
  ): Promise<T | undefined> => {
    for (;;) {
      const found = await database.read((db) => ({ row: select(db), keyId: selectKeyId(db) }));
      if (found?.row === undefined) return undefined;
      const opened = await key.open();
      if (opened !== undefined && opened.sealer.keyId === found.keyId) return open(found.row, opened.sealer);
    }
  };

  return {
    async listProfiles() {
      const marks = takeMarks();
      const rows = await database.read(selectRows);
      return (rows ?? []).map((row) => shownRecord(row, marks(row.id)));
    },
    async readRecord(id) {
      const marks = takeMarks();
      const row = await database.read((db) => selectRow(db, id));
      return row === undefined ? undefined : shownRecord(row, marks(id));
    },
    async readProfile(id) {
      const marks = takeMarks();
      return readSealed(
        (db) => selectIntactRow(db, id),
        (row, sealer) => {
          const credential = openCredential(sealer, row);
          // What is decided by is taken from what is sealed.
          return { record: recordOf({ ...row, ...clearColumnsOf(credential) }, marks(id)), credential };
        },
      );
    },

    async saveLogin(id, credential) {
      const { sealer } = await key.unlock();
      await keptCopies.ofDamagedLogin(id, sealer);
      const saved = await database.write((db) => {
        checkKey(db, sealer);
        const row = selectRow(db, id);
        const nowMs = clock.nowMs();
        const former = row !== undefined && isIntact(row) ? row.generation : 0;
        const above = Math.max(takeMarks()(id) ?? 0, former);
        return writeCredential(db, sealer, {
          id,
          credential,
          createdAtMs: nowMs,
          nowMs,
          above,
          refreshed: false,
        });
      });
      return raiseMark(ensured(saved));
    },
    async commitRefresh(id, generation, credential) {
      const opened = await key.open();
      if (opened === undefined) {
        // What it has to save waits until the store comes back: it is not the one to begin another.
        if (key.wasOpened()) throw movedAway();
        return 'superseded';
      }
      const { sealer } = opened;
      await keptCopies.ofDamagedLogin(id, sealer);
      const outcome = await database.write((db): ProfileRecord | 'superseded' => {
        checkKey(db, sealer);
        const row = selectRow(db, id);
        // Not logged out: it was begun with another store than the one that lies here now.
        const begun = begunWith.get(id);
        if (row === undefined && begun !== undefined && begun !== sealer.keyId) throw movedAway();
        if (row === undefined) return 'superseded';
        // The row may have been damaged while the server was asked: what it has granted is not lost over that.
        const stored = isIntact(row) ? row.generation : lastGeneration(db, id);
        if (stored !== generation) return 'superseded';
        const nowMs = clock.nowMs();
        const createdAtMs = isIntact(row) ? row.created_at_ms : nowMs;
        const above = Math.max(takeMarks()(id) ?? 0, generation);
        return writeCredential(db, sealer, { id, credential, createdAtMs, nowMs, above, refreshed: true });
      });
      return raiseMark(outcome ?? 'superseded');
    },
    async replaceOlderCopy(held, credential) {
      const opened = await key.open();
      if (opened === undefined) return 'superseded';
      const { sealer } = opened;
      const outcome = await database.write((db): ProfileRecord | 'superseded' => {
        checkKey(db, sealer);
        const { id } = held;
        const row = selectIntactRow(db, id);
        const newest = takeMarks()(id) ?? 0;
        if (row === undefined || !isOlderCopy(recordOf(row, newest), held)) return 'superseded';
        const [createdAtMs, nowMs] = [row.created_at_ms, clock.nowMs()];
        const above = Math.max(newest, held.generation);
        return writeCredential(db, sealer, { id, credential, createdAtMs, nowMs, above, refreshed: true });
      });
      return raiseMark(outcome ?? 'superseded');
    },
    async recordIntent(id, generation) {
      const isRecorded = await database.write((db) => {
        const row = selectIntactRow(db, id);
        if (row?.generation !== generation || row.dead_at_ms !== null) return false;
        begunWith.set(id, selectKeyId(db));
        writeRow(db, { ...row, intent_at_ms: clock.nowMs(), intent_pid: process.pid });
        return true;
      });
      return isRecorded ?? false;
    },
    async recordTransient(id, generation, reason) {
      await database.write((db) => {
        const row = selectIntactRow(db, id);
        if (row?.generation !== generation || row.dead_at_ms !== null) return;
        writeRow(db, { ...row, ...failedRefresh('transient', reason, clock.nowMs()) });
      });
    },
    async markDead(id, generation, reason) {
      const isDead = await database.write((db) => {
        const row = selectIntactRow(db, id);
        if (row?.generation !== generation) return false;
        // The first verdict is kept: it tells since when.
        if (row.dead_at_ms !== null) return true;
        const atMs = clock.nowMs();
        const verdict = { dead_at_ms: atMs, dead_reason: shownReason(reason) };
        writeRow(db, { ...row, ...verdict, ...failedRefresh('dead', reason, atMs) });
        return true;
      });
      return isDead ?? false;
    },
    async deleteProfile(id) {
      const isDeleted = await database.write(
        (db) => db.prepare('DELETE FROM logins WHERE id = ?').run(id).changes === 1,
      );
      return isDeleted ?? false;
    },

    async readSecret(name) {
      return readSealed(
        (db) => selectSecret(db, name),
        (sealed, sealer) => openSecret(sealer, name, sealed),
      );
    },
    async createSecret(name, value) {
      const { sealer } = await key.unlock();
      await keptCopies.ofDamagedSecret(name, sealer);
      const stored = await database.write((db) => {
        checkKey(db, sealer);
        const present = selectSecret(db, name);
        if (present !== undefined && opens(() => openSecret(sealer, name, present))) return present;
        return writeSecret(db, sealer, { name, value, nowMs: clock.nowMs() });
      });
      return openSecret(sealer, name, ensured(stored));
    },
    async replaceSecret(name, value) {
      const { sealer } = await key.unlock();
      const stored = await database.write((db) => {
        checkKey(db, sealer);
        return writeSecret(db, sealer, { name, value, nowMs: clock.nowMs() });
      });
      ensured(stored);
    },
    async deleteSecret(name) {
      const isDeleted = await database.write(
        (db) => db.prepare('DELETE FROM secrets WHERE name = ?').run(name).changes === 1,
      );
      return isDeleted ?? false;
    },
    async listSecrets(prefix) {
      return (await database.read((db) => selectSecretNames(db, prefix))) ?? [];
    },

    readKeyRecord: () => key.readRecord(),
    async unlock() {
      return (await key.unlock()).record;
    },
    openKey: async () => (await key.open())?.record,
    dropUnusedKey: () => key.dropUnused(),
    moveKey: (target, quiesce) => deps.moveKey(target, quiesce),
    whyUnwritable: () => database.whyUnwritable(),
    prove: () => database.prove(),
    identity: () => deps.identity(),
    setAside: (identity) => deps.setAside(identity),
    changeCounter: () => database.changeCounter(),
    lockAll: (options) => locks.lockPresent(['key', ...loginLocks], options),
    holdForLogin: () => (deps.isLocal() ? Promise.resolve(() => undefined) : holdForLogin(locks)),
    lock: (name, options) => locks.lock(`name:${name}`, { ...options, isLocal: deps.isLocal() }),
    close() {
      locks.close();
      database.close();
    },
  };
}

type Marks = ReturnType<HighWater['take']>;

function shownRecord(row: ProfileRow, newestGeneration: number | undefined): ProfileRecord {
  return isIntact(row) ? recordOf(row, newestGeneration) : damagedRecordOf(row);
}

function movedAway(): OpenClawError {
  return new OpenClawError({
    code: 'STORE_BUSY',
    message: 'The store was moved or removed while it was written to',
  });
}

/** Between opening the key and this write another store may have taken the place: its rows need its own key. */
function checkKey(db: DatabaseSync, sealer: Sealer): void {
  ensured(selectKeyId(db) === sealer.keyId ? sealer : undefined);
}

/** After the key was opened there is a store; it can only be gone when somebody removed it at this moment. */
function ensured<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw movedAway();
}
