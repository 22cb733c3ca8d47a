// The CredentialStore over SQLite: every step of a login's life as one transaction. A credential is sealed whole and
// bound to its profile id and generation, so that an older row put back does not open.
// When to refresh, and what a failure means, is decided in src/auth.
import type { DatabaseSync } from 'node:sqlite';
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { cleanText } from '../platform/text.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { SealBinding, Sealer } from '../vault/seal.ts';
import type { CredentialStore, ProfileRecord, RefreshOutcome } from './credential-store.ts';
import { clearColumnsOf, recordOf } from './profile-row.ts';
import type { ProfileRow } from './profile-row.ts';
import type { SqliteDatabase } from './sqlite-database.ts';
import type { StoreKey } from './store-key.ts';
import type { StoreLocks } from './store-locks.ts';

export type SqliteStoreDeps = {
  readonly database: SqliteDatabase;
  readonly key: StoreKey;
  readonly locks: StoreLocks;
  readonly clock: Clock;
  /** True when a lock need not reach beyond this process. */
  readonly isLocal: () => boolean;
};

export function createSqliteStore(deps: SqliteStoreDeps): CredentialStore {
  const { database, key, locks, clock } = deps;

  const readRow = (id: string): Promise<ProfileRow | undefined> => database.read((db) => selectRow(db, id));

  return {
    async listProfiles() {
      const rows = await database.read(
        (db) => db.prepare('SELECT * FROM profiles ORDER BY id').all() as ProfileRow[],
      );
      return (rows ?? []).map(recordOf);
    },
    async readRecord(id) {
      const row = await readRow(id);
      return row === undefined ? undefined : recordOf(row);
    },
    async readProfile(id) {
      const row = await readRow(id);
      if (row === undefined) return undefined;
      const { sealer } = await key.unlock();
      return { record: recordOf(row), credential: openCredential(sealer, row) };
    },

    async saveLogin(id, credential) {
      const { sealer } = await key.unlock();
      return ensured(
        await database.write((db) => {
          const nowMs = clock.nowMs();
          const createdAtMs = selectRow(db, id)?.created_at_ms ?? nowMs;
          db.prepare('DELETE FROM profiles WHERE id = ?').run(id);
          return insertCredential(db, sealer, { id, credential, createdAtMs, nowMs });
        }),
      );
    },
    async commitRefresh(id, generation, credential) {
      const { sealer } = await key.unlock();
      const outcome = await database.write((db): ProfileRecord | 'superseded' => {
        const row = selectRow(db, id);
        if (row?.generation !== generation) return 'superseded';
        const nowMs = clock.nowMs();
        db.prepare('DELETE FROM profiles WHERE id = ?').run(id);
        insertCredential(db, sealer, { id, credential, createdAtMs: row.created_at_ms, nowMs });
        markRefresh(db, id, { atMs: nowMs, outcome: 'refreshed' });
        return ensured(readBack(db, id));
      });
      return outcome ?? 'superseded';
    },
    async recordIntent(id, generation) {
      const isRecorded = await database.write((db) => {
        const { changes } = db
          .prepare(
            'UPDATE profiles SET intent_at_ms = ?, intent_pid = ? WHERE id = ? AND generation = ? AND dead_at_ms IS NULL',
          )
          .run(clock.nowMs(), process.pid, id, generation);
        return changes === 1;
      });
      return isRecorded ?? false;
    },
    async recordTransient(id, generation, reason) {
      await database.write((db) => {
        const row = selectRow(db, id);
        if (row?.generation !== generation || row.dead_at_ms !== null) return;
        markRefresh(db, id, { atMs: clock.nowMs(), outcome: 'transient', reason });
      });
    },
    async markDead(id, generation, reason) {
      const isDead = await database.write((db) => {
        const row = selectRow(db, id);
        if (row?.generation !== generation) return false;
        // The first verdict is kept: it tells since when.
        if (row.dead_at_ms !== null) return true;
        const atMs = clock.nowMs();
        db.prepare('UPDATE profiles SET dead_at_ms = ?, dead_reason = ? WHERE id = ?').run(
          atMs,
          shown(reason),
          id,
        );
        markRefresh(db, id, { atMs, outcome: 'dead', reason });
        return true;
      });
      return isDead ?? false;
    },
    async deleteProfile(id) {
      const isDeleted = await database.write(
        (db) => db.prepare('DELETE FROM profiles WHERE id = ?').run(id).changes === 1,
      );
      return isDeleted ?? false;
    },

    async readSecret(name) {
      const sealed = await database.read((db) => selectSecret(db, name));
      if (sealed === undefined) return undefined;
      const { sealer } = await key.unlock();
      return sealer.open(sealed, secretBinding(name));
    },
    async createSecret(name, value) {
      const { sealer } = await key.unlock();
      const stored = await database.write((db) => {
        const present = selectSecret(db, name);
        if (present !== undefined) return present;
        checkKey(db, sealer);
        const sealed = sealer.seal(value, secretBinding(name));
        db.prepare('INSERT INTO secrets (name, created_at_ms, sealed) VALUES (?, ?, ?)').run(
          name,
          clock.nowMs(),
          sealed,
        );
        return sealed;
      });
      return sealer.open(ensured(stored), secretBinding(name));
    },

    readKeyRecord: () => key.readRecord(),
    async unlock() {
      return (await key.unlock()).record;
    },
    changeCounter: () => database.changeCounter(),
    lock: (name, options) => locks.lock(`name:${name}`, { ...options, isLocal: deps.isLocal() }),
    close() {
      locks.close();
      database.close();
    },
  };
}

