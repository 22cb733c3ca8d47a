// One key for a store's whole life: made once, found again, missed loudly, never replaced.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import type { Keychain } from '../../src/platform/keychain.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const hexKey = (byte: number): string => Buffer.alloc(32, byte).toString('hex');
const unavailable = new OpenClawError({ code: 'KEYCHAIN_UNAVAILABLE', message: 'no bus' });
const locked = new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'locked' });

describe('a key in the keychain', () => {
  it('is made once, in an item of its own, and opens the store for everyone after', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const record = await openTestStore({ stateDir, keychain }).unlock();
    expect(record).toMatchObject({ kind: 'keychain', location: `credential-key-${record.keyId}` });
    expect([...keychain.items.keys()]).toEqual([record.location]);
    expect(Buffer.from([...keychain.items.values()].join(), 'base64url')).toHaveLength(32);

    await openTestStore({ stateDir, keychain }).saveLogin(id, oauthCredential());
    const later = openTestStore({ stateDir, keychain });
    expect((await later.readProfile(id))?.credential).toEqual(oauthCredential());
    expect(await later.readKeyRecord()).toEqual(record);
    expect(keychain.items.size).toBe(1);
  });

  it('is not asked for by anything that needs no secret', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).saveLogin(id, oauthCredential());
    keychain.calls.length = 0;
    const store = openTestStore({ stateDir, keychain });
    await store.listProfiles();
    await store.readRecord(id);
    await store.readKeyRecord();
    await store.readProfile('minimax-portal:none');
    await store.recordIntent(id, 1);
    await store.recordTransient(id, 1, 'no network');
    await store.markDead(id, 1, 'revoked');
    await store.deleteProfile(id);
    expect(keychain.calls).toEqual([]);
  });

  it('stays in memory: a keychain that locks later stops nothing', async () => {
    const keychain = createFakeKeychain();
    const store = openTestStore({ stateDir: tempFolder(), keychain });
    await store.saveLogin(id, oauthCredential());
    keychain.fail(locked);
    expect(await store.commitRefresh(id, 1, oauthCredential({ access: 'a2' }))).toMatchObject({
      generation: 2,
    });
    expect((await store.readProfile(id))?.credential).toMatchObject({ access: 'a2' });
  });

  it('that is locked is neither missing nor replaced, and opens once it is unlocked', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).saveLogin(id, oauthCredential());
    const store = openTestStore({ stateDir, keychain, env: { CI: 'true' } });
    keychain.fail(locked);
    await expect(store.readProfile(id)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    await expect(store.saveLogin(id, oauthCredential())).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    keychain.fail(undefined);
    expect((await store.readProfile(id))?.record.generation).toBe(1);
  });

  it('in a keychain that is locked and looks empty is not called missing', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).unlock();
    const empty: Keychain = { ...keychain, get: async () => undefined, probe: () => Promise.reject(locked) };
    await expect(openTestStore({ stateDir, keychain: empty }).unlock()).rejects.toBe(locked);
  });

  it('that was deleted is missed, and the store is left alone', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).saveLogin(id, oauthCredential());
    keychain.items.clear();
    const store = openTestStore({ stateDir, keychain });
    const missing = { code: 'KEY_MISSING', data: { place: join(stateDir, 'auth') } };
    await expect(store.readProfile(id)).rejects.toMatchObject(missing);
    await expect(store.saveLogin(id, oauthCredential())).rejects.toMatchObject(missing);
    await expect(store.unlock()).rejects.toMatchObject(missing);
    expect(keychain.items.size).toBe(0);
    expect(await store.listProfiles()).toHaveLength(1);
  });

  it.each([
    ['another key', Buffer.alloc(32, 9).toString('base64url')],
    ['no key at all', 'correct horse'],
    ['a cut key', Buffer.alloc(31, 9).toString('base64url')],
  ])('that turned into %s is wrong, not a damaged store', async (_, value) => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const { location = '' } = await openTestStore({ stateDir, keychain }).unlock();
    keychain.items.set(location, value);
    await expect(openTestStore({ stateDir, keychain }).unlock()).rejects.toMatchObject({ code: 'KEY_WRONG' });
    expect(keychain.items.get(location)).toBe(value);
  });

  it('is made once by many who come at the same time', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const stores = Array.from({ length: 6 }, () => openTestStore({ stateDir, keychain }));
    const records = await Promise.all(stores.map((store) => store.unlock()));
    expect(new Set(records.map((record) => record.keyId)).size).toBe(1);
    expect([...keychain.items.keys()]).toEqual([records[0]?.location]);
  });

  it('whose making was cut off is made anew, and what was left of it removed', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const dying = {
      ...keychain,
      async set(account: string, value: string): Promise<void> {
        await keychain.set(account, value);
        throw locked;
      },
    };
    const first = openTestStore({ stateDir, keychain: dying });
    await expect(first.unlock()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    expect(keychain.items.size).toBe(1);
    expect(await first.readKeyRecord()).toBeUndefined();

    const record = await openTestStore({ stateDir, keychain }).unlock();
    expect([...keychain.items.keys()]).toEqual([record.location]);
  });

  it('leaves nothing behind where there is no keychain', async () => {
    const stateDir = join(tempFolder(), 'state');
    const keychain = createFakeKeychain();
    keychain.fail(unavailable);
    const store = openTestStore({ stateDir, keychain });
    await expect(store.unlock()).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      remedy: expect.stringContaining('--storage passphrase') as string,
    });
    expect(() => statSync(stateDir)).toThrow('ENOENT');
  });

  it('is not asked for twice in a row when it fails', async () => {
    const keychain = createFakeKeychain();
    keychain.fail(unavailable);
    const store = openTestStore({ stateDir: tempFolder(), keychain, env: { CI: '1' } });
    expect(await store.unlock()).toMatchObject({ kind: 'memory' });
    expect(keychain.calls).toEqual(['probe']);
  });
});

