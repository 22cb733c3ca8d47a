// A store that version 1 of the tables wrote (fixtures/version-1.sqlite, made by that version) is taken over whole.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

function createStage() {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  mkdirSync(join(stateDir, 'auth'), { recursive: true, mode: 0o700 });
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  copyFileSync(join(import.meta.dirname, 'fixtures', 'version-1.sqlite'), file);
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, 'ab'.repeat(32), { mode: 0o600 });
  const env = { OPENCLAW_AUTH_KEY_FILE: keyFile };
  return { stateDir, file, env, open: () => openTestStore({ stateDir, env }) };
}

const versionOf = (file: string): unknown => {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return db.prepare('PRAGMA user_version').get()?.['user_version'];
  } finally {
    db.close();
  }
};

describe('a store of version 1', () => {
  it('keeps every login, its state, the secrets and the generations', async () => {
    const stage = createStage();
    const store = stage.open();
    expect(await store.listProfiles()).toMatchObject([
      {
        id: 'minimax-portal:default',
        generation: 2,
        account: 'someone@example.com',
        lastRefresh: { outcome: 'refreshed' },
      },
      { id: 'minimax-portal:work', generation: 1, region: 'cn', dead: { reason: 'revoked' } },
    ]);
    expect((await store.readProfile('minimax-portal:default'))?.credential).toMatchObject({
      access: 'access-2',
      refresh: 'refresh-2',
    });
    expect(await store.readSecret('gateway-token')).toBe('a gateway token');
    expect(await store.saveLogin('minimax-portal:gone', oauthCredential())).toMatchObject({ generation: 2 });
    expect(await store.commitRefresh('minimax-portal:default', 2, oauthCredential())).toMatchObject({
      generation: 3,
    });
    await store.prove();
    store.close();
    expect(versionOf(stage.file)).toBe(2);
    expect(await stage.open().listProfiles()).toHaveLength(3);
  });

  it('is brought up to date once by many who come at the same time', async () => {
    const stage = createStage();
    const stores = Array.from({ length: 5 }, () => stage.open());
    const lists = await Promise.all(stores.map((store) => store.listProfiles()));
    for (const list of lists) expect(list).toHaveLength(2);
    await Promise.all(stores.map((store) => store.readProfile('minimax-portal:default')));
  });

  it('with other tables than it should have stays as it is', async () => {
    const stage = createStage();
    const db = new DatabaseSync(stage.file);
    db.exec('ALTER TABLE profiles DROP COLUMN sealed; PRAGMA journal_mode = DELETE');
    db.close();
    const before = readFileSync(stage.file);
    await expect(stage.open().listProfiles()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(readFileSync(stage.file).equals(before)).toBe(true);
  });
});
