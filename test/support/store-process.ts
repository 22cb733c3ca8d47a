// A process that works on a store as told: one JSON call a line on stdin, one JSON answer a line on stdout.
// Its keychain is a folder with a file for each item, so that several of these processes share one.
// From a test: `startStoreProcess`.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isOpenClawError } from '../../src/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Keychain } from '../../src/platform/keychain.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { openCredentialStore } from '../../src/store/open-store.ts';
import { compileCache } from './compile-cache.ts';

export type StoreCall =
  | { readonly do: 'unlock' }
  | { readonly do: 'lock'; readonly name: string; readonly timeoutMs: number }
  | { readonly do: 'release' }
  | { readonly do: 'save'; readonly id: string; readonly credential: OAuthCredential }
  /** Rotates the login `times` times under its lock, each time building on what is stored; answers the numbers. */
  | { readonly do: 'rotate'; readonly id: string; readonly times: number };

export type StoreProcess = {
  readonly pid: number;
  /** The answer; an error's code as `{ error }`. */
  call(request: StoreCall): Promise<unknown>;
  signal(name: NodeJS.Signals): void;
  end(): void;
};

export function startStoreProcess(stateDir: string, keychainFolder: string): StoreProcess {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), stateDir, keychainFolder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: compileCache,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    pid: child.pid ?? 0,
    async call(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const line = await lines.next();
      if (line.done) throw new Error('The store process ended without an answer');
      return (JSON.parse(line.value) as { answer: unknown }).answer;
    },
    signal: (name) => void child.kill(name),
    end: () => void child.kill('SIGKILL'),
  };
}

export function createFolderKeychain(folder: string): Keychain {
  const file = (account: string): string => join(folder, account);
  return {
    get: async (account) => (existsSync(file(account)) ? readFileSync(file(account), 'utf8') : undefined),
    async set(account, value) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file(account), value);
    },
    async delete(account) {
      const isThere = existsSync(file(account));
      rmSync(file(account), { force: true });
      return isThere;
    },
    probe: async () => {},
  };
}

async function serve(stateDir: string, keychainFolder: string): Promise<void> {
  const store = openCredentialStore({
    stateDir,
    env: {},
    clock: systemClock,
    random: systemRandom,
    keychain: createFolderKeychain(keychainFolder),
  });
  const releases: (() => void)[] = [];

  const perform = async (request: StoreCall): Promise<unknown> => {
    switch (request.do) {
      case 'unlock':
        return await store.unlock();
      case 'lock':
        releases.push(await store.lock(request.name, { timeoutMs: request.timeoutMs }));
        return 'held';
      case 'release':
        for (const release of releases.splice(0)) release();
        return 'released';
      case 'save':
        return await store.saveLogin(request.id, request.credential);
      case 'rotate':
        return await rotate(store, request.id, request.times);
    }
  };

  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await perform(JSON.parse(line) as StoreCall).catch((error: unknown) => ({
      error: isOpenClawError(error) ? error.code : String(error),
    }));
    process.stdout.write(`${JSON.stringify({ answer })}\n`);
  }
  store.close();
}

async function rotate(store: CredentialStore, id: string, times: number): Promise<number[]> {
  const made: number[] = [];
  for (let turn = 0; turn < times; turn += 1) {
    const release = await store.lock(`refresh:${id}`, { timeoutMs: 20_000 });
    try {
      const stored = await store.readProfile(id);
      if (stored?.credential.type !== 'oauth') throw new Error('There is no login to rotate');
      const { generation } = stored.record;
      await store.recordIntent(id, generation);
      const next = Number(stored.credential.refresh) + 1;
      const outcome = await store.commitRefresh(id, generation, {
        ...stored.credential,
        refresh: String(next),
      });
      if (outcome === 'superseded') throw new Error('Somebody else wrote under the lock');
      made.push(next);
    } finally {
      release();
    }
  }
  return made;
}

const [stateDir, keychainFolder] = process.argv.slice(2);
if (import.meta.main && stateDir !== undefined && keychainFolder !== undefined) {
  await serve(stateDir, keychainFolder);
}