describe('a key in a file', () => {
  it('named by the environment opens the store, wherever the file lies now', async () => {
    const folder = tempFolder();
    const stateDir = join(folder, 'state');
    const path = join(folder, 'auth.key');
    writeFileSync(path, hexKey(1), { mode: 0o600 });
    const env = { OPENCLAW_AUTH_KEY_FILE: path };
    const keychain = createFakeKeychain();
    const store = openTestStore({ stateDir, env, keychain });
    await store.saveLogin(id, oauthCredential());
    expect(await store.readKeyRecord()).toMatchObject({ kind: 'key-file', location: path });
    expect(keychain.calls).toEqual([]);

    expect(await openTestStore({ stateDir }).readProfile(id)).toBeDefined();
    const moved = join(folder, 'moved.key');
    renameSync(path, moved);
    await expect(openTestStore({ stateDir }).readProfile(id)).rejects.toMatchObject({ code: 'KEY_MISSING' });
    expect(
      await openTestStore({ stateDir, env: { OPENCLAW_AUTH_KEY_FILE: moved } }).readProfile(id),
    ).toBeDefined();

    writeFileSync(moved, hexKey(2));
    await expect(
      openTestStore({ stateDir, env: { OPENCLAW_AUTH_KEY_FILE: moved } }).readProfile(id),
    ).rejects.toMatchObject({ code: 'KEY_WRONG' });
    writeFileSync(moved, 'rubbish');
    await expect(
      openTestStore({ stateDir, env: { OPENCLAW_AUTH_KEY_FILE: moved } }).readProfile(id),
    ).rejects.toMatchObject({ code: 'KEY_FILE_INVALID' });
  });

  it('that is named and not there is an error, not a reason to look further', async () => {
    const folder = tempFolder();
    const keychain = createFakeKeychain();
    const env = { OPENCLAW_AUTH_KEY_FILE: join(folder, 'none.key') };
    const store = openTestStore({ stateDir: join(folder, 'state'), env, keychain });
    await expect(store.unlock()).rejects.toMatchObject({
      code: 'KEY_FILE_INVALID',
      message: expect.stringContaining('none.key does not exist') as string,
    });
    expect(keychain.calls).toEqual([]);
    writeFileSync(env.OPENCLAW_AUTH_KEY_FILE, hexKey(1), { mode: 0o600 });
    expect(await store.unlock()).toMatchObject({ kind: 'key-file' });
  });

  it('that systemd provides is read where systemd puts it this time', async () => {
    const folder = tempFolder();
    const stateDir = join(folder, 'state');
    const provide = (name: string): { CREDENTIALS_DIRECTORY: string } => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'openclaw-auth-key'), hexKey(3), { mode: 0o440 });
      return { CREDENTIALS_DIRECTORY: join(folder, name) };
    };
    const env = provide('run-1');
    const store = openTestStore({ stateDir, env });
    await store.saveLogin(id, oauthCredential());
    expect(await store.readKeyRecord()).toMatchObject({ kind: 'credentials-directory' });
    rmSync(join(folder, 'run-1'), { recursive: true });
    expect(await openTestStore({ stateDir, env: provide('run-2') }).readProfile(id)).toBeDefined();
    // From a shell, without systemd: the key is out of reach, the clear columns are not.
    const shell = openTestStore({ stateDir });
    await expect(shell.readProfile(id)).rejects.toMatchObject({ code: 'KEY_MISSING' });
    expect(await shell.listProfiles()).toHaveLength(1);
  });

  it('is ours and unprotected only when a person asked for that', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const store = openTestStore({ stateDir, keychain, storage: { insecureStorage: true } });
    await store.saveLogin(id, oauthCredential());
    const path = join(stateDir, 'auth', 'insecure.key');
    expect(await store.readKeyRecord()).toMatchObject({ kind: 'insecure-file', location: path });
    expect(readFileSync(path, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(keychain.calls).toEqual([]);
    expect(await openTestStore({ stateDir, keychain }).readProfile(id)).toBeDefined();
  });
});

