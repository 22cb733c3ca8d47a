// Between a row of the table `logins` and what the rest of the program sees; which parts of a credential are clear.
import { cleanText } from '../platform/text.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { ProfileRecord, RefreshOutcome } from './credential-store.ts';

export type ProfileRow = {
  readonly id: string;
  readonly provider: string;
  readonly type: Credential['type'];
  readonly region: string | null;
  readonly account: string | null;
  readonly generation: number;
  readonly created_at_ms: number;
  readonly saved_at_ms: number;
  readonly issued_at_ms: number | null;
  readonly expires_at_ms: number | null;
  readonly refreshable: 0 | 1;
  readonly refreshed_at_ms: number | null;
  readonly refresh_outcome: RefreshOutcome | null;
  readonly refresh_reason: string | null;
  readonly dead_at_ms: number | null;
  readonly dead_reason: string | null;
  readonly intent_at_ms: number | null;
  readonly intent_pid: number | null;
  readonly sealed: Uint8Array;
  /** See row-checksum.ts. */
  readonly checksum: Uint8Array;
};

/** `newestGeneration`: the newest that this login is known to have had. */
export function recordOf(row: Omit<ProfileRow, 'checksum'>, newestGeneration = 0): ProfileRecord {
  const { generation } = row;
  return {
    id: row.id,
    provider: row.provider,
    type: row.type,
    ...(row.region === null ? {} : { region: row.region }),
    ...(row.account === null ? {} : { account: row.account }),
    generation,
    createdAtMs: row.created_at_ms,
    savedAtMs: row.saved_at_ms,
    ...(row.issued_at_ms === null ? {} : { issuedAtMs: row.issued_at_ms }),
    ...(row.expires_at_ms === null ? {} : { expiresAtMs: row.expires_at_ms }),
    refreshable: row.refreshable === 1,
    ...(row.refreshed_at_ms === null || row.refresh_outcome === null
      ? {}
      : {
          lastRefresh: {
            atMs: row.refreshed_at_ms,
            outcome: row.refresh_outcome,
            ...(row.refresh_reason === null ? {} : { reason: row.refresh_reason }),
          },
        }),
    ...(row.dead_at_ms === null ? {} : { dead: { atMs: row.dead_at_ms, reason: row.dead_reason ?? '' } }),
    ...(row.intent_at_ms === null
      ? {}
      : { intent: { atMs: row.intent_at_ms, pid: row.intent_pid ?? 0, generation } }),
    ...(newestGeneration > generation ? { restored: { newestGeneration } } : {}),
  };
}

/** What is left to say of a row that something else than this program has changed: that it is there. */
export function damagedRecordOf(row: ProfileRow): ProfileRecord {
  return {
    id: row.id,
    provider: row.provider,
    type: row.type,
    generation: row.generation,
    createdAtMs: row.created_at_ms,
    savedAtMs: row.saved_at_ms,
    refreshable: false,
    damaged: true,
  };
}

export type ClearColumns = {
  readonly provider: string;
  readonly type: Credential['type'];
  readonly region: string | null;
  readonly account: string | null;
  readonly issued_at_ms: number | null;
  readonly expires_at_ms: number | null;
  readonly refreshable: 0 | 1;
};

export function clearColumnsOf(credential: Credential): ClearColumns {
  const base = {
    provider: credential.provider,
    type: credential.type,
    region: credential.region ?? null,
    account: null,
    issued_at_ms: null,
    expires_at_ms: null,
    refreshable: 0 as const,
  };
  switch (credential.type) {
    case 'oauth': {
      const account = credential.email ?? credential.accountId;
      return {
        ...base,
        account: account === undefined ? null : cleanText(account),
        issued_at_ms: wholeMs(credential.issuedAt),
        expires_at_ms: wholeMs(credential.expires),
        refreshable: credential.refresh === '' ? 0 : 1,
      };
    }
    case 'token':
      return { ...base, expires_at_ms: wholeMs(credential.expires) };
    case 'api_key':
      return base;
  }
}

/** Integer columns take whole numbers only; an instant that is none says nothing. */
function wholeMs(instantMs: number | undefined): number | null {
  if (instantMs === undefined) return null;
  const whole = Math.trunc(instantMs);
  return Number.isSafeInteger(whole) ? whole : null;
}
