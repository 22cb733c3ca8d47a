// The logins and keys that a provider's requests may be served with, in order, and what to say when none of them may.
// The order is order.ts's, cooldowns are profile-use.ts's; the resolver hands out the one that was chosen.
import { OpenClawError } from '../errors.ts';
import type { ModelApi } from '../plugin-sdk/index.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import type { CooldownReason } from './cooldown.ts';
import { createLender, type LeaseEntry, type Lender } from './lease-entry.ts';
import { orderProfiles, rankOfType } from './order.ts';
import type { Hold, ProfileUse, ProfileUses, Trial } from './profile-use.ts';
import { deadLogin } from './refresh.ts';
import type { Lease, LeaseOutcome } from './lease.ts';

export type KeyProvider = {
  provider: string;
  baseUrl: string;
  /** By model, for those that are served elsewhere. */
  baseUrls?: Readonly<Partial<Record<ModelApi, string>>>;
  headers: Readonly<Record<string, string>>;
  /** As of a lease. */
  ifRefused?: string;
};

export type Candidate = {
  /** Kinds in their order; those that are as good as lost come last. */
  readonly rank: number;
  readonly use: ProfileUse;
  readonly leaseFor: Lender;
  /** undefined for a key of the configuration or the environment. */
  readonly login: LeaseEntry | undefined;
};

export type Candidates = { readonly list: readonly Candidate[]; readonly isExplicit: boolean };

const lostRank = 9;

/** `<provider>:key`, the name under which a key of the configuration or the environment is used and ordered. */
export function keyProfileId(provider: string): string {
  return `${provider}:key`;
}

/** `generation` tells it from a former key of the provider. */
export function createKeyCandidate(
  key: KeyProvider,
  generation: number,
  uses: ProfileUses,
  onReport: (use: ProfileUse, model: string, outcome: LeaseOutcome, trial: Trial | undefined) => void,
): Candidate {
  const profileId = keyProfileId(key.provider);
  const use = uses.of(profileId);
  const { provider, headers, ifRefused } = key;
  const baseUrl = key.baseUrl.replace(/\/+$/, '');
  const said = {
    ...(ifRefused === undefined ? {} : { ifRefused }),
    ...(key.baseUrls === undefined ? {} : { baseUrls: key.baseUrls }),
  };
  const lent = { profileId, provider, baseUrl, headers, generation, ...said };
  return {
    rank: rankOfType.api_key,
    use,
    leaseFor: createLender(lent, (model, outcome, trial) => onReport(use, model, outcome, trial)),
    login: undefined,
  };
}

/** By provider. A login that has a key's name takes its place. */
export function groupCandidates(
  entries: ReadonlyMap<string, LeaseEntry>,
  keys: ReadonlyMap<string, Candidate>,
  explicitOrder: (provider: string) => readonly string[] | undefined,
  uses: ProfileUses,
): Map<string, Candidates> {
  const candidates = new Map<string, Candidate>();
  const records = new Map<string, ProfileRecord[]>();
  const add = (record: ProfileRecord, candidate: Candidate): void => {
    candidates.set(record.id, candidate);
    const known = records.get(record.provider);
    if (known === undefined) records.set(record.provider, [record]);
    else known.push(record);
  };
  for (const login of entries.values()) {
    const { record } = login.stored;
    const isLost = record.dead !== undefined || record.damaged === true;
    const rank = isLost ? lostRank : rankOfType[record.type];
    add(record, { rank, use: uses.of(record.id), leaseFor: login.leaseFor, login });
  }
  for (const [provider, candidate] of keys) {
    const id = keyProfileId(provider);
    if (!candidates.has(id)) add(keyRecord(id, provider), candidate);
  }
  const grouped = new Map<string, Candidates>();
  for (const [provider, own] of records) {
    const order = explicitOrder(provider);
    const { ids } = orderProfiles(own, order);
    const list = ids.map((id) => candidates.get(id)).filter((candidate) => candidate !== undefined);
    grouped.set(provider, { list, isExplicit: order !== undefined });
  }
  return grouped;
}

function keyRecord(id: string, provider: string): ProfileRecord {
  return { id, provider, type: 'api_key', generation: 0, createdAtMs: 0, savedAtMs: 0, refreshable: false };
}

/** Why no request can be served with it until somebody logs in anew; undefined: it can, at once or after a refresh. */
export function lossOf({ login }: Pick<Candidate, 'login'>, nowMs: number): string | undefined {
  if (login === undefined) return undefined;
  const { record } = login.stored;
  if (record.dead !== undefined) return record.dead.reason;
  if (record.refreshable || nowMs < login.expiry.unusableAtMs) return undefined;
  return 'its access token has expired and it has no refresh token.';
}

const words: Readonly<Record<CooldownReason, string>> = {
  rate_limit: 'too many requests',
  overloaded: 'the service is overloaded',
  server_error: 'an error of the service',
  timeout: 'the service did not answer',
  unreachable: 'the service was not reached',
  quota: 'the plan is used up',
  billing: 'the balance is used up',
  auth: 'the login was refused',
  model_unavailable: 'the model is not in the plan',
};

