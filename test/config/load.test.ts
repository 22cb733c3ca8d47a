// From a file to a typed configuration: places, warnings, variables, and every way a file can be wrong.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig, type LoadedConfig } from '../../src/config/load.ts';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import type { Env } from '../../src/platform/env.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';
import { tempFolder } from '../support/temp-folder.ts';

type Given = { text?: string | Buffer; env?: Env; dotenv?: string };

function load(given: Given): LoadedConfig {
  const folder = tempFolder();
  const file = join(folder, 'openclaw.json');
  if (given.text !== undefined) writeFileSync(file, given.text);
  const dotenvFile = join(folder, '.env');
  if (given.dotenv !== undefined) writeFileSync(dotenvFile, given.dotenv);
  return loadConfig({ file, env: given.env ?? {}, dotenvFile });
}

function failure(given: Given | (() => unknown)): OpenClawError {
  try {
    if (typeof given === 'function') given();
    else load(given);
  } catch (error) {
    if (isOpenClawError(error)) return error;
    throw error;
  }
  throw new Error('It was loaded.');
}

describe('the documented examples', () => {
  it('of an API key', () => {
    const loaded = load({ text: apiKeyExample });
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config.models?.providers?.['minimax']).toMatchObject({
      apiKey: 'sk-...',
      baseUrl: 'https://api.minimax.io/anthropic',
      models: [{ id: 'MiniMax-M2.1', cost: { input: 15, output: 60, cacheRead: 2, cacheWrite: 10 } }],
    });
    expect(loaded.raw).toHaveProperty('models.providers.minimax.apiKey', '${MINIMAX_API_KEY}');
    expect(loaded.env['MINIMAX_API_KEY']).toBe('sk-...');
  });

  it('of two vendors', () => {
    const loaded = load({ text: failoverExample });
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config.agents?.defaults?.model).toEqual({
      primary: 'anthropic/claude-opus-4-6',
      fallbacks: ['minimax/MiniMax-M2.1'],
    });
    expect(loaded.config.agents?.defaults?.models?.['anthropic/claude-opus-4-6']?.alias).toBe('opus');
  });

  it('of a local model', () => {
    const loaded = load({ text: localModelExample });
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config.models?.providers?.['lmstudio']?.models?.[0]?.contextWindow).toBe(196_608);
  });
});

describe('the file', () => {
  it.each([
    ['is missing', undefined, false],
    ['is empty', '', true],
    ['is empty but for comments', '// nothing yet\n/* { */\n', true],
    ['is an empty object', '{}', true],
  ])('is an empty configuration when it %s', (_, text, exists) => {
    const loaded = load(text === undefined ? {} : { text });
    expect(loaded.config).toEqual({});
    expect(loaded.warnings).toEqual([]);
    expect(loaded.exists).toBe(exists);
  });

  it('may begin with a byte order mark and have the line ends of Windows', () => {
    const loaded = load({ text: '\ufeff{\r\n  gateway: {\r\n    prot: 1, port: 18789,\r\n  },\r\n}\r\n' });
    expect(loaded.config.gateway?.port).toBe(18_789);
    expect(loaded.warnings).toMatchObject([{ path: 'gateway.prot', line: 3, column: 5 }]);
  });

  it('may be large', () => {
    const models = Array.from({ length: 9_000 }, (_, index) => ({
      id: `model-${index}`,
      name: `A model with the number ${index} and a long name that fills the file with text`,
      contextWindow: 1_000 + index,
    }));
    const text = JSON.stringify({ models: { providers: { big: { baseUrl: 'http://x.test/v1', models } } } });
    expect(text.length).toBeGreaterThan(1_000_000);
    const loaded = load({ text });
    expect(loaded.config.models?.providers?.['big']?.models).toHaveLength(9_000);
  });

  it('keeps keys that other objects inherit apart from what they are', () => {
    const loaded = load({
      text: '{ "__proto__": { polluted: 1 }, constructor: { a: 1 }, plugins: { entries: { toString: { enabled: true } } } }',
    });
    expect(Object.getPrototypeOf(loaded.config)).toBe(Object.prototype);
    expect(Object.hasOwn(loaded.raw, '__proto__')).toBe(true);
    expect('polluted' in {}).toBe(false);
    expect(loaded.config.plugins?.entries?.['toString']).toEqual({ enabled: true });
  });

  it('is read through a symbolic link', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'real.json'), '{ gateway: { port: 4000 } }');
    symlinkSync('real.json', join(folder, 'openclaw.json'));
    const loaded = loadConfig({ file: join(folder, 'openclaw.json'), env: {}, dotenvFile: '' });
    expect(loaded.config.gateway?.port).toBe(4_000);
  });

  it('is refused when it is a folder', () => {
    const file = join(tempFolder(), 'openclaw.json');
    mkdirSync(file);
    const error = failure(() => loadConfig({ file, env: {}, dotenvFile: '' }));
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toBe(`Cannot read ${file}: it is a folder, not a file`);
  });

  it.runIf(process.platform !== 'win32')('is refused when it is a pipe that nobody writes to', () => {
    const file = join(tempFolder(), 'openclaw.json');
    execFileSync('mkfifo', [file]);
    expect(failure(() => loadConfig({ file, env: {}, dotenvFile: '' })).code).toBe('CONFIG_UNREADABLE');
  });

  it('is refused when it may not be read', () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, '{}');
    chmodSync(file, 0);
    chmodSync(folder, 0o755);
    const script = `
      import { loadConfig } from ${JSON.stringify(join(import.meta.dirname, '../../src/config/load.ts'))};
      try {
        loadConfig({ file: ${JSON.stringify(file)}, env: {}, dotenvFile: '' });
      } catch (error) {
        process.stdout.write(JSON.stringify(error));
      }`;
    // Root may read everything: then somebody else tries.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], nobody);
    const error = JSON.parse(output.toString()) as OpenClawError;
    expect(error.code).toBe('CONFIG_UNREADABLE');
    expect(error.message).toContain('EACCES');
  });
});

