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

/** Full jitter (exponential, a random share of it), never shorter than the server's Retry-After. */
export function retryDelayMs(failures: number, fraction: number, retryAfterMs: number | undefined): number {
  const ceilingMs = Math.min(300_000, 1_000 * 2 ** Math.min(failures - 1, 20));
  return Math.max(retryAfterMs ?? 0, 200 + fraction * ceilingMs);
}
