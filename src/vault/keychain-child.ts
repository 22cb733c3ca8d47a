// The helper process that talks to the OS keychain, and the only file that loads a keychain add-on. One request as a
// JSON line on stdin; on stdout lines that tell what it waits for, then one answer as JSON; then it ends. Secrets pass
// through these pipes only, never through arguments or environment.
// A call that nobody answers blocks its thread inside native code, where neither a timer nor process.exit gets through.
// So the add-on runs in a worker thread, and the main thread stays awake to end the whole process, by SIGKILL, when
// stdin closes (its parent died) or the deadline is over (its parent was stopped).
// How failures are named is decided by the parent.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { KeychainDriverName } from './keychain-driver.ts';
import type { KeychainState } from './keychain-failure.ts';
import { findSessionBus } from './session-bus.ts';

export type KeychainRequest = {
  readonly driver: KeychainDriverName;
  readonly op: 'get' | 'set' | 'delete' | 'probe';
  readonly service: string;
  readonly account: string;
  /** What `set` stores, and what `probe` expects to read back. */
  readonly value?: string;
  /** Nobody is asked to unlock anything, where that can be had: with the Secret Service. */
  readonly isQuiet?: boolean;
  /** The longest that the parent may wait. */
  readonly deadlineMs: number;
};

/** Named at the deadline as what did not come: the keychain's service, or a person at its prompt. */
export type KeychainProgress = { readonly waitingFor: 'service' | 'person' };

export type KeychainAnswer =
  /** `value` is absent when there is no such item; `deleted` tells whether there was one. */
  | { readonly ok: true; readonly value?: string; readonly deleted?: boolean }
  /** `call`: what the add-on said. Otherwise what was found out without it. */
  | {
      readonly ok: false;
      readonly stage: KeychainState | 'call';
      readonly message: string;
      /** The driver that is needed, with `other-driver`. */
      readonly needs?: KeychainDriverName;
    };

/** What a driver does for one item; every call opens a connection of its own. */
type KeychainDriver = {
  get(service: string, account: string): Promise<string | null>;
  set(service: string, account: string, value: string): Promise<void>;
  delete(service: string, account: string): Promise<boolean>;
};

/** keytar is there only for those who installed it: its types are written down here. */
type Keytar = {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
};
const keytarPackage: string = 'keytar';

const drivers: Readonly<Record<KeychainDriverName, () => Promise<KeychainDriver>>> = {
  async 'napi-keyring'() {
    const { Entry } = await import('@napi-rs/keyring');
    // Unpinned, it would fall back to the kernel keyring on Linux and keep a second, diverging copy there. An Entry is
    // made anew for each call, because one that outlives a restart of the daemon never recovers.
    const entry = (service: string, account: string): InstanceType<typeof Entry> =>
      new Entry(service, account, { linux: { store: 'secret-service' } });
    return {
      get: async (service, account) => entry(service, account).getPassword(),
      set: async (service, account, value) => entry(service, account).setPassword(value),
      delete: async (service, account) => entry(service, account).deleteCredential(),
    };
  },
  async keytar() {
    // Never its findCredentials, which crashes on a locked collection.
    const { default: keytar } = (await import(keytarPackage)) as { default: Keytar };
    return {
      get: (service, account) => keytar.getPassword(service, account),
      set: (service, account, value) => keytar.setPassword(service, account, value),
      delete: (service, account) => keytar.deletePassword(service, account),
    };
  },
};

/** Drivers whose items are known to be there; undefined when nobody could tell. */
type Holders = readonly KeychainDriverName[] | undefined;

/**
 * The drivers to ask for an item, in order. On Linux and Windows the two name their items differently: an item is not
 * missing until both were asked.
 */
async function* driversToAsk(
  own: KeychainDriver,
  { driver }: KeychainRequest,
  holders: Holders,
): AsyncGenerator<KeychainDriver> {
  const others = (Object.keys(drivers) as KeychainDriverName[]).filter((name) => name !== driver);
  if (holders === undefined || holders.length === 0 || holders.includes(driver)) yield own;
  for (const name of holders === undefined ? others : others.filter((other) => holders.includes(other))) {
    let other: KeychainDriver | undefined;
    try {
      other = await drivers[name]();
    } catch (error) {
      // Few have both. Where an item of the other is known to be there, it takes that one to read it.
      if (holders !== undefined) throw new OtherDriverNeeded(name, messageOf(error));
    }
    if (other !== undefined) yield other;
  }
}

class OtherDriverNeeded extends Error {
  readonly driver: KeychainDriverName;
  constructor(driver: KeychainDriverName, why: string) {
    super(
      `the key was stored with the add-on ${driver}, which could not be loaded: ${why.split('\n', 1)[0]}`,
    );
    this.driver = driver;
  }
}

