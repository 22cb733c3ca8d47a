// Why a name means no model: each cause with the commands that mend it, which parse, and the one that looks again.
import { describe, expect, it } from 'vitest';
import type { OpenClawConfig } from '../../src/config/schema.ts';
import type { OpenClawError } from '../../src/errors.ts';
import { createCatalogue, type CatalogueDeps, type ModelCatalogue } from '../../src/providers/catalogue.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';
import { loadText } from '../support/load-text.ts';

const planModel = {
  id: 'MiniMax-M2.1',
  name: 'M2.1 on a plan',
  reasoning: true,
  input: ['text'],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 200_000,
  maxTokens: 8_192,
} as const;
const pluginCatalogs = [
  {
    providerId: 'portal',
    catalog: { provider: { baseUrl: 'https://p.test', api: 'anthropic-messages', models: [planModel] } },
  },
] as const satisfies CatalogueDeps['pluginCatalogs'];
const choices = [{ provider: 'portal', choiceId: 'minimax-portal' }];
const disabledProviders = [{ providerId: 'portal', pluginId: 'minimax-portal-auth' }];
const key = { MINIMAX_API_KEY: 'k' };

function catalogueOf(deps: Partial<CatalogueDeps> = {}): ModelCatalogue {
  return createCatalogue({
    config: {},
    env: {},
    pluginCatalogs: [],
    providersWithProfile: new Set(),
    disabledProviders: [],
    choices,
    ...deps,
  });
}

function troubleOf(deps: Partial<CatalogueDeps>, name: string): OpenClawError {
  const { trouble } = catalogueOf(deps).resolve(name);
  if (trouble === undefined) throw new Error(`${name} can be served.`);
  return trouble;
}

const aliased: OpenClawConfig = {
  agents: { defaults: { models: { 'anthropic/claude-opus-4-6': { alias: 'opus' } } } },
};

