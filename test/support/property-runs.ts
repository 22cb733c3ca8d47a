// How often a property is tried: quick in the suite, longer where somebody asks for it with OPENCLAW_TEST_RUNS=<factor>.

export function propertyRuns(usual: number): number {
  const factor = Number(process.env['OPENCLAW_TEST_RUNS'] ?? 1);
  return Math.max(1, Math.round(usual * (Number.isFinite(factor) ? factor : 1)));
}

/** Room for the runs that were asked for. */
export function propertyTimeoutMs(usualMs: number): number {
  return Math.max(usualMs, propertyRuns(usualMs));
}
