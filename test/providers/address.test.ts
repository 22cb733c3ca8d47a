// Where an API is: by configuration, environment, site and protocol.
import { describe, expect, it } from 'vitest';
import { baseUrlOf } from '../../src/providers/address.ts';
import { loadText } from '../support/load-text.ts';

const at = (provider: string, baseUrl?: string): string =>
  baseUrl === undefined ? '{}' : JSON.stringify({ models: { providers: { [provider]: { baseUrl } } } });

describe('baseUrlOf', () => {
  it.each([
    // Nothing said: the built-in address, and the path of each API.
    ['minimax', undefined, 'anthropic-messages', 'https://api.minimax.io/anthropic'],
    ['minimax', undefined, 'openai-completions', 'https://api.minimax.io/v1'],
    ['minimax', undefined, 'openai-responses', 'https://api.minimax.io/v1'],
    ['anthropic', undefined, 'anthropic-messages', 'https://api.anthropic.com'],
    ['anthropic', undefined, 'openai-completions', 'https://api.anthropic.com/v1'],
    ['lmstudio', undefined, 'openai-responses', 'http://127.0.0.1:1234/v1'],
    ['lmstudio', undefined, 'anthropic-messages', 'http://127.0.0.1:1234'],
    ['lab', undefined, 'openai-completions', undefined],
    ['constructor', undefined, 'openai-completions', undefined],
    // A vendor's own hosts, however they were pasted.
    ['minimax', 'https://api.minimaxi.com', 'anthropic-messages', 'https://api.minimaxi.com/anthropic'],
    ['minimax', 'https://api.minimaxi.com/v1/', 'anthropic-messages', 'https://api.minimaxi.com/anthropic'],
    ['minimax', 'https://api.minimax.io/anthropic', 'openai-completions', 'https://api.minimax.io/v1'],
    ['minimax', 'https://api.minimax.cn/anthropic/v1', 'openai-responses', 'https://api.minimax.cn/v1'],
    ['minimax', 'https://api.minimax.io/other', 'openai-responses', 'https://api.minimax.io/other'],
    ['anthropic', 'https://api.anthropic.com/v1', 'openai-completions', 'https://api.anthropic.com/v1'],
    ['lmstudio', 'http://192.168.1.9:1234', 'openai-responses', 'http://192.168.1.9:1234/v1'],
    ['lmstudio', 'http://192.168.1.9:1234/v1/', 'anthropic-messages', 'http://192.168.1.9:1234'],
    ['lmstudio', 'https://lm.test/behind/v1', 'openai-responses', 'https://lm.test/behind/v1'],
    // Anybody else's: as written, but for the version that requests to Anthropic's API add.
    ['minimax', 'https://llm.test/anthropic', 'openai-completions', 'https://llm.test/anthropic'],
    ['minimax', 'https://llm.test/v1', 'anthropic-messages', 'https://llm.test'],
    ['minimax', 'http://api.minimax.io', 'anthropic-messages', 'http://api.minimax.io'],
    ['minimax', 'https://api.minimax.io:8443', 'anthropic-messages', 'https://api.minimax.io:8443'],
    ['minimax', 'https://api.minimax.io?a=b', 'openai-completions', 'https://api.minimax.io?a=b'],
    ['lab', 'http://l.test/v1/', 'openai-completions', 'http://l.test/v1'],
    ['lab', 'http://l.test/v1/', 'anthropic-messages', 'http://l.test'],
  ])('of %s at %s for %s', (provider, written, api, expected) => {
    expect(baseUrlOf(provider, api, loadText(at(provider, written)))).toBe(expected);
  });

  it.each([
    [{ MINIMAX_API_HOST: 'https://api.minimaxi.com' }, 'https://api.minimaxi.com'],
    [{ MINIMAX_API_HOST: ' api.minimaxi.com ' }, 'https://api.minimaxi.com'],
    [{ MINIMAX_API_HOST: 'https://api.minimaxi.com/v1/' }, 'https://api.minimaxi.com'],
    [{ MINIMAX_API_HOST: 'http://127.0.0.1:8080' }, 'http://127.0.0.1:8080'],
    [{ MINIMAX_API_HOST: 'api.minimax.cn', MINIMAX_REGION: 'global' }, 'https://api.minimax.cn'],
    [{ MINIMAX_REGION: 'cn' }, 'https://api.minimaxi.com'],
    [{ MINIMAX_REGION: 'GLOBAL' }, 'https://api.minimax.io'],
    // What is not fit counts as not set.
    [{ MINIMAX_API_HOST: '', MINIMAX_REGION: 'cn' }, 'https://api.minimaxi.com'],
    [{ MINIMAX_API_HOST: 'https://user:pass@host.test' }, 'https://api.minimax.io'],
    [{ MINIMAX_API_HOST: '://' }, 'https://api.minimax.io'],
    [{ MINIMAX_REGION: 'mars' }, 'https://api.minimax.io'],
  ])('of minimax with %j', (env, origin) => {
    const keys = loadText('{}', env);
    expect(baseUrlOf('minimax', 'anthropic-messages', keys)).toBe(`${origin}/anthropic`);
    expect(baseUrlOf('minimax', 'openai-completions', keys)).toBe(`${origin}/v1`);
    // The configuration goes before.
    const written = loadText(at('minimax', 'https://llm.test/anthropic'), env);
    expect(baseUrlOf('minimax', 'anthropic-messages', written)).toBe('https://llm.test/anthropic');
    expect(baseUrlOf('anthropic', 'anthropic-messages', keys)).toBe('https://api.anthropic.com');
  });
});

describe('the address of a key that is of one site', () => {
  const withUrl = (baseUrl: string): string =>
    `{ models: { providers: { minimax: { baseUrl: '${baseUrl}' } } } }`;
  it.each<[string, string, Record<string, string>, string]>([
    ['cn', '{}', {}, 'https://api.minimaxi.com/anthropic'],
    ['global', '{}', {}, 'https://api.minimax.io/anthropic'],
    // Never to the other site, whatever names it.
    ['cn', withUrl('https://api.minimax.io/anthropic'), {}, 'https://api.minimaxi.com/anthropic'],
    ['global', withUrl('https://api.minimaxi.com/v1'), {}, 'https://api.minimax.io/anthropic'],
    ['global', '{}', { MINIMAX_REGION: 'cn' }, 'https://api.minimax.io/anthropic'],
    ['cn', '{}', { MINIMAX_API_HOST: 'api.minimax.io' }, 'https://api.minimaxi.com/anthropic'],
    // Somebody's proxy, and a test on loopback, stay.
    ['cn', withUrl('https://proxy.lan/minimax/anthropic'), {}, 'https://proxy.lan/minimax/anthropic'],
    ['cn', '{}', { MINIMAX_API_HOST: 'http://127.0.0.1:1' }, 'http://127.0.0.1:1/anthropic'],
  ])('%s over %s and %j is %s', (region, text, env, expected) => {
    expect(baseUrlOf('minimax', 'anthropic-messages', loadText(text, env), region)).toBe(expected);
  });
});
