// What is odd in a configuration that loads: keys that nobody knows, and names that lead nowhere.
import { describe, expect, it } from 'vitest';
import { findConfigProblems } from '../../src/config/problems.ts';
import { ownKeys } from '../../src/config/schema.ts';
import { openClawKeys, openClawWords } from '../../src/config/openclaw-keys.ts';
import { firstUnknown, keysOf, sectionOf } from '../../src/config/known-keys.ts';
import type { KnownModels } from '../../src/config/model-names.ts';
import type { OpenClawConfig } from '../../src/config/schema.ts';
import { loadText } from '../support/load-text.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';

type Given = {
  env?: Record<string, string>;
  dotenv?: string;
  pluginIds?: readonly string[];
  models?: (config: OpenClawConfig) => KnownModels;
};

function warningsOf(text: string, { pluginIds = ['minimax-portal-auth'], ...given }: Given = {}): string[] {
  const found = findConfigProblems(text, 'openclaw.json', {
    env: {},
    dotenvFile: '/state/.env',
    pluginIds: () => pluginIds,
    ...given,
  });
  expect(found.problems).toEqual([]);
  return found.warnings.map(({ message }) => message);
}

describe('known keys', () => {
  it('are found by the section that they are listed under', () => {
    for (const [section, keys] of [...Object.entries(openClawKeys), ...Object.entries(ownKeys)]) {
      const path = section === '' ? [] : section.split('.').map((part) => (part === '*' ? 'any-name' : part));
      expect(sectionOf(path)).toBe(section);
      for (const key of keys) {
        expect(keysOf(path)).toContain(key);
        expect(firstUnknown([...path, key])).toBeUndefined();
      }
    }
    for (const section of Object.keys(openClawWords)) {
      expect(sectionOf(section.split('.').map((part) => (part === '*' ? 'any-name' : part)))).toBe(section);
    }
  });

  it.each([apiKeyExample, failoverExample, localModelExample, '', '{}'])(
    'of the documented files: %#',
    (text) => {
      expect(warningsOf(text)).toEqual([]);
    },
  );

  it.each([
    [
      '{ gateway: { frobnicate: 1 } }',
      'unknown key gateway.frobnicate: neither this program nor OpenClaw reads it',
    ],
    ['{ modles: {} }', 'unknown key modles: did you mean models?'],
    ['{ agents: { model: "a/b" } }', 'unknown key agents.model: did you mean agents.defaults.model?'],
    [
      '{ models: { providers: { x: { url: "http://x.test" } } } }',
      'unknown key models.providers.x.url: did you mean baseUrl?',
    ],
    [
      '{ models: { providers: { x: { models: [{ id: "m", context_window: 5 }] } } } }',
      'unknown key models.providers.x.models[0].context_window: did you mean contextWindow?',
    ],
    [
      '{ plugins: { entries: { "minimax-portal-auth": { enable: true } } } }',
      'unknown key plugins.entries.minimax-portal-auth.enable: did you mean enabled?',
    ],
    [
      '{ constructor: 1, gateway: { port: 1 } }',
      'unknown key constructor: neither this program nor OpenClaw reads it',
    ],
    [
      '{ agents: { $include: "./agents.json5" } }',
      'agents.$include is for OpenClaw: this program does not read the files that it names',
    ],
  ])('%s has one that is not', (text, message) => {
    expect(warningsOf(text)).toEqual([message]);
  });

  it('leave free what a person names, and what is not read here', () => {
    const text = `{ env: { ANY: "x", vars: { OTHER: "y" } }, channels: { any: { thing: 1 } },
      plugins: { entries: { "minimax-portal-auth": { config: { any: { thing: 1 } } } } },
      models: { providers: { any: { headers: { any: "x" }, params: { any: 1 } } } } }`;
    expect(warningsOf(text)).toEqual([]);
  });
});

