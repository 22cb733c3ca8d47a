// The store's files: modes, owners, damage, other programs' files, busy connections, and no secret in any byte.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { canary, filesHolding, oauthCredential } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const storeFile = (stateDir: string): string => join(stateDir, 'auth', 'credentials.sqlite');

/** A state folder with one login in it, closed, and the keychain that opens it. */
async function stateWithLogin() {
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain });
  await store.saveLogin(id, oauthCredential());
  store.close();
  return { stateDir, keychain, file: storeFile(stateDir) };
}

const modeOf = (path: string): number => fs.lstatSync(path).mode & 0o777;

describe('the files of a store', () => {
  it('are for their owner alone, whatever the umask', async () => {
    const stateDir = join(tempFolder(), 'state');
    const umask = process.umask(0);
    try {
      const store = openTestStore({ stateDir, storage: { insecureStorage: true } });
      const release = await store.lock('refresh', { timeoutMs: 0 });
      await store.saveLogin(id, oauthCredential());
      const entries = fs.readdirSync(stateDir, { recursive: true, withFileTypes: true });
      const names = entries.map((entry) => entry.name);
      expect(names).toEqual(
        expect.arrayContaining(['credentials.sqlite', 'credentials.sqlite-wal', 'insecure.key']),
      );
      if (process.platform !== 'win32') {
        expect(modeOf(stateDir)).toBe(0o700);
        for (const entry of entries) {
          const mode = modeOf(join(entry.parentPath, entry.name));
          expect([entry.name, mode]).toEqual([entry.name, entry.isDirectory() ? 0o700 : 0o600]);
        }
      }
      release();
    } finally {
      process.umask(umask);
    }
  });

  it('hold no secret after saving, overwriting, refreshing and deleting, open or closed', async () => {
    const stateDir = tempFolder();
    const store = openTestStore({ stateDir });
    for (let round = 0; round < 20; round += 1) {
      const credential = oauthCredential({ access: `${canary}-${round}`, refresh: `${canary}-r${round}` });
      const { generation } = await store.saveLogin(id, credential);
      await store.recordIntent(id, generation);
      await store.commitRefresh(id, generation, credential);
      if (round % 3 === 0) await store.deleteProfile(id);
    }
    await store.createSecret('gateway-token', canary);
    // What is meant to be clear is found: the search works.
    expect(filesHolding(stateDir, 'someone@example.com')).not.toEqual([]);
    expect(filesHolding(stateDir, canary)).toEqual([]);
    expect(filesHolding(stateDir, Buffer.from(canary).toString('base64').slice(0, 12))).toEqual([]);
    store.close();
    expect(filesHolding(stateDir, canary)).toEqual([]);
  });

  it('are not made by reading', async () => {
    const stateDir = tempFolder();
    const store = openTestStore({ stateDir });
    await store.listProfiles();
    await store.readProfile(id);
    expect(store.changeCounter()).toBe(0);
    expect(fs.readdirSync(stateDir)).toEqual([]);
  });

  it('that were open to others are closed, with a word about it', async (context) => {
    if (process.platform === 'win32') return context.skip('Windows has no modes');
    const { stateDir, keychain, file } = await stateWithLogin();
    fs.chmodSync(file, 0o644);
    fs.chmodSync(join(stateDir, 'auth'), 0o755);
    const warnings: string[] = [];
    const store = openTestStore({ stateDir, keychain, warn: (message) => warnings.push(message) });
    expect(await store.listProfiles()).toHaveLength(1);
    expect([modeOf(file), modeOf(join(stateDir, 'auth'))]).toEqual([0o600, 0o700]);
    expect(warnings).toEqual([
      expect.stringMatching(/auth was open to other users \(mode 0755\); it is closed now/),
      expect.stringMatching(/credentials\.sqlite was open to other users \(mode 0644\)/),
    ]);
  });

  it('of a store that was moved away without its log do not mix with the next one', async () => {
    const { stateDir, keychain, file } = await stateWithLogin();
    fs.renameSync(file, `${file}.old`);
    fs.writeFileSync(`${file}-wal`, 'a log that belongs to the old one', { mode: 0o600 });
    const store = openTestStore({ stateDir, keychain, clock: createFakeClock(5_000) });
    await store.saveLogin(id, oauthCredential());
    expect(await store.listProfiles()).toHaveLength(1);
    expect(fs.readFileSync(`${file}.aside-5000-wal`, 'utf8')).toContain('old one');
  });

  it('are taken over from an attempt that was killed half way', async () => {
    const stateDir = tempFolder();
    fs.mkdirSync(join(stateDir, 'auth'), { mode: 0o700 });
    for (const ending of ['', '-wal', '-journal']) {
      fs.writeFileSync(`${storeFile(stateDir)}.new${ending}`, 'half a store', { mode: 0o600 });
    }
    const store = openTestStore({ stateDir });
    expect(await store.listProfiles()).toEqual([]);
    await store.saveLogin(id, oauthCredential());
    expect(fs.readdirSync(join(stateDir, 'auth')).filter((name) => name.includes('.new'))).toEqual([]);
  });
});

