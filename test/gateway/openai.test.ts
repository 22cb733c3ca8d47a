// OpenAI's two APIs through the gateway: bytes, headers, streams that break off, the official client, the simulator.
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError } from 'openai';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFakeCatalogue } from '../support/fake-catalogue.ts';
import { gatewayToken, openStage, type Answer, type Call, type Stage } from '../support/gateway-stage.ts';
import { createPortalCaller } from '../support/portal-caller.ts';

const sse = { 'content-type': 'text/event-stream; charset=utf-8' };
const json = { 'content-type': 'application/json' };

const completions = {
  path: '/v1/chat/completions',
  body: '{ "model": "gpt-x", "messages": [{"role":"user","content":"hi"}] }',
};
const responses = { path: '/v1/responses', body: '{"input":"hi", "model":"gpt-r"}' };
const apis: [string, { path: string; body: string }][] = [
  ['chat completions', completions],
  ['responses', responses],
];
/** As OpenAI's clients send it. */
const bearer = { 'x-api-key': [] as string[], authorization: `Bearer ${gatewayToken}` };

/** The upstream's base ends in the version, as OpenAI's do. */
async function openaiStage(onRequest: RequestListener): Promise<Stage> {
  const stage = await openStage(onRequest);
  const { port } = stage.upstream.address() as AddressInfo;
  stage.resolver.answer = (lease) => ({ ...lease, baseUrl: `http://127.0.0.1:${port}/v1` });
  return stage;
}

const sdk = (stage: Stage): OpenAI =>
  new OpenAI({
    baseURL: `http://127.0.0.1:${stage.port}/v1`,
    apiKey: gatewayToken,
    maxRetries: 0,
    logLevel: 'off',
  });

const errorOf = (answer: Answer): unknown => (JSON.parse(answer.body.toString()) as { error: unknown }).error;

describe('what passes', () => {
  it.each(apis)('%s, byte for byte and at its own path', async (_name, call) => {
    const reply = '{"id":"x",\n "error": null, "choices":[ ] }';
    const seen: string[] = [];
    const stage = await openaiStage((request, response) => {
      void text(request).then((body) => {
        seen.push(`${request.method} ${request.url} ${body}`);
        response.writeHead(200, { ...json, 'x-request-id': 'theirs' }).end(reply);
      });
    });
    const answer = await stage.call({ ...call, path: `${call.path}?a=b`, headers: bearer });
    expect([answer.status, answer.body.toString()]).toEqual([200, reply]);
    expect(seen).toEqual([`POST ${call.path}?a=b ${call.body}`]);
    expect(answer.headers).toMatchObject({
      'x-request-id': expect.stringMatching(/^req_/),
      'request-id': answer.headers['x-request-id'],
      'x-upstream-request-id': 'theirs',
      'x-openclaw-model': call === completions ? 'local/gpt-x' : 'local/gpt-r',
    });
    expect(stage.resolver.outcomes).toEqual([{ kind: 'ok' }]);
  });

  it.each(apis)('%s, events in any pieces, the last of them unfinished', async (_name, call) => {
    const whole = `${Array.from({ length: 300 }, (_, n) => `data: {"n":${n}}\n\n`).join('')}data: ${'x'.repeat(50_000)}\n\ndata: [DONE]\n\n: tail`;
    const stage = await openaiStage((_request, response) => {
      response.writeHead(200, sse);
      const write = (at: number): void => {
        const size = at < 2_000 ? 7 : 997;
        response.write(whole.slice(at, at + size));
        if (at + size < whole.length) setImmediate(write, at + size);
        else response.end();
      };
      write(0);
    });
    expect((await stage.call({ ...call, headers: bearer })).body.toString()).toBe(whole);
  });

  it('the headers that shape an answer, none of the account of the client, and one copy of the key', async () => {
    let seen: IncomingMessage['headers'] = {};
    const stage = await openaiStage((request, response) => {
      seen = request.headers;
      response.writeHead(200, json).end('{}');
    });
    await stage.call({
      ...completions,
      headers: {
        ...bearer,
        'user-agent': 'OpenAI/JS 7',
        'openai-beta': 'assistants=v2',
        'openai-organization': 'org-1',
        'openai-project': 'proj-1',
        'idempotency-key': 'try-1',
        'x-stainless-os': 'Linux',
        'anthropic-version': '2023-06-01',
        'x-app': 'cli',
        cookie: 'c=1',
      },
    });
    const { host, connection, 'content-length': length, ...sent } = seen;
    expect([String(host).startsWith('127.0.0.1:'), connection, Number(length)]).toEqual([
      true,
      'keep-alive',
      completions.body.length,
    ]);
    expect(sent).toEqual({
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'user-agent': 'OpenAI/JS 7',
      'openai-beta': 'assistants=v2',
      'idempotency-key': 'try-1',
      authorization: 'Bearer upstream-token-1',
    });
  });

  it('a key that a provider wants as x-api-key goes as Bearer', async () => {
    let seen: IncomingMessage['headers'] = {};
    const stage = await openaiStage((request, response) => {
      seen = request.headers;
      response.writeHead(200, json).end('{}');
    });
    const withBase = stage.resolver.answer;
    stage.resolver.answer = async (lease, options) => ({
      ...(await withBase(lease, options)),
      headers: { 'x-api-key': 'only-key-of-it' },
    });
    await stage.call({ ...responses, headers: bearer });
    expect([seen.authorization, seen['x-api-key']]).toEqual(['Bearer only-key-of-it', undefined]);
  });
});