describe('names that lead nowhere', () => {
  const model = (text: string, more = ''): string => `{ agents: { defaults: { model: ${text}${more} } } }`;

  it.each([
    [
      model('"MiniMax-M3"'),
      ['agents.defaults.model names no provider, and there is no such alias in this file'],
    ],
    [model('"m3"', ', models: { "minimax/MiniMax-M3": { alias: "m3" } }'), []],
    [
      model('{ fallbacks: ["a/b", "/b", " a/b", ""] }'),
      [
        'agents.defaults.model.fallbacks[1] is not provider/model',
        'agents.defaults.model.fallbacks[2] is a name with space around it',
        'agents.defaults.model.fallbacks[3] is empty',
      ],
    ],
    [
      model('{ primary: "a/b", fallbacks: ["a/b"] }'),
      ['agents.defaults.model.fallbacks[0] is in the chain already'],
    ],
    [
      `{ models: { providers: { lab: { models: [{ id: "Big" }] } } }, agents: { defaults: { model: "lab/big" } } }`,
      ['agents.defaults.model differs from the model lab/Big in capital letters'],
    ],
    [
      `{ agents: { defaults: { models: { m3: { alias: "x" }, "a/b": { alias: "X" } } } } }`,
      [
        'agents.defaults.models.m3 is not provider/model: nothing is called so',
        'agents.defaults.models["a/b"].alias is the alias of m3 already',
      ],
    ],
    [
      `{ models: { providers: { lab: { baseUrl: "http://x.test/v1/messages", api: "openai", models: [{ id: "a" }, { id: "a" }] } } } }`,
      [
        'models.providers.lab.baseUrl ends in the path of a single call',
        expect.stringContaining('models.providers.lab.api is none of anthropic-messages, openai-completions'),
        'models.providers.lab.models[1].id is there twice',
      ],
    ],
    [
      `{ auth: { order: { p: ["p:a", "q:a", "p:a"], q: [] } } }`,
      [
        'auth.order.p[1] is no login of p',
        'auth.order.p[2] is in this order already',
        'auth.order.q is empty: no login of q is ever used',
      ],
    ],
    [`{ env: { "my-key": "x" } }`, ['env.my-key is no name that a variable can have']],
    [
      `{ plugins: { entries: { telegram: { enabled: true } } } }`,
      ['plugins.entries.telegram: there is no such plugin here'],
    ],
    [`{ meta: {}, plugins: { entries: { telegram: { enabled: true } } } }`, []],
    [
      `{ meta: {}, plugins: { entries: { "minimax-portal-aut": { enabled: true } } } }`,
      ['plugins.entries.minimax-portal-aut: there is no such plugin. Did you mean minimax-portal-auth?'],
    ],
  ])('%s', (text, messages) => {
    expect(warningsOf(text)).toEqual(messages);
  });

  it.each<[string, string[]]>([
    [model('"site/Big-M3"'), []],
    [model('"site/big-m3"'), ['agents.defaults.model differs from the model site/Big-M3 in capital letters']],
    [
      model(
        '{ primary: "site/Big-M4", fallbacks: ["site/Old", "stie/Big-M3", "open/any", "opne/any", "far/x"] }',
      ),
      [
        'agents.defaults.model.primary: site has no model of that id here. Did you mean site/Big-M3?',
        'agents.defaults.model.fallbacks[0]: site has no model of that id here',
        'agents.defaults.model.fallbacks[1]: there is no such provider here. Did you mean site/Big-M3?',
        'agents.defaults.model.fallbacks[3]: there is no such provider here. Did you mean open/any?',
        'agents.defaults.model.fallbacks[4]: there is no such provider here',
      ],
    ],
    [
      model('"m3"', ', models: { "site/big-M3": { alias: "m3" }, "far/x": {}, "site/*": {}, "*": {} }'),
      [
        'agents.defaults.models["site/big-M3"] differs from the model site/Big-M3 in capital letters',
        'agents.defaults.models["far/x"]: there is no such provider here',
      ],
    ],
    [model('"Big-M3"'), []],
    [model('"big-m3"'), ['agents.defaults.model names no provider, and there is no such alias in this file']],
    [`{ models: { providers: { open: {} } }, ${model('"any"').slice(2)}`, []],
    [model('{ primary: "any", fallbacks: ["open/x"] }'), []],
    [
      `{ models: { providers: { far: { baseUrl: "http://x.test" } } }, ${model('"far/llama3"').slice(2)}`,
      ['agents.defaults.model: the provider far lists no models'],
    ],
    [
      `{ models: { mode: "replace", providers: { far: { models: [] } } }, ${model('"far/x"').slice(2)}`,
      [
        'agents.defaults.model: the provider far lists no models, and with models.mode "replace" there are no others',
      ],
    ],
    [`{ meta: {}, models: { providers: { far: {} } }, ${model('"far/x"').slice(2)}`, []],
    // OpenClaw has more of them.
    [`{ meta: {}, agents: { defaults: { model: "far/x", models: { "site/Old": {}, "far/x": {} } } } }`, []],
    [
      `{ meta: {}, agents: { defaults: { model: "site/Old", models: { "site/big-m3": {}, "stie/Big-M3": {} } } } }`,
      [
        'agents.defaults.model: site has no model of that id here',
        'agents.defaults.models["site/big-m3"] differs from the model site/Big-M3 in capital letters',
        'agents.defaults.models["stie/Big-M3"]: there is no such provider here. Did you mean site/Big-M3?',
      ],
    ],
  ])('models that are not among those that are known: %s', (text, messages) => {
    const models = (): KnownModels => ({ refs: ['site/Big-M3'], openProviders: ['open'] });
    expect(warningsOf(text, { models })).toEqual(messages);
  });

  it('are not looked for in a file that does not load, whose problems are all told', () => {
    const keys = Array.from({ length: 9 }, (_, index) => `K${index}: ${index}`).join(', ');
    const { problems, warnings } = findConfigProblems(`{ env: { ${keys} }, gatewy: {} }`, 'openclaw.json', {
      env: {},
      dotenvFile: '.env',
    });
    expect(problems).toHaveLength(9);
    expect(problems[8]).toMatchObject({
      code: 'CONFIG_INVALID',
      path: 'env.K8',
      line: 1,
      column: 66,
      found: 'a number',
      expected: 'a string',
      problem: 'env.K8 must be a string, found a number',
      fix: 'Put the value of env.K8 in quotes.',
    });
    expect(warnings.map(({ path }) => path)).toEqual(['gatewy']);
  });
});

