// The marks beside the store: raised after each commit, never lowered, and no reason for an alarm that is none.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHighWater } from '../../src/store/high-water.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';

function start() {
  const stateDir = tempFolder();
  const warnings: string[] = [];
  const folder = join(stateDir, 'auth-high-water');
  const marks = createHighWater(stateDir, (message) => void warnings.push(message));
  return { stateDir, folder, warnings, marks, mark: () => marks.take()(id) };
}

describe('a mark', () => {
  it('rises, never falls, and is each login’s own', () => {
    const { marks, mark, folder, warnings } = start();
    expect(mark()).toBeUndefined();
    for (const generation of [1, 3, 2]) marks.raise(id, generation);
    marks.raise('minimax-portal:other', 7);
    expect(mark()).toBe(3);
    expect(marks.take()('minimax-portal:other')).toBe(7);
    expect(readdirSync(folder)).toHaveLength(2);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    expect(warnings).toEqual([]);
  });

  it.each(['', '4', '\n', 'x\n', '-1\n', '1e9\n', `${'9'.repeat(40)}\n`])(
    'that is damaged (%j) says nothing, and is replaced by the next',
    (content) => {
      const { marks, mark, folder } = start();
      marks.raise(id, 3);
      const [name = ''] = readdirSync(folder);
      writeFileSync(join(folder, name), content);
      expect(mark()).toBeUndefined();
      marks.raise(id, 4);
      expect(mark()).toBe(4);
    },
  );

  it('what a killed process left half-done is in nobody’s way', () => {
    const { marks, mark, folder } = start();
    marks.raise(id, 3);
    const [name = ''] = readdirSync(folder);
    writeFileSync(join(folder, `${name}.${process.pid}`), '99\n');
    expect(mark()).toBe(3);
    marks.raise(id, 4);
    expect(mark()).toBe(4);
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('that cannot be written is warned of, and the commit stands', async () => {
    const { stateDir, folder, warnings } = start();
    writeFileSync(folder, 'a file where the folder should be');
    const store = openTestStore({
      stateDir,
      keychain: createFakeKeychain(),
      warn: (text) => void warnings.push(text),
    });
    expect((await store.saveLogin(id, oauthCredential())).generation).toBe(1);
    expect((await store.readProfile(id))?.record).not.toHaveProperty('restored');
    expect(warnings.join()).toContain(folder);
  });
});

describe('a store and its marks', () => {
  it('agree after every kind of save', async () => {
    const { stateDir, mark } = start();
    const store = openTestStore({ stateDir, keychain: createFakeKeychain() });
    await store.saveLogin(id, oauthCredential());
    expect(mark()).toBe(1);
    await store.commitRefresh(id, 1, oauthCredential({ access: 'a2' }));
    expect(mark()).toBe(2);
    await store.deleteProfile(id);
    await store.saveLogin(id, oauthCredential());
    expect(mark()).toBe(3);
    expect(await store.readRecord(id)).not.toHaveProperty('restored');
  });

  it('a mark that is behind, as after a crash, or gone, is no alarm and no hindrance', async () => {
    const { stateDir, folder, mark } = start();
    const store = openTestStore({ stateDir, keychain: createFakeKeychain() });
    await store.saveLogin(id, oauthCredential());
    const [name = ''] = readdirSync(folder);
    const former = readFileSync(join(folder, name));
    await store.commitRefresh(id, 1, oauthCredential({ access: 'a2' }));
    writeFileSync(join(folder, name), former);
    expect(await store.readRecord(id)).not.toHaveProperty('restored');
    rmSync(folder, { recursive: true });
    expect(await store.readRecord(id)).not.toHaveProperty('restored');
    await store.commitRefresh(id, 2, oauthCredential({ access: 'a3' }));
    expect(mark()).toBe(3);
  });

  it('numbers go on above a mark, in the same store and in a new one', async () => {
    const { stateDir, marks } = start();
    const store = openTestStore({ stateDir, keychain: createFakeKeychain() });
    await store.saveLogin(id, oauthCredential());
    marks.raise(id, 15);
    const listed = await store.listProfiles();
    expect(listed).toMatchObject([{ generation: 1, restored: { newestGeneration: 15 } }]);
    expect(await store.commitRefresh(id, 1, oauthCredential({ access: 'a2' }))).toMatchObject({
      generation: 16,
    });
    expect(await store.readProfile(id)).toMatchObject({ credential: { access: 'a2' } });
    store.close();
    rmSync(join(stateDir, 'auth'), { recursive: true });
    const fresh = openTestStore({ stateDir, keychain: createFakeKeychain() });
    const record = await fresh.saveLogin(id, oauthCredential());
    expect(record).toMatchObject({ generation: 17 });
    expect(await fresh.readRecord(id)).toEqual(record);
  });

  it('a store in memory has none, and heeds none', async () => {
    const { stateDir, folder, marks } = start();
    marks.raise(id, 15);
    const before = readdirSync(folder);
    const store = openTestStore({ stateDir, storage: { ephemeral: true } });
    expect(await store.saveLogin(id, oauthCredential())).toMatchObject({ generation: 1 });
    expect(await store.readRecord(id)).not.toHaveProperty('restored');
    expect(readdirSync(folder)).toEqual(before);
  });
});
