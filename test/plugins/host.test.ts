// Plugins written to disk and really run: who is enabled, what they are given, and that one's failure stays its own.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import { silentLog, type Log } from '../../src/platform/log.ts';
import { discoverPlugins } from '../../src/plugins/discovery.ts';
import { createPluginHost, type PluginHost } from '../../src/plugins/host.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { pluginCode, writePlugin, type WrittenPlugin } from '../support/plugin-folder.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Given = {
  plugins: WrittenPlugin[];
  config?: string;
  enabled?: string[];
  alsoEnabled?: string[];
  log?: Log;
};

function hostOf(given: Given): PluginHost {
  const folder = tempFolder();
  const file = join(folder, 'openclaw.json');
  const entries = Object.fromEntries((given.enabled ?? []).map((id) => [id, { enabled: true }]));
  writeFileSync(file, given.config ?? JSON.stringify({ plugins: { entries } }));
  for (const plugin of given.plugins) writePlugin(join(folder, 'extensions'), plugin);
  const config = loadConfig({ file, env: {}, dotenvFile: join(folder, '.env') });
  return createPluginHost({
    discovered: discoverPlugins({ config, extensionsUrl: pathToFileURL(join(folder, 'extensions')) }),
    config,
    log: given.log ?? silentLog,
    ports: {
      fetch: () => Promise.reject(new Error('no network')),
      clock: createFakeClock(),
      random: createFakeRandom(),
    },
    ...(given.alsoEnabled === undefined ? {} : { alsoEnabled: given.alsoEnabled }),
  });
}

const plugin = (id: string, providerId: string, more = ''): WrittenPlugin => ({
  id,
  manifest: { providers: [providerId] },
  code: pluginCode(id, providerId, more),
});

