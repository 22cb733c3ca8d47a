// A key that has sealed nothing yet, while a login waits for its approval, and while the store is exchanged under whoever
// makes or drops it.
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { Keychain } from '../../src/platform/keychain.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain, type FakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const insecure = { insecureStorage: true };

/** As `keychain`, but for what happens before one of its calls. */
function interrupted(
  keychain: FakeKeychain,
  call: 'get' | 'set' | 'delete',
  before: () => Promise<void>,
): Keychain {
  let isDone = false;
  const first = async (): Promise<void> => {
    if (isDone) return;
    isDone = true;
    await before();
  };
  return {
    ...keychain,
    get: async (account) => (call === 'get' && (await first()), keychain.get(account)),
    set: async (account, value) => (call === 'set' && (await first()), keychain.set(account, value)),
    delete: async (account) => (call === 'delete' && (await first()), keychain.delete(account)),
  };
}

it('is neither dropped nor replaced while a login waits to be sealed with it', async () => {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const maker = openTestStore({ stateDir, keychain });
  const record = await maker.unlock();
  const waiting = openTestStore({ stateDir, keychain });
  const letGo = await waiting.holdForLogin();
  await waiting.unlock();
  await maker.dropUnusedKey();
  await expect(openTestStore({ stateDir, keychain, storage: insecure }).unlock()).rejects.toMatchObject({
    code: 'STORAGE_CONFLICT',
  });
  expect(await waiting.readKeyRecord()).toEqual(record);
  letGo();
  await maker.dropUnusedKey();
  expect(await waiting.readKeyRecord()).toBeUndefined();
});

it('several logins wait at once, and each of them keeps it', async () => {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const maker = openTestStore({ stateDir, keychain });
  const holds = await Promise.all([1, 2, 3].map(() => openTestStore({ stateDir, keychain }).holdForLogin()));
  const record = await maker.unlock();
  for (const letGo of holds) {
    await maker.dropUnusedKey();
    expect(await maker.readKeyRecord()).toEqual(record);
    letGo();
  }
});

it.each(['set', 'delete'] as const)(
  'a store that is exchanged during a slow %s stays as it is',
  async (call) => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const exchange = async (): Promise<void> => {
      renameSync(join(stateDir, 'auth'), join(stateDir, 'auth.old'));
      const other = openTestStore({ stateDir, keychain });
      await other.saveLogin(id, oauthCredential());
      other.close();
    };
    const store = openTestStore({ stateDir, keychain: interrupted(keychain, call, exchange) });
    if (call === 'set') await expect(store.unlock()).rejects.toMatchObject({ code: 'STORE_BUSY' });
    else {
      await store.unlock();
      await store.dropUnusedKey();
    }
    const found = await openTestStore({ stateDir, keychain }).readProfile(id);
    expect(found?.credential).toEqual(oauthCredential());
  },
);

it('that goes while another process looks for it is made anew', async () => {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const maker = openTestStore({ stateDir, keychain });
  await maker.unlock();
  const looking = openTestStore({
    stateDir,
    keychain: interrupted(keychain, 'get', () => maker.dropUnusedKey()),
  });
  await looking.unlock();
  await looking.saveLogin(id, oauthCredential());
  expect((await openTestStore({ stateDir, keychain }).readProfile(id))?.record.generation).toBe(1);
});

it('a transaction that was cut off without a log is rolled back, and nothing is believed before', async () => {
  const [stateDir, copyDir] = [tempFolder(), tempFolder()];
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain });
  for (let index = 0; index < 40; index += 1)
    await store.saveLogin(`minimax-portal:n${index}`, oauthCredential({ access: 'x'.repeat(300) }));
  store.close();
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  const db = new DatabaseSync(file);
  db.exec(
    'PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN IMMEDIATE; DELETE FROM logins',
  );
  // As a process that is killed at this moment leaves it.
  mkdirSync(join(copyDir, 'auth'), { mode: 0o700 });
  for (const ending of ['', '-journal'])
    copyFileSync(`${file}${ending}`, join(copyDir, 'auth', `credentials.sqlite${ending}`));
  db.exec('ROLLBACK');
  db.close();
  const copy = openTestStore({ stateDir: copyDir, keychain });
  const records = await copy.listProfiles();
  expect([records.length, records.filter(({ damaged }) => damaged === true).length]).toEqual([40, 0]);
  expect(copy.whyUnwritable()).toBeUndefined();
  expect(await copy.saveLogin(id, oauthCredential())).toMatchObject({ generation: 1 });
});
