// A store that version 1 of the tables wrote (fixtures/version-1.sqlite, made by that version) is taken over whole.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { upgradeStore } from '../../src/store/schema-upgrade.ts';
import { refreshLockName } from '../../src/auth/refresh.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { settle } from '../support/refresh-stage.ts';
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
  const open = (clock: Clock = systemClock): CredentialStore => openTestStore({ stateDir, env, clock });
  return { stateDir, file, env, open };
}

type Prepare = (this: DatabaseSync, sql: string) => StatementSync;

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

  it('is found in order by a process that looks while another brings it up to date', async () => {
    const stage = createStage();
    const prepare = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, 'prepare')?.value as Prepare;
    const spy = vi.spyOn(DatabaseSync.prototype, 'prepare');
    onTestFinished(() => spy.mockRestore());
    spy.mockImplementation(function (this: DatabaseSync, sql) {
      if (sql.includes('integrity_check')) {
        spy.mockImplementation(prepare);
        const other = new DatabaseSync(stage.file);
        upgradeStore(other, () => false);
        other.close();
      }
      return prepare.call(this, sql);
    });
    expect(await stage.open().listProfiles()).toHaveLength(2);
    expect(versionOf(stage.file)).toBe(2);
  });

  it('fails the older program, which still has it open, before it spends a refresh token', async () => {
    const stage = createStage();
    const older = new DatabaseSync(stage.file);
    onTestFinished(() => older.close());
    // What it does on the way to a refresh, in its order.
    const look = (): unknown => older.prepare('SELECT * FROM profiles WHERE id = ?').get('x');
    const intent = (): unknown => older.prepare('UPDATE profiles SET intent_at_ms = 1, intent_pid = 1').run();
    look();
    const store = stage.open();
    expect(await store.listProfiles()).toHaveLength(2);
    expect(look).toThrow('no such table');
    expect(intent).toThrow('no such table');
    expect(await store.readProfile('minimax-portal:default')).toBeDefined();
  });

  it('waits for the older program as long as it asks a server, or holds a pair that it cannot save', async () => {
    const stage = createStage();
    const clock = createFakeClock();
    const older = stage.open();
    const release = await older.lock(refreshLockName('minimax-portal:default'), { timeoutMs: 0 });
    const store = stage.open(clock);
    const refused = expect(settle(clock, store.listProfiles())).rejects.toMatchObject({ code: 'STORE_BUSY' });
    await refused;
    expect(versionOf(stage.file)).toBe(1);
    release();
    expect(await settle(clock, store.listProfiles())).toHaveLength(2);
    expect(versionOf(stage.file)).toBe(2);
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
