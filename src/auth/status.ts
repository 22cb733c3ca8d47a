// What may be said of a login from its record alone: state from what happened, not from a stored date only.
// Needs no key, no network and no plugin code.
import type { ProfileRecord } from '../store/credential-store.ts';

export type LoginState =
  /** The access token is valid. */
  | 'ok'
  /** A refresh is running in some process. */
  | 'refreshing'
  /** Valid now, ends soon, and nothing can renew it. */
  | 'expiring'
  /** The access token is over; the next use renews it. */
  | 'expired'
  /** Over for good: only a new login helps. */
  | 'needs_login';

export type LoginStatus = { readonly state: LoginState; readonly detail?: string };

/** A refresh answers within its deadline; an older intent is the trace of a process that was killed. */
const intentFreshMs = 60_000;
const expiringMs = 300_000;

export function describeLogin(record: ProfileRecord, nowMs: number): LoginStatus {
  if (record.dead !== undefined) return { state: 'needs_login', detail: record.dead.reason };
  const { expiresAtMs, intent } = record;
  if (intent !== undefined && nowMs - intent.atMs >= 0 && nowMs - intent.atMs < intentFreshMs)
    return { state: 'refreshing' };
  const trouble =
    record.lastRefresh?.outcome === 'transient'
      ? `the last refresh failed: ${record.lastRefresh.reason ?? 'unknown'}`
      : undefined;
  const withTrouble = trouble === undefined ? {} : { detail: trouble };
  if (expiresAtMs === undefined) return { state: 'ok', ...withTrouble };
  if (nowMs < expiresAtMs) {
    if (!record.refreshable && expiresAtMs - nowMs < expiringMs) {
      return { state: 'expiring', detail: 'it has no refresh token' };
    }
    return { state: 'ok', ...withTrouble };
  }
  if (!record.refreshable) return { state: 'needs_login', detail: 'it has expired and has no refresh token' };
  return { state: 'expired', detail: trouble ?? 'renewed by the next use' };
}

/** Exit code of `auth status --check`: 1 missing or dead, 2 will end and cannot be renewed, 0 otherwise. */
export function checkExitCode(statuses: readonly LoginStatus[]): 0 | 1 | 2 {
  if (statuses.length === 0 || statuses[0]?.state === 'needs_login') return 1;
  return statuses[0]?.state === 'expiring' ? 2 : 0;
}
