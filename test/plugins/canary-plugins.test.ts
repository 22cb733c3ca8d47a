// A plugin has credentials in hand and is not ours: what it throws and logs loses them.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { createJsonLog } from '../../src/platform/json-log.ts';
import { Secret } from '../../src/platform/secret.ts';
import type { Log } from '../../src/platform/log.ts';
import type { AuthContext, OAuthCredential, ProviderPlugin } from '../../src/plugin-sdk/index.ts';
import { guardProvider } from '../../src/plugins/guarded-provider.ts';
import { createPluginLog } from '../../src/plugins/plugin-log.ts';
import { createMarkSearch, createSearch } from '../support/canaries.ts';
import { everythingSaid } from '../support/everything-said.ts';

const access = 'canary7f3a.short.access';
const refresh = `sim-rt-g${'Rt0_9-x'.repeat(7)}`;
const key = 'canary7f3a key with "é"';
const credential: OAuthCredential = { type: 'oauth', provider: 'p', access, refresh, expires: 0 };

function findings(value: unknown): unknown[] {
  const text = Buffer.from(typeof value === 'string' ? value : everythingSaid(value));
  return [...createSearch({ access, refresh, key })(text), ...createMarkSearch()(text)];
}

function throwing(thrown: unknown): ProviderPlugin {
  const fail = (): never => {
    throw thrown;
  };
  const failLater = (): Promise<never> => Promise.reject(thrown);
  return guardProvider('third-party', {
    id: 'p',
    label: 'P',
    auth: [{ id: 'm', label: 'M', kind: 'oauth', run: failLater }],
    formatApiKey: fail,
    refreshOAuth: failLater,
    revokeOAuth: fail,
    prepareRuntimeAuth: fail,
    resolveUsageAuth: failLater,
    fetchUsageSnapshot: failLater,
  });
}

const thrown: [string, (said: string) => unknown][] = [
  ['an error', (said) => new TypeError(`refused: ${said}`)],
  [
    'an error with everything',
    (said) =>
      Object.assign(new Error(`refused: ${said}`, { cause: new Error(said) }), {
        config: { headers: { said } },
        said,
      }),
  ],
  ['an aggregate', (said) => new AggregateError([new Error(said)], said)],
  [
    'an error of our kind',
    (said) =>
      new OpenClawError({
        code: 'REFRESH_FAILED',
        message: said,
        remedy: said,
        cause: new Error(said),
        data: { host: said },
      }),
  ],
  ['a string', (said) => said],
  ['an object', (said) => ({ said, credential })],
];

describe('what a plugin throws', () => {
  it.each(thrown)('%s', async (_what, make) => {
    const provider = throwing(make(`${access} ${refresh} ${Buffer.from(access).toString('base64')}`));
    const given = { profileId: 'p:default', credential };
    const attempts: (() => unknown)[] = [
      () => provider.formatApiKey?.(credential),
      () => provider.refreshOAuth?.(credential),
      () => provider.revokeOAuth?.(credential),
      () => provider.prepareRuntimeAuth?.(given),
      () => provider.resolveUsageAuth?.(given),
      () => provider.fetchUsageSnapshot?.(given),
    ];
    for (const attempt of attempts) {
      const error = await Promise.resolve()
        .then(attempt)
        .catch((error: unknown) => error);
      expect(error).toBeInstanceOf(OpenClawError);
      expect(findings(error)).toEqual([]);
    }
  });

  it.each(thrown)('%s, with an API key', async (_what, make) => {
    const provider = throwing(make(`${key} ${encodeURIComponent(key)}`));
    const given = { profileId: 'p:key', credential: { type: 'api_key', provider: 'p', key } } as const;
    const error = await provider.fetchUsageSnapshot?.(given).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OpenClawError);
    expect(findings(error)).toEqual([]);
  });

  it('a login that throws a token which nobody knows', async () => {
    const provider = throwing(new Error(`the server gave ${refresh} and then hung up`));
    const error = await provider.auth[0]?.run({} as AuthContext).catch((error: unknown) => error);
    expect(error).toMatchObject({ code: 'PLUGIN_FAILED', message: expect.stringContaining('[redacted]') });
    expect(findings(error)).toEqual([]);
  });

  it('an error of our kind that holds nothing is left as it is', async () => {
    const original = new OpenClawError({ code: 'LOGIN_DEAD', message: 'It is over.' });
    await expect(throwing(original).refreshOAuth?.(credential)).rejects.toBe(original);
  });
});

describe('what a plugin logs', () => {
  const lines = (write: (log: Log) => void): string => {
    let text = '';
    const log = createJsonLog({ destination: { write: (more) => void (text += more) }, level: 'debug' });
    write(createPluginLog(log, 'third-party'));
    log.flush();
    return text;
  };
  const logged: [string, unknown][] = [
    ['a credential', credential],
    ['nested', { response: { headers: { authorization: `Bearer ${access}` } } }],
    ['a list', { tokens: [refresh, access] }],
    [
      'an error',
      { err: Object.assign(new Error(`Bearer ${access} ${refresh}`, { cause: access }), { access }) },
    ],
    [
      'odd names',
      { 'X-Api-Key': access, Authorization: access, access_token: access, 'refresh-token': refresh },
    ],
    ['a token under a harmless name', { url: `https://x.example/?t=${refresh}` }],
    ['a token as a name', { [refresh]: 1 }],
    ['a secret', { value: new Secret(access) }],
    ['a function and a symbol', { f: () => access, s: Symbol(access) }],
    ['toJSON', { value: { toJSON: () => access } }],
    ['no object at all', refresh],
  ];
  it.each(logged)('%s', (_what, fields) => {
    const text = lines((log) => {
      log.info('event', fields as never);
      log.error(`event ${refresh}`, fields as never);
      log.warn(fields as never);
      log.debug('event', fields as never);
    });
    expect(text.trim().split('\n')).toHaveLength(4);
    for (const line of text.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ pluginId: 'third-party' });
    expect(findings(text)).toEqual([]);
  });

  it('keeps facts', () => {
    const text = lines((log) =>
      log.info('refreshed', { profile: 'p:default', tookMs: 12, ok: true, why: undefined }),
    );
    expect(JSON.parse(text)).toMatchObject({
      event: 'refreshed',
      profile: 'p:default',
      tookMs: 12,
      ok: true,
    });
  });
});
