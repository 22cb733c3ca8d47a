// A login as the resolver keeps it in memory: what is stored, its leases, built once, and what happened with it here.
import type { RuntimeAuth } from '../plugin-sdk/index.ts';
import type { StoredProfile } from '../store/credential-store.ts';
import { planExpiry, type Expiry } from './expiry.ts';
import type { Lease, LeaseOutcome } from './lease.ts';
import type { Trial } from './profile-use.ts';

/**
 * The lease for a model: the same object each time, so that what a request reports is known to be of that model. A trial
 * has one of its own, so that no other request's end counts as its.
 */
export type Lender = (model: string, trial?: Trial) => Lease;

/** How an attempt went, and which trial it was. */
export type OnReport = (model: string, outcome: LeaseOutcome, trial: Trial | undefined) => void;

/** How a credential is used. */
export type PreparedAuth = RuntimeAuth & {
  /** As of a lease. */
  readonly ifRefused?: string;
};

/** What a lease says of the credential, whatever the model. */
export type LentCredential = Omit<Lease, 'report'>;

export type LeaseEntry = {
  /** The record may be read anew; the credential is the one that the leases were made of. */
  stored: StoredProfile;
  readonly expiry: Expiry;
  readonly lent: LentCredential;
  readonly leaseFor: Lender;
  refreshing: boolean;
  /** Handed out since it came. */
  used: boolean;
  /** When it was last asked for and could not be used any more; monotonic. */
  missedAtMs: number;
  /** Lives for less than a minute: kept fresh only while it is used. */
  readonly shortLived: boolean;
};

const shortLifeMs = 60_000;
/** Models come from a catalogue; what made this many has none. */
const mostModels = 1_000;

export function createLender(lent: LentCredential, onReport: OnReport): Lender {
  const leases = new Map<string, Lease>();
  const make = (model: string, trial?: Trial): Lease => ({
    ...lent,
    report: (outcome) => onReport(model, outcome, trial),
  });
  return (model, trial) => {
    if (trial !== undefined) return make(model, trial);
    const known = leases.get(model);
    if (known !== undefined) return known;
    if (leases.size >= mostModels) leases.clear();
    const lease = make(model);
    leases.set(model, lease);
    return lease;
  };
}

/** `fraction` in [0, 1) spreads the refreshes of several programs. undefined when the provider names no address. */
export function createEntry(
  stored: StoredProfile,
  auth: PreparedAuth | undefined,
  fraction: number,
  onReport: OnReport,
): LeaseEntry | undefined {
  if (auth?.baseUrl === undefined) return undefined;
  const { record } = stored;
  const lent: LentCredential = {
    profileId: record.id,
    provider: record.provider,
    baseUrl: auth.baseUrl.replace(/\/+$/, ''),
    ...(auth.baseUrls === undefined ? {} : { baseUrls: auth.baseUrls }),
    headers: auth.headers ?? { authorization: `Bearer ${auth.apiKey}` },
    generation: record.generation,
    ...(auth.ifRefused === undefined ? {} : { ifRefused: auth.ifRefused }),
  };
  return {
    stored,
    expiry: planExpiry(record, fraction),
    lent,
    leaseFor: createLender(lent, onReport),
    refreshing: false,
    used: false,
    missedAtMs: -Infinity,
    shortLived: (record.expiresAtMs ?? Infinity) - (record.issuedAtMs ?? record.savedAtMs) < shortLifeMs,
  };
}