describe('a refused login', () => {
  it.each(apis)('is refreshed once for %s, also when HTTP 200 says it', async (_name, call) => {
    const refusals: [number, string][] = [
      [
        401,
        '{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}',
      ],
      [200, '{"base_resp":{"status_code":1004,"status_msg":"login fail"}}'],
    ];
    for (const [status, refusal] of refusals) {
      const stage = await openaiStage((request, response) => {
        const isNew = request.headers.authorization === 'Bearer upstream-token-2';
        response.writeHead(isNew ? 200 : status, json).end(isNew ? '{"id":"fine"}' : refusal);
      });
      const answer = await stage.call({ ...call, headers: bearer });
      expect([answer.status, answer.body.toString()]).toEqual([200, '{"id":"fine"}']);
      expect(stage.resolver.outcomes.map(({ kind }) => kind)).toEqual(['auth', 'ok']);
    }
  });

  it('refused again is told in the words of the API', async () => {
    const stage = await openaiStage((_request, response) => {
      response.writeHead(401, json).end('{"error":{"message":"no","code":"invalid_api_key"}}');
    });
    const answer = await stage.call({ ...completions, headers: bearer });
    expect([answer.status, errorOf(answer)]).toEqual([
      401,
      expect.objectContaining({ type: 'authentication_error', code: 'invalid_api_key', param: null }),
    ]);
  });

  it('and never repeated by an answer', async () => {
    const stage = await openaiStage((request, response) => {
      const { authorization } = request.headers;
      response.writeHead(400, json).end(JSON.stringify({ error: { message: `bad ${authorization}` } }));
    });
    const answer = await stage.call({ ...responses, headers: bearer });
    expect(answer.status).toBe(400);
    expect(answer.body.toString()).not.toContain('upstream-token');
    expect(errorOf(answer)).toMatchObject({ type: 'invalid_request_error' });
  });
});

