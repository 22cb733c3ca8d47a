// Chance that is always the same: counts up for bytes and uuids, one fixed fraction.
import type { Random } from '../../src/platform/random.ts';

export function createFakeRandom(fraction = 0.5): Random {
  let count = 0;
  return {
    bytes: (length) => Buffer.alloc(length, (count += 1)),
    uuid: () => `00000000-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
    fraction: () => fraction,
  };
}
