// Which of several logins and keys `auth status` says is in use, and why; what it says of the others.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../../src/errors.ts';
import type { StatusFacts } from '../../../src/cli/login-status/collect.ts';
import {
  cooldown,
  loginRecord,
  nowMs,
  statusDocument,
  statusFacts,
  statusWords,
} from '../../support/status-facts.ts';

describe('which one is used', () => {
  const work = loginRecord({ id: 'minimax-portal:work' });
  const dead = { record: loginRecord({ dead: { atMs: 1, reason: 'x' } }) };
  const both = { logins: [{ record: loginRecord() }, { record: work }] };
  const activity = (overrides: Partial<StatusFacts['activity']>): StatusFacts['activity'] => ({
    cooldowns: [],
    uses: [],
    orders: new Map(),
    ...overrides,
  });
  const heads = (facts: Partial<StatusFacts>): string[] =>
    statusWords(statusFacts({ ...both, ...facts }))
      .split('\n')
      .filter((line) => /^\S+:\S/.test(line));

  it.each<[string, Partial<StatusFacts>, string[]]>([
    [
      'none was used yet',
      {},
      ['default  ok  in use (first by name)', 'work  ok  in turn with minimax-portal:default'],
    ],
    [
      'the one that was used less recently',
      { activity: activity({ uses: [{ profileId: 'minimax-portal:default', lastUsedAtMs: nowMs }] }) },
      ['work  ok  in use (least recently used)', 'default  ok  in turn with minimax-portal:work'],
    ],
    [
      'a stored order',
      { activity: activity({ orders: new Map([['minimax-portal', ['minimax-portal:work']]]) }) },
      [
        'work  ok  in use (first in the order you set)',
        'default  ok  never used: left out of the order you set',
      ],
    ],
    [
      'an order of the configuration',
      { configOrder: { 'minimax-portal': ['minimax-portal:work', 'minimax-portal:default'] } },
      [
        'work  ok  in use (first in auth.order of openclaw.json)',
        'default  ok  when minimax-portal:work cannot be used',
      ],
    ],
    [
      'the first one cools down',
      { activity: activity({ cooldowns: [cooldown()] }) },
      [
        'work  ok  in use (those before it rest)',
        'default  cooling down  when minimax-portal:work cannot be used',
      ],
    ],
    [
      'the first one cools down for a model that is not the default one',
      {
        activity: activity({ cooldowns: [cooldown({ model: 'MiniMax-M2.1' })] }),
        primary: { provider: 'minimax-portal', modelId: 'MiniMax-M3' },
      },
      ['default  cooling down  in use (first by name)', 'work  ok  in turn with minimax-portal:default'],
    ],
    [
      'the first one cannot be renewed just now',
      {
        logins: [
          {
            record: loginRecord({
              expiresAtMs: nowMs - 1,
              lastRefresh: { atMs: nowMs, outcome: 'transient' },
            }),
          },
          { record: work },
        ],
      },
      [
        'work  ok  in use (those before it rest)',
        'default  expired, renewed at the next use  when minimax-portal:work cannot be used',
      ],
    ],
    [
      'the first one is dead',
      { logins: [{ record: loginRecord({ dead: { atMs: 1, reason: 'x' } }) }, { record: work }] },
      ['work  ok  in use (first by name)', 'default  needs a new login'],
    ],
    [
      'the first one is over for good, which no server has said',
      { logins: [{ record: loginRecord({ refreshable: false, expiresAtMs: nowMs - 1 }) }, { record: work }] },
      ['work  ok  in use (first by name)', 'default  needs a new login'],
    ],
  ])('%s', (_name, facts, expected) => {
    expect(heads(facts)).toEqual(expected.map((line) => `minimax-portal:${line}`));
  });

  it('keys serve too, are told as what they are, and count', () => {
    const facts = statusFacts({
      logins: [],
      storage: undefined,
      keys: [
        { provider: 'minimax', origin: { kind: 'variable', name: 'MINIMAX_API_KEY', setBy: 'environment' } },
        { provider: 'anthropic', origin: { kind: 'config', path: 'models.providers.anthropic.apiKey' } },
        { provider: 'lmstudio', origin: { kind: 'open' } },
      ],
      primary: { provider: 'anthropic', modelId: 'claude-opus-4-6' },
    });
    const text = statusWords(facts);
    expect(text.indexOf('anthropic:key')).toBe(0);
    expect(text).toContain('Key      key from MINIMAX_API_KEY, set in the environment');
    expect(text).toContain('Key      key in openclaw.json (models.providers.anthropic.apiKey)');
    expect(text).toContain('Key      no key needed');
    expect(statusDocument(facts)).toMatchObject({
      check: 0,
      profiles: [],
      keys: [{ id: 'anthropic:key', active: true }, { variable: 'MINIMAX_API_KEY' }, { from: 'none_needed' }],
    });
  });

  it('requests are served with the keys that the gateway has, and not with those of this shell', () => {
    const origin = { kind: 'variable', name: 'MINIMAX_API_KEY', setBy: 'environment' } as const;
    const { gateway } = statusFacts();
    if (gateway === undefined) throw new Error('one runs');
    const said = (keyProviders: string[] | undefined): StatusFacts =>
      statusFacts({
        logins: [],
        keys: [{ provider: 'minimax', origin }],
        gateway: { ...gateway, keyProviders },
        primary: { provider: 'minimax', modelId: 'MiniMax-M2.1' },
      });
    const lacking = said(['anthropic']);
    expect(statusWords(lacking)).toContain(
      'minimax:key  ok  not used: the gateway that runs was started without it\n' +
        '  Key      key from MINIMAX_API_KEY, set in the environment\n' +
        '  Next     put MINIMAX_API_KEY into .env of the state folder, which the gateway follows\n',
    );
    expect(statusWords(lacking)).toContain(
      'anthropic:key  ok  in use (only key)\n  Key      key that the gateway',
    );
    expect(statusDocument(lacking)).toMatchObject({
      check: 1,
      unserved: 'minimax',
      keys: [
        { id: 'anthropic:key', from: 'gateway', active: true },
        { id: 'minimax:key', from: 'environment', active: false, unusedBecause: 'not_in_gateway' },
      ],
    });
    // One of a version that did not tell is believed to have what is here.
    for (const facts of [said(['minimax']), said(undefined), { ...said([]), gateway: undefined }])
      expect(statusDocument(facts)).toMatchObject({ check: 0, keys: [{ id: 'minimax:key', active: true }] });
  });

  it('a login that has the name of a key takes its place', () => {
    const record = loginRecord({ id: 'minimax:key', provider: 'minimax', type: 'api_key' });
    const facts = statusFacts({
      logins: [{ record }],
      keys: [{ provider: 'minimax', origin: { kind: 'config', path: 'x' } }],
    });
    expect(statusDocument(facts)).toMatchObject({
      profiles: [{ id: 'minimax:key', active: true }],
      keys: [],
    });
  });

  it('one that is dead beside one that ends for good is 1, not 2', () => {
    const dead = loginRecord({ id: 'other:x', provider: 'other', dead: { atMs: 1, reason: 'x' } });
    const facts = statusFacts({
      logins: [{ record: loginRecord({ refreshable: false }) }, { record: dead }],
    });
    expect(statusDocument(facts)['check']).toBe(1);
  });

  it.each<[string, Partial<StatusFacts>, number, string | null]>([
    ['all are well', {}, 0, null],
    ['the store is gone', { logins: [], storage: undefined, gateway: undefined }, 1, 'minimax-portal'],
    ['all are left out of the order', { configOrder: { 'minimax-portal': [] } }, 1, 'minimax-portal'],
    [
      'its plugin is disabled',
      { idle: new Map([['minimax-portal', { kind: 'plugin_disabled', pluginId: 'p' }]]) },
      1,
      'minimax-portal',
    ],
    ['its only login is dead', { logins: [dead] }, 1, 'minimax-portal'],
    ['it cools down, which passes', { activity: activity({ cooldowns: [cooldown()] }) }, 0, null],
  ])('whether the default model is served: %s', (_name, facts, check, unserved) => {
    const all = statusFacts({ primary: { provider: 'minimax-portal', modelId: 'MiniMax-M3' }, ...facts });
    expect(statusDocument(all)).toMatchObject({ check, unserved });
    const words = expect(statusWords(all));
    const claim = 'The default model is one of minimax-portal, which nothing here can serve';
    if (unserved === null) words.not.toContain(claim);
    else words.toContain(claim);
  });

  it('an enabled plugin that does not work counts beside a key that serves; one that is disabled does not', () => {
    const failure = new OpenClawError({ code: 'PLUGIN_FAILED', message: 'why it failed' });
    const check = (idle: StatusFacts['idle']) => {
      const key = { provider: 'minimax', origin: { kind: 'open' } } as const;
      return statusDocument(statusFacts({ keys: [key], idle }));
    };
    const failed = check(new Map([['minimax-portal', { kind: 'plugin_failed', pluginId: 'p', failure }]]));
    expect(failed).toMatchObject({
      check: 1,
      profiles: [
        {
          unusedBecause: 'plugin_failed',
          pluginTrouble: { code: 'PLUGIN_FAILED', message: 'why it failed' },
          renewedBy: null,
        },
      ],
    });
    const disabled = check(new Map([['minimax-portal', { kind: 'plugin_disabled', pluginId: 'p' }]]));
    expect(disabled).toMatchObject({
      check: 0,
      profiles: [{ unusedBecause: 'plugin_disabled', pluginTrouble: null }],
    });
  });

  it('the default model has nothing that serves it', () => {
    const facts = statusFacts({
      primary: { provider: 'anthropic', modelId: 'x' },
      missingKeys: [
        { provider: 'anthropic', path: 'models.providers.anthropic.apiKey', variable: 'ANTHROPIC_API_KEY' },
      ],
    });
    expect(statusWords(facts)).toContain(
      'anthropic has no key: models.providers.anthropic.apiKey needs ANTHROPIC_API_KEY, which is not set',
    );
    expect(statusWords(facts)).toContain(
      'The default model is one of anthropic, which nothing here can serve',
    );
    expect(statusDocument(facts)).toMatchObject({ check: 1, unserved: 'anthropic' });
  });
});