describe('a stream that breaks off', () => {
  const event = (n: number): string =>
    `event: response.output_text.delta\ndata: {"type":"response.output_text.delta","sequence_number":${n},"delta":"w"}\n\n`;
  const chunk = 'data: {"id":"c","choices":[{"index":0,"delta":{"content":"w"}}]}\n\n';

  /** What the client gets of an upstream that sends this much. */
  async function cutAfter(call: Call, sent: string, firstEnd: number): Promise<string> {
    let upstream: ServerResponse | undefined;
    const stage = await openaiStage((_request, response) => {
      upstream = response;
      response.writeHead(200, sse).write(sent);
    });
    const answer = await stage.open({ ...call, headers: bearer });
    let seen = '';
    while (seen.length < firstEnd) seen += String(((await once(answer, 'data')) as [Buffer])[0]);
    upstream?.destroy();
    seen += await text(answer);
    expect(stage.log.at(-1)).toMatchObject({ event: 'request', fields: { failure: 'stream_cut' } });
    return seen;
  }

  it.each([
    ['between events', ''],
    ['within an event', chunk.slice(0, 30)],
    ['before its empty line', chunk.slice(0, -1)],
  ])('is an error in place of [DONE] (%s)', async (_name, beginning) => {
    const seen = await cutAfter(completions, chunk + beginning, chunk.length);
    expect(seen.startsWith(chunk)).toBe(true);
    const rest = seen.slice(chunk.length);
    expect(rest).toMatch(/^data: \{"error":\{"message":"The request to .*"type":"server_error".*\}\}\n\n$/);
  });

  it.each([
    ['between events', ''],
    ['within an event', event(5).slice(0, -9)],
  ])('is a numbered error event of the responses API (%s)', async (_name, beginning) => {
    const sent = event(3) + event(4);
    const seen = await cutAfter(responses, sent + beginning, sent.length);
    const rest = seen.slice(sent.length);
    expect(seen.startsWith(sent)).toBe(true);
    expect(rest).toMatch(/^event: error\ndata: \{"type":"error","code":"server_error",.*\}\n\n$/);
    expect(rest).toContain('"param":null,"sequence_number":5}');
  });

  it('within an event of many bytes ends that one first', async () => {
    const begun = `data: {"x":"${'y'.repeat(40_000)}`;
    const seen = await cutAfter(completions, chunk + begun, chunk.length + begun.length);
    expect(seen.slice(0, chunk.length + begun.length)).toBe(chunk + begun);
    expect(seen.slice(chunk.length + begun.length)).toMatch(/^\n\ndata: \{"error":/);
  });

  it.each([
    ['chat completions', chunk],
    ['chat completions, within an event', chunk + chunk.slice(0, 30)],
  ])('is an API error to the official client (%s)', async (_name, sent) => {
    let upstream: ServerResponse | undefined;
    const stage = await openaiStage((_request, response) => {
      upstream = response;
      response.writeHead(200, sse).write(sent);
    });
    const read = async (): Promise<void> => {
      const ask = {
        model: 'gpt-x',
        messages: [{ role: 'user' as const, content: 'hi' }],
        stream: true as const,
      };
      for await (const _part of await sdk(stage).chat.completions.create(ask)) upstream?.destroy();
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
  });

  it('is an API error to the official client (responses, within an event)', async () => {
    let upstream: ServerResponse | undefined;
    const stage = await openaiStage((_request, response) => {
      upstream = response;
      response.writeHead(200, sse).write(event(1) + event(2).slice(0, 70));
    });
    const read = async (): Promise<void> => {
      for await (const _event of await sdk(stage).responses.create({
        model: 'gpt-r',
        input: 'hi',
        stream: true,
      }))
        upstream?.destroy();
    };
    await expect(read()).rejects.toMatchObject({ code: 'server_error' });
  });
});

describe('the official client', () => {
  it('completes and streams through the gateway, with the simulator behind it', async () => {
    const portal = await createPortalCaller();
    onTestFinished(() => portal.simulator.stop());
    const { access } = await portal.logIn();
    const route = { ...createFakeCatalogue().find('gpt-x'), modelId: 'MiniMax-M3' };
    const stage = await openStage(() => {}, {
      catalogue: { fallbacks: () => [], find: () => route, list: () => [route] },
    });
    stage.resolver.answer = (lease) => ({
      ...lease,
      baseUrl: `${portal.apiUrl}/v1`,
      headers: { authorization: `Bearer ${access}`, 'x-api-key': access },
    });
    const client = sdk(stage);
    const messages = [{ role: 'user' as const, content: 'hello there' }];
    const { data, request_id } = await client.chat.completions
      .create({ model: 'gpt-x', messages })
      .withResponse();
    expect(data.choices[0]?.message.content).toBe('echo(MiniMax-M3): hello there');
    expect(request_id).toMatch(/^req_/);
    let said = '';
    for await (const part of await client.chat.completions.create({ model: 'gpt-x', messages, stream: true }))
      said += part.choices[0]?.delta.content ?? '';
    expect(said).toBe('echo(MiniMax-M3): hello there');
  });

  it('reads a response, and what is wrong', async () => {
    const reply = {
      id: 'resp_1',
      object: 'response',
      status: 'completed',
      error: null,
      output: [
        {
          type: 'message',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hello', annotations: [] }],
        },
      ],
    };
    const stage = await openaiStage((_request, response) => {
      response.writeHead(200, json).end(JSON.stringify(reply));
    });
    const client = sdk(stage);
    expect((await client.responses.create({ model: 'gpt-r', input: 'hi' })).output_text).toBe('Hello');
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(['local/gpt-x', 'local/gpt-r']);
    expect(await client.models.retrieve('local/gpt-r')).toMatchObject({
      id: 'local/gpt-r',
      owned_by: 'local',
    });

    const messages = [{ role: 'user' as const, content: 'hi' }];
    const unknown = await client.chat.completions
      .create({ model: 'gpt-9', messages })
      .catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ code: 'model_not_found', param: 'model', requestID: expect.any(String) });
    await expect(client.chat.completions.create({ model: 'm-1', messages })).rejects.toBeInstanceOf(
      BadRequestError,
    );
    const stranger = client.withOptions({ apiKey: 'wrong' });
    await expect(stranger.models.list()).rejects.toBeInstanceOf(AuthenticationError);
  });
});