describe('a broken text', () => {
  it.each([
    ['{ a: 1 b: 2 }', 1, 8, 'a comma is missing before this'],
    ['{\n  a: [1,\n', 2, 9, 'the file ends too early: the [ of line 2 is never closed'],
    ['{ a: "x', 1, 6, 'not closed on its line'],
    ['{\n a: "x,\n b: 1 }"}', 2, 5, 'not closed on its line'],
    ['{ a: 1,, }', 1, 8, 'there is a comma too many'],
    ['{ a: 1 }}', 1, 9, 'there is one } too many'],
    ['{ a: sk-live-secret }', 1, 6, 'this text needs quotes'],
  ])('%j is told with its place', (text, line, column, problem) => {
    const error = failure({ text });
    expect(error.code).toBe('CONFIG_SYNTAX');
    expect(error.message).toContain(`openclaw.json:${line}:${column}: `);
    expect(error.message).toContain(problem);
    expect(error.remedy).toMatch(/\bat line \d+ of the file\. Then check it: `openclaw config validate`\.$/);
  });

  it('is shown with a caret and without what could be a secret', () => {
    const error = failure({ text: '{\n  env: { "MINIMAX_API_KEY": "sk-live-secret" on: true },\n}' });
    expect(error.message.split('\n').slice(1)).toEqual([
      '  2 │   env: { "MINIMAX_API_KEY": "••••••••••••••" ••: true },',
      '    │                                              ^',
    ]);
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  it('shows a part of a very long line', () => {
    const error = failure({ text: `{ a: "${'s'.repeat(5_000)}" b: 1 }` });
    const [, shown = '', caret = ''] = error.message.split('\n');
    expect(shown.length).toBeLessThan(120);
    expect(shown[caret.indexOf('^')]).toBe('•');
  });

  it('is refused when it nests without end', () => {
    for (const depth of [300, 200_000]) {
      const error = failure({ text: `{ a: ${'['.repeat(depth)}${']'.repeat(depth)} }` });
      expect(error.code).toBe('CONFIG_SYNTAX');
      expect(error.message).toContain('nested more than 200 levels');
    }
  });

  it('is refused when it is not text', () => {
    expect(failure({ text: Buffer.from([0x7b, 0xff, 0x7d]) }).message).toContain('not UTF-8');
  });

  it('is refused when it is no object', () => {
    expect(failure({ text: '\n[1, 2]' })).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(
        'openclaw.json:2:1: the file must hold an object { … }, found an array',
      ),
    });
  });
});

