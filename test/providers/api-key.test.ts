// Which key, address and headers a provider without a login gets.
import { describe, expect, it } from 'vitest';
import { apiKeyOf, apiKeyProviders } from '../../src/providers/api-key.ts';
import { apiKeyExample, localModelExample } from '../support/documented-configs.ts';
import { loadText } from '../support/load-text.ts';

const withMinimax = (apiKey: string): string =>
  `{ models: { providers: { minimax: { apiKey: ${apiKey} } } } }`;

describe('apiKeyOf', () => {
  it.each([
    ['the configuration first', withMinimax('"written"'), 'written'],
    ['the environment else', '{}', 'from-env'],
    ['the environment when a variable is not set', withMinimax('"${NOT_SET}"'), 'from-env'],
    ['the environment when the key is kept elsewhere', withMinimax('{ source: "file" }'), 'from-env'],
    ['no line ends around it', withMinimax('" written\\n"'), 'written'],
    ['nothing that a header cannot carry', withMinimax('"a\\nb: c"'), undefined],
  ])('takes %s', (_, text, expected) => {
    expect(apiKeyOf('minimax', loadText(text, { MINIMAX_API_KEY: 'from-env\n' }))).toBe(expected);
  });

  it('has none for a provider that is not there', () => {
    for (const name of ['lab', 'constructor', '__proto__'])
      expect(apiKeyOf(name, loadText('{}'))).toBeUndefined();
  });
});

describe('apiKeyProviders', () => {
  it.each([
    ['nothing', '{}', {}, []],
    [
      'keys of the environment',
      '{}',
      { MINIMAX_API_KEY: 'k', ANTHROPIC_API_KEY: 'a' },
      [
        {
          provider: 'minimax',
          baseUrl: 'https://api.minimax.io/anthropic',
          headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
        },
        { provider: 'anthropic', baseUrl: 'https://api.anthropic.com', headers: { 'x-api-key': 'a' } },
      ],
    ],
    [
      'the documented API key',
      apiKeyExample,
      {},
      [
        {
          provider: 'minimax',
          baseUrl: 'https://api.minimax.io/anthropic',
          headers: { authorization: 'Bearer sk-...', 'x-api-key': 'sk-...' },
        },
      ],
    ],
    [
      'the documented local model',
      localModelExample,
      {},
      [
        {
          provider: 'lmstudio',
          baseUrl: 'http://127.0.0.1:1234/v1',
          headers: { authorization: 'Bearer lmstudio' },
        },
      ],
    ],
    [
      'addresses as people paste them',
      '{ models: { providers: { minimax: { apiKey: "k", baseUrl: "https://api.minimaxi.com/anthropic/v1/" }, lab: { apiKey: "k", api: "anthropic-messages", authHeader: false, baseUrl: "http://l.test//" }, none: { apiKey: "k" } } } }',
      {},
      [
        {
          provider: 'minimax',
          baseUrl: 'https://api.minimaxi.com/anthropic',
          headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
        },
        { provider: 'lab', baseUrl: 'http://l.test', headers: { 'x-api-key': 'k' } },
      ],
    ],
  ])('of %s', (_, text, env, expected) => {
    expect(apiKeyProviders(loadText(text, env))).toEqual(expected);
  });
});
