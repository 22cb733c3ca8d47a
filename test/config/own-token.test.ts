// The gateway's own token in a tool's variable is no key of a provider.
import { describe, expect, it } from 'vitest';
import { toolTokenVariables, withoutOwnToken } from '../../src/config/own-token.ts';
import { tools, toolSettings } from '../../src/cli/tool-settings.ts';
import { apiKeyProviders } from '../../src/providers/api-key.ts';
import { loadText } from '../support/load-text.ts';

const own = 'ocgw-canary7f3a';

describe('a variable of a tool', () => {
  it.each([
    ['made here', { ANTHROPIC_API_KEY: own }, {}],
    [
      'given',
      { OPENAI_API_KEY: ' mine ', OPENCLAW_GATEWAY_TOKEN: 'mine' },
      { OPENCLAW_GATEWAY_TOKEN: 'mine' },
    ],
    ['a key of the provider', { ANTHROPIC_API_KEY: 'sk-ant-1' }, { ANTHROPIC_API_KEY: 'sk-ant-1' }],
    ['another variable', { MY_TOKEN: own }, { MY_TOKEN: own }],
    [
      'empty',
      { ANTHROPIC_API_KEY: '', OPENCLAW_GATEWAY_TOKEN: '' },
      { ANTHROPIC_API_KEY: '', OPENCLAW_GATEWAY_TOKEN: '' },
    ],
  ])('that holds a token: %s', (_, env, left) => {
    expect(withoutOwnToken(env)).toEqual(left);
  });

  it('is known, wherever the token is put that some provider reads', () => {
    const set = tools.map((tool) => toolSettings(tool, 'http://127.0.0.1:1', 'default').tokenVariable);
    expect(set.filter((name) => !toolTokenVariables.some((known) => known === name))).toEqual([
      'OPENCLAW_API_KEY',
    ]);
  });
});

it('no provider is there by it, and a key beside it counts', () => {
  const providers = (env: Record<string, string>, dotenv?: string): string[] =>
    apiKeyProviders(loadText('{}', env, dotenv)).map(({ provider }) => provider);
  expect(providers({ ANTHROPIC_API_KEY: own })).toEqual([]);
  expect(providers({ ANTHROPIC_API_KEY: own }, 'ANTHROPIC_API_KEY=sk-ant-1')).toEqual(['anthropic']);
});
