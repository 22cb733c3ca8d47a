// Who is let in and what the paths beside the hot ones answer.
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import {
  errorIn,
  gatewayToken,
  message,
  openStage,
  type Answer,
  type Call,
  type Stage,
} from '../support/gateway-stage.ts';

const refusing = (): Promise<Stage> =>
  openStage((_request, response) => {
    response.end('{}');
  });

const get = (path: string, headers: Record<string, string> = {}): Call => ({ method: 'GET', path, headers });

describe('the token', () => {
  it.each([
    ['x-api-key', { 'x-api-key': gatewayToken }, 200],
    ['Bearer', { 'x-api-key': '', authorization: `Bearer ${gatewayToken}` }, 200],
    ['bearer in lower case', { 'x-api-key': '', authorization: `bearer ${gatewayToken}` }, 200],
    ['a right key beside a wrong Bearer', { authorization: 'Bearer other' }, 200],
    [
      'a right Bearer beside a wrong key',
      { 'x-api-key': 'other', authorization: `Bearer ${gatewayToken}` },
      200,
    ],
    ['a wrong key', { 'x-api-key': 'other' }, 401],
    ['a longer key', { 'x-api-key': `${gatewayToken}x` }, 401],
    ['an empty key', { 'x-api-key': '' }, 401],
    ['Basic', { 'x-api-key': '', authorization: `Basic ${gatewayToken}` }, 401],
  ])('%s', async (_name, headers, status) => {
    const stage = await refusing();
    const answer = await stage.call({ headers });
    expect(answer.status).toBe(status);
    expect(stage.resolver.asked).toHaveLength(status === 200 ? 1 : 0);
  });

  it('is asked for in the shape of the API, with the remedy and without the wrong token', async () => {
    const stage = await refusing();
    const answer = await stage.call({ headers: { 'x-api-key': 'wrong-token' } });
    const error = errorIn(answer);
    expect(error.type).toBe('authentication_error');
    expect(error.message).toContain('`openclaw env claude-code`');
    expect(error.requestId).toBe(answer.headers['request-id']);
    expect(JSON.stringify([answer.body.toString(), stage.log])).not.toContain('wrong-token');
  });
});

