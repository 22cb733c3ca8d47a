// Logging in and out with a provider that never answers and does not look at its signal.
import { expect, it } from 'vitest';
import { performLogin, performLogout } from '../../src/auth/login.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { ProviderPlugin } from '../../src/plugin-sdk/index.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const fastClock: Clock = {
  ...systemClock,
  setTimer: (callback, delayMs, options) => systemClock.setTimer(callback, delayMs / 100, options),
};
const never = (): Promise<never> => new Promise(() => undefined);
const silent: ProviderPlugin = {
  id: 'minimax-portal',
  label: 'MiniMax',
  auth: [],
  fetchUsageSnapshot: never,
  revokeOAuth: never,
};
const place = () => ({ stateDir: tempFolder(), keychain: createFakeKeychain() });

it('a login is saved, with the word that nobody has checked it', async () => {
  const store = openTestStore(place());
  const report = await performLogin(
    { store, clock: fastClock, requirePersistence: true },
    silent,
    () => Promise.resolve({ profiles: [{ profileId: id, credential: oauthCredential() }] }),
    new AbortController().signal,
  );
  expect(report).toMatchObject({ record: { id }, verified: false, verifyTrouble: 'no answer within 10 s' });
});

it('a login that cannot be kept ends with its own reason', async () => {
  const store = openTestStore(place());
  const refused = new Error('no room');
  const login = performLogin(
    {
      store: { ...store, saveLogin: () => Promise.reject(refused) },
      clock: fastClock,
      requirePersistence: true,
    },
    silent,
    () => Promise.resolve({ profiles: [{ profileId: id, credential: oauthCredential() }] }),
    new AbortController().signal,
  );
  await expect(login).rejects.toMatchObject({ message: expect.stringContaining('no room') });
});

it('a logout deletes the login all the same', async () => {
  const store = openTestStore(place());
  await store.saveLogin(id, oauthCredential());
  const ended = await performLogout({ store, clock: fastClock }, silent, id);
  expect(ended).toEqual({ revoked: false, trouble: 'no answer within 5 s' });
  expect(await store.listProfiles()).toEqual([]);
});
