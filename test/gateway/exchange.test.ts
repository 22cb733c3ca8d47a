// One request and its answer, passed through whole: bytes, headers, model, retry after a refused login.
import { once } from 'node:events';
import { Agent, type RequestListener } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { errorIn, gatewayToken, message, openStage } from '../support/gateway-stage.ts';

/** Answers with what it was sent. */
const echo: RequestListener = (request, response) => {
  void buffer(request).then((body) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
    response.end(body);
  });
};

const refusedTokens = (accepted: (token: string) => boolean, seen: string[] = []): RequestListener => {
  return (request, response) => {
    void text(request).then((body) => {
      const token = String(request.headers['x-api-key']);
      seen.push(`${token} ${body}`);
      const ok = accepted(token);
      response.writeHead(ok ? 200 : 401, { 'content-type': 'application/json' });
      response.end(
        ok
          ? '{"type":"message"}'
          : '{"type":"error","error":{"type":"authorized_error","message":"invalid api key (2049)"}}',
      );
    });
  };
};

describe('what passes', () => {
  it('the body byte for byte, in both directions, however large', async () => {
    const stage = await openStage(echo);
    for (const size of [1, 70_000, 3_000_000]) {
      const body = Buffer.from(`{"model":"m-1","x":"${'ü'.repeat(size)}"}  `);
      const answer = await stage.call({ body });
      expect(answer.status).toBe(200);
      expect(answer.body.equals(body)).toBe(true);
    }
    expect(stage.resolver.outcomes).toEqual([{ kind: 'ok' }, { kind: 'ok' }, { kind: 'ok' }]);
  });

  it('the model spliced into the body when the upstream knows it by another name', async () => {
    const stage = await openStage(echo);
    for (const [name, ref, id] of [
      ['default', 'portal/m-1', 'm-1'],
      ['portal/m-1', 'portal/m-1', 'm-1'],
      ['ключ', 'portal/%D0%BC%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C', 'модель'],
    ]) {
      const rest = ` ,\n"messages":"${'x'.repeat(100_000)}"}`;
      const answer = await stage.call({ body: `{ "model" : "${name}"${rest}` });
      // A shorter name leaves blanks behind it.
      const blanks = ' '.repeat(Math.max(0, Buffer.byteLength(name ?? '') - Buffer.byteLength(id ?? '')));
      expect(answer.body.toString()).toBe(`{ "model" : "${id}"${blanks}${rest}`);
      expect(answer.headers['x-openclaw-model']).toBe(ref);
    }
    expect(stage.resolver.asked[0]).toEqual({ provider: 'portal', model: 'm-1', rejected: undefined });
  });

  it('a compressed answer as it is, which nobody has asked for', async () => {
    const packed = gzipSync('{"type":"message"}');
    const asked: unknown[] = [];
    const stage = await openStage((request, response) => {
      asked.push(request.headers['accept-encoding']);
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed);
    });
    const answer = await stage.call({ headers: { 'accept-encoding': 'gzip' } });
    expect(asked).toEqual(['identity']);
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.body.equals(packed)).toBe(true);
  });

  it('the headers that shape an answer, and none that identify the client', async () => {
    let seen: Record<string, unknown> = {};
    let path = '';
    const stage = await openStage((request, response) => {
      seen = request.headers;
      path = request.url ?? '';
      response.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': 'a=b',
        'access-control-allow-origin': '*',
        'request-id': 'upstream-1',
        connection: 'keep-alive, x-private',
        'x-private': '1',
        'x-kept': '2',
        date: 'Mon, 01 Jan 2024 00:00:00 GMT',
      });
      response.end('{}');
    });
    const answer = await stage.call({
      path: '/v1/messages/count_tokens?beta=true',
      headers: {
        accept: 'application/json',
        'anthropic-beta': 'tools-1,files-2',
        'user-agent': 'claude-cli/2',
        authorization: 'Bearer client-secret',
        cookie: 'c=1',
        'x-forwarded-for': '10.0.0.1',
        'x-stainless-os': 'Linux',
        'x-openclaw-session': 's',
      },
    });
    expect(path).toBe('/anthropic/v1/messages/count_tokens?beta=true');
    const { host, connection, 'content-length': length, ...sent } = seen;
    expect(String(host)).toMatch(/^127\.0\.0\.1:\d+$/);
    expect([connection, Number(length)]).toEqual(['keep-alive', message().length]);
    expect(sent).toEqual({
      accept: 'application/json',
      'accept-encoding': 'identity',
      'anthropic-beta': 'tools-1,files-2',
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'user-agent': 'claude-cli/2',
      authorization: 'Bearer upstream-token-1',
      'x-api-key': 'upstream-token-1',
    });
    expect(answer.headers).toMatchObject({
      'x-kept': '2',
      'x-openclaw-model': 'portal/m-1',
      'x-upstream-request-id': 'upstream-1',
      'request-id': expect.stringMatching(/^req_/),
      date: 'Mon, 01 Jan 2024 00:00:00 GMT',
    });
    for (const name of ['set-cookie', 'access-control-allow-origin', 'x-private']) {
      expect(answer.headers).not.toHaveProperty(name);
    }
  });

  it('many requests over one connection on either side', async () => {
    const stage = await openStage(echo);
    let connections = 0;
    stage.upstream.on('connection', () => {
      connections += 1;
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let index = 0; index < 20; index += 1) {
      const body = message('m-1', `request ${index}`);
      expect((await stage.call({ agent, body })).body.toString()).toBe(body);
    }
    expect(connections).toBe(1);
    agent.destroy();
  });

  it('errors that are not about the login, unchanged', async () => {
    const body =
      '{"type":"error","error":{"type":"rate_limit_error","message":"usage limit exceeded (2056)"}}';
    const stage = await openStage((_request, response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '9' }).end(body);
    });
    const answer = await stage.call();
    expect([answer.status, answer.headers['retry-after'], answer.body.toString()]).toEqual([429, '9', body]);
    expect(stage.resolver.outcomes).toEqual([{ kind: 'failed', reason: 'quota', retryAfterMs: 9_000 }]);
    expect(stage.resolver.asked).toHaveLength(1);
  });

  it('a refusal that is about a right, not about the login, and asks for no other token', async () => {
    const body =
      '{"type":"error","error":{"type":"permission_error","message":"your plan does not include this model"}}';
    const stage = await openStage((_request, response) => {
      response.writeHead(403, { 'content-type': 'application/json' }).end(body);
    });
    const answer = await stage.call();
    expect([answer.status, answer.body.toString()]).toEqual([403, body]);
    expect(stage.resolver.outcomes).toEqual([{ kind: 'failed', reason: 'forbidden' }]);
    expect(stage.resolver.asked).toHaveLength(1);
  });

  it('JSON of unknown length as it comes, unless its first piece may be an error', async () => {
    const pieces = ['{"type":"message",', '"content":[', `"${'x'.repeat(9_000)}"`, ']}'];
    const error = ['{"error":{}, "content":"', 'x'.repeat(3_000), 'x'.repeat(3_000), '"}'];
    for (const body of [pieces, error]) {
      const stage = await openStage((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const write = (index: number): void => {
          const piece = body[index];
          if (piece === undefined) response.end();
          else response.write(piece, () => setImmediate(write, index + 1));
        };
        write(0);
      });
      const answer = await stage.call();
      expect([answer.status, answer.body.toString()]).toEqual([200, body.join('')]);
      expect(stage.resolver.outcomes).toEqual([{ kind: 'ok' }]);
    }
  });
});

