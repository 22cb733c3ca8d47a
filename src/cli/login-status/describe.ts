// What follows from the facts, without a clock of its own and without I/O: the state of each login and key, which of them
// serves its provider's requests now and why, and which do not serve at all. The choice is the gateway's: dead ones and
// those whose token is over for good are passed over, those that cool down or cannot be renewed just now come last.
import { keyProfileId } from '../../auth/candidates.ts';
import { orderProfiles, rankOfType, type OrderReason } from '../../auth/order.ts';
import type { ObservedRecord } from '../../auth/running-refresh.ts';
import { checkExitCode, describeLogin, isStuck, type LoginStatus } from '../../auth/status.ts';
import type { StoredCooldown } from '../../store/activity-store.ts';
import type { ProfileRecord } from '../../store/credential-store.ts';
import type { ConfiguredKey, Idle, MissingKey, StatusFacts } from './collect.ts';
import type { KeyOrigin } from './key-origin.ts';

export type Use =
  /** Requests get this one first. `orderFrom`: who has said so. */
  | { readonly kind: 'active'; readonly reason: OrderReason; readonly orderFrom: OrderSource }
  /** It serves when those before it cannot; `inTurn`: it and the first one take turns. */
  | { readonly kind: 'standby'; readonly after: string; readonly inTurn: boolean }
  /** An explicit order does not name it: never used. */
  | { readonly kind: 'left_out'; readonly orderFrom: OrderSource }
  /** Nobody uses the logins of its provider. */
  | { readonly kind: 'idle'; readonly idle: Idle }
  /** Only a new login helps. */
  | { readonly kind: 'ended' };

export type OrderSource = 'stored' | 'config' | 'default';

export type Entry = {
  readonly id: string;
  readonly provider: string;
  /** Absent for a key of the configuration or the environment. */
  readonly record?: ProfileRecord;
  readonly origin?: KeyOrigin;
  readonly status: LoginStatus;
  readonly use: Use;
  /** Those that are active now; the one that ends last first. */
  readonly cooldowns: readonly StoredCooldown[];
  readonly lastUsedAtMs: number | undefined;
};

export type StatusReport = {
  /** Those in use first, the default model's at the top. */
  readonly entries: readonly Entry[];
  /** Of keys that are not there any more. */
  readonly otherCooldowns: readonly StoredCooldown[];
  /** The default model's provider, when nothing can serve it. */
  readonly unserved: string | undefined;
  readonly missingKeys: readonly MissingKey[];
  readonly check: 0 | 1 | 2;
};

type Candidate = Omit<Entry, 'use'> & {
  readonly type: ProfileRecord['type'];
  readonly forOrder: ProfileRecord;
  /** A key that the gateway which runs has not. */
  readonly isLacking?: boolean;
};