/** In words, for people; a name that is not known stays as it is. */
export function describeCooldownReason(reason: string): string {
  return (words as Readonly<Record<string, string>>)[reason] ?? reason;
}

const limits: ReadonlySet<string> = new Set(['rate_limit', 'quota']);
/** The upstream has said how it is, and would say it again: asking costs something, or makes it longer. */
const told: ReadonlySet<CooldownReason> = new Set(['rate_limit', 'quota', 'billing']);

/**
 * Where every login cools down: the one that will be back first, of those whose trouble may have passed without a word.
 * A guess of half a minute is no reason to refuse a request that has nowhere else to go.
 */
export function leastCooling(
  { list }: Candidates,
  model: string,
  exclude: ReadonlySet<string> | undefined,
  uses: ProfileUses,
  nowMs: number,
): Candidate | undefined {
  let best: { candidate: Candidate; waitMs: number } | undefined;
  for (const candidate of list) {
    const { use } = candidate;
    if (exclude?.has(use.profileId) === true || lossOf(candidate, nowMs) !== undefined) continue;
    const holds = uses.holds(use, model, nowMs);
    if (holds.some(({ reason }) => told.has(reason))) continue;
    const waitMs = longest(holds)?.waitMs ?? 0;
    if (best === undefined || waitMs < best.waitMs) best = { candidate, waitMs };
  }
  return best?.candidate;
}

function longest(holds: readonly Hold[]): Hold | undefined {
  let found: Hold | undefined;
  for (const hold of holds) if (found === undefined || hold.waitMs > found.waitMs) found = hold;
  return found;
}

/** `said`: the provider's own words for it. */
export function noLogin(provider: string, said: string | undefined): OpenClawError {
  return new OpenClawError({
    code: 'NO_PROFILE',
    message: said ?? `There is no login for ${provider}.`,
    data: { provider },
  });
}

/** There are logins, and none of them is one that the explicit order names. */
export function allLeftOut(provider: string, isStored: boolean): OpenClawError {
  return new OpenClawError({
    code: 'NO_PROFILE',
    message: `The order of the logins of ${provider} leaves every one out.`,
    remedy: isStored
      ? 'Use them all again: `openclaw auth order clear {provider}`.'
      : 'See it: `openclaw auth order get {provider}`. It is auth.order.{provider} in openclaw.json: mend it there.',
    data: { provider },
  });
}

/** What `lease` throws when nothing may be used; undefined when there is nothing at all. */
export function noneLeft(
  provider: string,
  { list }: Candidates,
  model: string,
  exclude: ReadonlySet<string> | undefined,
  uses: ProfileUses,
  nowMs: number,
): OpenClawError | undefined {
  let soonest: (Hold & { profileId: string }) | undefined;
  let isCooling = false;
  let isExcluded = false;
  let lost: { profileId: string; reason: string } | undefined;
  for (const candidate of list) {
    const { use } = candidate;
    const reason = lossOf(candidate, nowMs);
    if (reason !== undefined) {
      // One that was just tried is no news: it may be known as dead by now, or only in a moment.
      if (exclude?.has(use.profileId) === true) isExcluded = true;
      else lost ??= { profileId: use.profileId, reason };
      continue;
    }
    const hold = longest(uses.holds(use, model, nowMs));
    if (exclude?.has(use.profileId) === true) isExcluded = true;
    else if (hold !== undefined) isCooling = true;
    if (hold !== undefined && hold.waitMs < (soonest?.waitMs ?? Infinity))
      soonest = { ...hold, profileId: use.profileId };
  }
  const retryAfterMs = soonest?.waitMs;
  if (isCooling && soonest !== undefined) {
    const { reason } = soonest;
    const who = list.length === 1 ? soonest.profileId : `Every login of ${provider}`;
    return new OpenClawError({
      code: 'COOLING_DOWN',
      message: `${who} is cooling down for ${model} (${words[reason]}); the next try is in ${Math.ceil(soonest.waitMs / 1000)} s.`,
      data: { provider, model, reason, retryAfterMs, httpStatus: limits.has(reason) ? 429 : 503 },
    });
  }
  if (isExcluded) {
    return new OpenClawError({
      code: 'NO_PROFILE',
      message: `There is no other login for ${provider}.`,
      data: { provider, excluded: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    });
  }
  return lost === undefined ? undefined : deadLogin(lost.profileId, lost.reason);
}

/** `data.isFresh`: a refresh could renew it, and has just done so in vain. */
export function keyRefused(rejected: Lease, data: { isFresh?: true } = {}): OpenClawError {
  const { host } = new URL(rejected.baseUrl);
  return new OpenClawError({
    code: 'TOKEN_REFUSED',
    message: `${host} refuses the credential of ${rejected.profileId}${data.isFresh === true ? ', also a fresh one' : ''}.`,
    ...(rejected.ifRefused === undefined ? {} : { remedy: rejected.ifRefused }),
    data: { profileId: rejected.profileId, ...data },
  });
}
