// Clients that send slowly, too much, or nothing: each is bounded, and none stands in the way of another.
import { once } from 'node:events';
import { createServer, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitConnections } from '../../src/gateway/connection-limit.ts';
import type { LogFields } from '../../src/platform/log.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { gatewayToken, openStage, type Stage } from '../support/gateway-stage.ts';

const quick = { clientHeadersTimeoutMs: 60, clientRequestTimeoutMs: 120, clientCheckIntervalMs: 20 };
const statusOf = (answer: string): string | undefined => /^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1];

const openAnswering = (limits: Parameters<typeof openStage>[1] = { limits: quick }): Promise<Stage> =>
  openStage((_request, response) => void response.end('{}'), limits);

describe('slow clients', () => {
  it('a header that comes byte by byte is cut off at its time, however often a byte comes', async () => {
    const stage = await openAnswering();
    const socket = await stage.connect();
    socket.write('POST /v1/messages HTTP/1.1\r\nhost: x\r\nx: ');
    const drip = setInterval(() => socket.write('y'), 5);
    onTestFinished(() => clearInterval(drip));
    socket.on('error', () => {});
    const answer = await text(socket);
    expect(statusOf(answer)).toBe('408');
  });

  it.each([
    ['with a length', 'content-length: 100000', 'x'],
    ['in chunks', 'transfer-encoding: chunked', '1\r\nx\r\n'],
  ])(
    'a body that comes byte by byte %s is cut off at its time, and no upstream asked',
    async (_name, header, piece) => {
      const stage = await openAnswering();
      const socket = await stage.connect();
      socket.write(
        `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nx-api-key: ${gatewayToken}\r\n${header}\r\n\r\n`,
      );
      const drip = setInterval(() => socket.write(piece), 5);
      onTestFinished(() => clearInterval(drip));
      socket.on('error', () => {});
      expect(statusOf(await text(socket))).toBe('408');
      expect(stage.resolver.asked).toEqual([]);
    },
  );

  it('a connection on which nothing comes is closed, and many of them hinder nobody', async () => {
    const stage = await openAnswering();
    const silent = await Promise.all(Array.from({ length: 200 }, () => stage.connect()));
    expect((await stage.call()).status).toBe(200);
    await Promise.all(silent.map((socket) => once(socket.resume(), 'close')));
    expect((await stage.call()).status).toBe(200);
  });

  it('a connection that is idle after its request is closed', async () => {
    const stage = await openAnswering({ limits: { ...quick, clientKeepAliveTimeoutMs: 30 } });
    const socket = await stage.connect();
    socket.write(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\n\r\n`);
    expect(statusOf(await text(socket))).toBe('200');
  });
});

describe('headers', () => {
  it.each([
    [31, '200'],
    [33, '431'],
  ])('of %i KiB: %s', async (kibibytes, status) => {
    const stage = await openAnswering({});
    const socket = await stage.connect();
    const large = 'y'.repeat(kibibytes * 1024);
    socket.write(
      `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nconnection: close\r\nx: ${large}\r\n\r\n`,
    );
    expect(statusOf(await text(socket))).toBe(status);
  });
});

describe('connections', () => {
  it('over the limit are closed at once, and those that are open go on', async () => {
    const stage = await openAnswering({ limits: { maxConnections: 2 } });
    const [first] = await Promise.all([stage.connect(), stage.connect()]);
    const third = await stage.connect();
    expect(await text(third)).toBe('');
    first?.write(`GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${stage.port}\r\nconnection: close\r\n\r\n`);
    expect(first && statusOf(await text(first))).toBe('200');
    expect(stage.log.filter(({ event }) => event === 'connections dropped')).toHaveLength(1);
  });

  it('of one other machine are so many at most; a network of IPv6 is one', async () => {
    const server = createServer();
    const clock = createFakeClock();
    const lines: LogFields[] = [];
    const note = (_event: string, fields: LogFields = {}): void => void lines.push(fields);
    const log = { debug: note, info: note, warn: note, error: note };
    limitConnections(server, { maxConnections: 100, maxConnectionsOfAddress: 2 }, log, clock);
    const comesFrom = (address: string): Socket => {
      const socket = new Socket();
      Object.defineProperty(socket, 'remoteAddress', { value: address });
      server.emit('connection', socket);
      return socket;
    };
    const kept = (addresses: readonly string[]): boolean[] =>
      addresses.map((address) => !comesFrom(address).destroyed);

    const first = comesFrom('192.0.2.1');
    expect(kept(['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2'])).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(kept(['2001:db8::1', '2001:db8::2', '2001:db8::3', '2001:db8:0:1::1'])).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(kept(['127.0.0.1', '127.0.0.1', '127.0.0.1', '::1', '::1', '::1'])).not.toContain(false);
    first.destroy();
    await once(first, 'close');
    expect(kept(['192.0.2.1', '192.0.2.1'])).toEqual([true, false]);
    expect(lines).toEqual([{ dropped: 1, address: '192.0.2.1' }]);
    await clock.advance(60_000);
    comesFrom('192.0.2.1');
    expect(lines.at(-1)).toEqual({ dropped: 4, address: '192.0.2.1' });
  });
});