describe('a wrong type', () => {
  const provider = (text: string): string => `{ models: { providers: { lab: ${text} } } }`;

  it.each([
    ['{ gateway: {\n port: "18789" } }', 'gateway.port must be a number, found a string', 'without quotes'],
    [
      '{ gateway: {\n port: 70000 } }',
      'gateway.port must be a number of at most 65535, found number 70000',
      '',
    ],
    ['{\n gateway: "x" }', 'gateway must be an object, found a string', 'Make gateway an object'],
    [
      '{ plugins: {\n enabled: "true" } }',
      'plugins.enabled must be a boolean, found a string',
      'without quotes',
    ],
    ['{ models: {\n mode: "mrge" } }', 'models.mode must be "merge" or "replace", found a string', ''],
    ['{ env: {\n NUMBER: 5 } }', 'env.NUMBER must be a string, found a number', 'in quotes'],
    [
      '{ agents: { defaults: {\n model: 5 } } }',
      'agents.defaults.model must be a string or an object, found number 5',
      '',
    ],
    [
      '{ agents: { defaults: { model: {\n fallbacks: "a/b" } } } }',
      'agents.defaults.model.fallbacks must be an array, found a string',
      'in [ ]',
    ],
    [
      provider('{\n baseUrl: "api.lab.test" }'),
      'models.providers.lab.baseUrl must be an http or https URL, found a string',
      '',
    ],
    [provider('{ models: [\n { name: "n" }] }'), 'models.providers.lab.models[0].id is missing', 'Set '],
    [
      provider('{ models: [{ id: "m", cost: {\n input: -1 } }] }'),
      'models.providers.lab.models[0].cost.input must be a number of at least 0, found number -1',
      '',
    ],
    ['{ plugins: { entries: { "a/b": {\n enabled: null } } } }', 'plugins.entries["a/b"].enabled', ''],
  ])('%j', (text, problem, fix) => {
    const error = failure({ text });
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain(`openclaw.json:2:2: ${problem}`);
    expect(error.remedy).toContain(fix);
    expect(error.remedy).toContain('at line 2 of the file');
    expect(error.data).toMatchObject({ line: 2, column: 2 });
  });

  it('does not repeat strings of the file, and lists what else is wrong', () => {
    const error = failure({ text: '{ plugins: 1, gateway: { port: "sk-secret" },\n models: 2 }' });
    expect(error.message).not.toContain('sk-secret');
    expect(error.message.split('\n').slice(1)).toEqual([
      'also 1:26: gateway.port must be a number, found a string',
      'also 2:2: models must be an object, found number 2',
    ]);
  });
});

describe('unknown keys', () => {
  it('that look like a slip are named with the key that was meant', () => {
    const loaded = load({
      text: `{
        gateway: { prot: 1 },
        agents: { defaults: { model: { primry: "a/b" }, models: { "a/b": { alais: "x" } } } },
        models: { provders: {}, providers: { lab: { baseURL: "http://x.test", models: [{ id: "m", contextwindow: 1 }] } } },
      }`,
    });
    expect(loaded.warnings.map(({ line, message }) => [line, message])).toEqual([
      [2, 'unknown key gateway.prot: did you mean port?'],
      [3, 'unknown key agents.defaults.model.primry: did you mean primary?'],
      [3, 'unknown key agents.defaults.models["a/b"].alais: did you mean alias?'],
      [4, 'unknown key models.provders: did you mean providers?'],
      [4, 'unknown key models.providers.lab.baseURL: did you mean baseUrl?'],
      [4, 'unknown key models.providers.lab.models[0].contextwindow: did you mean contextWindow?'],
    ]);
  });

  it('of OpenClaw and of other sections are left in peace', () => {
    const loaded = load({
      text: `{
        meta: { lastTouchedVersion: "x" }, wizard: {}, channels: { prot: 1 },
        agents: { list: [], defaults: { imageModel: "a/b", timeoutSeconds: 5, sandbox: {}, heartbeat: {} } },
        gateway: { tls: {}, nodes: {}, tailscale: {}, controlUi: {}, remote: {}, reload: {}, roles: {}, http: {},
          auth: { mode: "token", token: { source: "env", provider: "default", id: "X" }, rateLimit: {} } },
        plugins: { allow: [], deny: [], slots: {}, installs: {}, entries: { x: { hooks: {}, llm: {}, subagent: {} } } },
        models: { pricing: {}, proxy: "x", providers: { p: { headers: {}, auth: "api-key", authHeader: true,
          models: [{ id: "m", compat: {}, headers: {}, params: {}, contextTokens: 5 }] } } },
        auth: { cooldowns: { billingBackoffHours: 5 }, profiles: { "a:b": { provider: "a", mode: "oauth" } } },
      }`,
    });
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config['meta']).toEqual({ lastTouchedVersion: 'x' });
  });

  it('that are there twice are told with both lines', () => {
    const loaded = load({ text: '{\n gateway: { port: 1 },\n gateway: { port: 2 },\n}' });
    expect(loaded.config.gateway?.port).toBe(2);
    expect(loaded.warnings).toEqual([
      {
        path: 'gateway',
        line: 3,
        column: 2,
        message: 'gateway is there twice (first in line 2): the last one counts',
        fix: 'Take one of them out; what both should hold belongs into one { }.',
      },
    ]);
  });
});

