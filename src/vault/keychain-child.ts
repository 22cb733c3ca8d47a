// The helper process that talks to the OS keychain, and the only file that loads a keychain add-on. One request as a
// JSON line on stdin, one answer as JSON on stdout, then it ends. Secrets pass through these pipes only, never through
// arguments or environment.
// A call that nobody answers blocks its thread inside native code, where neither a timer nor process.exit gets through.
// So the add-on runs in a worker thread, and the main thread stays awake to end the whole process, by SIGKILL, when
// stdin closes (its parent died) or the deadline is over (its parent was stopped).
// How failures are named is decided by the parent.
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

export type KeychainRequest = {
  readonly driver: string;
  readonly op: 'get' | 'set' | 'delete' | 'probe';
  readonly service: string;
  readonly account: string;
  /** What `set` stores, and what `probe` expects to read back. */
  readonly value?: string;
  readonly deadlineMs: number;
};

export type KeychainAnswer =
  /** `value` is absent when there is no such item; `deleted` tells whether there was one. */
  | { readonly ok: true; readonly value?: string; readonly deleted?: boolean }
  /** `add-on`: the driver could not be loaded; `call`: the keychain refused; `readback`: it lost what it took. */
  | { readonly ok: false; readonly stage: 'add-on' | 'call' | 'readback'; readonly message: string };

/** What a driver does for one item; every call opens a connection of its own. */
type KeychainDriver = {
  get(service: string, account: string): Promise<string | null>;
  set(service: string, account: string, value: string): Promise<void>;
  delete(service: string, account: string): Promise<boolean>;
};

const drivers: Readonly<Record<string, () => Promise<KeychainDriver>>> = {
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
};

async function answer(request: KeychainRequest): Promise<KeychainAnswer> {
  let driver: KeychainDriver;
  try {
    const load = drivers[request.driver];
    if (load === undefined) throw new Error(`there is no keychain driver named ${request.driver}`);
    driver = await load();
  } catch (error) {
    return { ok: false, stage: 'add-on', message: messageOf(error) };
  }
  try {
    return await perform(driver, request);
  } catch (error) {
    return { ok: false, stage: 'call', message: messageOf(error) };
  }
}

async function perform(driver: KeychainDriver, request: KeychainRequest): Promise<KeychainAnswer> {
  const { service, account, value = '' } = request;
  switch (request.op) {
    case 'get': {
      const found = await driver.get(service, account);
      return found === null ? { ok: true } : { ok: true, value: found };
    }
    case 'set':
      await driver.set(service, account, value);
      return { ok: true };
    case 'delete':
      return { ok: true, deleted: await driver.delete(service, account) };
    case 'probe': {
      await driver.set(service, account, value);
      const found = await driver.get(service, account);
      const deleted = await driver.delete(service, account);
      if (found === value && deleted) return { ok: true };
      return { ok: false, stage: 'readback', message: 'an item that was just stored did not come back' };
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function watch(): void {
  const endNow = (): void => void process.kill(process.pid, 'SIGKILL');
  const lines = createInterface({ input: process.stdin });
  lines.once('line', (line) => {
    const request = JSON.parse(line) as KeychainRequest;
    setTimeout(endNow, request.deadlineMs + 1_000);
    const worker = new Worker(new URL(import.meta.url), { workerData: request });
    worker.once('message', (message: KeychainAnswer) => {
      process.stdout.write(JSON.stringify(message), () => process.exit(0));
    });
    worker.once('error', (error: Error) => {
      const failure: KeychainAnswer = { ok: false, stage: 'add-on', message: messageOf(error) };
      process.stdout.write(JSON.stringify(failure), () => process.exit(0));
    });
  });
  lines.once('close', endNow);
}

if (isMainThread) watch();
else parentPort?.postMessage(await answer(workerData as KeychainRequest), []);
