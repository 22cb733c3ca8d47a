// Every state that a login or key can be in: its words, its JSON, and what --check makes of it.
import { describe, expect, it } from 'vitest';
import type { Idle, StatusFacts } from '../../../src/cli/login-status/collect.ts';
import { OpenClawError } from '../../../src/errors.ts';
import type { ProfileRecord } from '../../../src/store/credential-store.ts';
import {
  cooldown,
  hour,
  loginRecord,
  minute,
  nowMs,
  statusDocument,
  statusFacts,
  statusWords,
} from '../../support/status-facts.ts';

type Row = [name: string, facts: StatusFacts, words: readonly string[], state: string, check: number];

const one = (overrides: Partial<ProfileRecord>, facts: Partial<StatusFacts> = {}, isRefreshing = false) =>
  statusFacts({ logins: [{ record: loginRecord(overrides), isRefreshing }], ...facts });
const paused = (...rows: Partial<Parameters<typeof cooldown>[0]>[]) =>
  statusFacts({ activity: { cooldowns: rows.map((row) => cooldown(row)), uses: [], orders: new Map() } });
const idle = (why: Idle) => statusFacts({ idle: new Map([['minimax-portal', why]]) });
const intent = { atMs: nowMs - 3_000, pid: 7, generation: 2 };
const failed = { atMs: nowMs - 2 * minute, outcome: 'transient', reason: 'HTTP 503' } as const;
const keyFileGone: Partial<StatusFacts> = {
  storage: { kind: 'key-file', keyId: 'k', location: '/run/key', createdAtMs: nowMs },
  missingKeyFile: { path: '/run/key' },
};
const { gateway: _gateway, ...withoutGateway } = statusFacts();

