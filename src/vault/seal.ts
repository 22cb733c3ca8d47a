// Seals small texts with AES-256-GCM (NIST SP 800-38D). What is sealed is bound to its row, that row's version and the
// key's name: bytes moved to another row, or put back from an older version, do not open.
// Where the key comes from and where the bytes are kept is decided elsewhere.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { keyLength } from './key-record.ts';

export type SealBinding = {
  /** Names the row among all that one key seals: `profile:minimax-portal:default`. */
  readonly row: string;
  readonly version: number;
};

export type Sealer = {
  readonly keyId: string;
  /** Format byte, nonce (12), ciphertext, tag (16). Two calls never give the same bytes. */
  seal(plaintext: string, binding: SealBinding): Uint8Array;
  /** Throws STORE_CORRUPT naming the row when these are not the bytes that this key sealed under this binding. */
  open(sealed: Uint8Array, binding: SealBinding): string;
};

const formatByte = 1;
const nonceLength = 12;
const tagLength = 16;
const cipherName = 'aes-256-gcm';

/** `place` is what a person would restore from a backup: it fills the remedy of STORE_CORRUPT. */
export function createSealer(key: Buffer, keyId: string, place?: string): Sealer {
  if (key.length !== keyLength)
    throw new RangeError(`A sealing key has ${keyLength} bytes, not ${key.length}`);

  return {
    keyId,
    seal(plaintext, binding) {
      // Random nonces are safe far beyond the number of writes a store sees: 2^32 for one key (SP 800-38D, 8.3).
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv(cipherName, key, nonce, { authTagLength: tagLength });
      cipher.setAAD(additionalData(keyId, binding));
      return Buffer.concat([
        Buffer.of(formatByte),
        nonce,
        cipher.update(plaintext, 'utf8'),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },
    open(sealed, binding) {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < 1 + nonceLength + tagLength || bytes[0] !== formatByte) {
        throw brokenSeal(binding, place);
      }
      const nonce = bytes.subarray(1, 1 + nonceLength);
      const decipher = createDecipheriv(cipherName, key, nonce, { authTagLength: tagLength });
      decipher.setAAD(additionalData(keyId, binding));
      decipher.setAuthTag(bytes.subarray(bytes.length - tagLength));
      const head = decipher.update(bytes.subarray(1 + nonceLength, bytes.length - tagLength));
      let tail: Buffer;
      try {
        tail = decipher.final();
      } catch {
        throw brokenSeal(binding, place);
      }
      return Buffer.concat([head, tail]).toString('utf8');
    },
  };
}

/** A JSON array: no two bindings share an encoding, whatever characters they hold. */
function additionalData(keyId: string, binding: SealBinding): Buffer {
  return Buffer.from(JSON.stringify(['openclaw sealed', formatByte, keyId, binding.row, binding.version]));
}

function brokenSeal(binding: SealBinding, place: string | undefined): OpenClawError {
  const row = cleanText(binding.row, 120);
  return new OpenClawError({
    code: 'STORE_CORRUPT',
    message: `The sealed value of ${row} (version ${binding.version}) is damaged or was put there by something else`,
    data: { row, version: binding.version, ...(place === undefined ? {} : { place }) },
  });
}
