// Arithmetic on spans of time.

export type Interval = { readonly fromMs: number; readonly toMs: number };

/** Sorted, and none touching another. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: { fromMs: number; toMs: number }[] = [];
  const sorted = intervals.filter(({ fromMs, toMs }) => toMs > fromMs).sort((a, b) => a.fromMs - b.fromMs);
  for (const { fromMs, toMs } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
}

/** How much of `span` is in none of `excluded`. */
export function lengthOutside(span: Interval, excluded: readonly Interval[]): number {
  const inside = union(
    excluded.map(({ fromMs, toMs }) => ({
      fromMs: Math.max(fromMs, span.fromMs),
      toMs: Math.min(toMs, span.toMs),
    })),
  );
  return inside.reduce((left, { fromMs, toMs }) => left - (toMs - fromMs), span.toMs - span.fromMs);
}