export function describeStatus(facts: StatusFacts): StatusReport {
  const { activity, primary } = facts;
  const candidates = [
    ...facts.logins.map((login) => ofLogin(facts, login)),
    ...[...facts.keys, ...keysElsewhere(facts)].flatMap((key) => ofKey(facts, key)),
  ];
  const providers = [...new Set(candidates.map(({ provider }) => provider))];
  const entries = providers.flatMap((provider) => {
    const own = candidates.filter((candidate) => candidate.provider === provider);
    return placeAll(facts, provider, own, coolingNow(facts, provider));
  });
  const lasting = providers.flatMap((provider) => {
    const own = candidates.filter((candidate) => candidate.provider === provider);
    // Cooldowns pass by themselves, and turns change: they are no matter for --check.
    return placeAll({ ...facts, activity: { ...activity, uses: [] } }, provider, own, () => false);
  });
  const inUse = lasting.filter(({ use }) => use.kind === 'active').map(({ status }) => status);
  const isServed = (provider: string): boolean =>
    entries.some((entry) => entry.provider === provider && entry.use.kind === 'active');
  const unserved = primary === undefined || isServed(primary.provider) ? undefined : primary.provider;
  // A provider with nothing but logins that have ended is in use, and asks for a new login. So does one whose plugin was
  // enabled and does not work ask to be mended.
  const isBroken = ({ use }: Entry): boolean =>
    use.kind === 'ended' || (use.kind === 'idle' && use.idle.kind === 'plugin_failed');
  const broken = providers.filter(
    (provider) =>
      !isServed(provider) && entries.some((entry) => entry.provider === provider && isBroken(entry)),
  );
  const isShut =
    isStoreShut(facts) && entries.some(({ use, record }) => use.kind === 'active' && record !== undefined);
  const isLost = unserved !== undefined || broken.length > 0 || isShut || cannotStart(facts);
  const check = isLost ? 1 : checkExitCode(inUse);
  const ids = new Set(entries.map(({ id }) => id));
  return {
    entries: entries.sort((a, b) => rankOf(a, primary?.provider) - rankOf(b, primary?.provider)),
    otherCooldowns: activity.cooldowns.filter(
      ({ profileId }) => profileId.endsWith(':key') && !ids.has(profileId),
    ),
    unserved,
    missingKeys: facts.missingKeys.filter(({ provider }) => !isServed(provider)),
    check,
  };
}

/** Nobody can open the logins. A gateway that runs has opened them, by a key that only it may be given. */
export function isStoreShut({
  missingKeyFile,
  gateway,
}: Pick<StatusFacts, 'missingKeyFile' | 'gateway'>): boolean {
  return missingKeyFile !== undefined && gateway === undefined;
}

/** No gateway serves, and with this configuration none will. One that runs goes on with the last good one. */
export function cannotStart({
  isConfigBroken,
  gateway,
}: Pick<StatusFacts, 'isConfigBroken' | 'gateway'>): boolean {
  return isConfigBroken && gateway === undefined;
}

function ofLogin(
  { activity, nowMs, unwritable }: StatusFacts,
  { record, isRefreshing }: ObservedRecord,
): Candidate {
  const described = describeLogin(record, nowMs, isRefreshing);
  // No refresh token is spent where the next one could not be kept.
  const ends = unwritable !== undefined && record.expiresAtMs !== undefined;
  const status: LoginStatus = ends ? { ...described, endsForGood: true } : described;
  const { id, provider, type } = record;
  // For the order a token that is over for good is as good as dead.
  const isOver = status.state === 'needs_login' && record.dead === undefined;
  const forOrder = isOver ? { ...record, dead: { atMs: nowMs, reason: '' } } : record;
  return { id, provider, record, type, status, forOrder, ...activityOf(activity, id) };
}

function ofKey({ activity, logins, gateway }: StatusFacts, { provider, origin }: ConfiguredKey): Candidate[] {
  const id = keyProfileId(provider);
  // A login that has the key's name takes its place.
  if (logins.some(({ record }) => record.id === id)) return [];
  const type = 'api_key';
  const forOrder = {
    id,
    provider,
    type,
    generation: 0,
    createdAtMs: 0,
    savedAtMs: 0,
    refreshable: false,
  } as const;
  // Requests are served with what the gateway has.
  const isLacking = gateway?.keyProviders?.includes(provider) === false;
  const status: LoginStatus = { state: 'ok' };
  return [
    {
      id,
      provider,
      origin,
      type,
      status,
      forOrder,
      ...activityOf(activity, id),
      ...(isLacking ? { isLacking } : {}),
    },
  ];
}

/** Of the gateway alone: another shell has started it. */
function keysElsewhere({ keys, gateway }: StatusFacts): ConfiguredKey[] {
  const known = new Set(keys.map(({ provider }) => provider));
  return (gateway?.keyProviders ?? [])
    .filter((provider) => !known.has(provider))
    .map((provider) => ({ provider, origin: { kind: 'gateway' } }));
}

