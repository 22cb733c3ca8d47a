// MiniMax by API key: at which of its two sites it is served, where each API is, and which models it has. A key is of one
// site and unknown at the other; which one it is of is said by whoever has it, and never tried out. The login of a plan is
// another provider, which its plugin brings with its own list of models.
import type { Env } from '../platform/env.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import type { BuiltinProvider } from './builtin-provider.ts';

type Cost = ModelDefinition['cost'];

const m2 = (cacheRead: number): Cost => ({ input: 0.3, output: 1.2, cacheRead, cacheWrite: 0.375 });
const highspeed = (cacheRead: number): Cost => ({ input: 0.6, output: 2.4, cacheRead, cacheWrite: 0.375 });

function text(id: string, name: string, cost: Cost, limits = { contextWindow: 204_800, maxTokens: 131_072 }) {
  return { id, name, reasoning: true, input: ['text'], cost, ...limits } as const;
}

const m21Limits = { contextWindow: 200_000, maxTokens: 8_192 };

const globalSite = 'https://api.minimax.io';
const cnSite = 'https://api.minimaxi.com';

/**
 * `MINIMAX_API_HOST`, a host or an address whose path does not count, and `MINIMAX_REGION` (`global` or `cn`): the names
 * that MiniMax's own tools have for it. undefined where neither says anything fit.
 */
function minimaxOrigin(env: Env): string | undefined {
  const written = env['MINIMAX_API_HOST']?.trim() ?? '';
  const url = written === '' ? null : URL.parse(/^https?:/i.test(written) ? written : `https://${written}`);
  if (url !== null && url.username === '' && url.password === '') return url.origin;
  const region = env['MINIMAX_REGION']?.trim().toLowerCase();
  if (region === 'cn') return cnSite;
  return region === 'global' ? globalSite : undefined;
}

/** `invalid api key` is all that the wrong site says. undefined at a host that is of neither. */
function otherSite(baseUrl: string, region?: string): string | undefined {
  const { host } = new URL(baseUrl);
  const isCn = host === 'api.minimaxi.com' || host === 'api.minimax.cn';
  if (!isCn && host !== 'api.minimax.io') return undefined;
  const [here, there, site] = isCn ? ['CN', 'Global', globalSite] : ['Global', 'CN', cnSite];
  if (region !== undefined) {
    return `If the key is from the other site (${there}), ${host} (${here}) does not know it: \`openclaw onboard --auth-choice ${isCn ? 'minimax-api' : 'minimax-cn-api'}\`.`;
  }
  return `If the key is from the other site (${there}), ${host} (${here}) does not know it: set MINIMAX_API_HOST=${site}, or models.providers.minimax.baseUrl to ${site}/anthropic. See what is served then: \`openclaw models list\`.`;
}

export const minimax: BuiltinProvider = {
  id: 'minimax',
  label: 'MiniMax API key',
  baseUrl: `${globalSite}/anthropic`,
  api: 'anthropic-messages',
  sites: {
    hosts: ['api.minimax.io', 'api.minimaxi.com', 'api.minimax.cn'],
    paths: { 'anthropic-messages': '/anthropic', 'openai-completions': '/v1', 'openai-responses': '/v1' },
  },
  servesAllApis: true,
  regions: { global: globalSite, cn: cnSite },
  originOf: minimaxOrigin,
  ifRefused: otherSite,
  envVars: ['MINIMAX_API_KEY'],
  loadKeyCheck: async () => (await import('./minimax-key-check.ts')).checkMinimaxKey,
  authChoices: [
    {
      provider: 'minimax',
      method: 'api-key',
      choiceId: 'minimax-api',
      choiceLabel: 'MiniMax API key, Global (minimax.io)',
      choiceHint: 'a key from platform.minimax.io',
      groupId: 'minimax',
      groupLabel: 'MiniMax',
      aliases: ['minimax-global-api'],
      region: 'global',
      profileId: 'minimax:default',
      whereFrom: 'https://platform.minimax.io/user-center/basic-information/interface-key',
      defaultModel: 'minimax/MiniMax-M3',
    },
    {
      provider: 'minimax',
      method: 'api-key',
      choiceId: 'minimax-cn-api',
      choiceLabel: 'MiniMax API key, CN (minimaxi.com)',
      choiceHint: 'a key from platform.minimaxi.com',
      groupId: 'minimax',
      groupLabel: 'MiniMax',
      region: 'cn',
      profileId: 'minimax:cn',
      whereFrom: 'https://platform.minimaxi.com/user-center/basic-information/interface-key',
      defaultModel: 'minimax/MiniMax-M3',
    },
  ],
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
