// Anthropic by API key: where it is served and the models that are there without any configuration. Further ones are
// added under `models.providers.anthropic` in the configuration.
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import type { BuiltinProvider } from './builtin-provider.ts';

function claude(id: string, name: string, maxTokens: number, cost: ModelDefinition['cost']): ModelDefinition {
  return { id, name, reasoning: true, input: ['text', 'image'], cost, contextWindow: 200_000, maxTokens };
}

export const anthropic: BuiltinProvider = {
  id: 'anthropic',
  label: 'Anthropic API key',
  baseUrl: 'https://api.anthropic.com',
  api: 'anthropic-messages',
  sites: {
    hosts: ['api.anthropic.com'],
    paths: { 'anthropic-messages': '', 'openai-completions': '/v1', 'openai-responses': '/v1' },
  },
  envVars: ['ANTHROPIC_API_KEY'],
  headers: (key) => ({ 'x-api-key': key }),
  keyPrefix: 'sk-ant-',
  loadKeyCheck: async () => (await import('./anthropic-key-check.ts')).checkAnthropicKey,
  authChoices: [
    {
      provider: 'anthropic',
      method: 'api-key',
      choiceId: 'anthropic-api',
      choiceLabel: 'Anthropic API key',
      choiceHint: 'console.anthropic.com',
      groupId: 'anthropic',
      groupLabel: 'Anthropic',
      profileId: 'anthropic:default',
      whereFrom: 'https://console.anthropic.com/settings/keys',
      defaultModel: 'anthropic/claude-opus-4-6',
    },
  ],
  models: [
    claude('claude-opus-4-6', 'Claude Opus 4.6', 128_000, {
      input: 5,
      output: 25,
      cacheRead: 0.5,
      cacheWrite: 6.25,
    }),
    claude('claude-sonnet-4-5', 'Claude Sonnet 4.5', 64_000, {
      input: 3,
      output: 15,
      cacheRead: 0.3,
      cacheWrite: 3.75,
    }),
    claude('claude-haiku-4-5', 'Claude Haiku 4.5', 64_000, {
      input: 1,
      output: 5,
      cacheRead: 0.1,
      cacheWrite: 1.25,
    }),
  ],
};