describe('variables', () => {
  const withKey = '{ models: { providers: { lab: { apiKey: "${LAB_KEY}" } } } }';

  it('of OpenClaw’s own sections are its matter, and so is what else is odd there', () => {
    const text = `{
      channels: { telegram: { botToken: "\${TELEGRAM_TOKEN}", "$include": "./x.json5", a: 1, a: 2 } },
      models: { providers: { lab: { headers: { "x-y": "\${HEADER_OF_LAB}" } } } },
      gateway: { reload: { nothing: 1 } },
    }`;
    const loaded = loadText(text);
    expect(loaded.warnings).toEqual([]);
    expect(loaded.unavailable).toEqual([]);
    const { warnings } = findConfigProblems(text, 'x', { env: {}, dotenvFile: '.env' });
    expect(warnings.map(({ path }) => path)).toEqual([
      'channels.telegram.botToken',
      'channels.telegram.$include',
      'channels.telegram.a',
      'models.providers.lab.headers.x-y',
      'gateway.reload.nothing',
    ]);
    expect(warnings.every(({ isInformation }) => isInformation === true)).toBe(true);
  });

  it('that are missing are told with the place and three ways to set them', () => {
    const { warnings } = findConfigProblems(withKey, 'openclaw.json', { env: {}, dotenvFile: '/state/.env' });
    expect(warnings).toEqual([
      {
        path: 'models.providers.lab.apiKey',
        line: 1,
        column: 33,
        message:
          'models.providers.lab.apiKey needs the environment variable LAB_KEY, which is not set: the value is left out',
        fix: 'Set LAB_KEY in the environment, as LAB_KEY=… in /state/.env, or in the env block of this file.',
      },
    ]);
  });

  it.each([
    [{ env: { LAB_KEY: 'x' } }],
    [{ dotenv: 'LAB_KEY=x' }],
    [{ dotenv: '\ufeffexport LAB_KEY="x"\r\n' }],
  ])('are found in %j', (given) => {
    expect(warningsOf(withKey, given)).toEqual([]);
  });

  it('of the env block cannot name each other', () => {
    const { warnings } = findConfigProblems('{ env: { FIRST_ONE: "a", OTHER: "${FIRST_ONE}" } }', 'x', {
      env: {},
      dotenvFile: '.env',
    });
    expect(warnings.map(({ fix }) => fix)).toEqual([
      'Values of the env block name variables of the environment and of .env, not each other.',
    ]);
  });
});
