// A login as the resolver keeps it in memory: what is stored, its lease, built once, and what happened with it here.
import type { RuntimeAuth } from '../plugin-sdk/index.ts';
import type { StoredProfile } from '../store/credential-store.ts';
import { planExpiry, type Expiry } from './expiry.ts';
import type { Lease } from './lease.ts';
import { orderProfiles } from './order.ts';

export type LeaseEntry = {
  /** The record may be read anew; the credential is the one that the lease was made of. */
  stored: StoredProfile;
  readonly expiry: Expiry;
  readonly lease: Lease;
  refreshing: boolean;
  /** Handed out since it came. */
  used: boolean;
  /** When it was last asked for and could not be used any more; monotonic. */
  missedAtMs: number;
  /** Lives for less than a minute: kept fresh only while it is used. */
  readonly shortLived: boolean;
};

const shortLifeMs = 60_000;

/**
 * `fraction` in [0, 1) spreads the refreshes of several programs. `onAccepted`: an upstream has answered with the lease.
 * undefined when the provider names no address.
 */
export function createEntry(
  stored: StoredProfile,
  auth: RuntimeAuth | undefined,
  fraction: number,
  onAccepted: (profileId: string, generation: number) => void,
): LeaseEntry | undefined {
  if (auth?.baseUrl === undefined) return undefined;
  const { record } = stored;
  return {
    stored,
    expiry: planExpiry(record, fraction),
    lease: {
      profileId: record.id,
      provider: record.provider,
      baseUrl: auth.baseUrl.replace(/\/+$/, ''),
      headers: auth.headers ?? { authorization: `Bearer ${auth.apiKey}` },
      generation: record.generation,
      report: (outcome) => {
        if (outcome.kind === 'ok') onAccepted(record.id, record.generation);
      },
    },
    refreshing: false,
    used: false,
    missedAtMs: -Infinity,
    shortLived: (record.expiresAtMs ?? Infinity) - (record.issuedAtMs ?? record.savedAtMs) < shortLifeMs,
  };
}

/** The entries of each provider, the one to use first. */
export function groupByProvider(
  entries: ReadonlyMap<string, LeaseEntry>,
  explicitOrder: (provider: string) => readonly string[] | undefined,
): Map<string, readonly LeaseEntry[]> {
  const records = [...entries.values()].map(({ stored }) => stored.record);
  const grouped = new Map<string, readonly LeaseEntry[]>();
  for (const provider of new Set(records.map((record) => record.provider))) {
    const own = records.filter((record) => record.provider === provider);
    const { ids } = orderProfiles(own, explicitOrder(provider));
    grouped.set(
      provider,
      ids.map((id) => entries.get(id)).filter((entry) => entry !== undefined),
    );
  }
  return grouped;
}
