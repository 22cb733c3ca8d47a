// The states in which a keychain can be found: how each comes about, what a client meets in it, and how it ends.
import type { Keychain } from '../../src/platform/keychain.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { KeychainDriverName } from '../../src/vault/keychain-driver.ts';
import type { SecretService } from '../support/secret-service.ts';

export type Services = Readonly<Record<'usual' | 'fresh' | 'empty' | 'shown', SecretService>>;
export type Made = {
  readonly driver: KeychainDriverName;
  readonly home: SecretService;
  readonly stateDir: string;
  readonly keychain: Keychain;
  readonly account: string;
  readonly key: string;
};
export type State = {
  readonly name: string;
  /** Where the store's key was put before; `usual` unless said. */
  readonly home?: 'shown';
  enter?(services: Services, made: readonly Made[]): Promise<void>;
  leave?(services: Services, made: readonly Made[]): Promise<void>;
  /** What a client finds then; the store's home unless said. */
  readonly env?: (services: Services) => Readonly<Record<string, string>>;
  /** In an installation without any add-on. */
  readonly isBare?: true;
  /** A prompt that cannot be shown is not always told to a second caller. */
  readonly oneByOne?: true;
  /** Nothing answers: over at the deadline. */
  readonly hangs?: true;
  /** undefined: it simply works. */
  readonly error?: {
    readonly code: string;
    readonly state?: string;
    readonly text: RegExp;
    readonly remedy: RegExp;
  };
  /** Says nothing of stores that are yet to be made. */
  readonly onlyMade?: true;
};

const deleteItems = async (made: readonly Made[]): Promise<void> => {
  for (const { keychain, account } of made) await keychain.delete(account);
};
const restoreItems = async (made: readonly Made[]): Promise<void> => {
  for (const { keychain, account, key } of made) await keychain.set(account, key);
};

export const states: readonly State[] = [
  {
    name: 'no bus',
    env: () => ({}),
    error: {
      code: 'KEYCHAIN_UNAVAILABLE',
      state: 'no-bus',
      text: /there is no D-Bus session/,
      remedy: /inside the desktop session.*--storage passphrase/,
    },
  },
  {
    name: 'no service on the bus',
    env: ({ empty }) => empty.env,
    error: {
      code: 'KEYCHAIN_UNAVAILABLE',
      state: 'no-service',
      text: /no keychain service is running/,
      remedy: /start a keychain service: gnome-keyring/,
    },
  },
  {
    name: 'keyring never unlocked',
    env: ({ fresh }) => fresh.env,
    error: {
      code: 'KEYCHAIN_UNAVAILABLE',
      state: 'no-collection',
      text: /no default keyring/,
      remedy: /Log in to the desktop with the password once/,
    },
  },
  {
    name: 'locked',
    enter: ({ usual }) => usual.lock(),
    leave: ({ usual }) => usual.restart(),
    oneByOne: true,
    error: {
      code: 'KEYCHAIN_LOCKED',
      state: 'locked',
      text: /is locked: its prompt was dismissed or could not be shown/,
      remedy: /Unlock the keyring/,
    },
  },
  {
    name: 'prompt that nobody answers',
    home: 'shown',
    enter: ({ shown }) => shown.lock(),
    leave: ({ shown }) => shown.restart(),
    hangs: true,
    error: {
      code: 'KEYCHAIN_LOCKED',
      state: 'prompt-unanswered',
      text: /is locked: it asked for its password and got no answer within 2.8 s/,
      remedy: /answer the window/,
    },
  },
  {
    name: 'daemon stopped',
    enter: async ({ usual }) => void process.kill(usual.daemonPid, 'SIGSTOP'),
    leave: async ({ usual }) => void process.kill(usual.daemonPid, 'SIGCONT'),
    hangs: true,
    error: {
      code: 'KEYCHAIN_LOCKED',
      state: 'silent',
      text: /does not answer: its service gave no answer within 2.8 s/,
      remedy: /Restart the keychain service/,
    },
  },
  { name: 'daemon restarted', enter: ({ usual }) => usual.restart() },
  {
    name: 'default keyring is the session’s',
    enter: async ({ usual }, made) => {
      await deleteItems(made);
      await usual.setDefault('session');
    },
    leave: async ({ usual }, made) => {
      await usual.setDefault('login');
      await restoreItems(made);
    },
    error: {
      code: 'KEYCHAIN_UNAVAILABLE',
      state: 'session-collection',
      text: /its default keyring is "session", emptied at logout/,
      remedy: /Make a keyring that is kept/,
    },
  },
  {
    name: 'item deleted',
    enter: (_, made) => deleteItems(made),
    leave: (_, made) => restoreItems(made),
    onlyMade: true,
    error: {
      code: 'KEY_MISSING',
      text: /is gone from the OS keychain: it has no item/,
      remedy: /Bring the key back/,
    },
  },
  {
    name: 'item replaced',
    enter: (_, made) =>
      restoreItems(made.map((item) => ({ ...item, key: systemRandom.bytes(32).toString('base64url') }))),
    leave: (_, made) => restoreItems(made),
    onlyMade: true,
    error: { code: 'KEY_WRONG', text: /is not the one/, remedy: /Bring the right key back/ },
  },
  {
    name: 'add-on missing',
    isBare: true,
    error: {
      code: 'KEYCHAIN_UNAVAILABLE',
      state: 'add-on-missing',
      text: /its add-on \(.*\) could not be loaded/,
      remedy: /Install it beside openclaw: `npm install --global/,
    },
  },
];
