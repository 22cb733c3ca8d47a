// Chance that can be repeated: which disturbance comes next follows from the seed alone. When it meets a process does
// not, for processes run as they like.

export type SeededRandom = {
  /** Uniform in [0, 1). */
  fraction(): number;
  between(low: number, high: number): number;
  chance(share: number): boolean;
  pick<T>(from: readonly T[]): T | undefined;
};

/** xorshift32 with a mixed seed; good enough for dice, and nothing else. */
export function createSeededRandom(seed: number): SeededRandom {
  let state = (Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ 0xc2b2_ae35) >>> 0 || 1;
  const fraction = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  for (let turn = 0; turn < 8; turn += 1) fraction();
  return {
    fraction,
    between: (low, high) => low + fraction() * (high - low),
    chance: (share) => fraction() < share,
    pick: (from) => from[Math.floor(fraction() * from.length)],
  };
}