async function perform(
  own: KeychainDriver,
  request: KeychainRequest,
  holders: Holders,
): Promise<KeychainAnswer> {
  const { service, account, value = '' } = request;
  switch (request.op) {
    case 'get':
      for await (const driver of driversToAsk(own, request, holders)) {
        const found = await driver.get(service, account);
        if (found !== null) return { ok: true, value: found };
      }
      return { ok: true };
    case 'set':
      await own.set(service, account, value);
      return { ok: true };
    case 'delete': {
      let deleted = false;
      for await (const driver of driversToAsk(own, request, holders))
        deleted = (await driver.delete(service, account)) || deleted;
      return { ok: true, deleted };
    }
    case 'probe': {
      await own.set(service, account, value);
      const found = await own.get(service, account);
      const deleted = await own.delete(service, account);
      if (found === value && deleted) return { ok: true };
      return { ok: false, stage: 'not-kept', message: 'an item that was just stored did not come back' };
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** In the worker: loads the add-on, says so by a first answer, and waits for the word to use it. */
async function work(port: MessagePort, request: KeychainRequest): Promise<void> {
  let driver: KeychainDriver;
  try {
    driver = await drivers[request.driver]();
  } catch (error) {
    answer({ ok: false, stage: 'add-on-missing', message: messageOf(error) });
    return;
  }
  port.once('message', ({ holders }: { holders: Holders }) => {
    perform(driver, request, holders).then(answer, (error: unknown) => {
      if (error instanceof OtherDriverNeeded)
        answer({ ok: false, stage: 'other-driver', message: error.message, needs: error.driver });
      else answer({ ok: false, stage: 'call', message: messageOf(error) });
    });
  });
  answer({ ok: true });

  function answer(message: KeychainAnswer): void {
    port.postMessage(message);
  }
}

async function serve(request: KeychainRequest): Promise<KeychainAnswer> {
  // macOS asks the person by itself, in the midst of a call.
  tell({ waitingFor: process.platform === 'darwin' ? 'person' : 'service' });
  return process.platform === 'darwin' || process.platform === 'win32'
    ? startWorker(request).perform(undefined)
    : serveWithSecretService(request);
}

async function serveWithSecretService(request: KeychainRequest): Promise<KeychainAnswer> {
  const bus = findSessionBus(process.env);
  // The add-on is to use the bus that is asked here, and never to start one of its own.
  process.env['DBUS_SESSION_BUS_ADDRESS'] = bus ?? 'disabled:';
  const worker = startWorker(request);
  // Loaded while the worker starts, which has no use for it.
  const secretService = bus === undefined ? undefined : import('./secret-service.ts');
  const [fault, loaded] = await Promise.all([worker.fault, secretService]);
  if (fault !== undefined) return fault;
  if (bus === undefined || loaded === undefined) return noBus;
  const onPrompt = request.isQuiet === true ? undefined : () => tell({ waitingFor: 'person' });
  const { trouble, holders } = await loaded.prepareSecretService(bus, process.env, request, onPrompt);
  if (trouble !== undefined) return { ok: false, stage: trouble.state, message: trouble.message };
  tell({ waitingFor: 'service' });
  return worker.perform(holders);
}

/** `fault`: why the add-on is not there, once that is known. */
function startWorker(request: KeychainRequest) {
  const worker = new Worker(new URL(import.meta.url), { workerData: request });
  const answer = async (): Promise<KeychainAnswer> =>
    ((await once(worker, 'message')) as [KeychainAnswer])[0];
  const first = answer();
  const fault = first.then((said) => (said.ok ? undefined : said));
  return {
    fault,
    async perform(holders: Holders): Promise<KeychainAnswer> {
      const early = await fault;
      if (early !== undefined) return early;
      const answered = answer();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker thread, not a window
      worker.postMessage({ holders });
      return answered;
    },
  };
}

const noBus: KeychainAnswer = {
  ok: false,
  stage: 'no-bus',
  message: 'there is no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set)',
};

function tell(progress: KeychainProgress): void {
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

function watch(): void {
  const endNow = (): void => void process.kill(process.pid, 'SIGKILL');
  const end = (message: KeychainAnswer): void =>
    void process.stdout.write(JSON.stringify(message), () => process.exit(0));
  const lines = createInterface({ input: process.stdin });
  lines.once('line', (line) => {
    const request = JSON.parse(line) as KeychainRequest;
    setTimeout(endNow, request.deadlineMs + 1_000);
    serve(request).then(end, (error: unknown) =>
      end({ ok: false, stage: 'call', message: messageOf(error) }),
    );
  });
  lines.once('close', endNow);
}

if (isMainThread) watch();
else if (parentPort !== null) await work(parentPort, workerData as KeychainRequest);
