// One row that is not what was written, in a store that is sound: its login is lost and no other, and nothing of it is
// overwritten before a copy is kept.
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { orderProfiles } from '../../src/auth/order.ts';
import { describeLogin } from '../../src/auth/status.ts';
import type { ProfileRow } from '../../src/store/profile-row.ts';
import { checkedColumns, rowChecksum } from '../../src/store/row-checksum.ts';
import { canary, oauthCredential } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const other = 'minimax-portal:other';
const token = 'gateway-token';

async function setUp() {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const clock = createFakeClock();
  const warnings: string[] = [];
  const open = () => openTestStore({ stateDir, keychain, clock, warn: (message) => warnings.push(message) });
  const store = open();
  await store.saveLogin(id, oauthCredential());
  await store.commitRefresh(id, 1, oauthCredential({ access: `${canary}-access-2` }));
  await store.saveLogin(other, oauthCredential({ email: 'other@example.com' }));
  await store.createSecret(token, `${canary}-gateway`);
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  /** As another program would, past everything that this one checks. */
  const change = (sql: string, ...values: (string | number | Uint8Array | null)[]): void => {
    const db = new DatabaseSync(file);
    db.exec('PRAGMA ignore_check_constraints = ON');
    db.prepare(sql).run(...values);
    db.close();
  };
  const rowOf = (profile: string, from = file): ProfileRow => {
    const db = new DatabaseSync(from, { readOnly: true });
    const row = db.prepare('SELECT * FROM logins WHERE id = ?').get(profile) as ProfileRow;
    db.close();
    return row;
  };
  const copies = (): string[] =>
    fs.readdirSync(dirname(file)).filter((name) => /\.aside-\d+(-\d+)?$/.test(name));
  return { stateDir, keychain, store, open, file, clock, warnings, change, rowOf, copies };
}

const damaged = (profile: string) => ({
  code: 'STORE_CORRUPT',
  message: expect.stringContaining(profile) as string,
  remedy: expect.stringContaining(`auth login --profile-id ${profile}`) as string,
});

describe('a row that was changed', () => {
  const replacements: Record<string, string | number | Uint8Array | null> = {
    id: 'minimax-portal:somebody',
    type: 'api_key',
    generation: 3,
    refresh_outcome: 'transient',
    refreshable: 0,
    sealed: new Uint8Array([1, 2, 3]),
  };

  it.each(checkedColumns)('in %s is refused, and listed as damaged', async (column) => {
    const { open, store, change } = await setUp();
    store.close();
    const value = replacements[column] ?? (column.endsWith('_ms') || column === 'intent_pid' ? 1 : 'x');
    change(`UPDATE logins SET ${column} = ? WHERE id = ?`, value, id);
    const later = open();
    const name = column === 'id' ? String(value) : id;
    const listed = (await later.listProfiles()).filter((record) => record.damaged === true);
    expect(listed.map((record) => record.id)).toEqual([name]);
    await expect(later.readProfile(name)).rejects.toMatchObject(damaged(name));
    expect((await later.readProfile(other))?.credential).toMatchObject({ email: 'other@example.com' });
  });

  it('is neither built on nor mended by the steps of a refresh', async () => {
    const { store, change, rowOf } = await setUp();
    change('UPDATE logins SET account = ? WHERE id = ?', 'x', id);
    const before = rowOf(id);
    await expect(store.recordIntent(id, 2)).rejects.toMatchObject(damaged(id));
    await expect(store.recordTransient(id, 2, 'no network')).rejects.toMatchObject(damaged(id));
    await expect(store.markDead(id, 2, 'revoked')).rejects.toMatchObject(damaged(id));
    expect(rowOf(id)).toEqual(before);
  });

  it('by somebody who knows the checksum still does not open', async () => {
    const { stateDir, store, change, rowOf } = await setUp();
    const swapped = { ...rowOf(id), sealed: rowOf(other).sealed };
    const put = 'UPDATE logins SET sealed = ?, checksum = ? WHERE id = ?';
    change(put, swapped.sealed, rowChecksum(swapped), id);
    await expect(store.readProfile(id)).rejects.toMatchObject({
      ...damaged(id),
      data: { row: `profile:${id}`, version: 2, place: join(stateDir, 'auth') },
    });
  });

  it('back to an older one does not open, checksum and all', async () => {
    const { store, change, rowOf } = await setUp();
    const older = rowOf(id);
    await store.commitRefresh(id, 2, oauthCredential({ access: `${canary}-access-3` }));
    const mixed = { ...rowOf(id), sealed: older.sealed };
    const put = 'UPDATE logins SET sealed = ?, checksum = ? WHERE id = ?';
    change(put, mixed.sealed, rowChecksum(mixed), id);
    await expect(store.readProfile(id)).rejects.toMatchObject({ ...damaged(id), data: { version: 3 } });
  });

  it('by somebody who knows the checksum decides nothing: what is decided by is sealed', async () => {
    const { store, change, rowOf } = await setUp();
    const row = { ...rowOf(id), region: 'cn', refreshable: 0 as const, expires_at_ms: 1 };
    const put = 'UPDATE logins SET region = ?, refreshable = 0, expires_at_ms = 1, checksum = ? WHERE id = ?';
    change(put, row.region, rowChecksum(row), id);
    const expected = { region: 'global', refreshable: true, expiresAtMs: 1_750_000_900_000 };
    expect((await store.readProfile(id))?.record).toMatchObject(expected);
  });

  it('asks for a new login, after those that work', async () => {
    const { store, change } = await setUp();
    change('UPDATE logins SET account = ? WHERE id = ?', 'x', id);
    const records = await store.listProfiles();
    expect(orderProfiles(records, undefined).ids).toEqual([other, id]);
    const states = records.map((record) => [record.id, describeLogin(record, 1_750_000_000_000).state]);
    expect(states).toEqual([
      [id, 'needs_login'],
      [other, 'ok'],
    ]);
  });
});

