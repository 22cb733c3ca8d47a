// Moving a store from one key to another and back: every login stays, the old key opens nothing any more, and whatever
// fails on the way leaves the store with exactly one key that opens it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { moveStoreKey } from '../../src/auth/key-move.ts';
import { refreshLockName } from '../../src/auth/refresh.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { KeyTarget } from '../../src/store/credential-store.ts';
import type { PassphraseRequest } from '../../src/vault/passphrase.ts';
import { canary, filesHolding, oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

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
  // Deriving a key takes half a second each time: a passphrase is tried with one partner each way.
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
      message: expect.stringContaining('from a passphrase') as string,
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

describe('a move that does not come about', () => {
  const locked = new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'locked' });

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
