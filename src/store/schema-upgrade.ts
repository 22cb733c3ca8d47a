// Brings a store that an older version wrote to the present tables, in one transaction: a crash leaves the older store.
// Version 1 had no checksums, and called the logins `profiles`; what it holds is taken as it is.
import type { DatabaseSync } from 'node:sqlite';
import { writeRow } from './profile-table.ts';
import type { ProfileRow } from './profile-row.ts';
import { keyRowChecksum } from './row-checksum.ts';
import type { KeyRow } from './row-checksum.ts';
import { schema, schemaVersion } from './schema.ts';

export const oldestVersion = 1;

const tables = ['key_record', 'generations', 'profiles', 'secrets'];

/**
 * Does nothing when another process has done it meanwhile. Throws what SQLite throws, its SQLITE_BUSY also when
 * `isInUse` says that a process of the older program waits for a server's answer or for room on the disk: what it has to
 * save does not fit the new tables.
 */
export function upgradeStore(db: DatabaseSync, isInUse: () => boolean): void {
  db.exec('BEGIN IMMEDIATE');
  try {
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version < schemaVersion) {
      if (isInUse()) throw Object.assign(new Error('a refresh is running'), { errcode: 5 });
      rebuild(db);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function rebuild(db: DatabaseSync): void {
  for (const table of tables) db.exec(`ALTER TABLE ${table} RENAME TO former_${table}`);
  db.exec(schema);
  const key = db.prepare('SELECT * FROM former_key_record').get() as (KeyRow & { id: number }) | undefined;
  if (key !== undefined) {
    db.prepare(
      'INSERT INTO key_record SELECT id, kind, key_id, location, created_at_ms, check_value, ? FROM former_key_record',
    ).run(keyRowChecksum(key));
  }
  db.exec('INSERT INTO generations SELECT profile_id, generation FROM former_generations');
  db.exec('INSERT INTO secrets SELECT name, created_at_ms, sealed FROM former_secrets');
  for (const row of db.prepare('SELECT * FROM former_profiles').all()) {
    writeRow(db, row as Omit<ProfileRow, 'checksum'>);
  }
  for (const table of tables) db.exec(`DROP TABLE former_${table}`);
  db.exec(`PRAGMA user_version = ${schemaVersion}`);
}
