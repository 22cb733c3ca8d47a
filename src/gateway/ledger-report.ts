// The ledger's rows as a person asks for them: since when, and by model, day or login. Pure.
import { addCounts, emptyCounts, hourMs, type LedgerCounts, type LedgerRow } from './ledger-table.ts';

export const groupings = ['model', 'day', 'profile'] as const;
export type Grouping = (typeof groupings)[number];

export type LedgerGroup = LedgerCounts & { readonly name: string };

export type LedgerReport = {
  /** The beginning of the first hour that counts. */
  readonly sinceMs: number;
  readonly groups: readonly LedgerGroup[];
  readonly total: LedgerCounts;
};

/** Days in their order (UTC), models and logins by cost, then by tokens. */
export function reportUsage(rows: readonly LedgerRow[], by: Grouping, sinceMs: number): LedgerReport {
  const groups = new Map<string, LedgerGroup>();
  const total = emptyCounts();
  for (const row of rows) {
    const name = nameOf(row, by);
    let group = groups.get(name);
    if (group === undefined) groups.set(name, (group = { name, ...emptyCounts() }));
    addCounts(group, row);
    addCounts(total, row);
  }
  const order = by === 'day' ? byName : byWeight;
  return { sinceMs: sinceMs - (sinceMs % hourMs), groups: [...groups.values()].sort(order), total };
}

function nameOf(row: LedgerRow, by: Grouping): string {
  if (by === 'model') return row.model;
  return by === 'profile' ? row.profileId : new Date(row.hourAtMs).toISOString().slice(0, 10);
}

function byName(left: LedgerGroup, right: LedgerGroup): number {
  return left.name < right.name ? -1 : 1;
}

function byWeight(left: LedgerGroup, right: LedgerGroup): number {
  return right.costNanoUsd - left.costNanoUsd || tokensOf(right) - tokensOf(left) || byName(left, right);
}

function tokensOf(counts: LedgerCounts): number {
  return counts.input + counts.output + counts.cacheRead + counts.cacheWrite;
}