describe('each cause', () => {
  it.each<[string, Partial<CatalogueDeps>, string, string[]]>([
    ['no_credentials', {}, 'minimax/MiniMax-M2.1', ['Set MINIMAX_API_KEY', '--auth-choice minimax-api`']],
    ['no_credentials', { pluginCatalogs }, 'portal/MiniMax-M2.1', ['--auth-choice minimax-portal`']],
    ['no_credentials', { config: aliased }, 'opus', ['"opus", an alias of "anthropic/claude-opus-4-6"']],
    ['no_provider', { env: key }, 'openai/gpt-9', ['"openai"', 'models.providers', '`openclaw onboard`']],
    [
      'no_model',
      { config: { models: { providers: { ollama: { baseUrl: 'http://x.test', apiKey: 'k' } } } } },
      'ollama/llama3',
      [
        'the provider ollama lists no models.',
        'models: [{ id: "llama3" }] under models.providers.ollama',
        "config set 'models.providers.ollama.models[0].id' llama3`",
      ],
    ],
    [
      'no_model',
      { config: { models: { mode: 'replace', providers: { lmstudio: {} } } } },
      'lmstudio/qwen3',
      ['lmstudio lists no models, and with models.mode "replace" there are no others', '{ id: "qwen3" }'],
    ],
    ['no_model', { env: key }, 'minimax/other', ['models.providers.minimax.models']],
    ['no_model', { env: key }, 'minimax/minimax-m2.1', ['"minimax/MiniMax-M2.1"', 'case-sensitive']],
    [
      'no_model',
      {},
      'minimax/minimax-m2.1',
      ['"minimax/MiniMax-M2.1"', 'no credentials yet', 'MINIMAX_API_KEY'],
    ],
    [
      'plugin_disabled',
      { disabledProviders },
      'portal/MiniMax-M2.1',
      ['plugins enable minimax-portal-auth`'],
    ],
    [
      'plugin_failed',
      {
        failedProviders: [
          { providerId: 'portal', pluginId: 'portal-auth', reason: 'accountUrl is not https.' },
        ],
      },
      'portal/MiniMax-M2.1',
      [
        'the plugin portal-auth, which does not work: accountUrl is not https. See why',
        'plugins inspect portal-auth`',
      ],
    ],
    [
      'no_provider',
      { config: { models: { mode: 'replace' } }, pluginCatalogs },
      'portal/MiniMax-M2.1',
      ['leaves those that a login brings out', '`openclaw config set models.mode merge`'],
    ],
    ['no_default', { env: key }, 'default', ['no default model', '`openclaw models set minimax/']],
    [
      'ambiguous',
      { env: key, pluginCatalogs, providersWithProfile: new Set(['portal']) },
      'MiniMax-M2.1',
      ['minimax/MiniMax-M2.1, portal/MiniMax-M2.1'],
    ],
    [
      'protocol',
      { config: { models: { providers: { lab: { apiKey: 'k', api: 'google', models: [{ id: 'm' }] } } } } },
      'lab/m',
      ['"google"'],
    ],
  ])('%s %#', async (cause, deps, name, words) => {
    const { data, message, remedy } = troubleOf(deps, name);
    expect(data['cause']).toBe(cause);
    expect(message).toMatch(/^Unknown model "/);
    for (const word of words) expect(`${message} ${remedy}`).toContain(word);
    const commands = [...remedy.matchAll(/`(openclaw [^`]*)`/g)].map(([, command]) => command ?? '');
    expect(commands).toContain('openclaw models list');
    for (const command of commands) expect(await complaintAbout(command), command).toBeUndefined();
  });

  it('names the model that what one has serves', () => {
    const deps = { pluginCatalogs, providersWithProfile: new Set(['portal']) };
    expect(troubleOf(deps, 'minimax/MiniMax-M2.1').message).toContain('serves it as "portal/MiniMax-M2.1"');
  });

  it('names the variable of a key that is not set', () => {
    const { config, env, unavailable } = loadText(
      '{ models: { providers: { lab: { apiKey: "${LAB_KEY}", models: [{ id: "m" }] } } } }',
    );
    const { message, remedy } = troubleOf({ config, env, unavailable }, 'lab/m');
    expect(message).toContain('${LAB_KEY}, which is not set');
    expect(remedy).toContain('Set LAB_KEY');
  });

  it('is the disabled plugin, also with a login that is kept', () => {
    const config: OpenClawConfig = { models: { providers: { portal: { models: [{ id: 'm' }] } } } };
    const deps = { config, disabledProviders, providersWithProfile: new Set(['portal']) };
    expect(troubleOf(deps, 'portal/m').code).toBe('PLUGIN_DISABLED');
  });
});

describe('what the configuration names', () => {
  const chainOf = (text: string) => {
    const { config, env } = loadText(text);
    const { primary, fallbacks } = catalogueOf({ config, env }).chain();
    return [primary, ...fallbacks].map((model) => [model?.ref, model?.trouble?.data['cause']]);
  };

  it.each<[string, string, unknown]>([
    ['the key', apiKeyExample, [['minimax/MiniMax-M2.1', undefined]]],
    [
      'the fallback',
      failoverExample,
      [
        ['anthropic/claude-opus-4-6', 'no_credentials'],
        ['minimax/MiniMax-M2.1', undefined],
      ],
    ],
    ['the local model', localModelExample, [['lmstudio/minimax-m2.1-gs32', undefined]]],
    ['nothing', '{}', [[undefined, undefined]]],
    [
      'by alias, itself and one twice, and one that is none',
      `{ agents: { defaults: {
        models: { "minimax/MiniMax-M3": { alias: "m3" } },
        model: { primary: "m3", fallbacks: ["default", "minimax/MiniMax-M3", "gone", "minimax/MiniMax-M2.5", "gone"] } } },
        env: { MINIMAX_API_KEY: "k" } }`,
      [
        ['minimax/MiniMax-M3', undefined],
        ['gone', 'no_model'],
        ['minimax/MiniMax-M2.5', undefined],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(chainOf(text)).toEqual(expected);
  });

  it('is the same that a request finds', () => {
    const { config, env } = loadText(failoverExample);
    const catalogue = catalogueOf({ config, env });
    for (const { ref } of catalogue.list()) {
      expect(catalogue.resolve(ref)).toMatchObject({ ref, route: catalogue.find(ref) });
    }
    expect(catalogue.resolve('default').ref).toBe(catalogue.find('default').ref);
  });
});
