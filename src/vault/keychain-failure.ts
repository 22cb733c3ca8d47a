// Names the failures of the OS keychain. The add-on hands out English sentences without codes, so this is a table of
// the phrases that the three systems use; what matches none is KEYCHAIN_UNAVAILABLE, which never offers a new key.
import { OpenClawError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

type KeychainErrorCode = Extract<ErrorCode, `KEYCHAIN_${string}`>;

const phrases: readonly (readonly [RegExp, KeychainErrorCode])[] = [
  // Linux: a locked collection asks for a prompt. macOS: errSecInteractionNotAllowed (-25308).
  [/\blocked\b|prompt was dismissed|interaction is not allowed|-25308\b/i, 'KEYCHAIN_LOCKED'],
  // A service that took the call and is silent: the bus gives up before the deadline does.
  [/did not receive a reply|timed? ?out\b/i, 'KEYCHAIN_LOCKED'],
  // macOS: errSecAuthFailed (-25293), userCanceledErr (-128). Windows: ERROR_ACCESS_DENIED. Linux: a bus policy.
  [
    /\bdenied\b|not permitted|policy prevents|cancell?ed|passphrase you entered|-25293\b|-128\b/i,
    'KEYCHAIN_DENIED',
  ],
];

export function keychainErrorCode(message: string): KeychainErrorCode {
  return phrases.find(([phrase]) => phrase.test(message))?.[1] ?? 'KEYCHAIN_UNAVAILABLE';
}

const headlines: Readonly<Record<KeychainErrorCode, string>> = {
  KEYCHAIN_UNAVAILABLE: 'The OS keychain cannot be used',
  KEYCHAIN_LOCKED: 'The OS keychain is locked or does not answer',
  KEYCHAIN_DENIED: 'The OS keychain refused',
};

export function keychainError(code: KeychainErrorCode, detail: string): OpenClawError {
  const plain = /autolaunch/i.test(detail) ? 'there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS)' : detail;
  return new OpenClawError({ code, message: `${headlines[code]}: ${cleanText(plain, 240)}` });
}
