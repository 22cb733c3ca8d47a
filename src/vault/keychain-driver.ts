// Which add-on talks to the OS keychain: the one that is installed with this program, or the one that a person named in
// OPENCLAW_KEYCHAIN_DRIVER. What each of them does for an item is decided in the helper process.
import { OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { cleanText } from '../platform/text.ts';

/** In the order in which they are looked for. */
export const keychainDrivers = ['napi-keyring', 'keytar'] as const;

export type KeychainDriverName = (typeof keychainDrivers)[number];

/** The npm package behind a driver, as it is installed. */
export const driverPackages: Readonly<Record<KeychainDriverName, string>> = {
  'napi-keyring': '@napi-rs/keyring@2.1.2',
  keytar: 'keytar@7.9.0',
};

/** Throws USAGE for a name that there is not. */
export function chooseKeychainDriver(env: Env): KeychainDriverName {
  const wanted = env['OPENCLAW_KEYCHAIN_DRIVER'] ?? '';
  if (wanted === '') return 'napi-keyring';
  const found = keychainDrivers.find((name) => name === wanted);
  if (found !== undefined) return found;
  throw new OpenClawError({
    code: 'USAGE',
    message: `OPENCLAW_KEYCHAIN_DRIVER does not know "${cleanText(wanted, 60)}": it is one of ${keychainDrivers.join(', ')}`,
    remedy: `Unset OPENCLAW_KEYCHAIN_DRIVER, or set it to one of ${keychainDrivers.join(', ')}.`,
  });
}
