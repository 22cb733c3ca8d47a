// What a bench is to the runner: something that measures, and gives back tables and how its figures stand to their
// targets. Ratios are taken within one run, because absolute figures are the machine's.

export type BenchOptions = {
  /** Fewer and shorter rounds: shows that everything runs, and the ratios roughly. */
  quick: boolean;
  /** Path of the built program's entry, in a folder of its own that holds the package as it is published. */
  program(): string;
};

export type BenchTable = {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  notes?: readonly string[];
};

/** `isMet` undefined: it could not be measured, and `measured` says why. */
export type Target = { figure: string; measured: string; target: string; isMet: boolean | undefined };

export type BenchReport = { tables: readonly BenchTable[]; targets: readonly Target[] };

export type BenchEntry = {
  name: string;
  run(options: BenchOptions): Promise<BenchReport>;
};

/** NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export type Bound = { atLeast: number } | { atMost: number };

/** A target for one number; `unit` is written behind both figures. NaN was not measured. */
export function target(figure: string, value: number, bound: Bound, unit: string, digits = 2): Target {
  const isLow = 'atLeast' in bound;
  const limit = isLow ? bound.atLeast : bound.atMost;
  const isMet = Number.isNaN(value) ? undefined : isLow ? value >= limit : value <= limit;
  return {
    figure,
    measured: isMet === undefined ? 'not measured' : `${value.toFixed(digits)}${unit}`,
    target: `${isLow ? '≥' : '≤'} ${limit}${unit}`,
    isMet,
  };
}
