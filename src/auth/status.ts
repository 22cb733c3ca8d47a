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

export type LoginStatus = {
  readonly state: LoginState;
  readonly detail?: string;
  /** It works now, and when its time is over only a new login helps. */
  readonly endsForGood?: true;
  /** By how much the clock is behind the last thing that was written down here, in ms: it has been set back. */
  readonly behindMs?: number;
};

/** Where nobody could look: a refresh answers within its deadline, an older intent is the trace of a killed process. */
const intentFreshMs = 60_000;
const expiringMs = 300_000;
/** Clocks are put right by less than this while nobody notices. */
const slackMs = 60_000;

/** `isRefreshing`: whether the refresh that was begun runs still, where that is known (running-refresh.ts). */
export function describeLogin(record: ProfileRecord, nowMs: number, isRefreshing?: boolean): LoginStatus {
  const status = describeState(record, nowMs, isRefreshing);
  const behindMs = lastWrittenAtMs(record) - nowMs;
  return record.damaged === true || behindMs < slackMs ? status : { ...status, behindMs };
}

/** Whether its last refresh failed and no valid token is left: others that work go before it. */
export function isStuck({ expiresAtMs, lastRefresh }: ProfileRecord, nowMs: number): boolean {
  return expiresAtMs !== undefined && nowMs >= expiresAtMs && lastRefresh?.outcome === 'transient';
}

function lastWrittenAtMs({ createdAtMs, savedAtMs, lastRefresh, dead }: ProfileRecord): number {
  return Math.max(createdAtMs, savedAtMs, lastRefresh?.atMs ?? 0, dead?.atMs ?? 0);
}

function describeState(record: ProfileRecord, nowMs: number, isRefreshing?: boolean): LoginStatus {
  if (record.damaged === true) return { state: 'needs_login', detail: 'its row in the store is damaged' };
  if (record.dead !== undefined) return { state: 'needs_login', detail: record.dead.reason };
  const { expiresAtMs, intent } = record;
  if (intent !== undefined && (isRefreshing ?? isFresh(intent.atMs, nowMs))) return { state: 'refreshing' };
  const trouble = troubleOf(record);
  const withTrouble = trouble === undefined ? {} : { detail: trouble };
  if (expiresAtMs === undefined) return { state: 'ok', ...withTrouble };
  if (nowMs < expiresAtMs) {
    if (record.refreshable) return { state: 'ok', ...withTrouble };
    const detail = 'it has no refresh token';
    if (expiresAtMs - nowMs >= expiringMs) return { state: 'ok', endsForGood: true, detail };
    return { state: 'expiring', endsForGood: true, detail };
  }
  if (!record.refreshable) return { state: 'needs_login', detail: 'it has expired and has no refresh token' };
  return { state: 'expired', detail: trouble ?? 'renewed by the next use' };
}

function isFresh(intentAtMs: number, nowMs: number): boolean {
  return nowMs >= intentAtMs && nowMs - intentAtMs < intentFreshMs;
}

function troubleOf({ intent, lastRefresh }: ProfileRecord): string | undefined {
  if (intent !== undefined) {
    return `a refresh was cut off (process ${intent.pid}); the next one tries the stored refresh token once`;
  }
  if (lastRefresh?.outcome !== 'transient') return undefined;
  return `the last refresh failed: ${lastRefresh.reason ?? 'unknown'}`;
}

/**
 * Exit code of `auth status --check`, over what is in use: 1 nothing is, or one needs a new login; 2 one will end and
 * cannot be renewed; else 0.
 */
export function checkExitCode(inUse: readonly Pick<LoginStatus, 'state' | 'endsForGood'>[]): 0 | 1 | 2 {
  if (inUse.length === 0 || inUse.some(({ state }) => state === 'needs_login')) return 1;
  return inUse.some(({ endsForGood }) => endsForGood === true) ? 2 : 0;
}