type NewCredential = {
  readonly id: string;
  readonly credential: Credential;
  readonly createdAtMs: number;
  readonly nowMs: number;
};

function insertCredential(db: DatabaseSync, sealer: Sealer, saved: NewCredential): ProfileRecord {
  const { id, credential } = saved;
  checkKey(db, sealer);
  const { generation } = db
    .prepare(
      'INSERT INTO generations (profile_id, generation) VALUES (?, 1) ' +
        'ON CONFLICT (profile_id) DO UPDATE SET generation = generation + 1 RETURNING generation',
    )
    .get(id) as { generation: number };
  const clear = clearColumnsOf(credential);
  db.prepare(
    'INSERT INTO profiles (id, provider, type, region, account, generation, created_at_ms, saved_at_ms, ' +
      'issued_at_ms, expires_at_ms, refreshable, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(
    id,
    clear.provider,
    clear.type,
    clear.region,
    clear.account,
    generation,
    saved.createdAtMs,
    saved.nowMs,
    clear.issued_at_ms,
    clear.expires_at_ms,
    clear.refreshable,
    sealer.seal(JSON.stringify(credential), profileBinding(id, generation)),
  );
  return ensured(readBack(db, id));
}

function markRefresh(
  db: DatabaseSync,
  id: string,
  refresh: { readonly atMs: number; readonly outcome: RefreshOutcome; readonly reason?: string },
): void {
  db.prepare(
    'UPDATE profiles SET refreshed_at_ms = ?, refresh_outcome = ?, refresh_reason = ?, ' +
      'intent_at_ms = NULL, intent_pid = NULL WHERE id = ?',
  ).run(refresh.atMs, refresh.outcome, refresh.reason === undefined ? null : shown(refresh.reason), id);
}

function selectRow(db: DatabaseSync, id: string): ProfileRow | undefined {
  return db.prepare('SELECT * FROM profiles WHERE id = ?').get(id) as ProfileRow | undefined;
}

function readBack(db: DatabaseSync, id: string): ProfileRecord | undefined {
  const row = selectRow(db, id);
  return row === undefined ? undefined : recordOf(row);
}

function selectSecret(db: DatabaseSync, name: string): Uint8Array | undefined {
  const row = db.prepare('SELECT sealed FROM secrets WHERE name = ?').get(name);
  return (row as { sealed: Uint8Array } | undefined)?.sealed;
}

function openCredential(sealer: Sealer, row: ProfileRow): Credential {
  // Sealed by this program and authenticated: its shape needs no second check.
  return JSON.parse(sealer.open(row.sealed, profileBinding(row.id, row.generation))) as Credential;
}

function profileBinding(id: string, generation: number): SealBinding {
  return { row: `profile:${id}`, version: generation };
}

function secretBinding(name: string): SealBinding {
  return { row: `secret:${name}`, version: 1 };
}

/** Reasons come from servers. */
function shown(reason: string): string {
  return cleanText(reason, 300);
}

/** Between opening the key and this write another store may have taken the place: its rows need its own key. */
function checkKey(db: DatabaseSync, sealer: Sealer): void {
  const row = db.prepare('SELECT key_id FROM key_record WHERE id = 1').get() as
    | { key_id: string }
    | undefined;
  ensured(row?.key_id === sealer.keyId ? row : undefined);
}

/** After the key was opened there is a store; it can only be gone when somebody removed it at this moment. */
function ensured<T>(value: T | undefined): T {
  if (value !== undefined) return value;
  throw new OpenClawError({
    code: 'STORE_BUSY',
    message: 'The store was moved or removed while it was written to',
  });
}
