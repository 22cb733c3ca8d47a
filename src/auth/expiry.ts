// When an access token is refreshed and how long it may be used: pure decisions on a profile's dates.
import type { ProfileRecord } from '../store/credential-store.ts';

const marginCeilingMs = 300_000;
const marginShare = 0.1;
/** A token is not sent in its very last moments: it could end on the way. */
const sendGuardCeilingMs = 5_000;
const sendGuardShare = 0.01;
/** Spreads the refreshes of several programs that hold one login. */
const jitterShare = 0.2;

export type Expiry = {
  /** From here on a refresh is due; requests still use the token. */
  readonly refreshAtMs: number;
  /** From here on the token is not sent any more. */
  readonly unusableAtMs: number;
};

/** `fraction` in [0, 1) is the jitter. Infinity where the server named no end. */
export function planExpiry(record: ProfileRecord, fraction: number): Expiry {
  const { expiresAtMs } = record;
  if (expiresAtMs === undefined) return { refreshAtMs: Infinity, unusableAtMs: Infinity };
  const lifetimeMs = Math.max(0, expiresAtMs - (record.issuedAtMs ?? record.savedAtMs));
  const marginMs = Math.min(marginCeilingMs, lifetimeMs * marginShare);
  return {
    refreshAtMs: record.refreshable ? expiresAtMs - marginMs * (1 + jitterShare * fraction) : Infinity,
    unusableAtMs: expiresAtMs - Math.min(sendGuardCeilingMs, lifetimeMs * sendGuardShare),
  };
}

/** How long to wait at most after the first failure, doubled with each further one up to the ceiling. */
export type Pace = { readonly baseMs: number; readonly ceilingMs: number };

/** While a valid token is left, nothing is lost by waiting. */
export const calmPace: Pace = { baseMs: 1_000, ceilingMs: 300_000 };
/** Requests fail until it succeeds: one that was only reset is repeated at once, a service that is back soon found. */
export const urgentPace: Pace = { baseMs: 400, ceilingMs: 5_000 };
/** No single answer keeps a login from its refresh for longer. */
const retryAfterCeilingMs = 300_000;
const shortestDelayMs = 200;

/**
 * Full jitter: a random share of an exponential. Never shorter than the server's Retry-After, as far
 * as that is a time that makes sense.
 */
export function retryDelayMs(
  failures: number,
  fraction: number,
  retryAfterMs: number | undefined,
  { baseMs, ceilingMs }: Pace,
): number {
  const spanMs = Math.min(ceilingMs, baseMs * 2 ** Math.min(failures - 1, 20));
  const toldMs = Number.isNaN(retryAfterMs ?? 0) ? 0 : (retryAfterMs ?? 0);
  return Math.max(Math.min(toldMs, retryAfterCeilingMs), shortestDelayMs + fraction * spanMs);
}
