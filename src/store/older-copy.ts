// Whether a stored login is an older state of one that is held in memory: what a store looks like after somebody has put
// a backup in its place. A pure decision on two records.
import type { ProfileRecord } from './credential-store.ts';

/**
 * True for the same login (a refresh keeps `createdAtMs`, a new login does not) in an older generation, provided that
 * nothing newer than `held` is known to have been there. Where the newest generation known is the one that is held,
 * numbers decide alone: whatever came after it would bear a higher one. Where that is not known, because the marks were
 * brought back too, somebody may have counted on from the copy: the later date is then the newer state, as far as the
 * clock has not been set back between the two.
 */
export function isOlderCopy(stored: ProfileRecord, held: ProfileRecord): boolean {
  if (stored.damaged === true || stored.createdAtMs !== held.createdAtMs) return false;
  if (stored.generation >= held.generation) return false;
  const newest = stored.restored?.newestGeneration ?? 0;
  if (newest === held.generation) return true;
  return newest < held.generation && stored.savedAtMs <= held.savedAtMs;
}
