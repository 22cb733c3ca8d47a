// A catalogue of one model for each API, and one whose name no header can hold.
import { OpenClawError } from '../../src/errors.ts';
import type { ModelApi } from '../../src/plugin-sdk/index.ts';
import type { Catalogue, ModelRoute } from '../../src/providers/model-route.ts';

function route(provider: string, modelId: string, api: ModelApi = 'anthropic-messages'): ModelRoute {
  const definition = {
    id: modelId,
    name: modelId.toUpperCase(),
    reasoning: false,
    input: ['text' as const],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 1_000,
    maxTokens: 100,
  };
  return { provider, modelId, ref: `${provider}/${modelId}`, api, definition };
}

export function createFakeCatalogue(): Catalogue {
  const plain = route('portal', 'm-1');
  const other = route('local', 'gpt-x', 'openai-completions');
  const third = route('local', 'gpt-r', 'openai-responses');
  const names = new Map([
    ['m-1', plain],
    ['portal/m-1', plain],
    ['default', plain],
    ['ключ', route('portal', 'модель')],
    ['gpt-x', other],
    ['local/gpt-x', other],
    ['gpt-r', third],
    ['local/gpt-r', third],
  ]);
  return {
    find(name) {
      const found = names.get(name);
      if (found !== undefined) return found;
      throw new OpenClawError({ code: 'MODEL_UNKNOWN', message: `There is no model ${name}` });
    },
    fallbacks: () => [],
    list: () => [plain, other, third],
  };
}
