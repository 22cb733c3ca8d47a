// MiniMax by API key: where it is served and which models it has. The login of a plan is another provider, which its
// plugin brings with its own list of models.
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import type { BuiltinProvider } from './builtin-provider.ts';

type Cost = ModelDefinition['cost'];

const m2 = (cacheRead: number): Cost => ({ input: 0.3, output: 1.2, cacheRead, cacheWrite: 0.375 });
const highspeed = (cacheRead: number): Cost => ({ input: 0.6, output: 2.4, cacheRead, cacheWrite: 0.375 });

function text(id: string, name: string, cost: Cost, limits = { contextWindow: 204_800, maxTokens: 131_072 }) {
  return { id, name, reasoning: true, input: ['text'], cost, ...limits } as const;
}

const m21Limits = { contextWindow: 200_000, maxTokens: 8_192 };

export const minimax: BuiltinProvider = {
  id: 'minimax',
  label: 'MiniMax API key',
  baseUrl: 'https://api.minimax.io/anthropic',
  api: 'anthropic-messages',
  envVars: ['MINIMAX_API_KEY'],
  // Either one alone has failed for some people; both together work.
  headers: (key) => ({ authorization: `Bearer ${key}`, 'x-api-key': key }),
  models: [
    {
      id: 'MiniMax-M3',
      name: 'MiniMax M3',
      reasoning: true,
      input: ['text', 'image'],
      cost: { input: 0.6, output: 2.4, cacheRead: 0.12, cacheWrite: 0 },
      contextWindow: 1_000_000,
      maxTokens: 131_072,
    },
    text('MiniMax-M2.7', 'MiniMax M2.7', m2(0.06)),
    text('MiniMax-M2.7-highspeed', 'MiniMax M2.7 Highspeed', highspeed(0.06)),
    text('MiniMax-M2.5', 'MiniMax M2.5', m2(0.03)),
    text('MiniMax-M2.5-highspeed', 'MiniMax M2.5 Highspeed', highspeed(0.03)),
    // No public price was found for these two: they are counted like M2.5 and its fast twin.
    text('MiniMax-M2.1', 'MiniMax M2.1', m2(0.03), m21Limits),
    text('MiniMax-M2.1-lightning', 'MiniMax M2.1 Lightning', highspeed(0.03), m21Limits),
  ],
};