describe('a refused login', () => {
  it('R8: is refreshed once, and the same body sent again', async () => {
    const seen: string[] = [];
    const stage = await openStage(refusedTokens((token) => token.endsWith('-2'), seen));
    const body = message('default', 'x'.repeat(200_000));
    const sent = body.replace('"default"', '"m-1"    ');
    const answer = await stage.call({ body });
    expect([answer.status, answer.body.toString()]).toEqual([200, '{"type":"message"}']);
    expect(seen).toEqual([`upstream-token-1 ${sent}`, `upstream-token-2 ${sent}`]);
    expect(stage.resolver.asked.map(({ rejected }) => rejected)).toEqual([undefined, 1]);
    expect(stage.resolver.outcomes).toEqual([
      { kind: 'auth', detail: 'HTTP 401: invalid api key (2049)' },
      { kind: 'ok' },
    ]);
  });

  it('waits for a lease that is being refreshed', async () => {
    const stage = await openStage(refusedTokens((token) => token.endsWith('-2')));
    stage.resolver.answer = async (lease, options) => {
      if (options?.rejected !== undefined) await new Promise((resolve) => setImmediate(resolve));
      return lease;
    };
    expect((await stage.call()).status).toBe(200);
  });

  it('refused again goes to the client with what to do', async () => {
    const seen: string[] = [];
    const stage = await openStage(refusedTokens(() => false, seen));
    const answer = await stage.call();
    expect([answer.status, errorIn(answer).type, seen.length]).toEqual([401, 'authentication_error', 2]);
    expect(errorIn(answer).message).toContain('`openclaw auth login --profile-id portal:default`');
    expect(stage.resolver.outcomes.map(({ kind }) => kind)).toEqual(['auth', 'auth', 'failed']);
    expect(answer.body.toString()).not.toContain('upstream-token');
  });

  it('is seen in HTTP 200 too, compressed or not, and in a refusal without end', async () => {
    const refusal = '{"base_resp":{"status_code":1004,"status_msg":"login fail"}}';
    for (const [headers, body] of [
      [{ 'content-length': refusal.length }, Buffer.from(refusal)],
      [{}, Buffer.from(refusal)],
      [{ 'content-encoding': 'gzip' }, gzipSync(refusal)],
    ] as const) {
      const stage = await openStage((request, response) => {
        const isNew = request.headers['x-api-key'] === 'upstream-token-2';
        response.writeHead(200, isNew ? {} : { 'content-type': 'application/json', ...headers });
        if (isNew) response.end('fine');
        else response.write(body.subarray(0, 30), () => response.end(body.subarray(30)));
      });
      expect((await stage.call()).body.toString()).toBe('fine');
    }
    const endless = await openStage((request, response) => {
      const isNew = request.headers['x-api-key'] === 'upstream-token-2';
      response.writeHead(isNew ? 200 : 401);
      if (isNew) response.end('fine');
      else response.write('x'.repeat(200_000));
    });
    expect((await endless.call()).body.toString()).toBe('fine');
  });

  it('that has just been refreshed is told in the words of the upstream', async () => {
    const stage = await openStage(refusedTokens(() => false));
    const message = 'api.minimax.io refuses the credential of portal:default, also a fresh one.';
    for (const isFresh of [true, false]) {
      stage.resolver.answer = (lease, options) => {
        if (options?.rejected === undefined) return lease;
        throw new OpenClawError({ code: 'TOKEN_REFUSED', message, data: isFresh ? { isFresh } : {} });
      };
      const answer = await stage.call();
      expect(answer.status).toBe(401);
      expect(errorIn(answer).message).toContain(isFresh ? '(HTTP 401: invalid api key (2049))' : message);
    }
  });

  it.each([
    [
      new OpenClawError({ code: 'LOGIN_DEAD', message: 'The login is dead' }),
      401,
      'authentication_error',
      undefined,
    ],
    [
      new OpenClawError({ code: 'NO_PROFILE', message: 'There is no login' }),
      401,
      'authentication_error',
      undefined,
    ],
    [
      new OpenClawError({ code: 'REFRESH_FAILED', message: 'No refresh', data: { retryAfterMs: 1_500 } }),
      503,
      'api_error',
      '2',
    ],
  ])('without a lease: %s', async (thrown, status, type, retryAfter) => {
    const stage = await openStage(echo);
    for (const isAsync of [false, true]) {
      stage.resolver.answer = () => {
        if (isAsync) return Promise.reject(thrown);
        throw thrown;
      };
      const answer = await stage.call();
      expect([answer.status, errorIn(answer).type, answer.headers['retry-after']]).toEqual([
        status,
        type,
        retryAfter,
      ]);
      expect(errorIn(answer).message).toContain(thrown.remedy);
    }
  });
});

