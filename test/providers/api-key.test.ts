// Which key, address and headers a provider without a login gets.
import { describe, expect, it } from 'vitest';
import { apiKeyOf, apiKeyProviders, needsNoLogin } from '../../src/providers/api-key.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';
import { loadText } from '../support/load-text.ts';

const globalHint = expect.stringContaining('MINIMAX_API_HOST=https://api.minimaxi.com,') as string;
const cnHint = expect.stringContaining('MINIMAX_API_HOST=https://api.minimax.io,') as string;

const openaiAt = (url: string) => ({ 'openai-completions': url, 'openai-responses': url });

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
          baseUrls: openaiAt('https://api.minimax.io/v1'),
          headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
          ifRefused: globalHint,
        },
        {
          provider: 'anthropic',
          baseUrl: 'https://api.anthropic.com',
          baseUrls: openaiAt('https://api.anthropic.com/v1'),
          headers: { 'x-api-key': 'a' },
        },
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
          baseUrls: openaiAt('https://api.minimax.io/v1'),
          headers: { authorization: 'Bearer sk-...', 'x-api-key': 'sk-...' },
          ifRefused: globalHint,
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
          baseUrls: { 'anthropic-messages': 'http://127.0.0.1:1234' },
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
          baseUrls: openaiAt('https://api.minimaxi.com/v1'),
          headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
          ifRefused: cnHint,
        },
        { provider: 'lab', baseUrl: 'http://l.test', headers: { 'x-api-key': 'k' } },
      ],
    ],
  ])('of %s', (_, text, env, expected) => {
    expect(apiKeyProviders(loadText(text, env))).toEqual(expected);
  });

  it('gives each API of a provider its address', () => {
    const text = `{ models: { providers: {
      minimax: { apiKey: "k", models: [{ id: "MiniMax-M3", api: "openai-completions" }] },
      lab: { apiKey: "k", api: "anthropic-messages", baseUrl: "http://l.test/v1", models: [{ id: "b", api: "openai-completions" }] } } } }`;
    const [minimax, lab] = apiKeyProviders(loadText(text));
    expect(minimax).toMatchObject({
      baseUrl: 'https://api.minimax.io/anthropic',
      baseUrls: openaiAt('https://api.minimax.io/v1'),
    });
    expect(lab).toEqual({
      provider: 'lab',
      baseUrl: 'http://l.test',
      baseUrls: openaiAt('http://l.test/v1'),
      headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
    });
  });

  it('says nothing of the other site at a host that is of neither', () => {
    const text =
      '{ models: { providers: { minimax: { apiKey: "k", baseUrl: "https://llm.test/anthropic" } } } }';
    expect(apiKeyProviders(loadText(text))[0]).not.toHaveProperty('ifRefused');
  });
});

describe('a provider that needs no key', () => {
  const open = {
    provider: 'lmstudio',
    baseUrl: 'http://127.0.0.1:1234/v1',
    baseUrls: { 'anthropic-messages': 'http://127.0.0.1:1234' },
    headers: {},
  };

  it.each([
    ['nobody names', '{}', {}, []],
    ['nobody names, beside others', failoverExample.replace('MINIMAX_API_KEY', 'OTHER'), {}, []],
    ['is in the configuration', '{ models: { providers: { lmstudio: {} } } }', {}, [open]],
    ['has the default model', '{ agents: { defaults: { model: "lmstudio/m" } } }', {}, [open]],
    ['has the first model', '{ agents: { defaults: { model: { primary: "lmstudio/m" } } } }', {}, [open]],
    ['has a fallback', '{ agents: { defaults: { model: { fallbacks: ["lmstudio/a/b"] } } } }', {}, [open]],
    ['has a model with an alias', '{ agents: { defaults: { models: { "lmstudio/m": {} } } } }', {}, [open]],
    ['is named like another', '{ agents: { defaults: { model: "lmstudio2/m" } } }', {}, []],
    [
      'has a key all the same',
      '{}',
      { LM_API_TOKEN: 'k' },
      [{ ...open, headers: { authorization: 'Bearer k' } }],
    ],
    [
      'has a key whose variable is not set',
      '{ models: { providers: { lmstudio: { apiKey: "${NOT_SET}" } } } }',
      {},
      [open],
    ],
    [
      'speaks the API of Anthropic',
      '{ models: { providers: { lmstudio: { baseUrl: "http://127.0.0.1:4321", api: "anthropic-messages" } } } }',
      { LM_API_TOKEN: 'k' },
      [
        {
          ...open,
          baseUrl: 'http://127.0.0.1:4321',
          baseUrls: openaiAt('http://127.0.0.1:4321/v1'),
          headers: { authorization: 'Bearer k', 'x-api-key': 'k' },
        },
      ],
    ],
  ])('and that %s', (_, text, env, expected) => {
    const keys = loadText(text, env);
    expect(apiKeyProviders(keys)).toEqual(expected);
    expect(needsNoLogin('lmstudio', keys)).toBe(expected.length > 0);
  });

  it('is no other one', () => {
    const keys = loadText(
      '{ agents: { defaults: { model: "minimax/MiniMax-M3" } }, models: { providers: { anthropic: {} } } }',
    );
    expect(apiKeyProviders(keys)).toEqual([]);
  });
});
