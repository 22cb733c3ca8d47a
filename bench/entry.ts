// What a bench is to the runner: something that measures and gives back a table. Ratios are taken within one run,
// because absolute figures are the machine's.

export type BenchOptions = { quick: boolean };

export type BenchTable = {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  notes?: readonly string[];
};

export type BenchEntry = {
  name: string;
  run(options: BenchOptions): Promise<BenchTable>;
};

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
