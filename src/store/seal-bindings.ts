// What each sealed column is bound to: bytes put back from an older generation, or into another row, do not open.
import type { SealBinding } from '../vault/seal.ts';

export function profileBinding(id: string, generation: number): SealBinding {
  return { row: `profile:${id}`, version: generation };
}

export function secretBinding(name: string): SealBinding {
  return { row: `secret:${name}`, version: 1 };
}

/** The constant that tells the right key from another. */
export const checkText = 'openclaw';
export const checkBinding: SealBinding = { row: 'key-check', version: 1 };
