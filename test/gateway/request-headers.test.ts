// Which of a client's headers go along with which attempt.
import { describe, expect, it } from 'vitest';
import { createRequestHeaders } from '../../src/gateway/request-headers.ts';
import type { ModelApi } from '../../src/plugin-sdk/index.ts';

const client = {
  'content-type': 'application/json',
  'user-agent': 'client/1',
  'openai-beta': 'assistants=v2',
  'anthropic-beta': 'tools',
  'idempotency-key': 'try-1',
  authorization: 'Bearer the-gateway-token',
};
const lease = { authorization: 'Bearer upstream' };

const sent = (api: ModelApi, isFirst?: boolean): Record<string, string> => {
  const flat = createRequestHeaders()(api, client, lease, isFirst);
  return Object.fromEntries(
    flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : [])),
  );
};

describe('an idempotency key', () => {
  it.each<[ModelApi, boolean | undefined, string | undefined]>([
    ['openai-completions', undefined, 'try-1'],
    ['openai-completions', true, 'try-1'],
    ['openai-completions', false, undefined],
    ['openai-responses', undefined, 'try-1'],
    ['openai-responses', true, 'try-1'],
    ['openai-responses', false, undefined],
    ['anthropic-messages', undefined, undefined],
    ['anthropic-messages', false, undefined],
  ])('at %s, with the first login and model: %s, is %s', (api, isFirst, expected) => {
    expect(sent(api, isFirst)['idempotency-key']).toBe(expected);
  });

  it.each<ModelApi>(['openai-completions', 'openai-responses', 'anthropic-messages'])(
    'is all that another login or model makes a difference to (%s)',
    (api) => {
      const { 'idempotency-key': _key, ...others } = sent(api, true);
      expect(sent(api, false)).toEqual(others);
      expect(others).toMatchObject({ 'user-agent': 'client/1', authorization: 'Bearer upstream' });
    },
  );
});

describe('the content type', () => {
  it.each([
    ['application/json; charset=utf-8', 'application/json; charset=utf-8'],
    ['application/x-www-form-urlencoded', 'application/json'],
    ['text/plain', 'application/json'],
    [undefined, 'application/json'],
  ])('%s goes out as %s', (named, expected) => {
    const headers = named === undefined ? {} : { 'content-type': named };
    const flat = createRequestHeaders()('anthropic-messages', headers, lease);
    expect(flat.slice(0, 2)).toEqual(['content-type', expected]);
  });
});
