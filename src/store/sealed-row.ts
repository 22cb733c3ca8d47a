// Sealed columns as the tables hold them: finding and opening them, and telling whether they are as they were sealed.
import type { DatabaseSync } from 'node:sqlite';
import { isOpenClawError } from '../errors.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { Sealer } from '../vault/seal.ts';
import type { ProfileRow } from './profile-row.ts';
import { profileBinding, secretBinding } from './seal-bindings.ts';
import { damagedRow } from './store-failure.ts';

/** Throws STORE_CORRUPT, with the remedy for a single login. */
export function openCredential(sealer: Sealer, row: ProfileRow): Credential {
  try {
    // Sealed by this program and authenticated: its shape needs no second check.
    return JSON.parse(sealer.open(row.sealed, profileBinding(row.id, row.generation))) as Credential;
  } catch (error) {
    throw isOpenClawError(error) ? damagedRow(row.id, { detail: error }) : error;
  }
}

export function openSecret(sealer: Sealer, name: string, sealed: Uint8Array): string {
  return sealer.open(sealed, secretBinding(name));
}

export function selectSecret(db: DatabaseSync, name: string): Uint8Array | undefined {
  const row = db.prepare('SELECT sealed FROM secrets WHERE name = ?').get(name);
  return (row as { sealed: Uint8Array } | undefined)?.sealed;
}

/** Those that begin with `prefix`, in order. */
export function selectSecretNames(db: DatabaseSync, prefix: string): string[] {
  const rows = db
    .prepare('SELECT name FROM secrets WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name')
    .all(prefix);
  return (rows as { name: string }[]).map(({ name }) => name);
}

/** Returns what was written. */
export function writeSecret(
  db: DatabaseSync,
  sealer: Sealer,
  { name, value, nowMs }: { name: string; value: string; nowMs: number },
): Uint8Array {
  const sealed = sealer.seal(value, secretBinding(name));
  db.prepare('REPLACE INTO secrets (name, created_at_ms, sealed) VALUES (?, ?, ?)').run(name, nowMs, sealed);
  return sealed;
}

/** The name of the key that everything is sealed with now; undefined also for one that is being made or taken away. */
export function selectKeyId(db: DatabaseSync): string | undefined {
  const row = db.prepare('SELECT key_id FROM key_record WHERE id = 1 AND check_value IS NOT NULL').get();
  return (row as { key_id: string } | undefined)?.key_id;
}

/** False when `open` says STORE_CORRUPT. */
export function opens(open: () => unknown): boolean {
  try {
    open();
    return true;
  } catch (error) {
    if (isOpenClawError(error) && error.code === 'STORE_CORRUPT') return false;
    throw error;
  }
}
