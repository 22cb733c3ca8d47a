// Refreshes that fail: how long they rest, what other processes learn of it, and what is remembered of a token about
// which nobody knows whether it was spent.
import { describe, expect, it } from 'vitest';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { describeLogin } from '../../src/auth/status.ts';
import { observeRefresh } from '../../src/auth/running-refresh.ts';
import { OpenClawError } from '../../src/errors.ts';
import { silentLog } from '../../src/platform/log.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { dead, outage, profileId, settle, stageRefresh } from '../support/refresh-stage.ts';

const failing = (makeError: () => OpenClawError) => async (): Promise<never> => {
  throw makeError();
};

describe('the pause after a failure', () => {
  it('grows with each failure by full jitter, and stays under its ceiling', async () => {
    const { store, clock } = await stageRefresh();
    let sent = 0;
    const engine = createRefreshEngine({
      store,
      exchange: () => {
        sent += 1;
        return Promise.reject(outage());
      },
      clock,
      random: createFakeRandom(0.999),
      log: silentLog,
    });
    const pauses: number[] = [];
    for (let failure = 0; failure < 14; failure += 1) {
      await engine.refresh(profileId, 1).catch(() => undefined);
      let waited = 0;
      for (; engine.isPaused(profileId, 1, false); waited += 100) await clock.advance(100);
      pauses.push(waited);
    }
    expect(sent).toBe(14);
    expect(pauses.slice(0, 4)).toEqual([1_200, 2_200, 4_200, 8_200]);
    expect(pauses.slice(-2)).toEqual([299_900, 299_900]);
  });

  it('is short for a request that waits, however long the trouble has lasted', async () => {
    const { engine, clock, answer, sent } = await stageRefresh();
    answer.exchange = failing(outage);
    for (let failure = 0; failure < 20; failure += 1) {
      await engine.refresh(profileId, 1, { urgent: true }).catch(() => undefined);
      await clock.advance(5_201);
    }
    expect(sent).toHaveLength(20);
  });

  it.each([
    [60_000, 60_000],
    [86_400_000, 300_000],
    [0, 200],
    [-5, 200],
    [Number.NaN, 200],
    [Infinity, 300_000],
  ])('a Retry-After of %d ms means %d ms, also for a request that waits', async (retryAfterMs, pauseMs) => {
    const { engine, clock, answer, sent } = await stageRefresh();
    answer.exchange = failing(() => outage({ retryAfterMs }));
    await expect(engine.refresh(profileId, 1, { urgent: true })).rejects.toMatchObject({
      data: { retryAfterMs: pauseMs },
    });
    await clock.advance(pauseMs - 1);
    await engine.refresh(profileId, 1, { urgent: true }).catch(() => undefined);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    await engine.refresh(profileId, 1, { urgent: true }).catch(() => undefined);
    expect(sent).toHaveLength(2);
  });

  it('ends with the login: a new one owes nothing to the failures of the old one', async () => {
    const { engine, store, answer } = await stageRefresh();
    const rotate = answer.exchange;
    answer.exchange = failing(() => outage({ retryAfterMs: 300_000 }));
    await engine.refresh(profileId, 1).catch(() => undefined);
    expect(engine.isPaused(profileId, 1, true)).toBe(true);
    await store.saveLogin(profileId, oauthCredential({ refresh: 'refresh-1' }));
    answer.exchange = rotate;
    expect(engine.isPaused(profileId, 2, false)).toBe(false);
    expect((await engine.refresh(profileId, 2)).record.generation).toBe(3);
  });

  it('a dead login says so without a time to come back', async () => {
    const { engine, answer } = await stageRefresh();
    answer.exchange = failing(dead);
    for (const _again of [1, 2]) {
      const error = (await engine.refresh(profileId, 1).catch((thrown: unknown) => thrown)) as OpenClawError;
      expect(error.code).toBe('LOGIN_DEAD');
      expect(error.data).not.toHaveProperty('retryAfterMs');
    }
  });
});

describe('several processes in one outage', () => {
  it('those that waited for the mutex share the failure, and send nothing', async () => {
    const stage = await stageRefresh();
    stage.answer.exchange = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      await stage.clock.advance(1);
      throw outage();
    };
    const engines = [stage.engine, stage.other().engine, stage.other().engine, stage.other().engine];
    const ends = await settle(
      stage.clock,
      Promise.allSettled(engines.map((engine) => engine.refresh(profileId, 1))),
    );
    expect(stage.sent).toEqual(['refresh-1']);
    for (const end of ends) {
      expect(end).toMatchObject({
        status: 'rejected',
        reason: { code: 'REFRESH_FAILED', message: 'HTTP 503' },
      });
    }
  });

  it('but a person who asks is not told of another’s failure', async () => {
    const stage = await stageRefresh();
    const rotate = stage.answer.exchange;
    stage.answer.exchange = async () => {
      stage.answer.exchange = rotate;
      await stage.clock.advance(1);
      throw outage();
    };
    const first = stage.engine.refresh(profileId, 1).catch(() => undefined);
    const asked = stage.other().engine.refresh(profileId, 1, { ignorePause: true });
    await settle(stage.clock, first);
    expect((await settle(stage.clock, asked)).record.generation).toBe(2);
  });
});

