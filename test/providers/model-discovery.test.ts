// When LM Studio is asked for its models, what is known of them in between, and that one who does not use it never is.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFetch } from '../../src/platform/fetch.ts';
import type { Log } from '../../src/platform/log.ts';
import {
  createModelDiscovery,
  discoveryPlace,
  type ModelDiscovery,
} from '../../src/providers/model-discovery.ts';
import type { ConfiguredKeys } from '../../src/providers/address.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { aModel, anEmbedding, startLmStudio, type LmStudio } from '../support/lmstudio-server.ts';
import { startServer } from '../support/loopback-server.ts';
import { loadText } from '../support/load-text.ts';
import { tempFolder } from '../support/temp-folder.ts';

const using = ({ baseUrl }: Pick<LmStudio, 'baseUrl'>): ConfiguredKeys =>
  loadText(JSON.stringify({ models: { providers: { lmstudio: { baseUrl } } } }));

function stage(keys: ConfiguredKeys, file = join(tempFolder(), 'gateway', 'lmstudio-models.json')) {
  const clock = createFakeClock();
  const timers = { made: 0, lastMs: 0 };
  const setTimer = clock.setTimer.bind(clock);
  clock.setTimer = (callback, delayMs, options) => {
    timers.made += 1;
    timers.lastMs = delayMs;
    return setTimer(callback, delayMs, options);
  };
  const lines: string[] = [];
  const note = (event: string, fields = {}): void => void lines.push(`${event} ${JSON.stringify(fields)}`);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  const state = { keys, changes: 0 };
  const discovery = createModelDiscovery({
    keys: () => state.keys,
    fetch: createFetch({}),
    clock,
    log,
    file: () => file,
  });
  return {
    clock,
    lines,
    state,
    file,
    discovery,
    start: (): void => onTestFinished(discovery.start(() => (state.changes += 1))),
    /** The next question and its answer; how long it was until then. */
    round: async (studio: LmStudio): Promise<number> => {
      const [asked, made, waitMs] = [studio.asked(), timers.made, timers.lastMs];
      await clock.advance(waitMs);
      await expect.poll(() => studio.asked(), { interval: 2 }).toBe(asked + 1);
      // One timer that bounds the question, and one for the next.
      await expect.poll(() => timers.made - made, { interval: 2 }).toBe(2);
      return waitMs;
    },
  };
}

const ids = (discovery: ModelDiscovery): string[] =>
  [...discovery.models().values()].flat().map(({ id }) => id);

describe('nobody is asked', () => {
  it.each([
    ['where nobody names it', '{}'],
    ['where another provider is used', '{ agents: { defaults: { model: "minimax/MiniMax-M3" } } }'],
    ['where the configuration alone counts', '{ models: { mode: "replace", providers: { lmstudio: {} } } }'],
    [
      'with a password in the address',
      '{ models: { providers: { lmstudio: { baseUrl: "http://u:p@127.0.0.1:9" } } } }',
    ],
  ])('%s', async (_, text) => {
    const keys = loadText(text);
    expect(discoveryPlace(keys)).toBeUndefined();
    const { clock, discovery, lines, file, start } = stage(keys);
    start();
    discovery.wake();
    await clock.advance(3_600_000);
    await discovery.look(500);
    expect([clock.timerCount(), ids(discovery), lines, existsSync(file)]).toEqual([0, [], [], false]);
  });

  it('but at the address that is configured, or LM Studio’s own', () => {
    const named = loadText('{ agents: { defaults: { model: "lmstudio/m" } } }', { LM_API_TOKEN: 'k' });
    expect(discoveryPlace(named)).toEqual({ baseUrl: 'http://127.0.0.1:1234/v1', key: 'k' });
    expect(discoveryPlace(using({ baseUrl: 'http://10.0.0.7:99' }))).toEqual({
      baseUrl: 'http://10.0.0.7:99/v1',
      key: undefined,
    });
  });
});

describe('a command', () => {
  it('looks once, and the next one knows without looking', async () => {
    const studio = await startLmStudio();
    const first = stage(using(studio));
    await first.discovery.look(500);
    expect([ids(first.discovery), studio.asked()]).toEqual([[aModel.id], 1]);
    const second = stage(using(studio), first.file);
    expect([ids(second.discovery), studio.asked()]).toEqual([[aModel.id], 1]);
    // Another server is another list.
    expect(ids(stage(using({ baseUrl: 'http://127.0.0.1:9/v1' }), first.file).discovery)).toEqual([]);
  });

  it('goes on with what was seen when the server is off, or the file is no list', async () => {
    const studio = await startLmStudio();
    const first = stage(using(studio));
    await first.discovery.look(500);
    await studio.close();
    const second = stage(using(studio), first.file);
    await second.discovery.look(500);
    expect(ids(second.discovery)).toEqual([aModel.id]);
    for (const damage of [
      '',
      '{',
      '{"baseUrl":7}',
      readFileSync(first.file, 'utf8').replace('"text"', '"smell"'),
    ]) {
      writeFileSync(first.file, damage);
      expect(ids(stage(using(studio), first.file).discovery)).toEqual([]);
    }
  });
});

