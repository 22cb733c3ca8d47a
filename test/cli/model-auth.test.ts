// With what a model is opened, by what is known of logins, keys and cooldowns.
import { describe, expect, it } from 'vitest';
import { authWord, describeModelAuth, describeWith, isServedWith } from '../../src/cli/model-auth.ts';
import type { StoredCooldown } from '../../src/store/activity-store.ts';
import type { ProfileRecord } from '../../src/store/credential-store.ts';
import { loadText } from '../support/load-text.ts';

const nowMs = 1_750_000_000_000;
const minute = 60_000;

function record(id: string, overrides: Partial<ProfileRecord> = {}): ProfileRecord {
  const [provider = ''] = id.split(':');
  return {
    id,
    provider,
    type: 'oauth',
    generation: 1,
    createdAtMs: nowMs,
    savedAtMs: nowMs,
    refreshable: true,
    expiresAtMs: nowMs + 10 * minute,
    ...overrides,
  };
}

function cooldown(profileId: string, overrides: Partial<StoredCooldown> = {}): StoredCooldown {
  const times = { sinceMs: nowMs - minute, untilMs: nowMs + minute };
  return { profileId, model: 'm', reason: 'rate_limit', failures: 1, ...times, ...overrides };
}

type Facts = {
  text?: string;
  env?: Record<string, string>;
  records?: readonly ProfileRecord[];
  cooldowns?: readonly StoredCooldown[];
  order?: readonly string[];
};

function authOf(provider: string, { text = '{}', env = {}, records = [], cooldowns = [], order }: Facts) {
  const orders = new Map(order === undefined ? [] : [[provider, order]]);
  const activity = { cooldowns, uses: [], orders };
  return describeModelAuth(provider, 'm', { config: loadText(text, env), records, activity, nowMs });
}

const dead = { dead: { atMs: nowMs, reason: 'revoked' } };
const ownKey = { type: 'api_key', refreshable: false } as const;

describe('the column and the words', () => {
  it.each<[string, string, Facts, string, string, boolean]>([
    ['nothing', 'minimax', {}, '-', 'by nothing', false],
    [
      'a key of the environment',
      'minimax',
      { env: { MINIMAX_API_KEY: 'k' } },
      'key',
      'with the key in MINIMAX_API_KEY',
      true,
    ],
    [
      'a key of the configuration',
      'lab',
      { text: '{ models: { providers: { lab: { apiKey: "k" } } } }' },
      'key',
      'with the key in models.providers.lab.apiKey',
      true,
    ],
    [
      'a key that the configuration takes from a variable',
      'lab',
      { text: '{ models: { providers: { lab: { apiKey: "${LAB}" } } } }', env: { LAB: 'k' } },
      'key',
      'with the key in LAB',
      true,
    ],
    [
      'a variable that is not set',
      'lab',
      { text: '{ models: { providers: { lab: { apiKey: "${LAB}" } } } }' },
      '-',
      'by nothing',
      false,
    ],
    [
      'an open server',
      'lmstudio',
      { text: '{ models: { providers: { lmstudio: {} } } }' },
      'open',
      'without a key',
      true,
    ],
    ['an open server nobody named', 'lmstudio', {}, '-', 'by nothing', false],
    [
      'a login',
      'portal',
      { records: [record('portal:default')] },
      'login',
      'with the login portal:default',
      true,
    ],
    [
      'a stored key',
      'minimax',
      { records: [record('minimax:default', ownKey)] },
      'key',
      'with the key minimax:default',
      true,
    ],
    [
      'a login before a key',
      'minimax',
      { records: [record('minimax:a')], env: { MINIMAX_API_KEY: 'k' } },
      'login+key',
      'with the login minimax:a',
      true,
    ],
    [
      'a dead login',
      'portal',
      { records: [record('portal:a', dead)] },
      'login ended',
      'with the login portal:a',
      false,
    ],
    [
      'a token that is over for good',
      'portal',
      { records: [record('portal:a', { type: 'token', refreshable: false, expiresAtMs: nowMs - 1 })] },
      'token ended',
      'with the token portal:a',
      false,
    ],
    [
      'a login to be renewed at its next use',
      'portal',
      { records: [record('portal:a', { expiresAtMs: nowMs - 1 })] },
      'login',
      'with the login portal:a',
      true,
    ],
    [
      'a second login when the first is dead',
      'portal',
      { records: [record('portal:a', dead), record('portal:b')] },
      'login',
      'with the login portal:b',
      true,
    ],
    [
      'with the login that does not cool down',
      'portal',
      { records: [record('portal:a'), record('portal:b')], cooldowns: [cooldown('portal:a')] },
      'login',
      'with the login portal:b',
      true,
    ],
    [
      'an order without any',
      'portal',
      { records: [record('portal:a')], order: [] },
      'left out',
      'by nothing',
      false,
    ],
    [
      'an order',
      'portal',
      { records: [record('portal:a'), record('portal:b')], order: ['portal:b', 'portal:a'] },
      'login',
      'with the login portal:b',
      true,
    ],
  ])('%s', (_, provider, facts, word, words, served) => {
    const auth = authOf(provider, facts);
    expect([authWord(auth), describeWith(auth), isServedWith(auth)]).toEqual([word, words, served]);
  });
});

describe('a cooldown', () => {
  const records = [record('portal:a')];

  it.each<[string, Partial<StoredCooldown>, string]>([
    ['of this model', {}, 'cooling'],
    ['of the whole login', { model: '' }, 'cooling'],
    ['of another model', { model: 'other' }, 'ready'],
    ['that is over', { untilMs: nowMs - 1 }, 'ready'],
    ['of a later program', { reason: 'tired' }, 'ready'],
  ])('%s', (_, overrides, state) => {
    expect(authOf('portal', { records, cooldowns: [cooldown('portal:a', overrides)] }).state).toBe(state);
  });

  it('says that the plan has no such model when each login says so', () => {
    const both = [record('portal:a'), record('portal:b')];
    const refused = (id: string): StoredCooldown => cooldown(id, { reason: 'model_unavailable' });
    const one = authOf('portal', { records: both, cooldowns: [refused('portal:a')] });
    expect(one.notInPlan).toBeUndefined();
    const all = authOf('portal', { records: both, cooldowns: [refused('portal:a'), refused('portal:b')] });
    expect(all.notInPlan?.reason).toBe('model_unavailable');
  });
});
