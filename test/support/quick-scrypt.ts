// node:crypto for tests that derive keys from passphrases many times, all in their own process: scrypt as it is, with a
// cost that takes no time. What the real cost gives is seen by the tests of passphrase.ts and of the program.
import type * as Crypto from 'node:crypto';
import type { ScryptOptions } from 'node:crypto';

export function withQuickScrypt<Module extends typeof Crypto>(crypto: Module): Module {
  const scrypt = (
    password: string,
    salt: Buffer,
    length: number,
    options: ScryptOptions,
    done: (error: Error | null, key: Buffer) => void,
  ): void => crypto.scrypt(password, salt, length, { ...options, N: 2 ** 10 }, done);
  return { ...crypto, scrypt };
}