function activityOf(
  { cooldowns, uses }: StatusFacts['activity'],
  id: string,
): Pick<Entry, 'cooldowns' | 'lastUsedAtMs'> {
  return {
    cooldowns: cooldowns.filter((row) => row.profileId === id).sort((a, b) => b.untilMs - a.untilMs),
    lastUsedAtMs: uses.find(({ profileId }) => profileId === id)?.lastUsedAtMs,
  };
}

/** For the default model where it is one of this provider; else whatever it cools down for, but for a missing model. */
function coolingNow({ primary, nowMs }: StatusFacts, provider: string): (candidate: Candidate) => boolean {
  const modelId = primary?.provider === provider ? primary.modelId : undefined;
  return ({ cooldowns, record }) =>
    (record !== undefined && isStuck(record, nowMs)) ||
    cooldowns.some(({ model, reason }) =>
      modelId === undefined ? reason !== 'model_unavailable' : model === '' || model === modelId,
    );
}

function placeAll(
  facts: StatusFacts,
  provider: string,
  own: readonly Candidate[],
  isCooling: (candidate: Candidate) => boolean,
): Entry[] {
  const idle = facts.idle.get(provider);
  const byId = new Map(own.map((candidate) => [candidate.id, candidate]));
  const used = new Map(facts.activity.uses.map(({ profileId, lastUsedAtMs }) => [profileId, lastUsedAtMs]));
  const [order, orderFrom] = explicitOrder(facts, provider);
  // Keys of the configuration are used all the same where the plugin of the logins is off.
  const usable = own.filter(
    ({ record, isLacking }) => isLacking !== true && (idle === undefined || record === undefined),
  );
  const { ids, reason } = orderProfiles(
    usable.map(({ forOrder }) => forOrder),
    order,
    {
      lastUsedAtMs: (id) => used.get(id) ?? 0,
      isCooling: (id) => {
        const candidate = byId.get(id);
        return candidate !== undefined && isCooling(candidate);
      },
    },
  );
  const hasEnded = ({ status }: Candidate): boolean => status.state === 'needs_login';
  const inOrder = ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  const alive = inOrder.filter((candidate) => !hasEnded(candidate));
  const [first] = alive;
  const useOf = (candidate: Candidate): Use => {
    if (candidate.isLacking === true) return { kind: 'idle', idle: { kind: 'not_in_gateway' } };
    if (!usable.includes(candidate) && idle !== undefined) return { kind: 'idle', idle };
    if (!inOrder.includes(candidate)) return { kind: 'left_out', orderFrom };
    if (hasEnded(candidate)) return { kind: 'ended' };
    if (candidate === first || first === undefined) return { kind: 'active', reason, orderFrom };
    const inTurn =
      order === undefined &&
      rankOfType[candidate.type] === rankOfType[first.type] &&
      !isCooling(candidate) &&
      !isCooling(first);
    const before = alive[alive.indexOf(candidate) - 1];
    return { kind: 'standby', after: (inTurn ? first : (before ?? first)).id, inTurn };
  };
  return [...inOrder, ...own.filter((candidate) => !inOrder.includes(candidate))].map((candidate) => {
    const { type: _type, forOrder: _forOrder, isLacking: _isLacking, ...entry } = candidate;
    return { ...entry, use: useOf(candidate) };
  });
}

function explicitOrder(
  { activity, configOrder }: StatusFacts,
  provider: string,
): [readonly string[] | undefined, OrderSource] {
  const stored = activity.orders.get(provider);
  if (stored !== undefined) return [stored, 'stored'];
  const written = Object.hasOwn(configOrder, provider) ? configOrder[provider] : undefined;
  return written === undefined ? [undefined, 'default'] : [written, 'config'];
}

const ranks: Readonly<Record<Use['kind'], number>> = {
  active: 0,
  standby: 2,
  ended: 4,
  left_out: 6,
  idle: 8,
};

function rankOf({ use, provider }: Entry, primary: string | undefined): number {
  return ranks[use.kind] + (provider === primary ? 0 : 1);
}
