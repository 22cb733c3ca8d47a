// What has to be right with the Secret Service (Linux, BSD) before an add-on is let near it, asked over D-Bus, because the
// add-ons do not tell: a locked collection looks empty to one of them, and both would put a key into a collection that
// is emptied at logout. A locked one is unlocked here, with the service's own prompt.
// What the states are called, and what to do about them, is decided by the parent process.
import type { Env } from '../platform/env.ts';
import { connectToBus, isDbusFailure } from './dbus-connection.ts';
import type { DbusConnection } from './dbus-connection.ts';
import type { KeychainDriverName } from './keychain-driver.ts';
import type { KeychainState } from './keychain-failure.ts';
import { socketsOf } from './session-bus.ts';

/** The service is in a state in which nothing can be kept or found. */
class KeychainTrouble extends Error {
  readonly state: KeychainState;
  constructor(state: KeychainState, detail: string) {
    super(detail);
    this.state = state;
  }
}

export type SecretServiceRequest = {
  readonly op: 'get' | 'set' | 'delete' | 'probe';
  readonly service: string;
  readonly account: string;
};

/** The attributes that each add-on gives its items: neither finds those of the other. */
const attributesOf: Readonly<
  Record<KeychainDriverName, (request: SecretServiceRequest) => [string, string][]>
> = {
  'napi-keyring': ({ service, account }) => [
    ['service', service],
    ['username', account],
  ],
  keytar: ({ service, account }) => [
    ['service', service],
    ['account', account],
  ],
};

export type Preparation = {
  /** Why no add-on can do its work. */
  readonly trouble?: { readonly state: KeychainState; readonly message: string };
  /** For `get` and `delete`: the add-ons that have stored such an item; undefined where the service does not say. */
  readonly holders?: readonly KeychainDriverName[] | undefined;
};

/** `onPrompt` is called when a person is being asked; without it nobody is, and what is locked stays so. */
export async function prepareSecretService(
  address: string,
  env: Env,
  request: SecretServiceRequest,
  onPrompt: (() => void) | undefined,
): Promise<Preparation> {
  const sockets = socketsOf(address, env);
  // A bus that is reached over TCP is left to the add-on.
  if (sockets.length === 0) return {};
  let connection: DbusConnection | undefined;
  try {
    connection = await connectToBus(sockets);
    const service = talkTo(connection, onPrompt);
    if (request.op === 'get' || request.op === 'delete')
      return { holders: await findHolders(service, request) };
    await requireDefault(service);
    return {};
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble !== undefined) return { trouble };
    // A service that knows these questions not, or otherwise: the add-on will tell.
    if (isDbusFailure(error)) return {};
    throw error;
  } finally {
    connection?.close();
  }
}

async function findHolders(
  service: SecretService,
  request: SecretServiceRequest,
): Promise<KeychainDriverName[]> {
  const search = async (): Promise<{ holders: KeychainDriverName[]; locked: string[] }> => {
    const holders: KeychainDriverName[] = [];
    const locked: string[] = [];
    for (const driver of Object.keys(attributesOf) as KeychainDriverName[]) {
      const found = await service.search(attributesOf[driver](request));
      if (found.open.length + found.locked.length > 0) holders.push(driver);
      locked.push(...found.locked);
    }
    return { holders, locked };
  };
  const first = await search();
  if (first.locked.length > 0) await service.unlock(first.locked);
  if (first.holders.length > 0) return first.holders;
  // Some services show a locked collection as an empty one.
  const collection = await service.defaultCollection();
  if (collection === undefined || !(await service.isLocked(collection))) return [];
  await service.unlock([collection]);
  return (await search()).holders;
}

/** There is a collection for new items, it outlives the session, and it is open. */
async function requireDefault(service: SecretService): Promise<void> {
  const collection = await service.defaultCollection();
  if (collection === undefined)
    throw new KeychainTrouble('no-collection', 'it has no default keyring to put a key into');
  if (collection.endsWith('/session'))
    throw new KeychainTrouble('session-collection', 'its default keyring is "session", emptied at logout');
  if (await service.isLocked(collection)) await service.unlock([collection]);
}

const root = '/org/freedesktop/secrets';
const serviceInterface = 'org.freedesktop.Secret.Service';
const promptInterface = 'org.freedesktop.Secret.Prompt';
/** What the specification has in place of an object that there is not. */
const none = '/';

type SecretService = ReturnType<typeof talkTo>;

/** "Secret Service API Draft" of freedesktop.org, the part that is needed. */
function talkTo(connection: DbusConnection, onPrompt: (() => void) | undefined) {
  const call = (
    path: string,
    name: string,
    member: string,
    signature: string,
    body: unknown[],
  ): Promise<readonly unknown[]> =>
    connection.call({
      destination: 'org.freedesktop.secrets',
      path,
      interface: name,
      member,
      signature,
      body,
    });

  /** Resolves when the prompt was completed. */
  const ask = async (prompt: string): Promise<void> => {
    if (onPrompt === undefined) throw new KeychainTrouble('locked', 'nobody is asked to unlock it here');
    const { promise: dismissed, resolve } = Promise.withResolvers<boolean>();
    await connection.watch(
      { path: prompt, interface: promptInterface, member: 'Completed' },
      ([isDismissed]) => resolve(isDismissed === true),
    );
    await call(prompt, promptInterface, 'Prompt', 's', ['']);
    onPrompt();
    if (await dismissed)
      throw new KeychainTrouble('locked', 'its prompt was dismissed or could not be shown');
  };

  return {
    async defaultCollection(): Promise<string | undefined> {
      const [path] = await call(root, serviceInterface, 'ReadAlias', 's', ['default']);
      return typeof path === 'string' && path !== none ? path : undefined;
    },
    async isLocked(collection: string): Promise<boolean> {
      const [isLocked] = await call(collection, 'org.freedesktop.DBus.Properties', 'Get', 'ss', [
        'org.freedesktop.Secret.Collection',
        'Locked',
      ]);
      return isLocked === true;
    },
    async search(attributes: [string, string][]): Promise<{ open: string[]; locked: string[] }> {
      const [open, locked] = await call(root, serviceInterface, 'SearchItems', 'a{ss}', [attributes]);
      return { open: pathsIn(open), locked: pathsIn(locked) };
    },
    async unlock(objects: readonly string[]): Promise<void> {
      const [, prompt] = await call(root, serviceInterface, 'Unlock', 'ao', [objects]);
      if (typeof prompt === 'string' && prompt !== none) await ask(prompt);
    },
  };
}

function pathsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((path) => typeof path === 'string') : [];
}

function troubleOf(error: unknown): KeychainTrouble | undefined {
  if (error instanceof KeychainTrouble) return error;
  if (!isDbusFailure(error)) return undefined;
  const found = failures.find(([name]) => name.test(error.dbusName));
  return found === undefined ? undefined : new KeychainTrouble(found[1], `${found[2]} (${error.message})`);
}

const failures: readonly (readonly [RegExp, KeychainState, string])[] = [
  [/^unreachable$/, 'no-bus', 'the D-Bus session cannot be reached'],
  [/^refused$|\.AccessDenied$/, 'refused', 'the D-Bus session does not let this user in'],
  [/\.ServiceUnknown$|\.NameHasNoOwner$|\.Spawn\./, 'no-service', 'no keychain service is running'],
  [/\.NoReply$|\.Timeout$|\.TimedOut$/, 'silent', 'its service gave no answer'],
];
