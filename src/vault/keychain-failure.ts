// Names the failures of the OS keychain, each with what to do about it. What the helper found out by itself is a state;
// what an add-on says are English sentences without codes, so for those there is a table of the phrases that the three
// systems use. What matches none is KEYCHAIN_UNAVAILABLE, which never offers a new key.
import { OpenClawError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { driverPackages } from './keychain-driver.ts';
import type { KeychainDriverName } from './keychain-driver.ts';

type KeychainErrorCode = Extract<ErrorCode, `KEYCHAIN_${string}`>;

/** In what state a keychain was found that could not be used. Stands in the error's `data.state`. */
export const keychainStates = [
  'no-bus',
  'refused',
  'no-service',
  'no-collection',
  'session-collection',
  'locked',
  'prompt-unanswered',
  'silent',
  'add-on-missing',
  'other-driver',
  'not-kept',
] as const;

export type KeychainState = (typeof keychainStates)[number];

const phrases: readonly (readonly [RegExp, KeychainErrorCode])[] = [
  // Linux: a locked collection asks for a prompt. macOS: errSecInteractionNotAllowed (-25308).
  [/\blocked\b|prompt was dismissed|interaction is not allowed|-25308\b/i, 'KEYCHAIN_LOCKED'],
  // A service that took the call and is silent: the bus gives up before the deadline does.
  [/did not receive a reply|timed? ?out\b|timeout was reached/i, 'KEYCHAIN_LOCKED'],
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

const elsewhere =
  'For a first login the key can be kept elsewhere: `openclaw onboard --storage passphrase`, or `openclaw onboard --storage key-file` with OPENCLAW_AUTH_KEY_FILE.';

type StateTexts = {
  readonly code: KeychainErrorCode;
  /** In place of the code's own headline. */
  readonly headline?: string;
  readonly remedy: string;
};

const states: Readonly<Record<KeychainState, StateTexts>> = {
  'no-bus': {
    code: 'KEYCHAIN_UNAVAILABLE',
    remedy: `Run it inside the desktop session (DBUS_SESSION_BUS_ADDRESS says where that is). ${elsewhere}`,
  },
  refused: {
    code: 'KEYCHAIN_DENIED',
    remedy:
      'Run it as the user whose session it is, without sudo, and let it talk to org.freedesktop.secrets.',
  },
  'no-service': {
    code: 'KEYCHAIN_UNAVAILABLE',
    remedy: `Install and start a keychain service: gnome-keyring, KWallet or KeePassXC. ${elsewhere}`,
  },
  'no-collection': {
    code: 'KEYCHAIN_UNAVAILABLE',
    remedy: `Log in to the desktop with the password once, or make a default keyring in \`seahorse\` (Passwords and Keys), then run the command again. ${elsewhere}`,
  },
  'session-collection': {
    code: 'KEYCHAIN_UNAVAILABLE',
    remedy: `Make a keyring that is kept, such as Login, the default one in \`seahorse\` (Passwords and Keys), then run the command again. ${elsewhere}`,
  },
  locked: {
    code: 'KEYCHAIN_LOCKED',
    headline: 'The OS keychain is locked',
    remedy:
      'Unlock the keyring: log in to the desktop with the password, or open `seahorse`. Then run the command again.',
  },
  'prompt-unanswered': {
    code: 'KEYCHAIN_LOCKED',
    headline: 'The OS keychain is locked',
    remedy:
      'Run the command again in a terminal of the desktop session and answer the window that asks for the password of the keyring.',
  },
  silent: {
    code: 'KEYCHAIN_LOCKED',
    headline: 'The OS keychain does not answer',
    remedy:
      'Restart the keychain service (`systemctl --user restart gnome-keyring-daemon`, or log out and in), then run the command again.',
  },
  'add-on-missing': { code: 'KEYCHAIN_UNAVAILABLE', remedy: `{installation} ${elsewhere}` },
  'other-driver': { code: 'KEYCHAIN_UNAVAILABLE', remedy: '{installation}' },
  'not-kept': {
    code: 'KEYCHAIN_UNAVAILABLE',
    remedy: `Look at the keychain service: it took an item and did not give it back. ${elsewhere}`,
  },
};

const installations: Readonly<Record<KeychainDriverName, string>> = {
  'napi-keyring': `Install it beside openclaw: \`npm install --global ${driverPackages['napi-keyring']}\`.`,
  keytar: `Install it beside openclaw: \`npm install --global ${driverPackages.keytar}\` (npm has to run its install script; on Linux it needs libsecret-1-0), or unset OPENCLAW_KEYCHAIN_DRIVER.`,
};

/** `driver` is the one in use; for `other-driver`, the one that is needed. */
export function keychainTrouble(
  state: KeychainState,
  detail: string,
  driver: KeychainDriverName,
): OpenClawError {
  const { code, headline = headlines[code], remedy } = states[state];
  return new OpenClawError({
    code,
    message: `${headline}: ${cleanText(detail, 240)}`,
    remedy: remedy.replace('{installation}', installations[driver]),
    data: { state, driver },
  });
}

/** For what an add-on said, and for what became of the helper. */
export function keychainError(code: KeychainErrorCode, detail: string): OpenClawError {
  return new OpenClawError({ code, message: `${headlines[code]}: ${cleanText(detail, 240)}` });
}