async function failure(attempt: Promise<unknown>): Promise<OpenClawError> {
  try {
    await attempt;
  } catch (error) {
    if (isOpenClawError(error)) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

describe('which plugins run', () => {
  it('is none until it is enabled', async () => {
    const host = hostOf({ plugins: [plugin('lab', 'lab')] });
    expect(host.statuses()).toMatchObject([
      { id: 'lab', enabled: false, state: 'disabled', providers: ['lab'] },
    ]);
    expect(host.disabledProviders()).toEqual([{ providerId: 'lab', pluginId: 'lab' }]);
    expect(await host.provider('lab')).toBeUndefined();
    expect(await host.providers()).toEqual([]);
    const error = await failure(host.load('lab'));
    expect(error.code).toBe('PLUGIN_DISABLED');
    expect(error.remedy).toContain('openclaw plugins enable lab');
  });

  it('is what the configuration enables, or the caller', async () => {
    for (const given of [{ enabled: ['lab'] }, { alsoEnabled: ['lab'] }]) {
      const host = hostOf({ plugins: [plugin('lab', 'lab'), plugin('other', 'other')], ...given });
      expect((await host.provider('lab'))?.label).toBe('L');
      expect(host.statuses().map(({ id, state }) => [id, state])).toEqual([
        ['lab', 'ready'],
        ['other', 'disabled'],
      ]);
      expect((await host.providers()).map(({ pluginId }) => pluginId)).toEqual(['lab']);
    }
  });

  it('is none when all are switched off', async () => {
    const config = '{ plugins: { enabled: false, entries: { lab: { enabled: true } } } }';
    const host = hostOf({ plugins: [plugin('lab', 'lab')], config });
    expect(await host.provider('lab')).toBeUndefined();
  });

  it('does not include a name that objects inherit', async () => {
    const host = hostOf({ plugins: [plugin('constructor', 'lab')] });
    expect(host.statuses()).toMatchObject([{ enabled: false }]);
    expect((await failure(host.load('nowhere'))).code).toBe('PLUGIN_NOT_FOUND');
  });
});

describe('menus', () => {
  it('come from manifests, also of plugins that are disabled or would not run', () => {
    const choice = { provider: 'lab', method: 'key', choiceId: 'lab-key', choiceLabel: 'Lab' };
    const host = hostOf({
      plugins: [
        { id: 'a', manifest: { providerAuthChoices: [choice] }, code: 'throw new Error("ran");' },
        { id: 'b', manifest: { providerAuthChoices: [{ ...choice, choiceId: 'lab-2' }] }, code: '' },
      ],
      enabled: ['b'],
    });
    expect(host.choices()).toEqual([
      { ...choice, pluginId: 'a', enabled: false },
      { ...choice, choiceId: 'lab-2', pluginId: 'b', enabled: true },
    ]);
  });
});

describe('a plugin', () => {
  it('gets its settings, the configuration read only, and the ports', async () => {
    const code = `export default { id: 'lab', name: 'N', description: 'D', register(api) {
      let frozen = false;
      try { api.config.gateway.port = 1; } catch { frozen = true; }
      api.registerProvider({ id: 'lab', label: JSON.stringify([api.id, api.pluginConfig, frozen, api.config.gateway,
        typeof api.ports.fetch, typeof api.logger.info]), auth: [] });
    } };`;
    const config =
      '{ gateway: { port: 5 }, plugins: { entries: { lab: { enabled: true, config: { size: 3 } } } } }';
    const host = hostOf({ plugins: [{ id: 'lab', manifest: { providers: ['lab'] }, code }], config });
    expect(JSON.parse((await host.provider('lab'))?.label ?? '')).toEqual([
      'lab',
      { size: 3 },
      true,
      { port: 5 },
      'function',
      'function',
    ]);
  });

  it('runs once however often and by whatever name it is asked for', async () => {
    const code = pluginCode('lab', 'lab', "aliases: ['lab-2'],").replace(
      'register(api) {',
      'register(api) { globalThis.labRuns = (globalThis.labRuns ?? 0) + 1;',
    );
    const host = hostOf({
      plugins: [{ id: 'lab', manifest: { providers: ['lab'] }, code }],
      enabled: ['lab'],
    });
    const found = await Promise.all([host.provider('lab'), host.provider('lab-2'), host.load('lab')]);
    expect(found[0]).toBe(found[1]);
    expect(await host.providers()).toHaveLength(1);
    expect(Reflect.get(globalThis, 'labRuns')).toBe(1);
  });

  it('may be TypeScript', async () => {
    const code =
      "const id: string = 'lab';\n" +
      pluginCode('lab', 'lab').replace('export default {', 'export default { version: id,');
    const host = hostOf({
      plugins: [{ id: 'lab', manifest: { providers: ['lab'] }, code, entry: 'index.ts' }],
      enabled: ['lab'],
    });
    expect((await host.provider('lab'))?.id).toBe('lab');
  });
});

describe('a plugin that fails', () => {
  const shell = (body: string): string =>
    `export default { id: 'bad', name: 'N', description: 'D', ${body} };`;
  const provider = "{ id: 'bad', label: 'B', auth: [] }";

  it.each([
    ['at import', 'throw new Error("boom\\u001b[31m at import");', 'Error: boom at import'],
    ['for its syntax', 'export default {', /SyntaxError|invalid JS syntax/],
    ['for it has no default export', 'export const x = 1;', 'its default export is not an object'],
    ['for it has no register', shell(''), 'it has no register function'],
    [
      'for it calls itself otherwise',
      shell('id: "other", register() {}'),
      'its code calls it other, its manifest bad',
    ],
    ['in register', shell('register() { throw "no"; }'), 'no'],
    [
      'in an asynchronous register',
      shell('async register() { throw new Error("late"); }'),
      'register must not be asynchronous',
    ],
    [
      'for a provider without an id',
      shell('register(api) { api.registerProvider({ label: "x", auth: [] }); }'),
      'a provider needs an id',
    ],
    [
      'for a method that cannot run',
      shell('register(api) { api.registerProvider({ id: "x", label: "x", auth: [{ id: "y" }] }); }'),
      'needs auth methods',
    ],
    [
      'for a call that this host has not',
      shell('register(api) { api.registerHttpRoute({}); }'),
      'registerHttpRoute is not a function',
    ],
    [
      'for a provider that is taken',
      shell(
        `register(api) { api.registerProvider(${provider}); api.registerProvider({ id: "good", label: "x", auth: [] }); }`,
      ),
      'the provider id good is taken by the plugin aaa',
    ],
    [
      'for a provider that it has twice',
      shell(`register(api) { api.registerProvider(${provider}); api.registerProvider(${provider}); }`),
      'the provider id bad is taken by the plugin bad',
    ],
  ])('%s leaves the others alone', async (_, code, reason) => {
    const warnings: string[] = [];
    const log: Log = {
      ...silentLog,
      warn: (event, fields) => void warnings.push(`${event} ${String(fields?.['message'])}`),
    };
    const host = hostOf({
      plugins: [
        plugin('aaa', 'good'),
        { id: 'bad', manifest: { providers: ['bad'] }, code },
        plugin('zzz', 'also-good'),
      ],
      enabled: ['aaa', 'bad', 'zzz'],
      log,
    });
    expect((await host.providers()).map(({ provider: { id } }) => id)).toEqual(['good', 'also-good']);
    const error = await failure(host.provider('bad'));
    expect(error.code).toBe('PLUGIN_FAILED');
    expect(error.message).toMatch(reason);
    expect(error.data['pluginId']).toBe('bad');
    expect(host.statuses()).toMatchObject([
      { id: 'aaa', state: 'ready' },
      { id: 'bad', state: 'failed', enabled: true, error: error.message },
      { id: 'zzz', state: 'ready' },
    ]);
    expect(warnings).toEqual([`plugin-failed ${error.message}`]);
  });

  it('may not register when its turn is over', async () => {
    const code = `let kept; export default { id: 'late', name: 'N', description: 'D', register(api) {
      kept = api;
      api.registerProvider({ id: 'late', label: 'L', auth: [], formatApiKey: () => { kept.registerProvider({ id: 'x', label: 'x', auth: [] }); } });
    } };`;
    const host = hostOf({
      plugins: [{ id: 'late', manifest: { providers: ['late'] }, code }],
      enabled: ['late'],
    });
    const found = await host.provider('late');
    expect(() => found?.formatApiKey?.({ type: 'api_key', provider: 'late', key: 'k' })).toThrow(
      'after register had ended',
    );
  });
});

describe('settings of a plugin', () => {
  const manifest = {
    providers: ['lab'],
    configSchema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        regions: {
          type: 'object',
          additionalProperties: false,
          properties: { global: { $ref: '#/$defs/region' } },
        },
        dialect: { type: 'string', enum: ['new', 'old'] },
      },
      $defs: {
        region: { type: 'object', additionalProperties: false, properties: { apiUrl: { type: 'string' } } },
      },
    },
  };
  const settings = (text: string): string =>
    `{ plugins: { entries: { lab: { enabled: true,\n config: ${text} } } } }`;
  const withSettings = (text: string, more: object = {}): PluginHost =>
    hostOf({
      plugins: [{ id: 'lab', manifest: { ...manifest, ...more }, code: pluginCode('lab', 'lab') }],
      config: settings(text),
    });

  it('that fit are taken', async () => {
    const host = withSettings('{ regions: { global: { apiUrl: "https://x.test" } }, dialect: "old" }');
    expect((await host.provider('lab'))?.id).toBe('lab');
  });

  it.each([
    ['{ dialect: "sk-secret" }', 2, 12, 'plugins.entries.lab.config.dialect: must be "new" or "old"'],
    ['{\n dialct: "new" }', 3, 2, 'unknown key plugins.entries.lab.config.dialct: did you mean dialect?'],
    [
      '{ regions: { global: {\n apiURL: "x" } } }',
      3,
      2,
      'unknown key plugins.entries.lab.config.regions.global.apiURL: did you mean apiUrl?',
    ],
    ['{ regions: { mars: {} } }', 2, 23, 'unknown key plugins.entries.lab.config.regions.mars'],
    ['{ regions: 5 }', 2, 12, 'plugins.entries.lab.config.regions: Invalid input: expected object'],
    ['7', 2, 2, 'plugins.entries.lab.config: Invalid input: expected object'],
  ])('%j are refused with their place', async (text, line, column, message) => {
    const host = withSettings(text);
    const error = await failure(host.provider('lab'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`openclaw.json:${line}:${column}: ${message}`);
    expect(error.message).not.toContain('secret');
    expect(host.statuses()).toMatchObject([{ state: 'failed', error: error.message }]);
  });

  it('that are left out must not be required', async () => {
    const configSchema = { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] };
    const host = hostOf({
      plugins: [{ id: 'lab', manifest: { ...manifest, configSchema }, code: pluginCode('lab', 'lab') }],
      enabled: ['lab'],
    });
    const error = await failure(host.provider('lab'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('plugins.entries.lab.config.key');
  });

  it('cannot be checked by a schema that is none', async () => {
    const error = await failure(withSettings('{}', { configSchema: { type: 'nothing' } }).provider('lab'));
    expect(error.code).toBe('PLUGIN_FAILED');
    expect(error.message).toContain('configSchema');
  });
});

describe('calls into a plugin', () => {
  const code = `
    class Own extends Error {}
    export default { id: 'lab', name: 'N', description: 'D', register(api) {
      api.registerProvider({
        id: 'lab', label: 'L', secret: 'mine',
        auth: [{ id: 'key', label: 'K', kind: 'custom', token: 't',
          async run(ctx) { return { profiles: [], defaultModel: this.token }; },
          async runNonInteractive(ctx) { ctx.signal.throwIfAborted(); throw new Own('not so\\u202e fast'); } }],
        catalog: { run() { throw new Own('no list'); } },
        formatApiKey(credential) { return this.secret + credential.key; },
        async refreshOAuth() { const error = new Error('dead'); error[Symbol.for('openclaw.error')] = true; error.code = 'LOGIN_DEAD'; throw error; },
        async prepareRuntimeAuth() { throw null; },
        buildMissingAuthMessage() { throw new Own('sync'); },
      });
    } };`;
  const credential = { type: 'api_key', provider: 'lab', key: 'K' } as const;
  const loaded = async () => {
    const host = hostOf({
      plugins: [{ id: 'lab', manifest: { providers: ['lab'] }, code }],
      enabled: ['lab'],
    });
    const provider = await host.provider('lab');
    if (provider === undefined) throw new Error('It was not loaded.');
    return provider;
  };
  const context = (signal: AbortSignal): never => ({ signal }) as never;

  it('reach the plugin with its own object', async () => {
    const provider = await loaded();
    expect(provider.formatApiKey?.(credential)).toBe('mineK');
    expect(await provider.auth[0]?.run(context(AbortSignal.abort()))).toEqual({
      profiles: [],
      defaultModel: 't',
    });
    expect('revokeOAuth' in provider).toBe(false);
  });

  it('turn what it throws into PLUGIN_FAILED without its cause', async () => {
    const provider = await loaded();
    const live = new AbortController().signal;
    const failures = [
      await failure(provider.auth[0]?.runNonInteractive?.(context(live)) ?? Promise.resolve()),
      await failure(provider.prepareRuntimeAuth?.({ profileId: 'x', credential }) as Promise<unknown>),
      await failure((async () => provider.catalog?.run({ config: {}, env: {} }))()),
      await failure((async () => provider.buildMissingAuthMessage?.({ provider: 'lab' }))()),
    ];
    expect(failures.map(({ code, message }) => [code, message])).toEqual([
      ['PLUGIN_FAILED', 'The plugin lab failed in the login lab/key (runNonInteractive): Error: not so fast'],
      [
        'PLUGIN_FAILED',
        'The plugin lab failed in lab.prepareRuntimeAuth: it threw something that is no error',
      ],
      ['PLUGIN_FAILED', 'The plugin lab failed in lab.catalog.run: Error: no list'],
      ['PLUGIN_FAILED', 'The plugin lab failed in lab.buildMissingAuthMessage: Error: sync'],
    ]);
    expect(failures.every((error) => error.cause === undefined)).toBe(true);
  });

  it('let errors of this program and the reason of an abort pass', async () => {
    const provider = await loaded();
    const oauth = { type: 'oauth', provider: 'lab', access: 'a', refresh: 'r', expires: 0 } as const;
    expect((await failure(provider.refreshOAuth?.(oauth) ?? Promise.resolve())).code).toBe('LOGIN_DEAD');
    const reason = new Error('the person left');
    await expect(provider.auth[0]?.runNonInteractive?.(context(AbortSignal.abort(reason)))).rejects.toBe(
      reason,
    );
  });
});
