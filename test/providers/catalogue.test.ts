// What the catalogue holds and what a name means in it, down to the cause and the remedy when it means nothing.
import { describe, expect, it } from 'vitest';
import type { OpenClawConfig } from '../../src/config/schema.ts';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import type { ProviderCatalog } from '../../src/plugin-sdk/index.ts';
import { createCatalogue, type CatalogueDeps, type ModelCatalogue } from '../../src/providers/catalogue.ts';
import { loadText } from '../support/load-text.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';

const portal: ProviderCatalog = {
  provider: {
    baseUrl: 'https://portal.test/anthropic',
    api: 'anthropic-messages',
    models: [
      {
        id: 'MiniMax-M2.1',
        name: 'M2.1 on a plan',
        reasoning: true,
        input: ['text'],
        cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
        contextWindow: 200_000,
        maxTokens: 8_192,
      },
    ],
  },
};
const portalCatalogs = [{ providerId: 'portal', catalog: portal }];

function catalogueOf(deps: Partial<CatalogueDeps> = {}): ModelCatalogue {
  return createCatalogue({
    config: {},
    env: {},
    pluginCatalogs: [],
    providersWithProfile: new Set(),
    disabledProviders: [],
    ...deps,
  });
}

function ofText(text: string, deps: Partial<CatalogueDeps> = {}): ModelCatalogue {
  const { config, env } = loadText(text);
  return catalogueOf({ config, env, ...deps });
}

function failure(catalogue: ModelCatalogue, name: string): OpenClawError {
  try {
    catalogue.find(name);
  } catch (error) {
    if (isOpenClawError(error)) return error;
    throw error;
  }
  throw new Error('It was found.');
}

const key = { MINIMAX_API_KEY: 'k' };
const refs = (catalogue: ModelCatalogue): string[] => catalogue.list().map(({ ref }) => ref);

describe('which models there are', () => {
  it('is none without a key or a login, and a table of all of them still', () => {
    const catalogue = catalogueOf({ pluginCatalogs: portalCatalogs });
    expect(catalogue.list()).toEqual([]);
    expect(catalogue.entries().map(({ origin, available }) => [origin, available])).toContainEqual([
      'plugin',
      false,
    ]);
  });

  it('is the list of a provider whose key is in the environment', () => {
    expect(refs(catalogueOf({ env: key }))).toEqual([
      'minimax/MiniMax-M3',
      'minimax/MiniMax-M2.7',
      'minimax/MiniMax-M2.7-highspeed',
      'minimax/MiniMax-M2.5',
      'minimax/MiniMax-M2.5-highspeed',
      'minimax/MiniMax-M2.1',
      'minimax/MiniMax-M2.1-lightning',
    ]);
  });

  it('is that of a plugin when there is a login, and of a built-in provider with one', () => {
    const providersWithProfile = new Set(['portal']);
    expect(refs(catalogueOf({ pluginCatalogs: portalCatalogs, providersWithProfile }))).toEqual([
      'portal/MiniMax-M2.1',
    ]);
    expect(refs(catalogueOf({ providersWithProfile: new Set(['minimax']) }))).toHaveLength(7);
  });

  it('has limits and prices as MiniMax publishes them', () => {
    const catalogue = catalogueOf({ env: key });
    expect(catalogue.find('minimax/MiniMax-M3')).toEqual({
      provider: 'minimax',
      modelId: 'MiniMax-M3',
      ref: 'minimax/MiniMax-M3',
      api: 'anthropic-messages',
      furtherApis: ['openai-completions', 'openai-responses'],
      definition: {
        id: 'MiniMax-M3',
        name: 'MiniMax M3',
        reasoning: true,
        input: ['text', 'image'],
        cost: { input: 0.6, output: 2.4, cacheRead: 0.12, cacheWrite: 0 },
        contextWindow: 1_000_000,
        maxTokens: 131_072,
      },
    });
    expect(catalogue.find('MiniMax-M2.5-highspeed').definition).toMatchObject({
      cost: { input: 0.6, output: 2.4, cacheRead: 0.03, cacheWrite: 0.375 },
      contextWindow: 204_800,
    });
    expect(catalogue.find('MiniMax-M2.1-lightning').definition).toMatchObject({
      contextWindow: 200_000,
      maxTokens: 8_192,
    });
  });
});

