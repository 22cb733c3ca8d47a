// With what a provider's models are opened: a login, a stored key, a key of the configuration or the environment, or
// nothing at all; which of them goes first for a model, and whether that one cools down. Pure, over what was read already;
// it tells what the resolver of a gateway would do, and lends nothing.
import { keyProfileId } from '../auth/candidates.ts';
import { activeOf } from '../auth/cooldown.ts';
import { orderProfiles } from '../auth/order.ts';
import { describeLogin } from '../auth/status.ts';
import type { LoadedConfig } from '../config/load.ts';
import { cleanText } from '../platform/text.ts';
import { ownEntry } from '../providers/address.ts';
import { apiKeyOf, needsNoLogin } from '../providers/api-key.ts';
import type { ActivitySnapshot, StoredCooldown } from '../store/activity-store.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import { keyPlace, type KeyPlace } from './key-place.ts';

export type AuthKind = 'login' | 'token' | 'key' | 'open';

export type ModelAuth = {
  /** Of what is used first; `none`: there is nothing. */
  readonly kind: AuthKind | 'none';
  /** `ended`: there are logins, and each needs a new one. `left_out`: there are some, and an explicit order has none. */
  readonly state: 'ready' | 'cooling' | 'ended' | 'left_out' | 'none';
  /** Of all that may be used, in the order of their use, without repetition. */
  readonly kinds: readonly AuthKind[];
  /** What is used first; of those that have ended, the one to renew. Absent for `open`. */
  readonly profileId?: string;
  /** Of a login that has ended. */
  readonly region?: string;
  /** In which setting or variable its key is, for one that is not stored. */
  readonly keyFrom?: string;
  /** Of what is used first. */
  readonly cooldown?: StoredCooldown;
  /** The service has said of each login that may be used that its plan has no such model. */
  readonly notInPlan?: StoredCooldown;
};

export type AuthFacts = {
  readonly config: Pick<LoadedConfig, 'config' | 'env' | 'raw'>;
  readonly records: readonly ProfileRecord[];
  readonly activity: ActivitySnapshot;
  readonly nowMs: number;
};

export function describeModelAuth(provider: string, modelId: string, facts: AuthFacts): ModelAuth {
  const { config, activity, nowMs } = facts;
  const keyId = keyProfileId(provider);
  const stored = facts.records.filter((record) => record.provider === provider);
  const hasKey = apiKeyOf(provider, config) !== undefined;
  // A login that has the key's name takes its place.
  const ownKey = hasKey && !stored.some(({ id }) => id === keyId) ? [keyRecord(keyId, provider)] : [];
  const cooldownsOf = (id: string): StoredCooldown[] =>
    activeOf(activity.cooldowns, nowMs)
      .filter((row) => row.profileId === id && (row.model === '' || row.model === modelId))
      .sort((a, b) => b.untilMs - a.untilMs);
  const all = [...stored, ...ownKey];
  const used = new Map(activity.uses.map(({ profileId, lastUsedAtMs }) => [profileId, lastUsedAtMs]));
  const { ids } = orderProfiles(
    all,
    activity.orders.get(provider) ?? ownEntry(config.config.auth?.order, provider),
    { lastUsedAtMs: (id) => used.get(id) ?? 0, isCooling: (id) => cooldownsOf(id).length > 0 },
  );
  const inOrder = ids.map((id) => all.find((record) => record.id === id)).filter((one) => one !== undefined);
  const alive = inOrder.filter((record) => describeLogin(record, nowMs).state !== 'needs_login');
  const [first] = alive;
  if (first === undefined) {
    const [ended] = inOrder;
    if (ended !== undefined)
      return {
        kind: kindOf(ended),
        state: 'ended',
        kinds: [kindOf(ended)],
        profileId: ended.id,
        ...(ended.region === undefined ? {} : { region: ended.region }),
      };
    if (all.length > 0) return { kind: 'none', state: 'left_out', kinds: [] };
    if (needsNoLogin(provider, config)) return { kind: 'open', state: 'ready', kinds: ['open'] };
    return { kind: 'none', state: 'none', kinds: [] };
  }
  const cooldown = cooldownsOf(first.id)[0];
  const refusals = alive.map(({ id }) =>
    cooldownsOf(id).find(({ reason }) => reason === 'model_unavailable'),
  );
  const notInPlan = refusals.every((row) => row !== undefined) ? refusals[0] : undefined;
  const keyFrom = ownKey.includes(first) ? nameOf(keyPlace(provider, config)) : undefined;
  return {
    kind: kindOf(first),
    state: cooldown === undefined ? 'ready' : 'cooling',
    kinds: [...new Set(alive.map(kindOf))],
    profileId: first.id,
    ...(keyFrom === undefined ? {} : { keyFrom }),
    ...(cooldown === undefined ? {} : { cooldown }),
    ...(notInPlan === undefined ? {} : { notInPlan }),
  };
}

/** The short word of a table: `login`, `login+key`, `open`, `login ended`, `-`. */
export function authWord({ state, kinds, kind }: ModelAuth): string {
  if (state === 'ended') return `${kind} ended`;
  if (state === 'left_out') return 'left out';
  return kinds.length === 0 ? '-' : kinds.join('+');
}

export function isServedWith({ state }: ModelAuth): boolean {
  return state === 'ready' || state === 'cooling';
}

/** A cooldown passes by itself; a plan without the model does not. */
export function mayServe(auth: ModelAuth): boolean {
  return isServedWith(auth) && auth.notInPlan === undefined;
}

/** In words, after "served": `with the login minimax-portal:default`, `with the key in MINIMAX_API_KEY`. */
export function describeWith({ kind, profileId, keyFrom }: ModelAuth): string {
  if (kind === 'open') return 'without a key';
  if (keyFrom !== undefined) return `with the ${kind} in ${keyFrom}`;
  return profileId === undefined ? 'by nothing' : `with the ${kind} ${cleanText(profileId, 120)}`;
}

function kindOf({ type }: Pick<ProfileRecord, 'type'>): AuthKind {
  if (type === 'api_key') return 'key';
  return type === 'oauth' ? 'login' : 'token';
}

function keyRecord(id: string, provider: string): ProfileRecord {
  return { id, provider, type: 'api_key', generation: 0, createdAtMs: 0, savedAtMs: 0, refreshable: false };
}

function nameOf(place: KeyPlace | undefined): string | undefined {
  return place?.kind === 'config' ? place.path : place?.name;
}