describe('a gateway', () => {
  it('asks at once and ever more seldom, and soon again after a change', async () => {
    const studio = await startLmStudio();
    const { round, start, state, discovery, lines } = stage(using(studio));
    start();
    // Starting waits for no answer.
    expect([studio.asked(), ids(discovery)]).toEqual([0, []]);
    const pauses: number[] = [];
    for (let times = 1; times <= 9; times += 1) pauses.push((await round(studio)) / 1_000);
    expect(pauses).toEqual([0, 5, 10, 20, 40, 80, 160, 300, 300]);
    expect([ids(discovery), state.changes]).toEqual([[aModel.id], 1]);
    studio.models = [aModel, anEmbedding, { id: 'qwen/qwen3', type: 'vlm' }];
    await round(studio);
    expect([ids(discovery), state.changes]).toEqual([[aModel.id, 'qwen/qwen3'], 2]);
    expect(await round(studio)).toBe(5_000);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['models_seen', 'models_seen']);
  });

  it('says once that the server does not answer, keeps what was seen, and says when it is back', async () => {
    const studio = await startLmStudio();
    const { round, start, state, discovery, lines } = stage(using(studio));
    start();
    await round(studio);
    studio.instead = { status: 500, body: {} };
    for (let times = 1; times <= 5; times += 1) await round(studio);
    expect(ids(discovery)).toEqual([aModel.id]);
    studio.instead = undefined;
    await round(studio);
    expect([state.changes, lines.map((line) => line.split(' ')[0])]).toEqual([
      1,
      ['models_seen', 'models_not_seen', 'models_seen'],
    ]);
    expect(lines[1]).toContain('no list of models (HTTP 500)');
  });

  it('asks when somebody wants what is not there, but not all the time', async () => {
    const studio = await startLmStudio();
    const { round, start, discovery, clock } = stage(using(studio));
    start();
    for (let times = 1; times <= 4; times += 1) await round(studio);
    await clock.advance(5_000);
    discovery.wake();
    expect(await round(studio)).toBe(0);
    for (let calls = 0; calls < 100; calls += 1) discovery.wake();
    await clock.advance(4_000);
    expect(studio.asked()).toBe(5);
  });

  it('follows the configuration: to another server, and to none', async () => {
    const [one, other] = [await startLmStudio(), await startLmStudio([{ id: 'other', type: 'llm' }])];
    const { round, start, discovery, state, clock } = stage(using(one));
    start();
    await round(one);
    state.keys = using(other);
    discovery.reload();
    expect(ids(discovery)).toEqual([]);
    await round(other);
    expect([ids(discovery), one.asked()]).toEqual([['other'], 1]);
    state.keys = loadText('{}');
    discovery.reload();
    await clock.advance(3_600_000);
    expect([ids(discovery), other.asked(), clock.timerCount()]).toEqual([[], 1, 0]);
  });

  it('ends its question with itself', async () => {
    const asked: (() => void)[] = [];
    const [arrived, left] = [1, 2].map(() => new Promise<void>((resolve) => void asked.push(resolve)));
    const silent = await startServer((request, response) => {
      if (request.url !== '/v1/models') return;
      response.once('close', () => asked[1]?.());
      asked[0]?.();
    });
    onTestFinished(silent.close);
    const { discovery, clock, lines } = stage(using({ baseUrl: silent.url }));
    const stop = discovery.start(() => undefined);
    await clock.advance(0);
    await arrived;
    stop();
    await left;
    expect([clock.timerCount(), lines]).toEqual([0, []]);
  });

  it('that has ended asks no more', async () => {
    const studio = await startLmStudio();
    const { round, discovery, clock } = stage(using(studio));
    const stop = discovery.start(() => undefined);
    await round(studio);
    stop();
    discovery.wake();
    discovery.reload();
    await clock.advance(3_600_000);
    expect([studio.asked(), clock.timerCount()]).toEqual([1, 0]);
  });
});
