// Whether a stored login is an older state of one that is held in memory: what a store looks like after somebody has put
// a backup in its place. A pure decision on two records.
import type { ProfileRecord } from './credential-store.ts';

/**
 * True for the same login (a refresh keeps `createdAtMs`, a new login does not) in an older generation that was saved
 * earlier, provided that nothing newer than `held` is known to have been there.
 */
export function isOlderCopy(stored: ProfileRecord, held: ProfileRecord): boolean {
  return (
    stored.damaged !== true &&
    stored.createdAtMs === held.createdAtMs &&
    stored.generation < held.generation &&
    stored.savedAtMs <= held.savedAtMs &&
    (stored.restored?.newestGeneration ?? 0) <= held.generation
  );
}
