// Model ids without a provider, where several may have them or where they look like a ref, and what stands in for a model.
import { describe, expect, it } from 'vitest';
import { isOpenClawError } from '../../src/errors.ts';
import type { ModelDefinition } from '../../src/plugin-sdk/index.ts';
import { createCatalogue, type CatalogueDeps, type ModelCatalogue } from '../../src/providers/catalogue.ts';
import { failoverExample } from '../support/documented-configs.ts';
import { loadText } from '../support/load-text.ts';

const keys = { MINIMAX_API_KEY: 'k' };

function model(id: string): ModelDefinition {
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  return { id, name: id, reasoning: false, input: ['text'], cost, contextWindow: 4_096, maxTokens: 4_096 };
}

function catalogueOf(text: string, env: Record<string, string>, deps: Partial<CatalogueDeps> = {}) {
  const loaded = loadText(text, env);
  const nothing = { pluginCatalogs: [], providersWithProfile: new Set<string>(), disabledProviders: [] };
  return createCatalogue({ config: loaded.config, env: loaded.env, ...nothing, ...deps });
}

function refOf(catalogue: ModelCatalogue, name: string): string {
  try {
    return catalogue.find(name).ref;
  } catch (error) {
    if (isOpenClawError(error)) return error.message;
    throw error;
  }
}

describe('an id that LM Studio lists', () => {
  const seen = [
    'minimax/minimax-m2.1',
    'lmstudio/own',
    'claude-opus-4-6',
    'MiniMax-M3',
    'qwen/qwen3',
    'gone/m',
  ];
  const deps = {
    discovered: new Map([['lmstudio', seen.map(model)]]),
    disabledProviders: [{ providerId: 'gone', pluginId: 'gone-auth' }],
  };
  const named = '{ models: { providers: { lmstudio: {} } } }';

  it.each([
    ['the ref of a vendor', 'minimax/minimax-m2.1', 'Did you mean "minimax/MiniMax-M2.1"?'],
    ['its own name before it', 'lmstudio/own', 'the provider lmstudio has no model of that id'],
    ['the provider of a plugin that is disabled', 'gone/m', 'comes with the plugin gone-auth'],
    ['the id of a vendor without a key', 'claude-opus-4-6', 'the provider anthropic has no credentials'],
  ])('is no name of its own: %s', (_what, name, expected) => {
    expect(refOf(catalogueOf(named, keys, deps), name)).toContain(expected);
  });

  it.each([
    ['lmstudio/minimax/minimax-m2.1', 'lmstudio/minimax/minimax-m2.1'],
    ['lmstudio/lmstudio/own', 'lmstudio/lmstudio/own'],
    ['MiniMax-M3', 'minimax/MiniMax-M3'],
    ['lmstudio/MiniMax-M3', 'lmstudio/MiniMax-M3'],
    ['qwen/qwen3', 'lmstudio/qwen/qwen3'],
  ])('leaves each name its model: %s', (name, ref) => {
    expect(refOf(catalogueOf(named, keys, deps), name)).toBe(ref);
  });

  it('takes none from a provider of the configuration either, whose key is not there', () => {
    const text =
      '{ models: { providers: { lmstudio: {}, lab: { baseUrl: "http://l.test/v1", models: [{ id: "qwen/qwen3" }, { id: "MiniMax-M3" }] } } } }';
    const discovered = new Map([['lmstudio', [model('m')]]]);
    const both = new Map([['lmstudio', [model('m'), model('MiniMax-M3')]]]);
    expect(refOf(catalogueOf(text, keys, { discovered }), 'm')).toBe('lmstudio/m');
    expect(refOf(catalogueOf(text, {}, { discovered: both }), 'MiniMax-M3')).toContain('no credentials');
    expect(refOf(catalogueOf(text, keys, { discovered: both }), 'MiniMax-M3')).toBe('minimax/MiniMax-M3');
  });

  it('is the same whether the server has been there or the configuration only names it', () => {
    const text = '{ agents: { defaults: { model: "lmstudio/MiniMax-M3" } } }';
    for (const discovered of [new Map(), deps.discovered]) {
      const catalogue = catalogueOf(text, keys, { discovered });
      expect([refOf(catalogue, 'MiniMax-M3'), refOf(catalogue, 'default')]).toEqual([
        'minimax/MiniMax-M3',
        'lmstudio/MiniMax-M3',
      ]);
    }
  });

  it('counts like any other once the configuration describes it', () => {
    const text = '{ models: { providers: { lmstudio: { models: [{ id: "MiniMax-M3" }] } } } }';
    expect(refOf(catalogueOf(text, keys, deps), 'MiniMax-M3')).toContain(
      'name one of minimax/MiniMax-M3, lmstudio/MiniMax-M3',
    );
  });
});

describe('an id of a router that begins with a provider', () => {
  const router = (mode: string): string =>
    `{ models: { mode: "${mode}", providers: { router: { apiKey: "k", baseUrl: "http://r.test", models: [{ id: "anthropic/claude-opus-4-6" }, { id: "vendor/m" }] } } } }`;
  const name = 'anthropic/claude-opus-4-6';

  it('is that provider’s model or none', () => {
    expect(refOf(catalogueOf(router('merge'), {}), name)).toContain(
      'the provider anthropic has no credentials',
    );
    expect(refOf(catalogueOf(router('merge'), { ANTHROPIC_API_KEY: 'a' }), name)).toBe(name);
    expect(refOf(catalogueOf(router('merge'), {}), 'vendor/m')).toBe('router/vendor/m');
    expect(refOf(catalogueOf(router('merge'), {}), `router/${name}`)).toBe(`router/${name}`);
  });

  it('is the router’s where the configuration leaves that provider out', () => {
    expect(refOf(catalogueOf(router('replace'), {}), name)).toBe(`router/${name}`);
  });
});

describe('fallbacks', () => {
  const opus = 'anthropic/claude-opus-4-6';
  const m2 = 'minimax/MiniMax-M2.1';
  const withFallbacks = (list: readonly string[]): string =>
    failoverExample.replace('fallbacks: ["minimax/MiniMax-M2.1"]', `fallbacks: ${JSON.stringify(list)}`);

  it.each<[string, string[], string[]]>([
    ['twice, by several names', [m2, 'minimax', 'MiniMax-M2.1', m2], [m2]],
    ['the default model, by several names', ['default', opus, 'opus', m2], [m2]],
    ['none but the default model', ['default', 'opus'], []],
    ['in their order', ['minimax/MiniMax-M3', m2, 'minimax/MiniMax-M3'], ['minimax/MiniMax-M3', m2]],
    ['what is not there, once', ['minimax/gone', m2, 'minimax/gone'], ['minimax/gone', m2]],
  ])('%s', (_what, list, expected) => {
    const text = withFallbacks(list);
    const both = catalogueOf(text, { ...keys, ANTHROPIC_API_KEY: 'a' });
    expect(both.fallbacks(both.find('default')).map(({ ref }) => ref)).toEqual(expected);
    if (!expected.includes(m2)) return;
    // Without a key of its own the default model is no way on either, whatever it is called.
    const alone = catalogueOf(text, keys);
    expect(alone.fallbacks(alone.find('default')).map(({ ref }) => ref)).toEqual(expected);
  });
});
