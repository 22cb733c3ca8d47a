// Randomness as a port, so that jitter and identifiers can be fixed in a test.
import { randomBytes, randomUUID } from 'node:crypto';

export type Random = {
  bytes(length: number): Buffer;
  uuid(): string;
  /** Uniform in [0, 1): for jitter only, never for secrets. */
  fraction(): number;
};

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
};
