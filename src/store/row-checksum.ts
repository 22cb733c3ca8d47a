// A checksum over every column of a row, so that a name or a date that flipped on the disk shows, and without the key.
// It guards against failing disks, not against people: what they must not change is sealed.
import { createHash } from 'node:crypto';
import type { KeyKind } from '../vault/key-record.ts';
import type { ProfileRow } from './profile-row.ts';

/** In the order in which they enter the checksum, which is for ever. */
export const checkedColumns = [
  'id',
  'provider',
  'type',
  'region',
  'account',
  'generation',
  'created_at_ms',
  'saved_at_ms',
  'issued_at_ms',
  'expires_at_ms',
  'refreshable',
  'refreshed_at_ms',
  'refresh_outcome',
  'refresh_reason',
  'dead_at_ms',
  'dead_reason',
  'intent_at_ms',
  'intent_pid',
  'sealed',
] as const satisfies readonly (keyof ProfileRow)[];

export type CheckedRow = Omit<ProfileRow, 'checksum'>;

/** 16 bytes. No two rows of values share an encoding; a column that is not there is not an empty one. */
export function checksumOf(values: readonly (string | number | Uint8Array | null)[]): Uint8Array {
  const encoded = values.map((value: unknown) => {
    if (value === undefined) return ['absent'];
    return value instanceof Uint8Array ? ['bytes', Buffer.from(value).toString('hex')] : value;
  });
  return createHash('sha256').update(JSON.stringify(encoded)).digest().subarray(0, 16);
}

/** `stored` as a broken disk hands it out: it may be anything. */
export function isSameChecksum(stored: unknown, computed: Uint8Array): boolean {
  return stored instanceof Uint8Array && Buffer.from(stored).equals(computed);
}

export function rowChecksum(row: CheckedRow): Uint8Array {
  return checksumOf(checkedColumns.map((column) => row[column]));
}

/** Whether the row is as it was written. */
export function isIntact(row: ProfileRow): boolean {
  return isSameChecksum(row.checksum, rowChecksum(row));
}

export type KeyRow = {
  readonly kind: KeyKind;
  readonly key_id: string;
  readonly location: string | null;
  readonly created_at_ms: number;
  readonly check_value: Uint8Array | null;
};

export function keyRowChecksum(row: KeyRow): Uint8Array {
  return checksumOf([row.kind, row.key_id, row.location, row.created_at_ms, row.check_value]);
}
