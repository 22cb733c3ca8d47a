// In whose words the gateway answers when no model does, and which models each client is shown.
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { gatewayToken, message, openStage, type Answer, type Stage } from '../support/gateway-stage.ts';

const stageWithout = (limits = {}): Promise<Stage> =>
  openStage(
    (_request, response) => {
      response.end('{}');
    },
    { limits },
  );

/** Names without a value are not sent. */
const bearer = { 'x-api-key': [] as string[], authorization: `Bearer ${gatewayToken}` };
const shapeOf = (body: string): string => {
  const value = JSON.parse(body) as { type?: string; error?: { code?: unknown } };
  if (value.type === 'error') return 'anthropic';
  return value.error !== undefined && 'code' in value.error ? 'openai' : 'none';
};
const said = (answer: Answer): string =>
  (JSON.parse(answer.body.toString()) as { error: { message: string } }).error.message;

describe('the words of a refusal', () => {
  const anthropicHeaders = { ...bearer, 'anthropic-version': '2023-06-01' };
  it.each([
    ['GET', '/v1/messages', bearer, 405, 'anthropic'],
    ['GET', '/v1/chat/completions', {}, 405, 'openai'],
    ['GET', '/v1/responses', anthropicHeaders, 405, 'openai'],
    ['POST', '/v1/messages/batches', bearer, 404, 'anthropic'],
    ['POST', '/v1/responses/compact', {}, 404, 'openai'],
    ['GET', '/v1/chat/completions/c-1', {}, 404, 'openai'],
    ['POST', '/v1/embeddings', {}, 404, 'openai'],
    ['POST', '/v1/nothing', {}, 404, 'anthropic'],
    ['POST', '/v1/nothing', bearer, 404, 'openai'],
    ['POST', '/v1/nothing', anthropicHeaders, 404, 'anthropic'],
    ['POST', '/v1/models', bearer, 405, 'openai'],
    ['GET', '/v1/models/nothing', bearer, 404, 'openai'],
    ['GET', '/v1/models/%', bearer, 400, 'openai'],
    ['POST', '/v1/messages', { 'x-api-key': 'wrong' }, 401, 'anthropic'],
    ['POST', '/v1/chat/completions', { 'x-api-key': 'wrong' }, 401, 'openai'],
    ['POST', '/v1/responses', { 'x-api-key': [] }, 401, 'openai'],
    ['GET', '/v1/models', { ...bearer, authorization: 'Bearer wrong' }, 401, 'openai'],
    ['GET', '/v1/models', { 'x-api-key': [] }, 401, 'anthropic'],
  ])('%s %s with %j: %i of %s', async (method, path, headers, status, shape) => {
    const stage = await stageWithout();
    const answer = await stage.call({ method, path, headers });
    expect([answer.status, shapeOf(answer.body.toString())]).toEqual([status, shape]);
    expect(answer.headers['request-id']).toMatch(/^req_/);
    const expected = shape === 'openai' ? answer.headers['request-id'] : undefined;
    expect(answer.headers['x-request-id']).toBe(expected);
    expect(stage.resolver.asked).toEqual([]);
  });

  it.each([
    ['/v1/messages', 'anthropic'],
    ['/v1/chat/completions', 'openai'],
    ['/v1/responses?x=1', 'openai'],
  ])('at %s: too large a body, too large a header, no JSON, compressed', async (path, shape) => {
    const stage = await stageWithout({ maxBodyBytes: 1_000 });
    const refused: [number, Record<string, string>, string][] = [
      [413, {}, message('m-1', 'x'.repeat(2_000))],
      [400, {}, 'hello'],
      [400, { 'content-encoding': 'zstd' }, '{}'],
    ];
    for (const [status, headers, body] of refused) {
      const answer = await stage.call({ path, headers, body });
      expect([answer.status, shapeOf(answer.body.toString())]).toEqual([status, shape]);
    }
    const socket = await stage.connect();
    socket.write(`POST ${path} HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40 * 1024)}\r\n\r\n`);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect([head.split('\r\n', 1)[0], shapeOf(body)]).toEqual([
      'HTTP/1.1 431 Request Header Fields Too Large',
      shape,
    ]);
    expect(head.includes('\r\nx-request-id: req_')).toBe(shape === 'openai');
  });
});

describe('a model of another API', () => {
  it.each([
    ['/v1/chat/completions', 'm-1', 'portal/m-1', '/v1/messages'],
    ['/v1/responses', 'm-1', 'portal/m-1', '/v1/messages'],
    ['/v1/responses', 'gpt-x', 'local/gpt-x', '/v1/chat/completions'],
    ['/v1/chat/completions', 'gpt-r', 'local/gpt-r', '/v1/responses'],
    ['/v1/messages', 'gpt-r', 'local/gpt-r', '/v1/responses'],
    ['/v1/messages/count_tokens', 'gpt-x', 'local/gpt-x', '/v1/chat/completions'],
  ])('asked at %s: %s is said to be served elsewhere', async (path, model, ref, there) => {
    const stage = await stageWithout();
    const answer = await stage.call({ path, body: message(model) });
    expect(answer.status).toBe(400);
    expect(said(answer)).toContain(`${ref} is served at ${there} `);
    expect(stage.resolver.asked).toEqual([]);
  });

  it('looked up by a client that cannot ask it', async () => {
    const stage = await stageWithout();
    const anthropic = await stage.call({ method: 'GET', path: '/v1/models/gpt-x' });
    expect([anthropic.status, shapeOf(anthropic.body.toString())]).toEqual([400, 'anthropic']);
    const openai = await stage.call({ method: 'GET', path: '/v1/models/m-1', headers: bearer });
    expect([openai.status, shapeOf(openai.body.toString())]).toEqual([400, 'openai']);
    expect(said(openai)).toContain('portal/m-1 is served at /v1/messages ');
  });
});

describe('the list of models', () => {
  it.each([
    ['x-api-key', {}, ['portal/m-1']],
    ['Bearer and anthropic-version', { ...bearer, 'anthropic-version': '2023-06-01' }, ['portal/m-1']],
    ['Bearer', bearer, ['local/gpt-x', 'local/gpt-r']],
  ])('for a client that sends %s', async (_name, headers, ids) => {
    const stage = await stageWithout();
    const answer = await stage.call({ method: 'GET', path: '/v1/models', headers });
    const list = JSON.parse(answer.body.toString()) as {
      object?: string;
      data: { id: string; api?: string }[];
    };
    expect(list.data.map(({ id }) => id)).toEqual(ids);
    expect(list.object).toBe(ids.length === 2 ? 'list' : undefined);
    expect(list.data.map(({ api }) => api)).toEqual(
      ids.length === 2 ? ['openai-completions', 'openai-responses'] : [undefined],
    );
  });
});
