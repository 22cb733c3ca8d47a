// Answers that take their time: order, back-pressure, clients that leave, upstreams that break off.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import Anthropic, { APIError, NotFoundError } from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import { errorIn, gatewayToken, message, openStage, type Stage } from '../support/gateway-stage.ts';

const sse = { 'content-type': 'text/event-stream; charset=utf-8' };
const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

const opening = event('message_start', {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm-1',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  },
});
const blockStart = event('content_block_start', {
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
});
const delta = (word: string): string =>
  event('content_block_delta', {
    type: 'content_block_delta',
    index: 0,
    delta: { type: 'text_delta', text: word },
  });
const ending = [
  event('content_block_stop', { type: 'content_block_stop', index: 0 }),
  event('message_delta', {
    type: 'message_delta',
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 3 },
  }),
  event('message_stop', { type: 'message_stop' }),
].join('');

const sdk = (stage: Stage): Anthropic =>
  new Anthropic({
    baseURL: `http://127.0.0.1:${stage.port}`,
    apiKey: gatewayToken,
    maxRetries: 0,
    logLevel: 'off',
  });
const ask = { model: 'default', max_tokens: 16, messages: [{ role: 'user' as const, content: 'hi' }] };

/** An upstream whose answers the test writes itself, one after the other. */
async function openByHand(): Promise<{ stage: Stage; answers: AsyncGenerator<ServerResponse> }> {
  const waiting: ServerResponse[] = [];
  let wake = (): void => {};
  const stage = await openStage((request, response) => {
    request.resume();
    waiting.push(response);
    wake();
  });
  async function* take(): AsyncGenerator<ServerResponse> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  return { stage, answers: take() };
}

async function next(answers: AsyncGenerator<ServerResponse>): Promise<ServerResponse> {
  const { value } = (await answers.next()) as { value: ServerResponse };
  return value;
}

describe('a stream', () => {
  it('reaches the client event by event, before the upstream has finished', async () => {
    const { stage, answers } = await openByHand();
    const opened = stage.open();
    const upstream = await next(answers);
    upstream.writeHead(200, sse);
    // What comes first decides whether it is an answer: the header waits for it.
    upstream.write(delta('one'));
    const answer = await opened;
    expect(answer.headers['content-type']).toBe(sse['content-type']);
    let seen = '';
    for (const word of ['one', 'two', 'three']) {
      if (word !== 'one') upstream.write(delta(word));
      const [data] = (await once(answer, 'data')) as [Buffer];
      seen += data.toString();
      expect(seen.endsWith(delta(word))).toBe(true);
    }
    upstream.end();
    await once(answer, 'end');
    expect(seen).toBe(delta('one') + delta('two') + delta('three'));
    expect(stage.resolver.outcomes).toEqual([{ kind: 'ok' }]);
  });

  it('keeps order and bytes through bursts and uneven pieces', async () => {
    const whole = Array.from({ length: 2_000 }, (_, index) => delta(`w${index}`)).join('');
    const stage = await openStage((request, response) => {
      request.resume();
      response.writeHead(200, sse);
      const write = (at: number): void => {
        for (let step = 0, from = at; step < 40; step += 1, from += 97)
          response.write(whole.slice(from, from + 97));
        const after = at + 40 * 97;
        if (after < whole.length) setImmediate(write, after);
        else response.end();
      };
      write(0);
    });
    expect(await text(await stage.open())).toBe(whole);
  });

  it('is what the official SDK expects, streamed and not', async () => {
    const stage = await openStage((request, response) => {
      void text(request).then((body) => {
        const { stream, model } = JSON.parse(body) as { stream?: boolean; model: string };
        if (stream === true) {
          response.writeHead(200, sse).end(opening + blockStart + delta('Hel') + delta('lo') + ending);
          return;
        }
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify({
            type: 'message',
            role: 'assistant',
            model,
            content: [{ type: 'text', text: 'Hello' }],
          }),
        );
      });
    });
    const client = sdk(stage);
    const created = await client.messages.create(ask).withResponse();
    expect(created.data.content).toEqual([{ type: 'text', text: 'Hello' }]);
    expect(created.data.model).toBe('m-1');
    expect(created.request_id).toBe(created.response.headers.get('request-id'));
    const streamed = await client.messages.stream(ask).finalMessage();
    expect(streamed.content).toMatchObject([{ type: 'text', text: 'Hello' }]);
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toEqual(['portal/m-1']);
    await expect(client.messages.create({ ...ask, model: 'm-9' })).rejects.toBeInstanceOf(NotFoundError);
  });

  it('pauses the upstream while the client does not read', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    const stage = await openStage((request, response) => {
      request.resume();
      if (request.headers['user-agent'] === 'other') {
        response.end('{}');
        return;
      }
      response.writeHead(200, sse);
      const piece = Buffer.alloc(256 * 1024, 0x61);
      const write = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const answer = await stage.open();
    // Other requests go all the way while this one stands: time enough to have swallowed it.
    for (let index = 0; index < 100; index += 1) await stage.call({ headers: { 'user-agent': 'other' } });
    expect(sent).toBeLessThan(total / 2);
    let received = 0;
    answer.on('data', (data: Buffer) => {
      received += data.length;
    });
    await once(answer, 'end');
    expect(received).toBe(total);
  });
});