describe('what is known of a token when the server calls it dead', () => {
  const unsent = () => outage({ sent: false });
  it.each([
    ['after an attempt that got no answer', [outage], /no usable answer.*likely cause/],
    ['after one that never left', [unsent], /invalid_grant\)\.$/],
    ['after one without an answer, and one that never left', [outage, unsent], /no usable answer/],
    ['after one that never left, and one without an answer', [unsent, outage], /no usable answer/],
  ])('%s', async (_name, before, words) => {
    const { engine, answer, store } = await stageRefresh();
    for (const error of before) {
      answer.exchange = failing(error);
      await engine.refresh(profileId, 1, { ignorePause: true }).catch(() => undefined);
    }
    answer.exchange = failing(dead);
    await expect(engine.refresh(profileId, 1, { ignorePause: true })).rejects.toThrow(words);
    expect((await store.readRecord(profileId))?.dead?.reason).toMatch(words);
  });

  it('a crash is still named after outages, however long their text', async () => {
    const { engine, answer, store } = await stageRefresh();
    await store.recordIntent(profileId, 1);
    const wordy = new OpenClawError({ code: 'REFRESH_FAILED', message: 'x'.repeat(300) });
    for (const _again of [1, 2]) {
      answer.exchange = failing(() => wordy);
      await engine.refresh(profileId, 1, { ignorePause: true }).catch(() => undefined);
    }
    answer.exchange = failing(dead);
    await expect(engine.refresh(profileId, 1, { ignorePause: true })).rejects.toThrow(
      /cut off; a crash between the server's answer and its saving is the likely cause/,
    );
  });
});

describe('a store that cannot note the outcome', () => {
  const full = () => Promise.reject(new OpenClawError({ code: 'STORE_UNREADABLE', message: 'disk full' }));

  it('a pair that is saved late ends the pause: who still has the old token gets it at once', async () => {
    const stage = await stageRefresh();
    let broken = true;
    const note = (event: string): void => void stage.logged.push({ event, fields: undefined });
    const engine = createRefreshEngine({
      store: {
        ...stage.store,
        commitRefresh: (...args) => (broken ? full() : stage.store.commitRefresh(...args)),
      },
      exchange: (credential) => {
        stage.sent.push(credential.refresh);
        return stage.answer.exchange(credential);
      },
      clock: stage.clock,
      // The pause is longer than the time after which saving is tried again.
      random: createFakeRandom(0.999),
      log: { debug: note, info: note, warn: note, error: note },
    });
    const saved = (): boolean => stage.logged.some(({ event }) => event === 'refresh_saved_late');
    const first = engine.refresh(profileId, 1);
    await expect(settle(stage.clock, first)).rejects.toMatchObject({ code: 'STORE_UNREADABLE' });
    expect(engine.isPaused(profileId, 1, false)).toBe(true);
    broken = false;
    while (!saved()) await stage.clock.advance(1);
    expect(engine.isPaused(profileId, 1, false)).toBe(false);
    expect((await settle(stage.clock, engine.refresh(profileId, 1))).record.generation).toBe(2);
    expect(stage.sent).toEqual(['refresh-1']);
  });

  it('a dead token is not sent again by this process, and marked as soon as it can be', async () => {
    const stage = await stageRefresh();
    stage.answer.exchange = failing(dead);
    let broken = true;
    const engine = stage.engineOver({
      ...stage.store,
      markDead: (...args) => (broken ? full() : stage.store.markDead(...args)),
    });
    for (const _again of [1, 2, 3]) {
      await expect(engine.refresh(profileId, 1, { ignorePause: true })).rejects.toMatchObject({
        code: 'LOGIN_DEAD',
      });
    }
    broken = false;
    await expect(engine.refresh(profileId, 1, { ignorePause: true })).rejects.toMatchObject({
      code: 'LOGIN_DEAD',
    });
    expect(stage.sent).toEqual(['refresh-1']);
    expect((await stage.store.readRecord(profileId))?.dead?.reason).toContain('invalid_grant');
    expect(stage.logged.map(({ event }) => event)).toContain('login_dead_not_noted');
  });

  it('the failure that is told is the server’s, not the store’s', async () => {
    const stage = await stageRefresh();
    stage.answer.exchange = failing(outage);
    const engine = stage.engineOver({ ...stage.store, recordTransient: full });
    await expect(engine.refresh(profileId, 1)).rejects.toMatchObject({
      code: 'REFRESH_FAILED',
      message: 'HTTP 503',
    });
  });
});

describe('what can be said while and after a refresh runs', () => {
  it('running, ended, cut off', async () => {
    const stage = await stageRefresh();
    const { engine, store, clock, answer } = stage;
    const rotate = answer.exchange;
    const reader = stage.other().store;
    const state = async () => {
      const record = await reader.readRecord(profileId);
      if (record === undefined) throw new Error('there is no login');
      const observed = await settle(clock, observeRefresh(reader, record));
      return { ...observed, ...describeLogin(observed.record, clock.nowMs(), observed.isRefreshing) };
    };
    let finish: () => void = () => undefined;
    answer.exchange = async (credential) => {
      await new Promise<void>((resolve) => (finish = resolve));
      return rotate(credential);
    };
    const running = engine.refresh(profileId, 1);
    while ((await state()).state !== 'refreshing') await clock.advance(1);
    finish();
    await settle(clock, running);
    expect(await state()).toMatchObject({ record: { generation: 2 }, isRefreshing: false, state: 'ok' });
    await store.recordIntent(profileId, 2);
    expect(await state()).toMatchObject({
      isRefreshing: false,
      state: 'ok',
      detail: expect.stringMatching(/cut off \(process \d+\)/),
    });
  });
});