describe('a store that cannot be trusted', () => {
  const damages: [string, string, (file: string) => void][] = [
    [
      'is text',
      'STORE_CORRUPT',
      (file) => fs.writeFileSync(file, 'not a database, but long enough'.repeat(40)),
    ],
    ['is empty', 'STORE_CORRUPT', (file) => fs.truncateSync(file)],
    ['lost its second half', 'STORE_CORRUPT', (file) => fs.truncateSync(file, 4_096)],
    [
      'belongs to another program',
      'STORE_CORRUPT',
      (file) => {
        fs.rmSync(file);
        const db = new DatabaseSync(file);
        db.exec('CREATE TABLE bookmarks (url TEXT)');
        db.close();
      },
    ],
    [
      'was written by a newer program',
      'STORE_NEWER',
      (file) => {
        const db = new DatabaseSync(file);
        db.exec('PRAGMA user_version = 99');
        db.close();
      },
    ],
    [
      'is a link',
      'STORE_UNREADABLE',
      (file) => {
        fs.renameSync(file, `${file}.real`);
        fs.symlinkSync(`${file}.real`, file);
      },
    ],
    [
      'is a folder',
      'STORE_UNREADABLE',
      (file) => {
        fs.rmSync(file);
        fs.mkdirSync(file);
      },
    ],
  ];
  it.each(damages)('because it %s is refused and left as it is', async (_, code, damage) => {
    const { stateDir, keychain, file } = await stateWithLogin();
    damage(file);
    const bytes = (): unknown => (fs.statSync(file).isFile() ? fs.readFileSync(file) : 'folder');
    const before = bytes();
    const store = openTestStore({ stateDir, keychain });
    await expect(store.listProfiles()).rejects.toMatchObject({ code });
    await expect(store.saveLogin(id, oauthCredential())).rejects.toMatchObject({ code });
    expect(() => store.changeCounter()).toThrow(expect.objectContaining({ code }) as Error);
    store.close();
    expect(bytes()).toEqual(before);
    expect(keychain.items.size).toBe(1);
  });

  it('because its folder is a link is refused, for reading and for making one', async () => {
    const { stateDir, keychain } = await stateWithLogin();
    const elsewhere = join(tempFolder(), 'elsewhere');
    fs.renameSync(join(stateDir, 'auth'), elsewhere);
    fs.symlinkSync(elsewhere, join(stateDir, 'auth'));
    const refused = { code: 'STORE_UNREADABLE', message: expect.stringContaining('symbolic link') as string };
    await expect(openTestStore({ stateDir, keychain }).listProfiles()).rejects.toMatchObject(refused);
    fs.rmSync(elsewhere, { recursive: true });
    fs.mkdirSync(elsewhere);
    await expect(openTestStore({ stateDir, keychain }).unlock()).rejects.toMatchObject(refused);
    expect(fs.readdirSync(elsewhere)).toEqual([]);
  });

  it("because it is another user's is refused", async (context) => {
    if (process.geteuid?.() !== 0) return context.skip('only root can give files away');
    const { stateDir, keychain, file } = await stateWithLogin();
    fs.chownSync(file, 4_321, 4_321);
    await expect(openTestStore({ stateDir, keychain }).listProfiles()).rejects.toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining('user 4321') as string,
    });
  });
});

describe('a store that is in use', () => {
  it('is waited for without blocking, and then reported as busy', async () => {
    const { stateDir, keychain, file } = await stateWithLogin();
    const clock = createFakeClock();
    const store = openTestStore({ stateDir, keychain, clock });
    await store.unlock();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const waiting = store.recordIntent(id, 1);
    await clock.advance(1_000);
    other.exec('ROLLBACK');
    await clock.advance(20);
    expect(await waiting).toBe(true);

    other.exec('BEGIN IMMEDIATE');
    const outcome = expect(store.saveLogin(id, oauthCredential())).rejects.toMatchObject({
      code: 'STORE_BUSY',
    });
    await clock.advance(6_000);
    await outcome;
    // Readers are never kept waiting by a writer.
    expect(await store.listProfiles()).toMatchObject([{ generation: 1 }]);
    other.exec('ROLLBACK');
    other.close();
    expect(clock.timerCount()).toBe(0);
  });

  it('tells by its counter what another connection changed', async () => {
    const { stateDir, keychain } = await stateWithLogin();
    const [one, two] = [openTestStore({ stateDir, keychain }), openTestStore({ stateDir, keychain })];
    const before = one.changeCounter();
    expect(before).toBeGreaterThan(0);
    await two.listProfiles();
    expect(one.changeCounter()).toBe(before);
    await two.recordIntent(id, 1);
    expect(one.changeCounter()).toBeGreaterThan(before);
    expect((await one.readRecord(id))?.intent).toBeDefined();
  });
});
