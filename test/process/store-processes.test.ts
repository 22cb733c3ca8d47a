// Several real processes on one store.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { KeyRecord } from '../../src/store/credential-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { createFolderKeychain, startStoreProcess } from '../support/store-process.ts';
import type { StoreProcess } from '../support/store-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';

function place() {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  const keychainFolder = join(folder, 'keychain');
  const start = (): StoreProcess => {
    const started = startStoreProcess(stateDir, keychainFolder);
    onTestFinished(() => started.end());
    return started;
  };
  const open = () => openTestStore({ stateDir, keychain: createFolderKeychain(keychainFolder) });
  return { stateDir, keychainFolder, start, open };
}

describe('processes that meet at a new store', () => {
  it('end with one key and every login', async () => {
    const { keychainFolder, start, open } = place();
    const processes = [start(), start(), start(), start()];
    const saved = await Promise.all(
      processes.map(async (each, index) => {
        const record = (await each.call({ do: 'unlock' })) as KeyRecord;
        await each.call({ do: 'save', id: `minimax-portal:p${index}`, credential: oauthCredential() });
        return record.keyId;
      }),
    );
    expect(new Set(saved).size).toBe(1);
    expect(readdirSync(keychainFolder)).toEqual([`credential-key-${saved[0]}`]);
    const store = open();
    const profiles = await store.listProfiles();
    expect(profiles).toHaveLength(4);
    for (const { id } of profiles)
      expect((await store.readProfile(id))?.credential).toEqual(oauthCredential());
  });
});

describe('processes that rotate one token', () => {
  it('lose none', async () => {
    const { start, open } = place();
    const store = open();
    await store.saveLogin(id, oauthCredential({ refresh: '0' }));
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => start().call({ do: 'rotate', id, times: 15 })),
    );
    const numbers = (answers as number[][]).flat().sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(await store.readProfile(id)).toMatchObject({
      record: { generation: 61 },
      credential: { refresh: '60' },
    });
  });

  it('keep what was answered when one is killed in the middle', async () => {
    const { start, open } = place();
    const store = open();
    await store.saveLogin(id, oauthCredential({ refresh: '0' }));
    const doomed = start();
    await doomed.call({ do: 'rotate', id, times: 1 });
    const rotating = expect(doomed.call({ do: 'rotate', id, times: 100_000 })).rejects.toThrow(
      'without an answer',
    );
    let generation = 0;
    while (generation < 20) generation = (await store.readRecord(id))?.generation ?? 0;
    doomed.signal('SIGKILL');
    await rotating;
    const after = await store.readProfile(id);
    expect(after?.record.generation).toBeGreaterThanOrEqual(generation);
    expect(after?.credential).toMatchObject({ refresh: String((after?.record.generation ?? 0) - 1) });
    expect(await start().call({ do: 'rotate', id, times: 1 })).toEqual([after?.record.generation]);
  });
});

describe('the lock of a process', () => {
  it('is free as soon as its holder was killed', async () => {
    const { start, open } = place();
    const holder = start();
    expect(await holder.call({ do: 'lock', name: 'refresh', timeoutMs: 0 })).toBe('held');
    const store = open();
    await expect(store.lock('refresh', { timeoutMs: 30 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    const waiting = store.lock('refresh', { timeoutMs: 20_000 });
    holder.signal('SIGKILL');
    (await waiting)();
  });

  it('is kept by a holder that was stopped', async (context) => {
    if (process.platform === 'win32') return context.skip('Windows stops no process');
    const { start, open } = place();
    const holder = start();
    await holder.call({ do: 'lock', name: 'refresh', timeoutMs: 0 });
    holder.signal('SIGSTOP');
    const store = open();
    await expect(store.lock('refresh', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    holder.signal('SIGCONT');
    expect(await holder.call({ do: 'release' })).toBe('released');
    (await store.lock('refresh', { timeoutMs: 20_000 }))();
  });

  it('is not lost by a second attempt of its own holder', async () => {
    const { start, open } = place();
    const [first, second] = [open(), open()];
    const release = await first.lock('refresh', { timeoutMs: 0 });
    await expect(second.lock('refresh', { timeoutMs: 0 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
    const other = start();
    expect(await other.call({ do: 'lock', name: 'refresh', timeoutMs: 30 })).toEqual({ error: 'STORE_BUSY' });
    release();
    expect(await other.call({ do: 'lock', name: 'refresh', timeoutMs: 20_000 })).toBe('held');
  });
});
