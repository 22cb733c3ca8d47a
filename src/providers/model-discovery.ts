// When a server is asked which models it has, and what is known of them meanwhile: from memory, else from the file of an
// earlier process. A gateway asks in the background, soon after something has changed and ever more seldom while nothing
// does; a command asks once, for a moment. A server that is off takes nothing away and is told of once. How it is asked is
// lmstudio-models.ts; which models result is for collected-models.ts.
import type { Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import type { Log } from '../platform/log.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import { apiKeyOf, needsNoLogin } from './api-key.ts';
import { baseUrlOf, type ConfiguredKeys } from './address.ts';
import { lmstudio } from './lmstudio.ts';
import { askLmStudio, type ListAnswer, type Place } from './lmstudio-models.ts';
import { readSeenModels, writeSeenModels, type SeenModels } from './seen-models.ts';

export type ModelDiscovery = {
  /** What was seen last, by provider; without any question. */
  models(): ReadonlyMap<string, readonly ModelDefinition[]>;
  /** Asks once, for `limitMs` at most. Never rejects: without an answer what was seen last stays. */
  look(limitMs: number): Promise<void>;
  /** Asks in the background, at once and from time to time; `onChange` when the answer is another. Returns the stop. */
  start(onChange: () => void): () => void;
  /** Somebody asks for what is not there: the next question comes now, unless there was one a moment ago. */
  wake(): void;
  /** The configuration has been read anew. */
  reload(): void;
};

export type ModelDiscoveryDeps = {
  keys: () => ConfiguredKeys;
  fetch: Fetch;
  clock: Clock;
  log: Log;
  /** Where what was seen is kept; undefined: nowhere. Asked at each use. */
  file: () => string | undefined;
};

const firstPauseMs = 5_000;
const longestPauseMs = 5 * 60_000;
/** In the background nobody waits, and a server that loads a model is slow to answer. */
const backgroundLimitMs = 5_000;
const none: ReadonlyMap<string, readonly ModelDefinition[]> = new Map();

/** Where the models are asked for; undefined: nobody uses the provider, or only what the configuration lists counts. */
export function discoveryPlace(keys: ConfiguredKeys): Place | undefined {
  if (keys.config.models?.mode === 'replace' || !needsNoLogin(lmstudio.id, keys)) return undefined;
  // The list is OpenAI's, whatever API is spoken else.
  const baseUrl = baseUrlOf(lmstudio.id, 'openai-responses', keys);
  const url = baseUrl === undefined ? null : URL.parse(baseUrl);
  if (baseUrl === undefined || url === null || url.username !== '' || url.password !== '') return undefined;
  return { baseUrl, key: apiKeyOf(lmstudio.id, keys) };
}

export function createModelDiscovery(deps: ModelDiscoveryDeps): ModelDiscovery {
  const { clock, log } = deps;
  let seen: SeenModels | undefined;
  let asking: { place: Place; work: Promise<void>; end: AbortController } | undefined;
  /** How many models the last line of the log was about; -1: it was of a server that did not say. */
  let told: number | undefined;
  let background: { onChange: () => void } | undefined;
  let cancel: () => void = () => undefined;
  let pauseMs = firstPauseMs;
  let askedAtMs = -Infinity;

  const seenAt = ({ baseUrl }: Place): SeenModels => {
    if (seen?.baseUrl === baseUrl) return seen;
    const file = deps.file();
    const kept = file === undefined ? undefined : readSeenModels(file, log);
    const known = kept?.baseUrl === baseUrl ? kept : { baseUrl, atMs: 0, models: [] };
    seen = known;
    return known;
  };

  const take = (place: Place, answer: ListAnswer): void => {
    const server = { provider: lmstudio.id, host: new URL(place.baseUrl).host };
    if (answer.kind === 'trouble') {
      if (told === -1) return;
      told = -1;
      pauseMs = firstPauseMs;
      log.info('models_not_seen', { ...server, reason: answer.reason });
      return;
    }
    const count = answer.models.length;
    if (told !== count) log.info('models_seen', { ...server, models: count });
    const before = JSON.stringify(seenAt(place).models);
    seen = { baseUrl: place.baseUrl, atMs: clock.nowMs(), models: answer.models };
    const changed = JSON.stringify(answer.models) !== before;
    if (changed || told === -1) pauseMs = firstPauseMs;
    told = count;
    if (!changed) return;
    const file = deps.file();
    if (file !== undefined) writeSeenModels(file, seen, log);
    background?.onChange();
  };

  const samePlace = (one: Place, other: Place | undefined): boolean =>
    one.baseUrl === other?.baseUrl && one.key === other.key;

  /** One question at a time for each place. */
  const ask = (place: Place, limitMs: number): Promise<void> => {
    if (asking !== undefined && samePlace(place, asking.place)) return asking.work;
    askedAtMs = clock.monotonicMs();
    const end = new AbortController();
    const work = askLmStudio(deps, place, limitMs, end.signal).then((answer) => {
      if (asking?.work === work) asking = undefined;
      if (end.signal.aborted) return;
      // The configuration may name another one by now.
      if (samePlace(place, discoveryPlace(deps.keys()))) take(place, answer);
    });
    asking = { place, work, end };
    return work;
  };

  const next = (delayMs: number): void => {
    cancel();
    cancel = clock.setTimer(() => void round(), delayMs, { unref: true });
  };

  const round = async (): Promise<void> => {
    const place = discoveryPlace(deps.keys());
    if (place === undefined) return;
    await ask(place, backgroundLimitMs);
    if (background === undefined) return;
    next(pauseMs);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  };

  return {
    models() {
      const place = discoveryPlace(deps.keys());
      return place === undefined ? none : new Map([[lmstudio.id, seenAt(place).models]]);
    },
    async look(limitMs) {
      const place = discoveryPlace(deps.keys());
      if (place !== undefined) await ask(place, limitMs);
    },
    start(onChange) {
      const own = { onChange };
      background = own;
      next(0);
      return () => {
        if (background !== own) return;
        background = undefined;
        cancel();
        asking?.end.abort();
      };
    },
    wake() {
      if (background === undefined || asking !== undefined) return;
      if (clock.monotonicMs() - askedAtMs < firstPauseMs) return;
      pauseMs = firstPauseMs;
      next(0);
    },
    reload() {
      pauseMs = firstPauseMs;
      if (background !== undefined) next(0);
    },
  };
}
