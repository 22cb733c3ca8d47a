// Whether a token that an upstream has refused is worth a refresh before its time. A server that refuses a fresh token
// too refuses something else (a model, a plan, a region), and each refresh spends a rotating token on it: so one a
// minute at most (or one a lifetime, where that is shorter) for each login in each process, and none for a token that
// nothing has accepted since.
import type { Clock } from '../platform/clock.ts';
import type { ProfileRecord } from '../store/credential-store.ts';

export type ForcedRefreshes = {
  /** False: the refusal is to be told as it is. */
  mayForce(record: ProfileRecord): boolean;
  /** A forced refresh has ended with this record. */
  note(record: ProfileRecord): void;
  /** An upstream has accepted a token of this generation. */
  readonly accepted: (profileId: string, generation: number) => void;
};

type Forced = { createdAtMs: number; generation: number; atMs: number; isAccepted: boolean };

const longestIntervalMs = 60_000;

function intervalOf({ issuedAtMs, savedAtMs, expiresAtMs = Infinity }: ProfileRecord): number {
  return Math.min(longestIntervalMs, Math.max(0, expiresAtMs - (issuedAtMs ?? savedAtMs)));
}

export function createForcedRefreshes(clock: Clock): ForcedRefreshes {
  const last = new Map<string, Forced>();
  return {
    mayForce(record) {
      const { id, createdAtMs, generation } = record;
      const forced = last.get(id);
      // Another login has its place, or an older copy of this one: neither is what was refreshed.
      if (forced?.createdAtMs !== createdAtMs || generation < forced.generation) return true;
      // Within the interval also when somebody else has refreshed it: processes would take turns without end.
      if (clock.monotonicMs() - forced.atMs < intervalOf(record)) return false;
      return generation !== forced.generation || forced.isAccepted;
    },
    note({ id, createdAtMs, generation }) {
      const known = last.get(id);
      // All who waited for one refresh note it.
      if (known?.createdAtMs === createdAtMs && known.generation === generation) return;
      last.set(id, { createdAtMs, generation, atMs: clock.monotonicMs(), isAccepted: false });
    },
    accepted(profileId, generation) {
      const forced = last.get(profileId);
      if (forced?.generation === generation) forced.isAccepted = true;
    },
  };
}
