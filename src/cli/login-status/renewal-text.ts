// When the access token of a login ends, and who renews it: the gateway that runs, or the next one that does.
import type { LoginStatus } from '../../auth/status.ts';
import { planExpiry } from '../../auth/expiry.ts';
import { cleanText } from '../../platform/text.ts';
import type { ProfileRecord } from '../../store/credential-store.ts';
import { formatAgo, formatRelative } from '../ui/duration.ts';
import { formatInstant } from '../ui/instant.ts';
import type { StatusFacts } from './collect.ts';

/** undefined where there is no date, or none that matters any more. */
export function describeAccess(
  { expiresAtMs, refreshable }: ProfileRecord,
  { state }: LoginStatus,
  { nowMs, gateway, unwritable }: Pick<StatusFacts, 'nowMs' | 'gateway' | 'unwritable'>,
  isIdle: boolean,
): string | undefined {
  if (expiresAtMs === undefined || state === 'needs_login') return undefined;
  const verb = expiresAtMs >= nowMs ? 'ends' : 'ended';
  const kept = gateway === undefined || isIdle ? 'can be renewed' : 'renewed by itself';
  const renewable = unwritable === undefined ? kept : 'not renewed until it could be saved';
  const renewed = refreshable ? renewable : 'cannot be renewed: log in again before that';
  return `${verb} ${formatRelative(expiresAtMs, nowMs)} (${formatInstant(expiresAtMs, nowMs)}), ${renewed}`;
}

/** How the last one went, and who does the next; nobody does where nothing uses the login. */
export function describeRefresh(
  record: ProfileRecord,
  status: LoginStatus,
  facts: Pick<StatusFacts, 'nowMs' | 'gateway' | 'unwritable'>,
  isIdle: boolean,
): string | undefined {
  if (record.damaged === true) return undefined;
  const { lastRefresh, intent } = record;
  const ago = (atMs: number): string => formatAgo(atMs, facts.nowMs);
  if (status.state === 'refreshing' && intent !== undefined)
    return `begun ${ago(intent.atMs)} by process ${intent.pid}`;
  const last = lastRefresh === undefined ? undefined : describeLast(record, lastRefresh, ago);
  if (status.state === 'needs_login' || !record.refreshable || isIdle) return last;
  return `${last ?? 'not needed yet'}; ${describeNext(record, facts)}`;
}

function describeLast(
  { savedAtMs, createdAtMs }: ProfileRecord,
  { outcome, atMs }: NonNullable<ProfileRecord['lastRefresh']>,
  ago: (atMs: number) => string,
): string {
  if (outcome === 'refreshed') return `refreshed ${ago(atMs)}`;
  if (outcome === 'dead') return `refused for good ${ago(atMs)}`;
  const worked = savedAtMs > createdAtMs ? `, worked last ${ago(savedAtMs)}` : '';
  return `failed ${ago(atMs)}${worked}`;
}

function describeNext(
  record: ProfileRecord,
  { nowMs, gateway, unwritable }: Pick<StatusFacts, 'nowMs' | 'gateway' | 'unwritable'>,
): string {
  if (unwritable !== undefined) return 'waits until the store can be written';
  const { refreshAtMs } = planExpiry(record, 0);
  const isDue = refreshAtMs <= nowMs;
  if (gateway === undefined) {
    return isDue
      ? `no gateway runs that would renew it: openclaw auth refresh ${cleanText(record.id, 120)}`
      : 'next when a gateway runs: openclaw gateway start';
  }
  const who = `the gateway (process ${gateway.pid})`;
  if (!isDue)
    return refreshAtMs === Infinity
      ? `then by ${who}`
      : `next by ${who} ${formatRelative(refreshAtMs, nowMs)}`;
  return record.lastRefresh?.outcome === 'transient'
    ? `tried again by ${who}, within 5 min or with the next request`
    : `due now, by ${who}`;
}