describe('a client that leaves', () => {
  it('in the middle of a stream ends the work upstream', async () => {
    const { stage, answers } = await openByHand();
    const opened = stage.open();
    const upstream = await next(answers);
    upstream.writeHead(200, sse).write(opening);
    const answer = await opened;
    expect(stage.gateway.activeRequests()).toBe(1);
    answer.destroy();
    await once(upstream, 'close');
    expect(upstream.writableFinished).toBe(false);
    expect(stage.gateway.activeRequests()).toBe(0);
    expect(stage.resolver.outcomes).toEqual([{ kind: 'ok' }]);
    expect(stage.log.at(-1)?.fields).toMatchObject({ left: true });
  });

  it('before the answer ends it too, and says nothing about the login', async () => {
    const { stage, answers } = await openByHand();
    const socket = await stage.connect();
    const body = message();
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${gatewayToken}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const upstream = await next(answers);
    socket.destroy();
    await once(upstream, 'close');
    expect(stage.resolver.outcomes).toEqual([{ kind: 'unknown' }]);
  });

  it('while a lease is waited for sends nothing upstream', async () => {
    const stage = await openStage((_request, response) => {
      response.end('{}');
    });
    let grant = (): void => {};
    let asked = (): void => {};
    const wasAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    stage.resolver.answer = (lease) =>
      new Promise((resolve) => {
        grant = () => resolve(lease);
        asked();
      });
    const socket = await stage.connect();
    const body = message();
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${gatewayToken}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await wasAsked;
    let reached = 0;
    stage.upstream.on('request', () => {
      reached += 1;
    });
    socket.destroy();
    while (stage.gateway.activeRequests() > 0) await new Promise((resolve) => setImmediate(resolve));
    stage.resolver.answer = (lease) => lease;
    grant();
    await stage.call();
    expect(reached).toBe(1);
  });
});

describe('an upstream that breaks off', () => {
  it.each([
    ['between events', opening + blockStart],
    ['within an event', opening + blockStart + delta('x').slice(0, 60)],
  ])('ends an event stream with an error event (%s)', async (_name, sent) => {
    const { stage, answers } = await openByHand();
    const opened = stage.open();
    const upstream = await next(answers);
    upstream.writeHead(200, sse).write(sent);
    const answer = await opened;
    const [first] = (await once(answer, 'data')) as [Buffer];
    upstream.destroy();
    const rest = await text(answer);
    const whole = first.toString() + rest;
    expect(whole.startsWith(sent)).toBe(true);
    expect(whole.slice(sent.length)).toMatch(
      /^\nevent: error\ndata: \{"type":"error",.*"request_id":"req_\w+"\}\n\n$/,
    );
    expect(stage.log.at(-1)).toMatchObject({ event: 'request', fields: { failure: 'stream_cut' } });
  });

  it.each([
    ['between events', opening + blockStart + delta('x')],
    ['within an event', opening + blockStart + delta('x').slice(0, 60)],
  ])('is an API error to the official SDK (%s)', async (_name, sent) => {
    const { stage, answers } = await openByHand();
    const collect = async (): Promise<void> => {
      for await (const received of await sdk(stage).messages.create({ ...ask, stream: true })) {
        if (received.type === 'content_block_start') upstream.destroy();
      }
    };
    const collected = expect(collect()).rejects.toBeInstanceOf(APIError);
    const upstream = await next(answers);
    upstream.writeHead(200, sse).write(sent);
    await collected;
  });

  it.each([
    ['JSON', { 'content-type': 'application/json', 'content-length': '5000' }, '{"type":"message",'],
    ['a compressed stream', { ...sse, 'content-encoding': 'gzip' }, gzipSync(opening)],
  ])('cuts %s, so that it shows', async (_name, headers, sent) => {
    const { stage, answers } = await openByHand();
    const opened = stage.open();
    const upstream = await next(answers);
    upstream.writeHead(200, headers).write(sent);
    const answer = await opened;
    await once(answer, 'data');
    upstream.destroy();
    await expect(text(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('before the first byte is a 502 in the shape of the API', async () => {
    const stage = await openStage((request) => request.socket.destroy());
    const answer = await stage.call();
    expect([answer.status, errorIn(answer).type]).toEqual([502, 'api_error']);
    expect(errorIn(answer).message).toMatch(
      /^The request to 127\.0\.0\.1:\d+ failed: the connection was closed/,
    );
    expect(stage.resolver.outcomes).toEqual([{ kind: 'failed', reason: 'timeout' }]);
  });

  it('within an error body leaves its status', async () => {
    const stage = await openStage((_request, response) => {
      response.writeHead(500, { 'content-length': '5000' }).write('{"type"', () => response.destroy());
    });
    expect((await stage.call()).status).toBe(500);
  });

  it('not listening, not known, silent', async () => {
    const stage = await openStage(() => {}, { limits: { upstreamHeadersTimeoutMs: 50 } });
    for (const [baseUrl, reason] of [
      // A port that nobody else is given meanwhile.
      ['http://127.0.0.1:1', 'nothing listens there'],
      ['http://name.invalid', /name is not known|name server/],
      ['no url', /./],
      [undefined, 'no answer in time'],
    ] as const) {
      stage.resolver.answer = (lease) => ({ ...lease, baseUrl: baseUrl ?? lease.baseUrl });
      const answer = await stage.call();
      expect([answer.status, errorIn(answer).message]).toEqual([502, expect.stringMatching(reason)]);
    }
  });

  it('falls silent within a stream', async () => {
    const stage = await openStage(
      (_request, response) => {
        response.writeHead(200, sse).write(opening);
      },
      { limits: { upstreamIdleTimeoutMs: 50 } },
    );
    expect(await text(await stage.open())).toContain('the answer fell silent');
  });
});