describe('the configuration', () => {
  it('overrides a model of the same id, and keeps what it does not say', () => {
    const catalogue = ofText(
      '{ models: { providers: { minimax: { apiKey: "k", models: [{ id: "MiniMax-M3", cost: { input: 9 } }, { id: "own" }] } } } }',
    );
    expect(catalogue.find('minimax/MiniMax-M3').definition).toMatchObject({
      name: 'MiniMax M3',
      contextWindow: 1_000_000,
      cost: { input: 9, output: 2.4 },
    });
    expect(catalogue.find('own')).toMatchObject({ ref: 'minimax/own', api: 'anthropic-messages' });
    expect(catalogue.list()).toHaveLength(8);
  });

  it('overrides a plugin too', () => {
    const catalogue = ofText(
      '{ models: { providers: { portal: { models: [{ id: "MiniMax-M2.1", name: "mine" }] } } } }',
      {
        pluginCatalogs: portalCatalogs,
        providersWithProfile: new Set(['portal']),
      },
    );
    expect(catalogue.find('portal/MiniMax-M2.1').definition.name).toBe('mine');
    expect(catalogue.entries().find(({ ref }) => ref === 'portal/MiniMax-M2.1')?.origin).toBe('config');
  });

  it('can be all there is', () => {
    const text =
      '{ models: { mode: "replace", providers: { lab: { apiKey: "k", baseUrl: "http://l.test/v1", models: [{ id: "m" }] } } } }';
    const catalogue = ofText(text, {
      env: key,
      pluginCatalogs: portalCatalogs,
      providersWithProfile: new Set(['portal']),
    });
    expect(refs(catalogue)).toEqual(['lab/m']);
    const error = failure(catalogue, 'minimax/MiniMax-M3');
    expect(error.message).toContain('models.mode is "replace"');
    expect(error.remedy).toContain('`openclaw config set models.mode merge`');
  });

  it.each([
    ['', 'http://l.test/v1', 'openai-completions'],
    ['', 'http://l.test/anthropic/', 'anthropic-messages'],
    ['api: "openai-responses",', 'http://l.test/anthropic', 'openai-responses'],
  ])('says which protocol a provider speaks (%s %s)', (api, baseUrl, expected) => {
    const catalogue = ofText(
      `{ models: { providers: { lab: { ${api} apiKey: "k", baseUrl: "${baseUrl}", models: [{ id: "m" }] } } } }`,
    );
    expect(catalogue.find('lab/m').api).toBe(expected);
  });

  it('may name a protocol that is not spoken here: told when the model is asked for', () => {
    const catalogue = ofText(
      '{ models: { providers: { lab: { api: "google-generative-ai", apiKey: "k", models: [{ id: "m" }, { id: "n", api: "openai-completions" }] } } } }',
    );
    expect(refs(catalogue)).toEqual(['lab/n']);
    expect(failure(catalogue, 'lab/m').message).toBe(
      'Unknown model "lab/m": it is of the protocol "google-generative-ai", which this program does not speak.',
    );
  });
});

