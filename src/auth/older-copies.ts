// What is done about older copies of logins that have come into the store's place: each one is named once, and what is
// held in memory is saved over it, at growing intervals while that fails. Which copy is an older one is older-copy's.
import { toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { describeOlderCopy } from './doubt.ts';
import { calmPace, retryDelayMs } from './expiry.ts';
import type { RefreshEngine } from './refresh.ts';

export type OlderCopies = {
  /** Says, once for each copy, that the store was brought back from one; nothing for a record that is none. */
  name(record: ProfileRecord): void;
  /** Saves what is held over the copy, unless that is under way or rests after a failure. Never throws. */
  replace(held: StoredProfile): void;
  /** These logins alone are older copies now. */
  keep(profileIds: ReadonlySet<string>): void;
  /** What the store holds is to be looked at again: an attempt has ended, or a rest is over. */
  isDue(): boolean;
};

/** `dueAtMs`: monotonic, Infinity while an attempt runs. */
type Copy = { attempts: number; dueAtMs: number; reason: string | undefined };

export function createOlderCopies(
  engine: Pick<RefreshEngine, 'bringBack'>,
  clock: Clock,
  random: Random,
  log: Log,
): OlderCopies {
  const named = new Set<string>();
  const copies = new Map<string, Copy>();

  async function attempt(held: StoredProfile, copy: Copy): Promise<void> {
    let isReplaced = false;
    try {
      isReplaced = await engine.bringBack(held);
    } catch (error) {
      const reason = toOpenClawError(error).message;
      if (reason !== copy.reason) log.error('older_copy_kept', { profile: held.record.id, reason });
      copy.reason = reason;
    }
    const restMs = isReplaced ? 0 : retryDelayMs(copy.attempts, random.fraction(), undefined, calmPace);
    copy.dueAtMs = clock.monotonicMs() + restMs;
  }

  return {
    name(record) {
      const { id, generation, restored } = record;
      if (restored === undefined || named.has(`${id} ${generation}`)) return;
      named.add(`${id} ${generation}`);
      const reason = `${describeOlderCopy(record)}.`;
      log.warn('store_restored', { profile: id, generation, newest: restored.newestGeneration, reason });
    },
    replace(held) {
      const { id } = held.record;
      const copy = copies.get(id) ?? { attempts: 0, dueAtMs: -Infinity, reason: undefined };
      if (clock.monotonicMs() < copy.dueAtMs) return;
      copy.attempts += 1;
      copy.dueAtMs = Infinity;
      copies.set(id, copy);
      void attempt(held, copy);
    },
    keep(profileIds) {
      for (const id of copies.keys()) if (!profileIds.has(id)) copies.delete(id);
    },
    isDue() {
      for (const { dueAtMs } of copies.values()) if (dueAtMs <= clock.monotonicMs()) return true;
      return false;
    },
  };
}