describe('a recorded choice', () => {
  it('is not changed by another wish, and the wish is named', async () => {
    const stateDir = tempFolder();
    await openTestStore({ stateDir, storage: { insecureStorage: true } }).saveLogin(id, oauthCredential());
    for (const wish of [{ kind: 'keychain' }, { kind: 'memory' }]) {
      const store = openTestStore({ stateDir, storage: wish });
      await expect(store.unlock()).rejects.toMatchObject({ code: 'STORAGE_CONFLICT' });
      await expect(store.readProfile(id)).rejects.toThrow(/insecure-file.*(keychain|memory) was asked for/);
    }
    const env = { OPENCLAW_AUTH_STORAGE: 'keychain' };
    await expect(openTestStore({ stateDir, env }).unlock()).rejects.toMatchObject({
      code: 'STORAGE_CONFLICT',
    });
  });

  it('is no matter of a process that writes nothing: it sees nothing of what is there', async () => {
    const stateDir = tempFolder();
    await openTestStore({ stateDir, storage: { insecureStorage: true } }).saveLogin(id, oauthCredential());
    const store = openTestStore({ stateDir, storage: { ephemeral: true } });
    expect((await store.unlock()).kind).toBe('memory');
    expect(await store.listProfiles()).toEqual([]);
    await store.saveLogin('minimax-portal:mine', oauthCredential());
    const onDisk = await openTestStore({ stateDir }).listProfiles();
    expect(onDisk.map((record) => record.id)).toEqual([id]);
  });

  it('of a store that took the place of another is obeyed at once', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const running = openTestStore({ stateDir, keychain });
    await running.saveLogin(id, oauthCredential());
    const counter = running.changeCounter();
    renameSync(join(stateDir, 'auth'), join(stateDir, 'auth.aside'));
    expect(await running.listProfiles()).toEqual([]);
    const other = openTestStore({ stateDir, keychain, storage: { insecureStorage: true } });
    await other.saveLogin(id, oauthCredential({ access: 'other' }));
    expect(running.changeCounter()).toBeGreaterThan(counter);
    expect((await running.readProfile(id))?.credential).toMatchObject({ access: 'other' });
    await running.saveLogin(id, oauthCredential({ access: 'third' }));
    running.close();
    expect((await other.readProfile(id))?.credential).toMatchObject({ access: 'third' });
  });

  it('never lets a row be sealed with a key that is not the recorded one', async () => {
    const stateDir = tempFolder();
    const store = openTestStore({ stateDir, storage: { insecureStorage: true } });
    await store.saveLogin(id, oauthCredential());
    const saving = store.saveLogin(id, oauthCredential());
    // In the turn between opening the key and the write.
    await Promise.resolve();
    const db = new DatabaseSync(join(stateDir, 'auth', 'credentials.sqlite'));
    db.exec("UPDATE key_record SET key_id = 'ffffffffffffffff'");
    db.close();
    await expect(saving).rejects.toMatchObject({ code: 'STORE_BUSY' });
    // The row is not what the program wrote: where the key is kept is not guessed.
    await expect(store.readProfile(id)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});

describe('a key that has sealed nothing', () => {
  const insecure = { insecureStorage: true };
  const insecureFile = (stateDir: string): string => join(stateDir, 'auth', 'insecure.key');

  it('gives way to one that is wanted elsewhere, and leaves no item behind', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    await openTestStore({ stateDir, keychain }).unlock();
    const store = openTestStore({ stateDir, keychain, storage: insecure });
    expect(await store.unlock()).toMatchObject({ kind: 'insecure-file' });
    expect(keychain.items.size).toBe(0);
    await store.saveLogin(id, oauthCredential());
    expect(await openTestStore({ stateDir, keychain }).readProfile(id)).toBeDefined();
  });

  it('that is lost is made anew', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const first = await openTestStore({ stateDir, keychain }).unlock();
    keychain.items.clear();
    const second = await openTestStore({ stateDir, keychain }).unlock();
    expect(second.keyId).not.toBe(first.keyId);
    expect([...keychain.items.keys()]).toEqual([second.location]);
  });

  it('stays where memory was asked for, and is not made anew by a mere look', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const record = await openTestStore({ stateDir, keychain }).unlock();
    const env = { OPENCLAW_AUTH_STORAGE: 'memory' };
    const conflict = { code: 'STORAGE_CONFLICT' };
    await expect(openTestStore({ stateDir, keychain, env }).unlock()).rejects.toMatchObject(conflict);
    const other = openTestStore({ stateDir, keychain, storage: insecure });
    await expect(other.openKey()).rejects.toMatchObject(conflict);
    expect(await other.readKeyRecord()).toEqual(record);
  });

  it.each<[string, (store: ReturnType<typeof openTestStore>) => Promise<unknown>]>([
    ['a secret', (store) => store.replaceSecret('gateway-token', 'handed on')],
    ['a login', (store) => store.saveLogin(id, oauthCredential())],
    [
      'a login that copies may hold',
      async (store) => {
        await store.saveLogin(id, oauthCredential());
        await store.deleteProfile(id);
      },
    ],
  ])('is one no more with %s', async (_, seal) => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const store = openTestStore({ stateDir, keychain });
    const record = await store.unlock();
    await seal(store);
    await store.dropUnusedKey();
    await expect(openTestStore({ stateDir, keychain, storage: insecure }).unlock()).rejects.toMatchObject({
      code: 'STORAGE_CONFLICT',
    });
    expect(await store.readKeyRecord()).toEqual(record);
    expect(keychain.items.size).toBe(1);
  });

  it('is taken away by the process that made it, and by no other', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const maker = openTestStore({ stateDir, keychain, storage: insecure });
    const record = await maker.unlock();
    const other = openTestStore({ stateDir, keychain });
    await other.unlock();
    await other.dropUnusedKey();
    expect(await other.readKeyRecord()).toEqual(record);
    await maker.dropUnusedKey();
    await maker.dropUnusedKey();
    expect(await maker.readKeyRecord()).toBeUndefined();
    expect(() => statSync(insecureFile(stateDir))).toThrow('ENOENT');
    // The one that still has it open seals nothing with it.
    await other.saveLogin(id, oauthCredential());
    expect(await other.readKeyRecord()).toMatchObject({ kind: 'keychain' });
    expect((await openTestStore({ stateDir, keychain }).readProfile(id))?.credential).toEqual(
      oauthCredential(),
    );
  });

  it('that the keychain does not let go stays on record until the next key is made', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    const warnings: string[] = [];
    const store = openTestStore({ stateDir, keychain, warn: (text) => warnings.push(text) });
    const { location } = await store.unlock();
    keychain.fail(locked);
    await store.dropUnusedKey();
    keychain.fail(undefined);
    expect(warnings).toEqual([expect.stringContaining('could not be removed from the OS keychain')]);
    expect(await store.readKeyRecord()).toBeUndefined();
    expect([...keychain.items.keys()]).toEqual([location]);
    await openTestStore({ stateDir, keychain, storage: insecure }).unlock();
    expect(keychain.items.size).toBe(0);
  });
});
