// A backup that comes into the store's place while tokens are held in memory, or while a refresh is on its way: what is
// newer is saved over it; what is another login is left alone.
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoredProfile } from '../../src/store/credential-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { dead, profileId, settle, stageRefresh, type RefreshStage } from '../support/refresh-stage.ts';

const folders = ['auth', 'auth-high-water'];

/** Copied by another process: opening the files here would drop the store's locks. */
function backUp({ stateDir }: RefreshStage, which = folders): () => void {
  for (const folder of which)
    execFileSync('cp', ['-a', join(stateDir, folder), join(stateDir, `${folder}.copy`)]);
  return () => {
    for (const folder of which) {
      renameSync(join(stateDir, folder), join(stateDir, `${folder}.former`));
      renameSync(join(stateDir, `${folder}.copy`), join(stateDir, folder));
    }
  };
}

async function stored({ store }: RefreshStage): Promise<StoredProfile> {
  const found = await store.readProfile(profileId);
  if (found === undefined) throw new Error('there is no login');
  return found;
}

describe.each([
  ['the store', ['auth']],
  ['the store and its marks', folders],
])('an older copy of %s', (_name, which) => {
  it('is replaced by what is held in memory before anything is sent', async () => {
    const stage = await stageRefresh();
    const { engine, sent, clock } = stage;
    const restore = backUp(stage, which);
    await engine.refresh(profileId, 1);
    const held = await engine.refresh(profileId, 2);
    await clock.advance(1_000);
    restore();
    const renewed = await engine.refresh(profileId, 3, { held });
    expect(sent).toEqual(['refresh-1', 'refresh-2', 'refresh-3']);
    expect(renewed).toMatchObject({
      record: { generation: 5 },
      credential: { access: 'access-4', refresh: 'refresh-4' },
    });
    expect((await stored(stage)).record).not.toHaveProperty('restored');
  });

  it('that comes while the server is asked does not cost the answer', async () => {
    const stage = await stageRefresh();
    const { engine, answer, clock } = stage;
    const rotate = answer.exchange;
    const restore = backUp(stage, which);
    await engine.refresh(profileId, 1);
    await clock.advance(1_000);
    answer.exchange = (credential) => {
      restore();
      return rotate(credential);
    };
    expect(await engine.refresh(profileId, 2)).toMatchObject({
      record: { generation: 3 },
      credential: { refresh: 'refresh-3' },
    });
  });

  it('is replaced once by several that hold the newer one', async () => {
    const stage = await stageRefresh();
    const { engine, clock } = stage;
    const restore = backUp(stage, which);
    const held = await engine.refresh(profileId, 1);
    await clock.advance(1_000);
    restore();
    const engines = [engine, stage.other().engine, stage.other().engine];
    const outcomes = await settle(clock, Promise.all(engines.map((each) => each.bringBack(held))));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await stored(stage)).toMatchObject({ record: { generation: 3 }, credential: held.credential });
  });
});

describe('what only looks like an older copy', () => {
  it('is left alone: another login, which somebody brought back on purpose', async () => {
    const stage = await stageRefresh();
    const { engine, store, clock } = stage;
    const restore = backUp(stage);
    await clock.advance(1_000);
    await store.saveLogin(profileId, oauthCredential({ access: 'other', refresh: 'other' }));
    const held = await stored(stage);
    restore();
    expect(await engine.bringBack(held)).toBe(false);
    expect(await stored(stage)).toMatchObject({ credential: { refresh: 'refresh-1' } });
  });

  it('is left alone: a newer refresh in a copy whose numbers begin lower', async () => {
    const stage = await stageRefresh();
    const { engine, clock, answer } = stage;
    const restore = backUp(stage);
    answer.exchange = (credential) => Promise.resolve({ ...credential, access: 'lenient' });
    await engine.refresh(profileId, 1);
    const held = await engine.refresh(profileId, 2);
    restore();
    await clock.advance(1_000);
    expect((await stage.other().engine.refresh(profileId, 1)).record.generation).toBe(2);
    expect(await engine.bringBack(held)).toBe(false);
    expect((await stored(stage)).record.generation).toBe(2);
  });

  it('is not replaced by one who knows less than the marks', async () => {
    const stage = await stageRefresh();
    const { engine, clock } = stage;
    const restore = backUp(stage, ['auth']);
    const behind = await engine.refresh(profileId, 1);
    await engine.refresh(profileId, 2);
    await clock.advance(1_000);
    restore();
    expect(await engine.bringBack(behind)).toBe(false);
    expect((await stored(stage)).record).toMatchObject({ generation: 1, restored: { newestGeneration: 3 } });
  });

  it('a logout stays one', async () => {
    const stage = await stageRefresh();
    const held = await stage.engine.refresh(profileId, 1);
    await stage.store.deleteProfile(profileId);
    expect(await stage.engine.bringBack(held)).toBe(false);
    expect(await stage.store.readProfile(profileId)).toBeUndefined();
  });
});

describe('an older copy of which nobody holds the newer state', () => {
  it('is tried once, and named when the server has seen its token', async () => {
    const stage = await stageRefresh();
    const { engine, sent, clock } = stage;
    const restore = backUp(stage, ['auth']);
    await engine.refresh(profileId, 1);
    await clock.advance(1_000);
    restore();
    const expected =
      `${dead().message} The store was restored from an older copy (generation 1 of 2), ` +
      'and its refresh token may have been used already; that is the likely cause.';
    for (const _again of [1, 2]) await expect(engine.refresh(profileId, 1)).rejects.toThrow(expected);
    expect(sent).toEqual(['refresh-1', 'refresh-1']);
  });
});
