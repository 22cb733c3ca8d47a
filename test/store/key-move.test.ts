// Moving a store from one key to another and back: every login stays, the old key opens nothing any more, and whatever
// fails on the way leaves the store with exactly one key that opens it.
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { moveStoreKey } from '../../src/auth/key-move.ts';
import { refreshLockName } from '../../src/auth/refresh.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { KeyTarget } from '../../src/store/credential-store.ts';
import type { PassphraseRequest } from '../../src/vault/passphrase.ts';
import { canary, filesHolding, oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

vi.mock(import('node:crypto'), async (original) => {
  const { withQuickScrypt } = await import('../support/quick-scrypt.ts');
  return withQuickScrypt(await original());
});

const ids = ['minimax-portal:default', 'minimax-portal:work'];
const passphrase = 'correct horse battery';

/** A store with two logins and a secret, and every place that a key can go to. */
async function createStage(start: KeyTarget) {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const keychain = createFakeKeychain();
  const env: Record<string, string> = {
    OPENCLAW_AUTH_KEY_FILE: file('key', Buffer.alloc(32, 7).toString('hex')),
    OPENCLAW_PASSPHRASE_FILE: file('passphrase', `${passphrase}\n`),
  };
  const open = (overrides: Parameters<typeof openTestStore>[0] | object = {}) =>
    openTestStore({ stateDir, keychain, env, ...overrides });
  const first = open({ storage: { kind: start.kind } });
  for (const id of ids) await first.saveLogin(id, oauthCredential({ access: `${canary} ${id}` }));
  await first.createSecret('gateway-token', `${canary}-gateway`);
  return { folder, stateDir, keychain, env, open, file, insecureKey: join(stateDir, 'auth', 'insecure.key') };
}
type Stage = Awaited<ReturnType<typeof createStage>>;

async function expectWhole(stage: Stage, kind: string, env = stage.env): Promise<void> {
  const store = stage.open({ env });
  expect(await store.readKeyRecord()).toMatchObject({ kind });
  for (const id of ids) {
    expect((await store.readProfile(id))?.credential).toMatchObject({ access: `${canary} ${id}` });
    expect((await store.readRecord(id))?.generation).toBe(1);
  }
  expect(await store.readSecret('gateway-token')).toBe(`${canary}-gateway`);
  store.close();
  for (const secret of [canary, passphrase]) expect(filesHolding(stage.stateDir, secret)).toEqual([]);
}

describe('a move', () => {
  const quick = ['keychain', 'key-file', 'insecure-file'];
  const pairs = [
    ...quick.flatMap((from) => quick.filter((to) => to !== from).map((to) => [from, to] as const)),
    ['keychain', 'passphrase'] as const,
    ['passphrase', 'insecure-file'] as const,
  ];
  it.each(pairs)(
    'from %s to %s and back keeps every login, and nothing of the old key',
    async (from, to) => {
      const stage = await createStage({ kind: from });
      const store = stage.open();
      const itemsBefore = [...stage.keychain.items.keys()];
      const moved = await moveStoreKey(store, { kind: to });
      expect(moved).toMatchObject({ from: { kind: from }, to: { kind: to } });
      expect(moved.leftover).toBeUndefined();
      expect(moved.to.keyId).not.toBe(moved.from.keyId);
      await expectWhole(stage, to);
      expect(stage.keychain.items.size).toBe(to === 'keychain' ? 1 : 0);
      for (const item of itemsBefore) expect(stage.keychain.items.has(item)).toBe(false);
      expect(existsSync(stage.insecureKey)).toBe(to === 'insecure-file');
      await moveStoreKey(store, { kind: from });
      await expectWhole(stage, from);
      // What others provided is theirs.
      expect(existsSync(stage.env['OPENCLAW_AUTH_KEY_FILE'] ?? '')).toBe(true);
    },
    20_000,
  );

  it('to another key file and to another passphrase', async () => {
    const stage = await createStage({ kind: 'key-file' });
    const keyFile = stage.file('key-2', Buffer.alloc(32, 8).toString('hex'));
    await moveStoreKey(stage.open(), { kind: 'key-file', keyFile });
    await expectWhole(stage, 'key-file', {});
    await expect(stage.open().readProfile(ids[0] ?? '')).rejects.toMatchObject({ code: 'KEY_WRONG' });
    await moveStoreKey(stage.open({ env: {} }), {
      kind: 'passphrase',
      passphraseFile: stage.env['OPENCLAW_PASSPHRASE_FILE'],
    });
    const passphraseFile = stage.file('passphrase-2', 'another one');
    await moveStoreKey(stage.open(), { kind: 'passphrase', passphraseFile });
    await expectWhole(stage, 'passphrase', { OPENCLAW_PASSPHRASE_FILE: passphraseFile });
    await expect(stage.open().unlock()).rejects.toMatchObject({
      code: 'KEY_WRONG',
      message: expect.stringContaining('(OPENCLAW_PASSPHRASE_FILE)') as string,
    });
  }, 20_000);

  it('obeys the command over OPENCLAW_AUTH_STORAGE, whichever place that names', async () => {
    for (const wish of ['keychain', 'insecure-file']) {
      const stage = await createStage({ kind: 'keychain' });
      const store = stage.open({ env: { ...stage.env, OPENCLAW_AUTH_STORAGE: wish } });
      await moveStoreKey(store, { kind: 'insecure-file' });
      await expectWhole(stage, 'insecure-file');
    }
  });

  it('is seen by a process that has the store open, also between two of its steps', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const running = stage.open();
    await running.readProfile(ids[0] ?? '');
    const reads = Promise.all(Array.from({ length: 20 }, () => running.readProfile(ids[1] ?? '')));
    await moveStoreKey(stage.open(), { kind: 'keychain' });
    expect(new Set((await reads).map((stored) => stored?.credential.type))).toEqual(new Set(['oauth']));
    expect((await running.readProfile(ids[0] ?? ''))?.record.generation).toBe(1);
    expect(await running.commitRefresh(ids[0] ?? '', 1, oauthCredential({ access: 'next' }))).toMatchObject({
      generation: 2,
    });
    expect((await stage.open().readProfile(ids[0] ?? ''))?.credential).toMatchObject({ access: 'next' });
  });

  it('waits for a refresh that runs, and gives up in time', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const refreshing = stage.open();
    const release = await refreshing.lock(refreshLockName(ids[0] ?? ''), { timeoutMs: 1_000 });
    let isMoved = false;
    const move = moveStoreKey(stage.open(), { kind: 'keychain' }).then(() => (isMoved = true));
    expect(await refreshing.commitRefresh(ids[0] ?? '', 1, oauthCredential())).toMatchObject({
      generation: 2,
    });
    expect(isMoved).toBe(false);
    release();
    expect(await move).toBe(true);
    expect((await refreshing.readProfile(ids[0] ?? ''))?.record.generation).toBe(2);
  });
});