describe('the documented examples', () => {
  it('of an API key', () => {
    const route = ofText(apiKeyExample).find('default');
    expect(route).toMatchObject({
      ref: 'minimax/MiniMax-M2.1',
      definition: { reasoning: false, cost: { input: 15 } },
    });
  });

  it('of two vendors', () => {
    const catalogue = ofText(failoverExample);
    expect(catalogue.find('minimax').ref).toBe('minimax/MiniMax-M2.1');
    // Known by its names all the same, for its fallbacks answer; listed is what can be served.
    const opus = catalogue.find('opus');
    expect([opus.ref, catalogue.find('default')]).toEqual(['anthropic/claude-opus-4-6', opus]);
    expect(catalogue.fallbacks(opus)).toEqual([
      { ref: 'minimax/MiniMax-M2.1', route: catalogue.find('minimax') },
    ]);
    expect(catalogue.fallbacks(catalogue.find('minimax'))).toEqual([]);
    expect(catalogue.list()).not.toContain(opus);
    const both = ofText(failoverExample, { env: { ...key, ANTHROPIC_API_KEY: 'a' } });
    expect(both.find('default').ref).toBe('anthropic/claude-opus-4-6');
    expect(both.find('opus')).toBe(both.find('default'));
    expect(both.entries().find(({ isDefault }) => isDefault)?.aliases).toEqual(['opus']);
  });

  it('of one whose fallbacks are not there either', () => {
    const catalogue = ofText(failoverExample, { env: {} });
    expect(failure(catalogue, 'default').remedy).toContain('ANTHROPIC_API_KEY');
    const both = ofText(failoverExample.replace('minimax/MiniMax-M2.1"]', 'minimax/gone", "minimax"]'));
    expect(both.fallbacks(both.find('default'))).toMatchObject([
      { ref: 'minimax/gone', route: undefined },
      { ref: 'minimax/MiniMax-M2.1', route: { modelId: 'MiniMax-M2.1' } },
    ]);
  });

  it('of a local model', () => {
    const catalogue = ofText(localModelExample);
    expect(catalogue.find('Minimax')).toMatchObject({
      ref: 'lmstudio/minimax-m2.1-gs32',
      api: 'openai-responses',
    });
    expect(catalogue.find('default')).toBe(catalogue.find('minimax-m2.1-gs32'));
  });

  it('each is served by the APIs that its server has, and by its own at an address of somebody else', () => {
    const apisOf = (text: string, name: string): unknown => ofText(text).find(name).furtherApis;
    const openai = ['openai-completions', 'openai-responses'];
    expect(apisOf(apiKeyExample, 'default')).toEqual(openai);
    expect(apisOf(apiKeyExample.replace('api.minimax.io', 'llm.test'), 'default')).toBeUndefined();
    expect(apisOf(localModelExample, 'default')).toEqual(['anthropic-messages', 'openai-completions']);
  });
});

describe('a name', () => {
  const named = (text: string, env = key): ModelCatalogue =>
    ofText(`{ agents: { defaults: { ${text} } } }`, { env });

  it.each([
    ['model: "minimax/MiniMax-M3"', 'default', 'minimax/MiniMax-M3'],
    [
      'model: { primary: "fast" }, models: { "minimax/MiniMax-M2.5-highspeed": { alias: "fast" } }',
      'default',
      'minimax/MiniMax-M2.5-highspeed',
    ],
    ['model: "MiniMax-M3"', 'default', 'minimax/MiniMax-M3'],
    ['models: { "minimax/MiniMax-M3": { alias: "MiniMax-M2.1" } }', 'MiniMax-M2.1', 'minimax/MiniMax-M3'],
    [
      'models: { "minimax/MiniMax-M3": { alias: "minimax/MiniMax-M2.1" } }',
      'minimax/MiniMax-M2.1',
      'minimax/MiniMax-M2.1',
    ],
    [
      'models: { "minimax/MiniMax-M3": { alias: "x" }, "minimax/MiniMax-M2.1": { alias: "x" } }',
      'x',
      'minimax/MiniMax-M3',
    ],
  ])('with %s: %s is %s', (text, name, ref) => {
    expect(named(text).find(name).ref).toBe(ref);
  });

  it('is split at the first slash', () => {
    const catalogue = ofText(
      '{ models: { providers: { router: { apiKey: "k", baseUrl: "http://r.test", models: [{ id: "a/b/c" }] } } } }',
    );
    expect(catalogue.find('router/a/b/c').modelId).toBe('a/b/c');
    expect(catalogue.find('a/b/c').provider).toBe('router');
  });

  it('without a provider must fit one model alone', () => {
    const deps = { env: key, pluginCatalogs: portalCatalogs };
    expect(catalogueOf(deps).find('MiniMax-M2.1').ref).toBe('minimax/MiniMax-M2.1');
    const both = catalogueOf({ ...deps, providersWithProfile: new Set(['portal']) });
    expect(failure(both, 'MiniMax-M2.1').message).toContain(
      'name one of minimax/MiniMax-M2.1, portal/MiniMax-M2.1',
    );
  });

  it('that objects inherit is no name', () => {
    for (const name of ['constructor', '__proto__', 'toString/valueOf', '', '/', '/x', 'minimax/']) {
      expect(failure(catalogueOf({ env: key }), name).code).toBe('MODEL_UNKNOWN');
    }
  });
});

