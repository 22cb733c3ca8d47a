// How a gateway starts, what it says when it cannot, and how it stops without losing a request.
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { createGateway } from '../../src/gateway/server.ts';
import { silentLog } from '../../src/platform/log.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeCatalogue } from '../support/fake-catalogue.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { createFakeResolver } from '../support/fake-resolver.ts';
import { openStage, type Stage } from '../support/gateway-stage.ts';

const bare = () =>
  createGateway({
    resolver: createFakeResolver('http://127.0.0.1:1'),
    catalogue: createFakeCatalogue(),
    token: new Secret('t'),
    log: silentLog,
    clock: createFakeClock(),
    random: createFakeRandom(),
    env: {},
  });

async function failure(port: number): Promise<OpenClawError> {
  return bare()
    .listen({ host: '127.0.0.1', port })
    .then(
      () => expect.unreachable('the port was free'),
      (error: unknown) => error as OpenClawError,
    );
}

describe('listen', () => {
  it('says that another gateway has the port', async () => {
    const stage = await openStage(() => {});
    const error = await failure(stage.port);
    expect(error).toMatchObject({
      code: 'PORT_IN_USE',
      data: { port: stage.port, nextPort: stage.port + 1 },
    });
    expect(error.message).toBe(`An openclaw gateway already answers on port ${stage.port}`);
    expect(error.remedy).toContain(`--port ${stage.port + 1}`);
  });

  it.each([
    ['an HTTP server', () => createServer((_request, response) => void response.end('{"service":"other"}'))],
    ['something else', () => createTcpServer((socket) => void socket.end('hello'))],
  ])('says that %s has it', async (_name, create) => {
    const other = create();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const error = await failure((other.address() as AddressInfo).port);
    expect([error.code, error.message]).toEqual(['PORT_IN_USE', expect.stringContaining('Another program')]);
  });

  it('listens on 127.0.0.1 alone and gives its address', async () => {
    const gateway = bare();
    expect(gateway.address()).toBeUndefined();
    const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
    expect(gateway.address()).toEqual({ host: '127.0.0.1', port });
    await gateway.close();
    expect(gateway.address()).toBeUndefined();
    await gateway.close();
  });
});

type Held = { stage: Stage; running: Promise<IncomingMessage>; upstream: ServerResponse };

/** A stage with one request that waits for its upstream. */
async function withRunning(changes: Parameters<typeof openStage>[1] = {}): Promise<Held> {
  let arrived: (response: ServerResponse) => void = () => {};
  const upstream = new Promise<ServerResponse>((resolve) => {
    arrived = resolve;
  });
  const stage = await openStage((_request, response) => arrived(response), changes);
  const running = stage.open();
  return { stage, running, upstream: await upstream };
}

describe('drain', () => {
  it('finishes what runs, refuses new connections, then ends', async () => {
    const { stage, running, upstream } = await withRunning();
    upstream.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    const answer = await running;
    let drained = false;
    const drain = stage.gateway.drain(60_000).then(() => {
      drained = true;
    });
    await expect(stage.call()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect([drained, stage.gateway.activeRequests()]).toEqual([false, 1]);
    upstream.end('data: 2\n\n');
    expect(await text(answer)).toBe('data: 1\n\ndata: 2\n\n');
    await drain;
    expect(stage.gateway.address()).toBeUndefined();
  });

  it('is not held up by idle connections, and answers on an open one that it is leaving', async () => {
    const { stage, running, upstream } = await withRunning();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const health = { method: 'GET', path: '/readyz', agent };
    expect((await stage.call(health)).status).toBe(200);
    const socket = await stage.connect();
    socket.write(`GET /readyz HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx: `);
    // The half-written request has arrived when a later one has been answered.
    expect((await stage.call(health)).status).toBe(200);
    const drain = stage.gateway.drain(60_000);
    socket.write('y\r\n\r\n');
    const late = await text(socket);
    expect(late).toMatch(/^HTTP\/1\.1 503 /);
    expect(late).toMatch(/connection: close/i);
    expect(late).toContain('"reason":"draining"');
    upstream.end('{}');
    expect(await text(await running)).toBe('{}');
    await drain;
    agent.destroy();
  });

  it('cuts what runs longer than it may', async () => {
    const clock = createFakeClock();
    const { stage, running, upstream } = await withRunning({ clock });
    upstream.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    const answer = await running;
    const drain = stage.gateway.drain(5_000);
    const cut = expect(text(answer)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await clock.advance(5_000);
    await drain;
    await cut;
    expect(stage.log.some(({ event }) => event === 'gateway cut requests')).toBe(true);
  });
});
