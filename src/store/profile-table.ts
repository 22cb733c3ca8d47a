// The table `logins` in SQL: rows go in with their checksum, and come out as they are or, where something is to be
// built on them, only when they are intact.
import type { DatabaseSync } from 'node:sqlite';
import type { Credential } from '../plugin-sdk/credential.ts';
import { cleanText } from '../platform/text.ts';
import type { Sealer } from '../vault/seal.ts';
import type { ProfileRecord, RefreshOutcome } from './credential-store.ts';
import { clearColumnsOf, recordOf } from './profile-row.ts';
import type { ProfileRow } from './profile-row.ts';
import { checkedColumns, isIntact, rowChecksum } from './row-checksum.ts';
import type { CheckedRow } from './row-checksum.ts';
import { profileBinding } from './seal-bindings.ts';
import { damagedRow } from './store-failure.ts';

/** In id order, damaged ones included. */
export function selectRows(db: DatabaseSync): ProfileRow[] {
  return db.prepare('SELECT * FROM logins ORDER BY id').all() as ProfileRow[];
}

export function selectRow(db: DatabaseSync, id: string): ProfileRow | undefined {
  return db.prepare('SELECT * FROM logins WHERE id = ?').get(id) as ProfileRow | undefined;
}

/** Throws STORE_CORRUPT, as `requireIntact` does. */
export function selectIntactRow(db: DatabaseSync, id: string): ProfileRow | undefined {
  const row = selectRow(db, id);
  return row === undefined ? undefined : requireIntact(db)(row);
}

/** Throws STORE_CORRUPT when something else than this program has changed the row. */
export function requireIntact(db: DatabaseSync): (row: ProfileRow) => ProfileRow {
  return (row) => {
    if (isIntact(row)) return row;
    throw damagedRow(row.id, { place: db.location() ?? 'memory' });
  };
}

const names = [...checkedColumns, 'checksum'];
const replaceRow = `REPLACE INTO logins (${names.join(', ')}) VALUES (${names.map((name) => `:${name}`).join(', ')})`;

/** In place of what is under its id. */
export function writeRow(db: DatabaseSync, row: CheckedRow): void {
  const values = { ...row, checksum: rowChecksum(row) };
  db.prepare(replaceRow).run(values);
}

export type NewCredential = {
  readonly id: string;
  readonly credential: Credential;
  readonly createdAtMs: number;
  readonly nowMs: number;
  /** The new generation is higher than this, and than the one that is stored. */
  readonly above: number;
  readonly refreshed: boolean;
};

/** Saves a credential as the next generation of its id, in place of the former one and its troubles. */
export function writeCredential(db: DatabaseSync, sealer: Sealer, saved: NewCredential): ProfileRecord {
  const { id, credential, nowMs } = saved;
  const { generation } = db
    .prepare(
      'INSERT INTO generations (profile_id, generation) VALUES (?, ?) ON CONFLICT (profile_id) ' +
        'DO UPDATE SET generation = max(generation + 1, excluded.generation) RETURNING generation',
    )
    .get(id, saved.above + 1) as { generation: number };
  const row: CheckedRow = {
    id,
    ...clearColumnsOf(credential),
    generation,
    created_at_ms: saved.createdAtMs,
    saved_at_ms: nowMs,
    refreshed_at_ms: saved.refreshed ? nowMs : null,
    refresh_outcome: saved.refreshed ? 'refreshed' : null,
    refresh_reason: null,
    dead_at_ms: null,
    dead_reason: null,
    intent_at_ms: null,
    intent_pid: null,
    sealed: sealer.seal(JSON.stringify(credential), profileBinding(id, generation)),
  };
  writeRow(db, row);
  return recordOf(row);
}

/** 0 when no credential was ever saved under this id. */
export function lastGeneration(db: DatabaseSync, id: string): number {
  const row = db.prepare('SELECT generation FROM generations WHERE profile_id = ?').get(id);
  return (row as { generation: number } | undefined)?.generation ?? 0;
}

/** What a refresh that failed leaves in its row; the intent has had its answer. */
export function failedRefresh(outcome: RefreshOutcome, reason: string, atMs: number) {
  return {
    refreshed_at_ms: atMs,
    refresh_outcome: outcome,
    refresh_reason: shownReason(reason),
    intent_at_ms: null,
    intent_pid: null,
  };
}

/** Reasons come from servers. */
export function shownReason(reason: string): string {
  return cleanText(reason, 500);
}