describe('what is refused', () => {
  it.each([
    ['no JSON', 'hello', 400],
    ['an array', '[]', 400],
    ['no body', '', 400],
    ['no model', '{"messages":[]}', 400],
    ['a model that is no string', '{"model":7}', 400],
    ['an unknown model', '{"model":"m-9"}', 404],
    ['a model of another protocol', '{"model":"gpt-x"}', 400],
  ])('%s', async (_name, body, status) => {
    const stage = await openStage(echo);
    const answer = await stage.call({ body });
    expect(answer.status).toBe(status);
    expect(errorIn(answer).type).toBe(status === 404 ? 'not_found_error' : 'invalid_request_error');
    expect(stage.resolver.asked).toEqual([]);
  });

  it('a compressed request', async () => {
    const stage = await openStage(echo);
    const answer = await stage.call({ headers: { 'content-encoding': 'gzip' }, body: gzipSync(message()) });
    expect([answer.status, errorIn(answer).message]).toEqual([
      400,
      expect.stringContaining('content-encoding'),
    ]);
  });

  it('a body that is too large, as it is declared and as it is sent', async () => {
    const stage = await openStage(echo, { limits: { maxBodyBytes: 50_000 } });
    const declared = await stage.call({ body: message('m-1', 'x'.repeat(20_000_000)) });
    expect([declared.status, errorIn(declared).type]).toEqual([413, 'request_too_large']);
    const chunked = await stage.call({
      headers: { 'transfer-encoding': 'chunked' },
      body: message('m-1', 'x'.repeat(20_000_000)),
    });
    expect([chunked.status, errorIn(chunked).type]).toEqual([413, 'request_too_large']);
    expect(stage.resolver.asked).toEqual([]);
  });

  it('and what is still sent of it is read to the end, so that the refusal is not lost', async () => {
    const stage = await openStage(echo, { limits: { maxBodyBytes: 50_000, lingerMs: 60_000 } });
    const socket = await stage.connect();
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${gatewayToken}\r\ncontent-length: 60000\r\n\r\n`,
    );
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 413 /);
    await stage.call();
    expect(socket.readableEnded).toBe(false);
    socket.write('x'.repeat(60_000));
    await once(socket, 'end');
  });

  it('but not for longer than it lingers', async () => {
    const stage = await openStage(echo, { limits: { maxBodyBytes: 50_000, lingerMs: 20 } });
    const socket = await stage.connect();
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${gatewayToken}\r\ncontent-length: 60000\r\n\r\n`,
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('before the client sends a body that it only announces', async () => {
    const stage = await openStage(echo, { limits: { maxBodyBytes: 50_000 } });
    const head = (length: number, token = gatewayToken): string =>
      `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${token}\r\nexpect: 100-continue\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`;
    const first = async (bytes: string): Promise<string> => {
      const socket = await stage.connect();
      socket.write(bytes);
      return new Promise((resolve) => {
        socket.once('data', (data: Buffer) => {
          resolve(data.toString().split('\r\n', 1)[0] ?? '');
        });
      });
    };
    expect(await first(head(60_000))).toBe('HTTP/1.1 413 Payload Too Large');
    expect(await first(head(10, 'wrong'))).toBe('HTTP/1.1 401 Unauthorized');
    expect(await first(head(10))).toBe('HTTP/1.1 100 Continue');
  });
});

describe('the log', () => {
  it('has one line a request, without bodies or tokens', async () => {
    const stage = await openStage(echo);
    const answer = await stage.call();
    const lines = stage.log.filter(({ event }) => event === 'request');
    expect(lines).toHaveLength(1);
    expect(lines[0]?.fields).toMatchObject({
      requestId: answer.headers['request-id'],
      model: 'portal/m-1',
      profile: 'portal:default',
      status: 200,
      attempts: 1,
      bytesIn: message().length,
      bytesOut: message().length,
    });
    expect(JSON.stringify(stage.log)).not.toMatch(/hello|token/);
  });
});
