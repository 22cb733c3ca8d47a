// Setting a store aside under a process that has its key in memory and refreshes.
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { refreshLockName } from '../../src/auth/refresh.ts';
import { setAsideStore } from '../../src/auth/set-aside.ts';
import { profileId, settle, stageRefresh } from '../support/refresh-stage.ts';

it('waits for the answer of a server, which goes with the store that asked', async () => {
  const stage = await stageRefresh();
  const { store, clock, answer } = stage;
  const [sent, granted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { exchange } = answer;
  answer.exchange = async (credential) => {
    sent.resolve();
    await granted.promise;
    return exchange(credential);
  };
  const refresh = stage.engine.refresh(profileId, 1);
  await settle(clock, sent.promise);
  const cli = stage.other().store;
  const setAside = setAsideStore(cli, clock, cli.identity() ?? '');
  await clock.advance(1_000);
  expect(store.identity()).toBe(cli.identity());
  expect(cli.identity()).toBeDefined();
  granted.resolve();
  await settle(
    clock,
    refresh.catch(() => undefined),
  );
  const aside = (await settle(clock, setAside)) ?? '';
  expect(store.identity()).toBeUndefined();
  expect(await settle(clock, store.listProfiles())).toEqual([]);
  renameSync(join(aside, 'credentials.sqlite'), join(stage.stateDir, 'auth', 'credentials.sqlite'));
  const saved = await settle(clock, store.readProfile(profileId));
  expect(saved?.credential).toMatchObject({ refresh: 'refresh-2' });
});

it('gives up on a store that somebody goes on saving into, and leaves it', async () => {
  const stage = await stageRefresh();
  const { store, clock } = stage;
  const release = await store.lock(refreshLockName(profileId), { timeoutMs: 0 });
  const cli = stage.other().store;
  const identity = cli.identity() ?? '';
  await expect(settle(clock, setAsideStore(cli, clock, identity))).rejects.toMatchObject({
    code: 'STORE_BUSY',
    remedy: expect.stringContaining('stop it') as string,
  });
  expect(cli.identity()).toBe(identity);
  release();
  expect(await settle(clock, setAsideStore(cli, clock, identity))).toBeDefined();
});

it('waits also when the store cannot even be listed: a process may have had it open before', async () => {
  const stage = await stageRefresh();
  const { store, stateDir, clock } = stage;
  const holder = stage.other().store;
  const release = await holder.lock(refreshLockName(profileId), { timeoutMs: 0 });
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  store.close();
  writeFileSync(file, 'rubbish '.repeat(1_000));
  const cli = stage.other().store;
  const identity = cli.identity() ?? '';
  await expect(settle(clock, setAsideStore(cli, clock, identity))).rejects.toMatchObject({
    code: 'STORE_BUSY',
  });
  release();
  expect(await settle(clock, setAsideStore(cli, clock, identity))).toBeDefined();
  expect(existsSync(file)).toBe(false);
});