const locked = new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'locked' });

describe('a move that does not come about', () => {
  it.each<[string, KeyTarget, string]>([
    ['memory', { kind: 'memory' }, 'USAGE'],
    ['an unknown word', { kind: 'vault' }, 'USAGE'],
    ['a key file that is not there', { kind: 'key-file', keyFile: '/none/key' }, 'KEY_FILE_INVALID'],
    ['systemd outside of a unit', { kind: 'credentials-directory' }, 'INPUT_REQUIRED'],
  ])('to %s leaves the store as it was', async (_, target, code) => {
    const stage = await createStage({ kind: 'insecure-file' });
    const before = readFileSync(join(stage.stateDir, 'auth', 'insecure.key'));
    await expect(moveStoreKey(stage.open(), target)).rejects.toMatchObject({ code });
    expect(readFileSync(join(stage.stateDir, 'auth', 'insecure.key'))).toEqual(before);
    await expectWhole(stage, 'insecure-file');
  });

  it('to a keychain that takes the key and loses it leaves the store, and its item goes with the next move', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const forgetful = { ...stage.keychain, get: () => Promise.resolve(undefined) };
    await expect(
      moveStoreKey(stage.open({ keychain: forgetful }), { kind: 'keychain' }),
    ).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    expect(stage.keychain.items.size).toBe(1);
    await expectWhole(stage, 'insecure-file');
    await moveStoreKey(stage.open(), { kind: 'key-file' });
    expect(stage.keychain.items.size).toBe(0);
    await expectWhole(stage, 'key-file');
  });

  it('with a row that does not open names it, and changes nothing', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(stage.stateDir, 'auth', 'credentials.sqlite'));
    db.exec("UPDATE secrets SET sealed = zeroblob(60) WHERE name = 'gateway-token'");
    db.close();
    await expect(moveStoreKey(stage.open(), { kind: 'keychain' })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('secret:gateway-token') as string,
    });
    expect(await stage.open().readKeyRecord()).toMatchObject({ kind: 'insecure-file' });
    expect((await stage.open().readProfile(ids[1] ?? ''))?.record.id).toBe(ids[1]);
  });

  it('with an old key that cannot be removed has moved all the same, says so, and removes it next time', async () => {
    const stage = await createStage({ kind: 'keychain' });
    const stubborn = { ...stage.keychain, delete: () => Promise.reject(locked) };
    const { leftover } = await moveStoreKey(stage.open({ keychain: stubborn }), { kind: 'key-file' });
    expect(leftover).toContain('could not be removed from the OS keychain: locked');
    await expectWhole(stage, 'key-file');
    expect(stage.keychain.items.size).toBe(1);
    await moveStoreKey(stage.open(), { kind: 'insecure-file' });
    expect(stage.keychain.items.size).toBe(0);
  });

  it('without a store is said to be that', async () => {
    const store = openTestStore({ stateDir: tempFolder() });
    await expect(moveStoreKey(store, { kind: 'keychain' })).rejects.toMatchObject({ code: 'NO_PROFILE' });
  });
});