describe('the row that tells where the key is', () => {
  it.each([
    ['changed', "UPDATE key_record SET location = 'elsewhere'"],
    ['of no known kind', "UPDATE key_record SET kind = 'jeychain'"],
    ['incomplete', 'UPDATE key_record SET check_value = NULL'],
    ['gone', 'DELETE FROM key_record'],
  ])('%s, is a damaged store and no reason to make another key', async (_, sql) => {
    const { store, change, open, keychain, stateDir } = await setUp();
    store.close();
    change(sql);
    const later = open();
    const refused = { code: 'STORE_CORRUPT', data: { place: join(stateDir, 'auth') } };
    await expect(later.readKeyRecord()).rejects.toMatchObject(refused);
    await expect(later.unlock()).rejects.toMatchObject(refused);
    await expect(later.readProfile(id)).rejects.toMatchObject(refused);
    await expect(later.saveLogin(id, oauthCredential())).rejects.toMatchObject(refused);
    expect(keychain.items.size).toBe(1);
    expect(await later.listProfiles()).toHaveLength(2);
  });
});

describe('in place of a damaged row', () => {
  it('a new login keeps a copy of the whole store first, and says where', async () => {
    const { stateDir, store, file, change, rowOf, copies, warnings, keychain } = await setUp();
    change('UPDATE logins SET sealed = ? WHERE id = ?', new Uint8Array([1, 2, 3]), id);
    const before = rowOf(id);
    const saved = await store.saveLogin(id, oauthCredential({ access: `${canary}-new` }));
    expect(saved).toMatchObject({ generation: 3 });
    expect(saved).not.toHaveProperty('damaged');
    const [copy = ''] = copies();
    expect(copies()).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`${id}.*kept in .*${copy}`))]);
    const path = join(dirname(file), copy);
    expect(rowOf(id, path)).toEqual(before);
    if (process.platform !== 'win32') expect(fs.statSync(path).mode & 0o777).toBe(0o600);

    // The copy is a store: put back, it holds what it held.
    store.close();
    const restored = join(stateDir, 'restored', 'auth');
    fs.mkdirSync(restored, { recursive: true, mode: 0o700 });
    fs.copyFileSync(path, join(restored, basename(file)));
    const from = openTestStore({ stateDir: dirname(restored), keychain });
    expect((await from.readProfile(other))?.credential).toMatchObject({ email: 'other@example.com' });
    await expect(from.readProfile(id)).rejects.toMatchObject(damaged(id));
  });

  it('a refresh that was on its way is saved, with a copy, and nothing of it is lost', async () => {
    const { store, change, copies } = await setUp();
    change('UPDATE logins SET generation = 7 WHERE id = ?', id);
    const renewed = oauthCredential({ access: `${canary}-renewed` });
    expect(await store.commitRefresh(id, 1, renewed)).toBe('superseded');
    expect(await store.commitRefresh(id, 2, renewed)).toMatchObject({ generation: 3 });
    expect((await store.readProfile(id))?.credential).toEqual(renewed);
    expect(copies()).toHaveLength(1);
  });

  it('a save that is tried again makes no second copy, and the next damage a second', async () => {
    const { store, file, clock, change, copies } = await setUp();
    const break_ = (): void => change('UPDATE logins SET account = ? WHERE id = ?', 'x', id);
    break_();
    const writer = new DatabaseSync(file);
    writer.exec('BEGIN IMMEDIATE');
    for (const _ of [1, 2]) {
      const outcome = expect(store.saveLogin(id, oauthCredential())).rejects.toMatchObject({
        code: 'STORE_BUSY',
      });
      await clock.advance(6_000);
      await outcome;
    }
    writer.exec('ROLLBACK');
    writer.close();
    expect(copies()).toHaveLength(1);
    await store.saveLogin(id, oauthCredential());
    expect(copies()).toHaveLength(1);
    break_();
    await store.saveLogin(id, oauthCredential());
    expect(copies()).toHaveLength(2);
  });

  it('a sound login is replaced without a copy', async () => {
    const { store, copies, warnings } = await setUp();
    await store.saveLogin(id, oauthCredential());
    await store.commitRefresh(id, 3, oauthCredential());
    expect([copies(), warnings]).toEqual([[], []]);
  });

  it('a secret is made anew, with a copy, while reading it only says that it is damaged', async () => {
    const { store, change, copies, warnings } = await setUp();
    change('UPDATE secrets SET sealed = ? WHERE name = ?', new Uint8Array(60), token);
    await expect(store.readSecret(token)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(copies()).toEqual([]);
    expect(await store.createSecret(token, `${canary}-second`)).toBe(`${canary}-second`);
    expect(await store.readSecret(token)).toBe(`${canary}-second`);
    expect(await store.createSecret(token, `${canary}-third`)).toBe(`${canary}-second`);
    expect(copies()).toHaveLength(1);
    expect(warnings).toEqual([expect.stringContaining(`secret ${token}`)]);
  });
});
