// A store that is set aside: whole, once, and never by or against a process that has the next one.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moveStoreKey } from '../../src/auth/key-move.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const insecure = { insecureStorage: true };

function createStage() {
  const stateDir = join(tempFolder(), 'state');
  const keychain = createFakeKeychain();
  const open = (storage = {}): CredentialStore => openTestStore({ stateDir, keychain, storage });
  const auth = join(stateDir, 'auth');
  return { stateDir, keychain, open, auth, file: join(auth, 'credentials.sqlite') };
}

/** The store that lies in a folder, as the one of a state folder of its own. */
function openAside(aside: string): CredentialStore {
  const stateDir = tempFolder();
  renameSync(aside, join(stateDir, 'auth'));
  return openTestStore({ stateDir });
}

describe('a store that is set aside', () => {
  it('by two at once goes once: what the first one began stays', async () => {
    const stage = createStage();
    await stage.open().saveLogin(id, oauthCredential());
    stage.keychain.items.clear();
    const [first, second] = [stage.open(), stage.open()];
    const failed = second.identity() ?? '';
    for (const store of [first, second])
      await expect(store.unlock()).rejects.toMatchObject({ code: 'KEY_MISSING' });
    const aside = await first.setAside(first.identity() ?? '');
    expect(existsSync(join(aside ?? '', 'credentials.sqlite'))).toBe(true);
    await first.saveLogin(id, oauthCredential({ access: 'new' }));
    expect(await second.setAside(failed)).toBeUndefined();
    expect((await second.readProfile(id))?.credential).toMatchObject({ access: 'new' });
  });

  it('takes its unprotected key along, and opens with it', async () => {
    const stage = createStage();
    const store = stage.open(insecure);
    await store.saveLogin(id, oauthCredential());
    const aside = (await store.setAside(store.identity() ?? '')) ?? '';
    expect(existsSync(join(stage.auth, 'insecure.key'))).toBe(false);
    store.close();
    expect((await openAside(aside).readProfile(id))?.credential).toEqual(oauthCredential());
  });

  it('without its key, as by a crash, keeps that key: the next store has its own', async () => {
    const stage = createStage();
    const former = stage.open(insecure);
    await former.saveLogin(id, oauthCredential());
    former.close();
    const key = readFileSync(join(stage.auth, 'insecure.key'), 'utf8');
    const elsewhere = join(stage.stateDir, 'elsewhere');
    mkdirSync(elsewhere);
    renameSync(stage.file, join(elsewhere, 'credentials.sqlite'));
    const next = stage.open(insecure);
    await next.saveLogin(id, oauthCredential({ access: 'new' }));
    await moveStoreKey(next, { kind: 'keychain' });
    const kept = readdirSync(stage.auth).filter((name) => name.startsWith('insecure.key'));
    expect(kept).toHaveLength(1);
    expect(readFileSync(join(stage.auth, kept[0] ?? ''), 'utf8')).toBe(key);
  });
});

describe('a process that had the store open', () => {
  it('begins no other when it has a refresh to save, and saves it when the store is back', async () => {
    const stage = createStage();
    const store = stage.open();
    const held = await store.saveLogin(id, oauthCredential());
    const aside = (await store.setAside(store.identity() ?? '')) ?? '';
    const before = stage.keychain.items.size;
    const renewed = oauthCredential({ access: 'renewed' });
    await expect(store.commitRefresh(id, 1, renewed)).rejects.toMatchObject({ code: 'STORE_BUSY' });
    expect(await store.replaceOlderCopy(held, renewed)).toBe('superseded');
    expect(await store.readProfile(id)).toBeUndefined();
    expect(store.identity()).toBeUndefined();
    expect(stage.keychain.items.size).toBe(before);
    renameSync(join(aside, 'credentials.sqlite'), stage.file);
    expect(await store.commitRefresh(id, 1, renewed)).toMatchObject({ generation: 2 });
  });

  it('leaves a pair that comes back to its store alone, when another store without that login lies there', async () => {
    const stage = createStage();
    const gateway = stage.open(insecure);
    await gateway.saveLogin(id, oauthCredential());
    expect(await gateway.recordIntent(id, 1)).toBe(true);
    const cli = stage.open(insecure);
    const aside = (await cli.setAside(cli.identity() ?? '')) ?? '';
    await cli.saveLogin('minimax-portal:other', oauthCredential());
    const commit = (): Promise<unknown> => gateway.commitRefresh(id, 1, oauthCredential({ refresh: 'next' }));
    await expect(commit()).rejects.toMatchObject({ code: 'STORE_BUSY' });
    expect((await cli.listProfiles()).map((record) => record.id)).toEqual(['minimax-portal:other']);
    // A login of that name in the new store stands, though.
    await cli.saveLogin(id, oauthCredential());
    expect(await commit()).toBe('superseded');
    expect(existsSync(aside)).toBe(true);
  });
});
