// Which of a provider's logins is used first, and why: a pure decision.
import type { ProfileRecord } from '../store/credential-store.ts';

export type OrderReason = 'explicit order' | 'only login' | 'oauth before other kinds' | 'first by name';

export type OrderedProfiles = { readonly ids: readonly string[]; readonly reason: OrderReason };

const rank: Record<ProfileRecord['type'], number> = { oauth: 0, token: 1, api_key: 2 };

/** A login left out of an explicit order is never used. Dead and damaged ones come last: the first of them names the trouble. */
export function orderProfiles(
  profiles: readonly ProfileRecord[],
  explicitOrder: readonly string[] | undefined,
): OrderedProfiles {
  if (explicitOrder !== undefined) {
    const byId = new Map(profiles.map((profile) => [profile.id, profile]));
    const named = explicitOrder.map((id) => byId.get(id)).filter((profile) => profile !== undefined);
    return { ids: deadLast(named), reason: 'explicit order' };
  }
  const sorted = [...profiles].sort((a, b) => rank[a.type] - rank[b.type] || compare(a.id, b.id));
  const kinds = new Set(profiles.map((profile) => profile.type));
  const several: OrderReason = kinds.size > 1 ? 'oauth before other kinds' : 'first by name';
  return { ids: deadLast(sorted), reason: profiles.length === 1 ? 'only login' : several };
}

function deadLast(profiles: readonly ProfileRecord[]): string[] {
  const isLost = ({ dead, damaged }: ProfileRecord): boolean => dead !== undefined || damaged === true;
  const alive = profiles.filter((profile) => !isLost(profile));
  return [...alive, ...profiles.filter(isLost)].map((profile) => profile.id);
}

/** `…:default` before all other names, then by code unit. */
function compare(a: string, b: string): number {
  const isDefault = (id: string): number => (id.endsWith(':default') ? 0 : 1);
  if (isDefault(a) !== isDefault(b)) return isDefault(a) - isDefault(b);
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
