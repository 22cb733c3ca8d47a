// Logging in and out while the store's key is being asked for, or on its way to another place.
import { describe, expect, it } from 'vitest';
import { performLogin, performLogout } from '../../src/auth/login.ts';
import { moveStoreKey } from '../../src/auth/key-move.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import type { AuthResult, ProviderPlugin } from '../../src/plugin-sdk/index.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const fastClock: Clock = {
  ...systemClock,
  setTimer: (callback, delayMs, options) => systemClock.setTimer(callback, delayMs / 50, options),
};

function createProvider(calls: string[]): ProviderPlugin {
  return {
    id: 'minimax-portal',
    label: 'MiniMax',
    auth: [],
    revokeOAuth: () => {
      calls.push('revoke');
      return Promise.resolve(true);
    },
  };
}

const approvedAtOnce = (): Promise<AuthResult> =>
  Promise.resolve({ profiles: [{ profileId: id, credential: oauthCredential() }] });

describe('logging out', () => {
  it('with Ctrl-C at the passphrase deletes nothing', async () => {
    const stateDir = tempFolder();
    const storage = { kind: 'passphrase' };
    const typed = (): Promise<string> => Promise.resolve('correct horse battery');
    await openTestStore({ stateDir, storage, askPassphrase: typed }).saveLogin(id, oauthCredential());
    const interrupted = new OpenClawError({ code: 'INTERRUPTED', message: 'Cancelled.' });
    const store = openTestStore({ stateDir, askPassphrase: () => Promise.reject(interrupted) });
    const calls: string[] = [];
    const logout = performLogout({ store, clock: systemClock }, createProvider(calls), id);
    await expect(logout).rejects.toBe(interrupted);
    expect(calls).toEqual([]);
    expect(await store.listProfiles()).toMatchObject([{ id, generation: 1 }]);
  });

  it('lets a person take their time at the passphrase, and revokes then', async () => {
    const stateDir = tempFolder();
    const storage = { kind: 'passphrase' };
    const typed = (): Promise<string> => Promise.resolve('correct horse battery');
    await openTestStore({ stateDir, storage, askPassphrase: typed }).saveLogin(id, oauthCredential());
    const slow = Promise.withResolvers<string>();
    const store = openTestStore({ stateDir, askPassphrase: () => slow.promise });
    const calls: string[] = [];
    const logout = performLogout({ store, clock: fastClock, timeoutMs: 500 }, createProvider(calls), id);
    // Longer than the server has.
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, 60));
    slow.resolve('correct horse battery');
    expect(await logout).toEqual({ revoked: true });
    expect(await store.listProfiles()).toEqual([]);
  });

  it('of a store that does not open deletes all the same, and says why nobody was told', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).saveLogin(id, oauthCredential());
    keychain.items.clear();
    const store = openTestStore({ stateDir, keychain });
    const calls: string[] = [];
    expect(await performLogout({ store, clock: systemClock }, createProvider(calls), id)).toMatchObject({
      revoked: false,
      trouble: expect.stringContaining('is gone from the OS keychain') as string,
    });
    expect(calls).toEqual([]);
    expect(await store.listProfiles()).toEqual([]);
  });
});

describe('logging in', () => {
  it('is kept when the key moves during the approval to a place that this process gets to later', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const wish = { storage: { kind: 'keychain' } };
    const store = openTestStore({ stateDir, keychain, ...wish });
    const calls: string[] = [];
    const moved = Promise.withResolvers<void>();
    const login = performLogin(
      {
        store,
        clock: fastClock,
        requirePersistence: true,
        onUnsaved: () => {
          // The keychain that holds the key now is locked for a moment.
          keychain.fail(undefined);
        },
      },
      createProvider(calls),
      async () => {
        await moveStoreKey(openTestStore({ stateDir, keychain }), { kind: 'insecure-file' });
        await moveStoreKey(openTestStore({ stateDir, keychain }), { kind: 'keychain' });
        keychain.fail(new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'locked' }));
        moved.resolve();
        return { profiles: [{ profileId: id, credential: oauthCredential() }] };
      },
      new AbortController().signal,
    );
    await moved.promise;
    expect(await login).toMatchObject({ record: { id, generation: 1 } });
    expect(calls).toEqual([]);
    expect((await openTestStore({ stateDir, keychain }).readProfile(id))?.credential).toEqual(
      oauthCredential(),
    );
  });

  it.each(['renewed before it is read back', 'renewed while the store is busy'])(
    'is saved once, and not over what a gateway has made of it: %s',
    async (when) => {
      const stateDir = tempFolder();
      const keychain = createFakeKeychain();
      const real = openTestStore({ stateDir, keychain });
      let reads = 0;
      const store: CredentialStore = {
        ...real,
        async readProfile(profileId) {
          reads += 1;
          if (reads === 1) {
            await real.commitRefresh(id, 1, oauthCredential({ access: 'renewed', refresh: 'renewed' }));
            if (when.includes('busy')) throw new OpenClawError({ code: 'STORE_BUSY', message: 'busy' });
          }
          return real.readProfile(profileId);
        },
      };
      const calls: string[] = [];
      const report = await performLogin(
        { store, clock: fastClock, requirePersistence: true },
        createProvider(calls),
        approvedAtOnce,
        new AbortController().signal,
      );
      expect(report.record).toMatchObject({ id, generation: 2 });
      expect(calls).toEqual([]);
      expect((await real.readProfile(id))?.credential).toMatchObject({ refresh: 'renewed' });
    },
  );

  it('is not revoked when it was saved and only cannot be read back', async () => {
    const real = openTestStore({ stateDir: tempFolder() });
    const busy = new OpenClawError({ code: 'STORE_BUSY', message: 'busy' });
    const store: CredentialStore = { ...real, readProfile: () => Promise.reject(busy) };
    const calls: string[] = [];
    const quick: Clock = {
      ...fastClock,
      setTimer: (run, ms, options) => systemClock.setTimer(run, ms / 1_000, options),
      monotonicMs: () => systemClock.monotonicMs() * 1_000,
    };
    const login = performLogin(
      { store, clock: quick, requirePersistence: true },
      createProvider(calls),
      approvedAtOnce,
      new AbortController().signal,
    );
    await expect(login).rejects.toMatchObject({
      code: 'LOGIN_NOT_SAVED',
      message: expect.stringContaining('was saved, but could not be read back') as string,
    });
    expect(calls).toEqual([]);
    expect((await real.readProfile(id))?.credential).toEqual(oauthCredential());
  });
});
