// Runs the contract over both places that the SQLite driver can keep its tables in.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { describeCredentialStore } from './contract.ts';

describeCredentialStore('SQLite on disk', (clock) => openTestStore({ stateDir: tempFolder(), clock }));

describeCredentialStore('SQLite in memory', (clock) =>
  openTestStore({ stateDir: tempFolder(), clock, storage: { ephemeral: true } }),
);

it('a store in memory leaves nothing on disk and ends with its process', async () => {
  const stateDir = join(tempFolder(), 'state');
  const store = openTestStore({ stateDir, storage: { ephemeral: true } });
  (await store.lock('refresh', { timeoutMs: 0 }))();
  await store.saveLogin('minimax-portal:default', oauthCredential());
  (await store.lock('refresh', { timeoutMs: 0 }))();
  expect(await store.listProfiles()).toHaveLength(1);
  expect(() => readdirSync(stateDir)).toThrow('ENOENT');
  expect(await openTestStore({ stateDir }).listProfiles()).toEqual([]);
});
