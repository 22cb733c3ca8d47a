// Models that a server has named of itself, in the catalogue: beside and under those of the configuration.
import { describe, expect, it } from 'vitest';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import { createCatalogue, type CatalogueDeps, type ModelCatalogue } from '../../src/providers/catalogue.ts';
import { loadText } from '../support/load-text.ts';

function ofText(text: string, deps: Partial<CatalogueDeps> = {}): ModelCatalogue {
  const { config, env } = loadText(text);
  const nothing = { pluginCatalogs: [], providersWithProfile: new Set<string>(), disabledProviders: [] };
  return createCatalogue({ config, env, ...nothing, ...deps });
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

describe('a server that lists its models', () => {
  const discovered = new Map([
    [
      'lmstudio',
      [
        {
          id: 'qwen/qwen3',
          name: 'qwen/qwen3',
          reasoning: false,
          input: ['text', 'image'] as const,
          cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
          contextWindow: 4_096,
          maxTokens: 4_096,
        },
      ],
    ],
  ]);

  it('has them beside those that the configuration names, which may be off now', () => {
    const catalogue = ofText('{ agents: { defaults: { model: "lmstudio/mine" } } }', { discovered });
    expect(catalogue.entries().filter(({ available }) => available)).toMatchObject([
      { ref: 'lmstudio/qwen/qwen3', origin: 'discovered', isDefault: false },
      { ref: 'lmstudio/mine', origin: 'config', isDefault: true },
    ]);
    expect(catalogue.find('qwen/qwen3')).toMatchObject({ modelId: 'qwen/qwen3', api: 'openai-responses' });
    expect(catalogue.find('default').definition).toMatchObject({ contextWindow: 32_768, input: ['text'] });
  });

  it('is overruled by the configuration, in what that says', () => {
    const catalogue = ofText(
      '{ models: { providers: { lmstudio: { api: "openai-completions", models: [{ id: "qwen/qwen3", contextWindow: 9000 }] } } } }',
      { discovered },
    );
    expect(catalogue.find('lmstudio/qwen/qwen3')).toMatchObject({
      api: 'openai-completions',
      definition: { contextWindow: 9_000, input: ['text', 'image'], maxTokens: 4_096 },
    });
  });

  it('does not count where the configuration is all that does', () => {
    const text = '{ agents: { defaults: { model: "lmstudio/mine" } }, models: { mode: "replace" } }';
    expect(ofText(text, { discovered }).entries()).toEqual([]);
  });

  it('is named when it has not been there yet, and is no provider to those who do not use it', () => {
    const used = failure(ofText('{ models: { providers: { lmstudio: {} } } }'), 'lmstudio/m');
    expect([used.message, used.remedy]).toEqual([
      'Unknown model "lmstudio/m": LM Studio has not been there to say which models it has.',
      'Start its server, then: `openclaw models list`.',
    ]);
    expect(failure(ofText('{}'), 'lmstudio/m').message).toContain('no provider "lmstudio" is configured');
    const others = failure(ofText('{ agents: { defaults: { model: "lmstudio/mine" } } }'), 'lmstudio/Mine');
    expect(others.message).toContain('id you mean "lmstudio/mine"?');
  });
});
