// The rung of a passphrase: how it is read from a file, and how it becomes the key. The parameters are kept with the
// store, in the PHC string format, so that a later version can raise them for new stores.
// Who is asked, and how often, is decided by the caller.
import { scrypt } from 'node:crypto';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { keyFileInvalid, readPrivateFile } from './key-file.ts';
import { keyLength } from './key-record.ts';

/** Asks a person; rejects with INTERRUPTED. `new` is asked twice by whoever implements it. */
export type AskPassphrase = (request: PassphraseRequest) => Promise<string>;

export type PassphraseRequest = {
  readonly purpose: 'new' | 'open';
  /** What stands in the way of something better, for a passphrase that was not asked for by name. */
  readonly reason?: string;
  /** The last answer was wrong. */
  readonly again?: boolean;
};

const cost = { log2N: 17, r: 8, p: 1 };
/** Shorter ones are guessed (NIST SP 800-63B, 5.1.1). */
const shortest = 8;
const saltLength = 16;
/** 2^20 needs 1 GiB: a store that asks for more was not written by this program. */
const largestLog2N = 20;

/** `$scrypt$ln=17,r=8,p=1$<salt>`: needs 128 MiB and about half a second. */
export function newDerivation(randomBytes: (length: number) => Buffer): string {
  const { log2N, r, p } = cost;
  return `$scrypt$ln=${log2N},r=${r},p=${p}$${randomBytes(saltLength).toString('base64').replace(/=+$/, '')}`;
}

/** The same passphrase typed on two keyboards is the same key: NFC, as RFC 8265 has it for passwords. */
export function deriveKey(passphrase: string, derivation: string, place: string): Promise<Buffer> {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})$/.exec(derivation);
  const [log2N, r, p] = [Number(match?.[1]), Number(match?.[2]), Number(match?.[3])];
  if (match === null || log2N < 10 || log2N > largestLog2N || r < 1 || r > 16 || p < 1 || p > 4) {
    const error = new OpenClawError({
      code: 'STORE_CORRUPT',
      message: 'The store does not say how its passphrase becomes the key',
      data: { place: cleanText(place, 300) },
    });
    return Promise.reject(error);
  }
  const options = { N: 2 ** log2N, r, p, maxmem: 256 * r * 2 ** log2N };
  const salt = Buffer.from(match[4] ?? '', 'base64');
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, keyLength, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** Why this should not be the passphrase of a new store, or undefined. */
export function passphraseFault(passphrase: string): string | undefined {
  return Array.from(passphrase).length < shortest
    ? `is shorter than ${shortest} characters, and can be guessed`
    : undefined;
}

/** The first line of the file. Throws KEY_FILE_INVALID; undefined when there is no file. */
export function readPassphraseFile(path: string): string | undefined {
  const content = readPrivateFile(path, 'passphrase file');
  if (content === undefined) return undefined;
  const text = content.toString('utf8');
  const line = text.split(/\r?\n/, 1)[0] ?? '';
  const remedy = 'Put the passphrase in the first line of {place}.';
  if (text.includes('\uFFFD')) throw keyFileInvalid(path, 'is not UTF-8 text', remedy, 'passphrase file');
  if (line === '') throw keyFileInvalid(path, 'has an empty first line', remedy, 'passphrase file');
  return line;
}
