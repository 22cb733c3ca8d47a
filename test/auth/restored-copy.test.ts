// A backup that comes into the store's place while tokens are held in memory, or while a refresh is on its way: what is
// newer is saved over it; what is another login is left alone.
import { execFileSync } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResolver } from '../../src/auth/resolver.ts';
import { OpenClawError } from '../../src/errors.ts';
import type { LogFields } from '../../src/platform/log.ts';
import type { StoredProfile } from '../../src/store/credential-store.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeRandom } from '../support/fake-random.ts';
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

describe('a clock that was set back', () => {
  it('does not make an older copy the newer state, as long as the marks know better', async () => {
    const stage = await stageRefresh();
    const { engine, clock } = stage;
    await clock.advance(60_000);
    await engine.refresh(profileId, 1);
    const restore = backUp(stage, ['auth']);
    clock.setWallMs(clock.nowMs() - 3_600_000);
    const held = await engine.refresh(profileId, 2);
    restore();
    expect(await engine.bringBack(held)).toBe(true);
    expect(await stored(stage)).toMatchObject({ record: { generation: 4 }, credential: held.credential });
  });
});

describe('a copy that cannot be replaced', () => {
  it('is named once for each reason, left alone more and more, and replaced when it can be', async () => {
    const { store, clock, logged, engine, ...stage } = await stageRefresh();
    const lasting = { access: 'access-1', refresh: 'refresh-1', expires: clock.nowMs() + 86_400_000 };
    await store.saveLogin(profileId, oauthCredential(lasting));
    const restore = backUp({ store, clock, logged, engine, ...stage });
    const held = await engine.refresh(profileId, 2);
    const trouble = { reason: 'the key is gone', attempts: 0 };
    const note = (event: string, fields?: LogFields): void => void logged.push({ event, fields });
    const resolver = createResolver({
      store,
      engine: {
        ...engine,
        bringBack(copy) {
          trouble.attempts += 1;
          if (trouble.reason === '') return engine.bringBack(copy);
          return Promise.reject(new OpenClawError({ code: 'KEY_MISSING', message: trouble.reason }));
        },
      },
      prepare: () => Promise.resolve({ apiKey: 'token', baseUrl: 'https://api.minimax.io/anthropic' }),
      explicitOrder: () => undefined,
      clock,
      random: createFakeRandom(0.999),
      log: { debug: note, info: note, warn: note, error: note },
    });
    const kept = (): unknown[] =>
      logged.filter(({ event }) => event === 'older_copy_kept').map(({ fields }) => fields?.['reason']);
    await resolver.load();
    onTestFinished(resolver.start());
    restore();
    await clock.advance(10_000);
    expect(trouble.attempts).toBeGreaterThan(1);
    expect(trouble.attempts).toBeLessThanOrEqual(4);
    expect(kept()).toEqual(['the key is gone']);
    trouble.reason = 'the disk is full';
    await clock.advance(600_000);
    expect(trouble.attempts).toBeLessThanOrEqual(12);
    expect(kept()).toEqual(['the key is gone', 'the disk is full']);
    trouble.reason = '';
    for (let step = 0; step < 320; step += 1) await clock.advance(1_000);
    expect((await store.readProfile(profileId))?.credential).toEqual(held.credential);
    const spent = trouble.attempts;
    await clock.advance(600_000);
    expect(trouble.attempts).toBe(spent);
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