describe('variables', () => {
  const withKey = (apiKey: string, more = ''): string =>
    `{ ${more} models: { providers: { lab: { apiKey: ${JSON.stringify(apiKey)} } } } }`;
  const keyOf = (loaded: LoadedConfig): unknown => loaded.config.models?.providers?.['lab']?.apiKey;

  it.each([
    ['${KEY}', 'value'],
    ['a-${KEY}-${OTHER_2}', 'a-value-two'],
    ['$${KEY}', '${KEY}'],
    ['$${KEY}${KEY}', '${KEY}value'],
    ['${key}', '${key}'],
    ['$KEY', '$KEY'],
    ['${KEY', '${KEY'],
    ['${NESTED}', '${KEY}'],
  ])('%j becomes %j', (written, read) => {
    const env = { KEY: 'value', OTHER_2: 'two', NESTED: '${KEY}' };
    const loaded = load({ text: withKey(written), env });
    expect(keyOf(loaded)).toBe(read);
    expect(loaded.raw).toHaveProperty('models.providers.lab.apiKey', written);
  });

  it.each([
    ['the process', { KEY: 'process' }, 'KEY=dotenv', 'process'],
    ['.env', {}, '\ufeffKEY="dotenv"\n', 'dotenv'],
    ['the env block', {}, undefined, 'block'],
  ])('come from %s', (_, env, dotenv, value) => {
    const loaded = load({
      text: withKey('${KEY}', 'env: { KEY: "block" },'),
      env,
      ...(dotenv === undefined ? {} : { dotenv }),
    });
    expect(keyOf(loaded)).toBe(value);
    expect(loaded.env['KEY']).toBe(value);
  });

  it('may stand under env.vars too, and name those of the process', () => {
    const text = withKey('${KEY}', 'env: { vars: { KEY: "x-${HOME_KEY}" }, shellEnv: { enabled: true } },');
    const loaded = load({ text, env: { HOME_KEY: 'home' } });
    expect(keyOf(loaded)).toBe('x-home');
    expect(loaded.env).toEqual({ HOME_KEY: 'home', KEY: 'x-home' });
  });

  it('are never read from the working folder', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'STRAY=1');
    const script = `
      import { loadConfig } from ${JSON.stringify(join(import.meta.dirname, '../../src/config/load.ts'))};
      process.stdout.write(JSON.stringify(loadConfig({ file: 'none.json', env: {}, dotenvFile: 'state/.env' }).env));`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd: folder });
    expect(output.toString()).toBe('{}');
  });

  it.each<{ KEY?: string }>([{}, { KEY: '' }])(
    'that are not set leave the one value out and say so (%j)',
    (env) => {
      const loaded = load({ text: withKey('${KEY}', 'gateway: { port: 5 },\n'), env });
      expect(keyOf(loaded)).toBeUndefined();
      expect(loaded.config.gateway?.port).toBe(5);
      expect(loaded.unavailable).toEqual([
        { path: ['models', 'providers', 'lab', 'apiKey'], variable: 'KEY' },
      ]);
      expect(loaded.warnings).toMatchObject([
        {
          path: 'models.providers.lab.apiKey',
          line: 2,
          message: `models.providers.lab.apiKey needs the environment variable KEY, which is ${env.KEY === undefined ? 'not set' : 'set to nothing'}: the value is left out`,
        },
      ]);
    },
  );

  it('that are not set take the smallest thing with them that cannot be without', () => {
    const loaded = load({
      text: `{
        agents: { defaults: { model: { primary: "\${A}", fallbacks: ["x/y", "\${A}", "z/w"] }, models: { "q/r": { alias: "\${A}" } } } },
        models: { providers: { lab: { baseUrl: "\${A}", models: [{ id: "\${A}" }, { id: "kept" }] } } },
      }`,
    });
    expect(loaded.config.agents?.defaults?.model).toEqual({ fallbacks: ['x/y', 'z/w'] });
    expect(loaded.config.models?.providers?.['lab']?.models).toEqual([{ id: 'kept' }]);
    expect(loaded.warnings).toHaveLength(5);
  });
});