describe('what a move leaves alone', () => {
  it.each(['insecure.key', 'a link to it', '/dev/stdin'])(
    'a key file that is %s is refused, and no key is removed',
    async (which) => {
      const stage = await createStage({ kind: 'insecure-file' });
      const link = join(stage.folder, 'link');
      symlinkSync(stage.insecureKey, link);
      const keyFile = { 'insecure.key': stage.insecureKey, 'a link to it': link }[which] ?? which;
      await expect(moveStoreKey(stage.open(), { kind: 'key-file', keyFile })).rejects.toMatchObject({
        code: 'KEY_FILE_INVALID',
      });
      await expectWhole(stage, 'insecure-file');
    },
  );

  it('the old key of a copy that was kept beside the store stays until the copy is gone', async () => {
    const stage = await createStage({ kind: 'keychain' });
    const copy = join(stage.stateDir, 'auth', 'credentials.sqlite.aside-1750000000000');
    writeFileSync(copy, 'as it was', { mode: 0o600 });
    const moved = await moveStoreKey(stage.open(), { kind: 'key-file' });
    expect(moved.leftover).toBe(`The old key was kept, as it opens ${copy}`);
    expect(stage.keychain.items.size).toBe(1);
    await moveStoreKey(stage.open(), { kind: 'insecure-file' });
    expect(stage.keychain.items.size).toBe(1);
    rmSync(copy);
    await moveStoreKey(stage.open(), { kind: 'key-file' });
    expect(stage.keychain.items.size).toBe(0);
    await expectWhole(stage, 'key-file');
  });

  it('the old key stays for good when that is asked for', async () => {
    const stage = await createStage({ kind: 'keychain' });
    await moveStoreKey(stage.open(), { kind: 'key-file', keepOldKey: true });
    await moveStoreKey(stage.open(), { kind: 'insecure-file' });
    expect(stage.keychain.items.size).toBe(1);
  });

  it('a list of old keys that is damaged keeps no store where it is', async () => {
    const stage = await createStage({ kind: 'keychain' });
    const stubborn = { ...stage.keychain, delete: () => Promise.reject(locked) };
    await moveStoreKey(stage.open({ keychain: stubborn }), { kind: 'key-file' });
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(stage.stateDir, 'auth', 'credentials.sqlite'));
    expect(
      db.prepare("UPDATE secrets SET sealed = zeroblob(60) WHERE name = 'keys-to-remove'").run().changes,
    ).toBe(1);
    db.close();
    const warnings: string[] = [];
    await moveStoreKey(stage.open({ warn: (text: string) => warnings.push(text) }), {
      kind: 'insecure-file',
    });
    expect(warnings.join()).toContain('list of old keys to remove is damaged');
    await expectWhole(stage, 'insecure-file');
  });

  it('no unprotected key is made for a store with a row that does not open', async () => {
    const stage = await createStage({ kind: 'key-file' });
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(join(stage.stateDir, 'auth', 'credentials.sqlite'));
    db.exec("UPDATE secrets SET sealed = zeroblob(60) WHERE name = 'gateway-token'");
    db.close();
    await expect(moveStoreKey(stage.open(), { kind: 'insecure-file' })).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
    });
    expect(existsSync(stage.insecureKey)).toBe(false);
  });

  it('a store that has moved has moved, whatever cannot be tidied up', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const store = stage.open();
    await store.unlock();
    const move = moveStoreKey(store, { kind: 'keychain' });
    // In place of the old key lies something that cannot be removed.
    stage.keychain.onSet = () => {
      rmSync(stage.insecureKey);
      mkdirSync(stage.insecureKey);
      stage.keychain.onSet = undefined;
    };
    expect(await move).toMatchObject({
      to: { kind: 'keychain' },
      leftover: expect.stringContaining('could not be removed') as string,
    });
    await expectWhole(stage, 'keychain');
  });

  it('no refresh waits while a person thinks of a passphrase', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const typed = Promise.withResolvers<string>();
    const asked = Promise.withResolvers<void>();
    const moving = stage.open({
      env: {},
      askPassphrase: () => {
        asked.resolve();
        return typed.promise;
      },
    });
    const move = moveStoreKey(moving, { kind: 'passphrase' });
    await asked.promise;
    const refreshing = stage.open();
    (await refreshing.lock(refreshLockName(ids[0] ?? ''), { timeoutMs: 0 }))();
    (await refreshing.lock('key', { timeoutMs: 0 }))();
    typed.resolve(passphrase);
    await move;
    await expectWhole(stage, 'passphrase');
  });

  it('of two at once the second finds the store moved, and says so', async () => {
    const stage = await createStage({ kind: 'insecure-file' });
    const outcomes = await Promise.allSettled([
      moveStoreKey(stage.open(), { kind: 'keychain' }),
      moveStoreKey(stage.open(), { kind: 'key-file' }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'STORE_BUSY' },
    });
    const { kind } = (await stage.open().readKeyRecord()) ?? {};
    await expectWhole(stage, kind ?? '');
    expect(stage.keychain.items.size).toBe(kind === 'keychain' ? 1 : 0);
  });

  it('a process that looks for the key while it moves finds it where it is then', async () => {
    const stage = await createStage({ kind: 'keychain' });
    const slow: typeof stage.keychain = {
      ...stage.keychain,
      // The record has been read; now the key moves, and its item goes.
      async get(account) {
        if ((await stage.open().readKeyRecord())?.kind === 'keychain') {
          await moveStoreKey(stage.open(), { kind: 'key-file' });
        }
        return stage.keychain.get(account);
      },
    };
    const reader = stage.open({ keychain: slow });
    expect((await reader.readProfile(ids[0] ?? ''))?.credential.type).toBe('oauth');
    expect(await reader.unlock()).toMatchObject({ kind: 'key-file' });
  });

  it('a process that asked for the first place by name goes on after the move', async () => {
    const stage = await createStage({ kind: 'keychain' });
    const saving = stage.open({ storage: { kind: 'keychain' } });
    await saving.unlock();
    await moveStoreKey(stage.open(), { kind: 'key-file' });
    await saving.saveLogin(ids[0] ?? '', oauthCredential({ access: `${canary} ${ids[0] ?? ''}` }));
    expect((await stage.open().readProfile(ids[0] ?? ''))?.record.generation).toBe(2);
  });
});