const rows: Row[] = [
  [
    'ok, with a gateway that renews it',
    statusFacts(),
    [
      'minimax-portal:default  ok  in use (only login)',
      'Login    OAuth login at minimax-portal, region global, 3 d old',
      'Access   ends in 52 min (12:52:00 UTC), renewed by itself',
      'Refresh  refreshed 8 min ago; next by the gateway (process 47) in 47 min',
      'Kept     sealed, key in the OS keychain',
      'Gateway  runs on http://127.0.0.1:18789 (process 47)',
    ],
    'ok',
    0,
  ],
  [
    'ok, and no gateway runs',
    { ...withoutGateway, gateway: undefined },
    ['ends in 52 min (12:52:00 UTC), can be renewed', 'next when a gateway runs: openclaw gateway start'],
    'ok',
    0,
  ],
  [
    'refreshing',
    one({ intent }, {}, true),
    ['refreshing now  in use', 'Refresh  begun 3 s ago by process 7'],
    'refreshing',
    0,
  ],
  [
    'a refresh whose process is gone',
    one({ intent }),
    [
      'ok  in use',
      'Why      a refresh was cut off (process 7); the next one tries the stored refresh token once',
    ],
    'ok',
    0,
  ],
  [
    'ends soon, for good',
    one({ refreshable: false, expiresAtMs: nowMs + 4 * minute }),
    ['ends soon  in use', 'ends in 4 min (12:04:00 UTC), cannot be renewed: log in again before that'],
    'expiring',
    2,
  ],
  ['ends later, for good', one({ refreshable: false }), ['Why      it has no refresh token'], 'ok', 2],
  [
    'expired, to be renewed',
    one({ expiresAtMs: nowMs - 3 * minute }),
    ['expired, renewed at the next use  in use', 'ended 3 min ago', 'due now, by the gateway (process 47)'],
    'expired',
    0,
  ],
  [
    'expired, and no gateway runs',
    one({ expiresAtMs: nowMs - 3 * minute }, { gateway: undefined }),
    ['no gateway runs that would renew it: openclaw auth refresh minimax-portal:default'],
    'expired',
    0,
  ],
  [
    'expired for good',
    one({ refreshable: false, expiresAtMs: nowMs - 1 }),
    ['needs a new login', 'Next     openclaw auth login --profile-id minimax-portal:default --region global'],
    'needs_login',
    1,
  ],
  [
    'dead, though its date is fine',
    one({ dead: { atMs: nowMs - hour, reason: 'account.minimax.io no longer knows it' } }),
    ['needs a new login\n', 'Why      account.minimax.io no longer knows it', 'Next     openclaw auth login'],
    'needs_login',
    1,
  ],
  [
    'on a disk that takes nothing',
    one({}, { unwritable: new OpenClawError({ code: 'STORE_UNREADABLE', message: 'The disk is full' }) }),
    [
      'ok  in use',
      'ends in 52 min (12:52:00 UTC), not renewed until it could be saved',
      'refreshed 8 min ago; waits until the store can be written',
      'Disk     The disk is full. ',
    ],
    'ok',
    2,
  ],
  [
    'its refresh fails, and its token is over',
    one({ expiresAtMs: nowMs - minute, lastRefresh: failed }),
    [
      'Why      the last refresh failed: HTTP 503',
      'failed 2 min ago, worked last 8 min ago; tried again by the gateway (process 47), within 5 min',
    ],
    'expired',
    0,
  ],
  [
    'its refresh fails, and its token is good',
    one({ lastRefresh: failed }),
    ['ok  in use', 'Why      the last refresh failed: HTTP 503'],
    'ok',
    0,
  ],
  [
    'too many requests, whole login',
    paused({}),
    [
      'cooling down  in use (only login)',
      'Paused   cooling down until 12:01:00 UTC (in 60 s): too many requests',
      'Next     openclaw auth clear-cooldown minimax-portal:default, to try it now',
    ],
    'cooling_down',
    0,
  ],
  [
    'plan used up for one model, refused for all',
    paused(
      { model: 'MiniMax-M3', reason: 'quota', untilMs: nowMs + 30 * hour },
      { reason: 'auth', untilMs: nowMs + 2 * minute },
    ),
    [
      'until 2026-05-05 18:00:00 UTC (in 30 h) for MiniMax-M3: the plan is used up',
      'until 12:02:00 UTC (in 2 min): the login was refused',
    ],
    'cooling_down',
    0,
  ],
  ['balance used up', paused({ reason: 'billing' }), ['the balance is used up'], 'cooling_down', 0],
  [
    'restored from a backup',
    one({ restored: { newestGeneration: 5 } }),
    ['Backup   The store was restored from an older copy (generation 2 of 5)'],
    'ok',
    0,
  ],
  [
    'a damaged row',
    one({ damaged: true }),
    ['needs a new login', 'Why      its row in the store is damaged'],
    'needs_login',
    1,
  ],
  [
    'the file with the key is gone',
    { ...withoutGateway, gateway: undefined, ...keyFileGone },
    ['Kept     sealed, key in /run/key, which is not there now: no login can be opened'],
    'ok',
    1,
  ],
  [
    'only the gateway is given the file with the key',
    statusFacts(keyFileGone),
    ['Kept     sealed, key in /run/key, which is not to be seen from here; the gateway that runs has it'],
    'ok',
    0,
  ],
  [
    'the file with the key is gone that a variable names',
    {
      ...withoutGateway,
      gateway: undefined,
      ...keyFileGone,
      missingKeyFile: { path: '/run/other', variable: 'OPENCLAW_AUTH_KEY_FILE' },
    },
    [
      'key in /run/key; OPENCLAW_AUTH_KEY_FILE names /run/other instead, which is not there now: no login can be opened',
    ],
    'ok',
    1,
  ],
  [
    'the configuration does not load, and no gateway runs',
    { ...withoutGateway, gateway: undefined, isConfigBroken: true },
    ['ok  in use', 'Config   does not load, and no gateway starts until it does: openclaw config validate'],
    'ok',
    1,
  ],
  [
    'the configuration does not load, and the gateway keeps the last one',
    statusFacts({ isConfigBroken: true }),
    ['Config   does not load; the gateway goes on with the last one that did: openclaw config validate'],
    'ok',
    0,
  ],
  [
    'the clock was set back',
    statusFacts({ nowMs: nowMs - 2 * hour }),
    ['Clock    this machine’s clock is 1 h 52 min behind', 'refreshed 0 s ago'],
    'ok',
    0,
  ],
  [
    'the clock is an hour ahead',
    statusFacts({ nowMs: nowMs + hour }),
    ['expired, renewed at the next use', 'ended 8 min ago'],
    'expired',
    0,
  ],
  [
    'its plugin is disabled',
    idle({ kind: 'plugin_disabled', pluginId: 'portal-auth' }),
    ['ok  not used: its plugin portal-auth is disabled', 'Next     openclaw plugins enable portal-auth'],
    'ok',
    1,
  ],
  [
    'its plugin is enabled and does not load',
    idle({
      kind: 'plugin_failed',
      pluginId: 'portal-auth',
      failure: new OpenClawError({ code: 'CONFIG_INVALID', message: '/c/openclaw.json:4:9: unknown key' }),
    }),
    [
      'ok  not used: its plugin portal-auth does not load',
      'Plugin   /c/openclaw.json:4:9: unknown key',
      'Access   ends in 52 min (12:52:00 UTC), can be renewed\n',
      'Refresh  refreshed 8 min ago\n',
      'Next     openclaw plugins inspect portal-auth',
    ],
    'ok',
    1,
  ],
  [
    'every plugin is off',
    idle({ kind: 'plugins_off', pluginId: 'portal-auth', isEnabled: true }),
    [
      'ok  not used: every plugin is off (plugins.enabled is false)',
      'Next     openclaw config unset plugins.enabled\n',
    ],
    'ok',
    1,
  ],
  [
    'every plugin is off, and its own is not enabled',
    idle({ kind: 'plugins_off', pluginId: 'portal-auth', isEnabled: false }),
    ['Next     openclaw config unset plugins.enabled && openclaw plugins enable portal-auth'],
    'ok',
    1,
  ],
  [
    'nothing knows its provider',
    idle({ kind: 'no_plugin' }),
    ['not used: no plugin here knows its provider'],
    'ok',
    1,
  ],
  [
    'left out of the order',
    statusFacts({ configOrder: { 'minimax-portal': ['minimax-portal:work'] } }),
    ['never used: left out of auth.order of openclaw.json'],
    'ok',
    1,
  ],
  [
    'a key that is stored',
    one({
      id: 'minimax:default',
      provider: 'minimax',
      type: 'api_key',
      refreshable: false,
      expiresAtMs: undefined as never,
    }),
    ['minimax:default  ok  in use', 'Login    API key at minimax, region global'],
    'ok',
    0,
  ],
  ['a token', one({ type: 'token', refreshable: false }), ['Login    token at minimax-portal'], 'ok', 2],
];

describe('the state of a login', () => {
  it.each(rows)('%s', (_name, facts, words, state, check) => {
    const text = statusWords(facts);
    for (const word of words) expect(text).toContain(word);
    const document = statusDocument(facts);
    expect(document).toMatchObject({ check, profiles: [{ state }] });
  });
});

it('nothing at all: both ways to begin', () => {
  const text = statusWords(statusFacts({ logins: [], storage: undefined, gateway: undefined }));
  expect(text).toBe(
    'No logins yet.\n' +
      '  With a MiniMax plan    openclaw onboard --auth-choice minimax-portal\n' +
      '  With an API key        openclaw configure',
  );
});

it('a narrow window folds what it can at spaces, and nothing is lost', () => {
  const wide = statusWords(statusFacts());
  const narrow = statusWords(statusFacts(), 40);
  for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(40);
  expect(narrow.replaceAll(/\s+/g, ' ')).toBe(wide.replaceAll(/\s+/g, ' '));
});
