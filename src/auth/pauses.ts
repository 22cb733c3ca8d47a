// How long a login's refresh rests after a failure, by the monotonic clock: a wall clock that is set back must not keep
// a login from its refresh. A pause belongs to one generation: a new login owes nothing to the failures of the old one.
import type { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { calmPace, retryDelayMs, urgentPace } from './expiry.ts';

export type Pause = { readonly leftMs: number; readonly error: OpenClawError };

export type Pauses = {
  /** `urgent`: a request waits for it, and no valid token is left. */
  find(profileId: string, generation: number, urgent: boolean): Pause | undefined;
  /** One more failure; resolves to how long the next attempt has to wait. */
  add(
    profileId: string,
    generation: number,
    error: OpenClawError,
  ): { readonly calmMs: number; readonly urgentMs: number };
  /** Whether a failure of this generation was the last that happened, however long ago. */
  has(profileId: string, generation: number): boolean;
  clear(profileId: string): void;
};

type Trouble = {
  generation: number;
  failures: number;
  calmUntilMs: number;
  urgentUntilMs: number;
  error: OpenClawError;
};

export function createPauses(clock: Clock, random: Random): Pauses {
  const troubles = new Map<string, Trouble>();
  const troubleOf = (profileId: string, generation: number): Trouble | undefined => {
    const trouble = troubles.get(profileId);
    return trouble?.generation === generation ? trouble : undefined;
  };
  return {
    find(profileId, generation, urgent) {
      const trouble = troubleOf(profileId, generation);
      if (trouble === undefined) return undefined;
      const leftMs = (urgent ? trouble.urgentUntilMs : trouble.calmUntilMs) - clock.monotonicMs();
      return leftMs > 0 ? { leftMs, error: trouble.error } : undefined;
    },
    add(profileId, generation, error) {
      const failures = (troubleOf(profileId, generation)?.failures ?? 0) + 1;
      const told = error.data['retryAfterMs'];
      const retryAfterMs = typeof told === 'number' ? told : undefined;
      const fraction = random.fraction();
      const calmMs = retryDelayMs(failures, fraction, retryAfterMs, calmPace);
      const urgentMs = retryDelayMs(failures, fraction, retryAfterMs, urgentPace);
      const nowMs = clock.monotonicMs();
      const until = { calmUntilMs: nowMs + calmMs, urgentUntilMs: nowMs + urgentMs };
      troubles.set(profileId, { generation, failures, ...until, error });
      return { calmMs, urgentMs };
    },
    has: (profileId, generation) => troubleOf(profileId, generation) !== undefined,
    clear: (profileId) => void troubles.delete(profileId),
  };
}
