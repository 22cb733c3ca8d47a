// A store with its real driver, a fake keychain, and whatever a test wants otherwise.
import { onTestFinished } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { openCredentialStore } from '../../src/store/open-store.ts';
import type { CredentialStoreDeps } from '../../src/store/open-store.ts';
import { createFakeKeychain } from './fake-keychain.ts';

export function openTestStore(
  deps: Pick<CredentialStoreDeps, 'stateDir'> & Partial<CredentialStoreDeps>,
): CredentialStore {
  const store = openCredentialStore({
    env: {},
    clock: systemClock,
    random: systemRandom,
    keychain: createFakeKeychain(),
    ...deps,
  });
  onTestFinished(() => store.close());
  return store;
}