describe('an unknown model', () => {
  const disabledProviders = [{ providerId: 'portal', pluginId: 'portal-auth' }];

  it.each<[string, Partial<CatalogueDeps>, string, string, string, string]>([
    [
      'no credentials, built in',
      {},
      'minimax/MiniMax-M3',
      'MODEL_UNKNOWN',
      'the provider minimax has no credentials',
      'Set MINIMAX_API_KEY',
    ],
    [
      'no credentials, by its id alone',
      {},
      'MiniMax-M3',
      'MODEL_UNKNOWN',
      'the provider minimax has no credentials',
      'Set MINIMAX_API_KEY',
    ],
    [
      'no credentials, of a plugin',
      { pluginCatalogs: portalCatalogs },
      'portal/MiniMax-M2.1',
      'MODEL_UNKNOWN',
      'the provider portal has no credentials',
      '`openclaw onboard`',
    ],
    [
      'no provider',
      { env: key },
      'openai/gpt-9',
      'MODEL_UNKNOWN',
      'no provider "openai" is configured',
      'models.providers',
    ],
    [
      'a slip in the provider',
      { env: key },
      'minmax/MiniMax-M3',
      'MODEL_UNKNOWN',
      'Did you mean "minimax/MiniMax-M3"?',
      '`openclaw models list`',
    ],
    [
      'wrong letter case',
      { env: key },
      'minimax/minimax-m2.1',
      'MODEL_UNKNOWN',
      'no model of that id. Did you mean "minimax/MiniMax-M2.1"?',
      '`openclaw models list`',
    ],
    [
      'not in the list',
      { env: key },
      'minimax/other',
      'MODEL_UNKNOWN',
      'the provider minimax has no model of that id.',
      '`openclaw models list`',
    ],
    [
      'a slip in a bare id',
      { env: key },
      'minimax-m3',
      'MODEL_UNKNOWN',
      'Did you mean "MiniMax-M3"?',
      '`openclaw models list`',
    ],
    [
      'its plugin disabled',
      { disabledProviders },
      'portal/MiniMax-M2.1',
      'PLUGIN_DISABLED',
      'comes with the plugin portal-auth, which is disabled',
      '`openclaw plugins enable portal-auth`',
    ],
    [
      'no default',
      { env: key },
      'default',
      'MODEL_UNKNOWN',
      'no default model is set',
      'for example: `openclaw models set minimax/',
    ],
    [
      'a name to fool a terminal',
      { env: key },
      '\u001b[31mred\n',
      'MODEL_UNKNOWN',
      'Unknown model "red"',
      '',
    ],
  ])('%s', (_, deps, name, code, message, remedy) => {
    const error = failure(catalogueOf(deps), name);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
  });

  it('of the default says what is wrong with the model it names', () => {
    const config: OpenClawConfig = { agents: { defaults: { model: 'minimax/minimax-m3' } } };
    expect(failure(catalogueOf({ config, env: key }), 'default').message).toContain('"minimax/MiniMax-M3"');
  });

  it('of a disabled plugin is told so when the configuration has models for it', () => {
    const config: OpenClawConfig = { models: { providers: { portal: { models: [{ id: 'm' }] } } } };
    expect(failure(catalogueOf({ config, disabledProviders }), 'portal/m').code).toBe('PLUGIN_DISABLED');
  });

  it('of a provider of the configuration says where its key goes', () => {
    const catalogue = ofText(
      '{ models: { providers: { lab: { apiKey: "${NOT_SET}", models: [{ id: "m" }] } } } }',
    );
    expect(failure(catalogue, 'lab/m').remedy).toContain('models.providers.lab.apiKey');
  });
});
