// Which of a provider's logins is used first, and why: pure decisions over what is known of each.
// What is known comes from the store (what it is), and from profile-use.ts (when it was used, whether it cools down).
import type { ProfileRecord } from '../store/credential-store.ts';

export type OrderReason =
  | 'explicit order'
  | 'only login'
  | 'oauth before other kinds'
  | 'first by name'
  | 'least recently used'
  | 'the others are cooling down';

export type OrderedProfiles = { readonly ids: readonly string[]; readonly reason: OrderReason };

/** What happened with a login lately; without it the order is that of kinds and names. */
export type Activity = {
  /** 0: never. */
  lastUsedAtMs(profileId: string): number;
  isCooling(profileId: string): boolean;
};

export const rankOfType: Readonly<Record<ProfileRecord['type'], number>> = { oauth: 0, token: 1, api_key: 2 };

/**
 * A login left out of an explicit order is never used. Those that cool down come after the others, dead and damaged ones
 * last: the first of them names the trouble.
 */
export function orderProfiles(
  profiles: readonly ProfileRecord[],
  explicitOrder: readonly string[] | undefined,
  activity: Activity = unused,
): OrderedProfiles {
  if (explicitOrder !== undefined) {
    const byId = new Map(profiles.map((profile) => [profile.id, profile]));
    const named = explicitOrder.map((id) => byId.get(id)).filter((profile) => profile !== undefined);
    return told(named, named, activity, 'explicit order');
  }
  const byKind = [...profiles].sort((a, b) => rankOfType[a.type] - rankOfType[b.type] || compare(a.id, b.id));
  const sorted = [...byKind].sort(
    (a, b) =>
      rankOfType[a.type] - rankOfType[b.type] || activity.lastUsedAtMs(a.id) - activity.lastUsedAtMs(b.id),
  );
  const kinds = new Set(profiles.map((profile) => profile.type));
  const wasUsed = profiles.some(({ id }) => activity.lastUsedAtMs(id) > 0);
  const several: OrderReason = wasUsed ? 'least recently used' : 'first by name';
  const reason = kinds.size > 1 ? 'oauth before other kinds' : several;
  return told(sorted, byKind, activity, profiles.length === 1 ? 'only login' : reason);
}

/** The least recently used of those that may be used now; of an explicit order the first. undefined: none may. */
export function chooseCandidate<
  Candidate extends { readonly rank: number; readonly use: { readonly lastUsedAtMs: number } },
>(
  candidates: readonly Candidate[],
  isExplicit: boolean,
  mayUse: (candidate: Candidate) => boolean,
): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    // In order of rank: what comes now is of a later kind.
    if (best !== undefined && (isExplicit || candidate.rank > best.rank)) return best;
    if (best !== undefined && candidate.use.lastUsedAtMs >= best.use.lastUsedAtMs) continue;
    if (mayUse(candidate)) best = candidate;
  }
  return best;
}

const unused: Activity = { lastUsedAtMs: () => 0, isCooling: () => false };

const isLost = ({ dead, damaged }: ProfileRecord): boolean => dead !== undefined || damaged === true;

/** `plain`: the order if nothing cooled down or had been used, which tells why the first one is first. */
function told(
  profiles: readonly ProfileRecord[],
  plain: readonly ProfileRecord[],
  activity: Activity,
  reason: OrderReason,
): OrderedProfiles {
  const alive = profiles.filter((profile) => !isLost(profile));
  const isCooling = ({ id }: ProfileRecord): boolean => activity.isCooling(id);
  const warm = alive.filter((profile) => !isCooling(profile));
  const cooling = alive.filter(isCooling);
  const [first] = alive;
  const passedOver = warm.length > 0 && first !== undefined && isCooling(first);
  const sorted = [...warm, ...cooling, ...(reason === 'explicit order' ? profiles : plain).filter(isLost)];
  return {
    ids: sorted.map((profile) => profile.id),
    reason: passedOver ? 'the others are cooling down' : reason,
  };
}

/** `…:default` before all other names, then by code unit. */
function compare(a: string, b: string): number {
  const isDefault = (id: string): number => (id.endsWith(':default') ? 0 : 1);
  if (isDefault(a) !== isDefault(b)) return isDefault(a) - isDefault(b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
