// Sealing: what opens, and everything that must not.
import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSealer } from '../../src/vault/seal.ts';

const key = Buffer.alloc(32, 7);
const sealer = createSealer(key, 'a1b2', '/state/auth');
const binding = { row: 'profile:minimax-portal:default', version: 3 };
const corrupt = expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error;

describe('a sealed value', () => {
  it('opens to what was sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), fc.nat(), (text, row, version) => {
        expect(sealer.open(sealer.seal(text, { row, version }), { row, version })).toBe(text);
      }),
    );
  });

  it('is 29 bytes longer than its text and different every time', () => {
    const sealed = sealer.seal('token', binding);
    expect(sealed).toHaveLength('token'.length + 29);
    const many = new Set(
      Array.from({ length: 200 }, () => Buffer.from(sealer.seal('token', binding)).toString('hex')),
    );
    expect(many.size).toBe(200);
    expect(Buffer.from(sealed).includes('token')).toBe(false);
  });

  it.each([
    ['another row', sealer, { ...binding, row: 'profile:minimax-portal:cn' }],
    ['another version', sealer, { ...binding, version: 2 }],
    ['another key of the same name', createSealer(Buffer.alloc(32, 8), 'a1b2'), binding],
    ['the same key under another name', createSealer(key, 'a1b3'), binding],
    // A row that spells out the encoding of another binding.
    ['a row with quotes', sealer, { row: `${binding.row}",3`, version: 3 }],
  ])('does not open with %s', (_, opener, otherBinding) => {
    const sealed = sealer.seal('token', binding);
    expect(() => opener.open(sealed, otherBinding)).toThrow(corrupt);
  });

  it('does not open when any one bit of it has changed', () => {
    const sealed = sealer.seal('token', binding);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const broken = Uint8Array.from(sealed);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open(broken, binding)).toThrow(corrupt);
    }
  });

  it('does not open when it was cut or is something else', () => {
    const sealed = sealer.seal('token', binding);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.open(sealed.subarray(0, length), binding)).toThrow(corrupt);
    }
    expect(() => sealer.open(randomBytes(64), binding)).toThrow(corrupt);
  });

  it('names the row and the place to restore, and nothing secret, when it does not open', () => {
    const sealed = sealer.seal('token', binding);
    try {
      sealer.open(sealed.subarray(1), binding);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ data: { row: binding.row, version: 3, place: '/state/auth' } });
      expect(String(error)).toContain(binding.row);
      expect(JSON.stringify(error)).not.toContain('token');
    }
  });

  it('takes keys of 32 bytes only', () => {
    expect(() => createSealer(Buffer.alloc(31), 'a1b2')).toThrow(RangeError);
  });
});