describe('a passphrase that a person types', () => {
  const typing = (...answers: string[]) => {
    const asked: PassphraseRequest[] = [];
    return {
      asked,
      askPassphrase: (request: PassphraseRequest) => {
        asked.push(request);
        return Promise.resolve(answers.shift() ?? 'out of answers');
      },
    };
  };

  it('seals a new store, and is asked for once by each process', async () => {
    const stateDir = tempFolder();
    const keychain = createFakeKeychain();
    keychain.fail(new OpenClawError({ code: 'KEYCHAIN_UNAVAILABLE', message: 'There is no keychain' }));
    const first = typing(passphrase);
    const store = openTestStore({ stateDir, keychain, askPassphrase: first.askPassphrase });
    await store.saveLogin(ids[0] ?? '', oauthCredential());
    expect(first.asked).toEqual([{ purpose: 'new', reason: 'There is no keychain' }]);
    const second = typing(passphrase);
    const next = openTestStore({ stateDir, keychain, askPassphrase: second.askPassphrase });
    await next.readProfile(ids[0] ?? '');
    await next.readProfile(ids[0] ?? '');
    expect(second.asked).toEqual([{ purpose: 'open', again: false }]);
    await expect(openTestStore({ stateDir, keychain }).unlock()).rejects.toMatchObject({
      code: 'PASSPHRASE_REQUIRED',
    });
    for (const secret of [canary, passphrase]) expect(filesHolding(stateDir, secret)).toEqual([]);
  });

  it('may be mistyped twice', async () => {
    const stateDir = tempFolder();
    const storage = { kind: 'passphrase' };
    const made = typing(passphrase);
    await openTestStore({ stateDir, storage, askPassphrase: made.askPassphrase }).unlock();
    expect(made.asked).toEqual([{ purpose: 'new' }]);
    const patient = typing('wrong', 'wronger', passphrase);
    await openTestStore({ stateDir, askPassphrase: patient.askPassphrase }).unlock();
    expect(patient.asked.map(({ again }) => again)).toEqual([false, true, true]);
    const lost = typing('wrong', 'wronger', 'wrongest', passphrase);
    await expect(
      openTestStore({ stateDir, askPassphrase: lost.askPassphrase }).unlock(),
    ).rejects.toMatchObject({ code: 'KEY_WRONG' });
    expect(lost.asked).toHaveLength(3);
  }, 20_000);
});