describe('Host and Origin', () => {
  it.each([
    ['127.0.0.1:PORT', 200],
    ['localhost:PORT', 200],
    ['LocalHost:PORT', 200],
    ['[::1]:PORT', 200],
    ['127.0.0.1', 421],
    ['127.0.0.1:1', 421],
    ['evil.example:PORT', 421],
    ['127.0.0.1.evil.example:PORT', 421],
    ['localhost.:PORT', 421],
    ['0.0.0.0:PORT', 421],
  ])('Host %s: %i', async (host, status) => {
    const stage = await refusing();
    const answer = await stage.call({ headers: { host: host.replace('PORT', String(stage.port)) } });
    expect(answer.status).toBe(status);
    const probe = await stage.call(get('/healthz', { host: host.replace('PORT', String(stage.port)) }));
    expect(probe.status).toBe(status);
  });

  it.each([
    ['https://evil.example', 403],
    ['http://localhost:3000', 403],
    ['null', 403],
    ['vscode-webview://abc', 200],
  ])('Origin %s: %i', async (origin, status) => {
    const stage = await refusing();
    const answer = await stage.call({ headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    ['http://127.0.0.1:PORT/v1/messages?beta=true', '127.0.0.1:PORT', 200],
    ['http://evil.example/v1/messages', '127.0.0.1:PORT', 421],
    ['http://127.0.0.1:PORT/v1/messages', 'evil.example', 421],
    ['http://user@127.0.0.1:PORT/v1/messages', '127.0.0.1:PORT', 421],
    ['https://127.0.0.1:PORT/v1/messages', '127.0.0.1:PORT', 400],
  ])('absolute target %s with Host %s: %i', async (target, host, status) => {
    const seen: string[] = [];
    const stage = await openStage((request, response) => {
      seen.push(request.url ?? '');
      response.end('{}');
    });
    const socket = await stage.connect();
    const filled = (text: string): string => text.replace('PORT', String(stage.port));
    const body = message();
    socket.write(
      `POST ${filled(target)} HTTP/1.1\r\nhost: ${filled(host)}\r\nx-api-key: ${gatewayToken}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toEqual(status === 200 ? ['/anthropic/v1/messages?beta=true'] : []);
  });
});

describe('the paths beside the hot ones', () => {
  const json = (answer: Answer): unknown => JSON.parse(answer.body.toString());

  it('answers probes without a token', async () => {
    const stage = await refusing();
    const noToken = { 'x-api-key': '' };
    const health = await stage.call(get('/healthz', noToken));
    expect([health.status, json(health)]).toEqual([
      200,
      { status: 'ok', service: 'openclaw-gateway', active_requests: 0 },
    ]);
    expect((await stage.call(get('/startupz', noToken))).status).toBe(200);
    expect((await stage.call(get('/', noToken))).status).toBe(200);
    const head = await stage.call({ method: 'HEAD', path: '/', headers: noToken });
    expect([head.status, head.body.length]).toEqual([200, 0]);
    const ready = await stage.call(get('/readyz', noToken));
    expect([ready.status, json(ready)]).toEqual([200, { status: 'ready' }]);
    expect(health.headers).not.toHaveProperty('x-powered-by');
    expect((await stage.call(get('/v1/models', noToken))).status).toBe(401);
  });

  it('says why it is not ready', async () => {
    const stage = await openStage(() => {}, {
      readiness: () => ({ ready: false, reason: 'no\u001b[31m login\n' }),
    });
    const ready = await stage.call(get('/readyz'));
    expect([ready.status, json(ready)]).toEqual([503, { status: 'not_ready', reason: 'no login' }]);
  });

  it('lists the models that it serves, and one by any of its names', async () => {
    const stage = await refusing();
    const list = json(await stage.call(get('/v1/models?limit=1000'))) as { data: { id: string }[] };
    expect(list.data.map(({ id }) => id)).toEqual(['portal/m-1']);
    for (const path of ['/v1/models/portal/m-1', '/v1/models/portal%2Fm-1', '/v1/models/m-1']) {
      expect(json(await stage.call(get(path)))).toMatchObject({ id: 'portal/m-1', display_name: 'M-1' });
    }
    const unknown = await stage.call(get('/v1/models/nothing'));
    expect([unknown.status, errorIn(unknown).type]).toEqual([404, 'not_found_error']);
  });

  it.each([
    ['GET', '/nothing', 404],
    ['POST', '/v1/messages/batches', 404],
    ['POST', '/v1/batches', 404],
    ['GET', '/v1/messages', 405],
    ['PUT', '/v1/messages/count_tokens', 405],
    ['POST', '/v1/models', 405],
    ['OPTIONS', '/v1/messages', 405],
    ['GET', '/v1/models/%', 400],
  ])('%s %s: %i', async (method, path, status) => {
    const stage = await refusing();
    const answer = await stage.call({ method, path });
    expect(answer.status).toBe(status);
    expect(errorIn(answer).requestId).toBe(answer.headers['request-id']);
    expect('allow' in answer.headers).toBe(status === 405);
    expect(stage.resolver.asked).toEqual([]);
  });

  it('answers headers that are too large, and bytes that are no HTTP, in the same shape', async () => {
    const stage = await refusing();
    const large = await stage.connect();
    large.write(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(33 * 1024)}\r\n\r\n`);
    const answer = await text(large);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(answer).toContain('"type":"invalid_request_error"');
    const noise = await stage.connect();
    noise.write('what is this\r\n\r\n');
    expect(await text(noise)).toMatch(/^HTTP\/1.1 400 [^]*"request_id":"req_/);
  });

  it('closes a client that never finishes its header', async () => {
    const stage = await openStage(() => {}, {
      limits: { clientHeadersTimeoutMs: 50, clientRequestTimeoutMs: 100, clientCheckIntervalMs: 20 },
    });
    const slow = await stage.connect();
    slow.write('POST /v1/messages HTTP/1.1\r\nhost: ');
    const [data] = (await once(slow, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1.1 408 /);
  });
});
