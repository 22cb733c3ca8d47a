// A row that is damaged under a running gateway, and before one starts: its login alone is concerned.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { createResolver } from '../../src/auth/resolver.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { canary, oauthCredential } from '../support/credentials.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const first = 'minimax-portal:default';
const second = 'minimax-portal:second';

async function startResolver(store: CredentialStore, clock: FakeClock) {
  const random = createFakeRandom(0);
  const exchange = () => Promise.reject(new Error('nothing is due'));
  const engine = createRefreshEngine({ store, exchange, clock, random, log: silentLog });
  const resolver = createResolver({
    store,
    engine,
    prepare: async (_, credential) => ({
      apiKey: credential.type === 'oauth' ? credential.access : '',
      baseUrl: 'https://api.minimax.io/anthropic',
    }),
    explicitOrder: () => [first, second],
    clock,
    random,
    log: silentLog,
  });
  await resolver.load();
  onTestFinished(resolver.start());
  return async () => {
    const { profileId, headers } = await resolver.lease('minimax-portal', 'MiniMax-M3');
    return [profileId, headers['authorization']];
  };
}

it('is served from memory by who has it, left out by who has not, and back after a new login', async () => {
  const clock = createFakeClock();
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain, clock });
  const times = { issuedAt: clock.nowMs(), expires: clock.nowMs() + 3_600_000 };
  await store.saveLogin(first, oauthCredential({ ...times, access: `${canary}-first` }));
  await store.saveLogin(second, oauthCredential({ ...times, access: `${canary}-second` }));
  const running = await startResolver(store, clock);

  const db = new DatabaseSync(join(stateDir, 'auth', 'credentials.sqlite'));
  db.prepare('UPDATE logins SET dead_at_ms = 1 WHERE id = ?').run(first);
  db.close();
  await clock.advance(1_000);
  expect(await running()).toEqual([first, `Bearer ${canary}-first`]);

  const started = await startResolver(openTestStore({ stateDir, keychain, clock }), clock);
  expect(await started()).toEqual([second, `Bearer ${canary}-second`]);

  const other = openTestStore({ stateDir, keychain, clock });
  await other.saveLogin(first, oauthCredential({ ...times, access: `${canary}-new` }));
  for (const lease of [running, started]) {
    while ((await lease())[1] !== `Bearer ${canary}-new`) await clock.advance(250);
    expect(await lease()).toEqual([first, `Bearer ${canary}-new`]);
  }
});
