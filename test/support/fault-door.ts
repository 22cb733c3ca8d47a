// A door in front of any server: passes requests on, but answers the next ones of a kind with a fault on the wire. What
// happens before a connection stands (names, refusals, proxies) is played by a Fetch that goes astray.
import { createServer, request as sendOn, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { createFetch, type Fetch } from '../../src/platform/fetch.ts';

export const wireFaults = [
  'reset',
  '503',
  '503 with Retry-After',
  '429',
  'captive portal, a page',
  'captive portal, a redirect',
  'garbage JSON',
  'cut body',
  'dripping body',
  'hang',
  'gzip bomb',
  'slow_down',
  'wrong Date',
] as const;
export const astrayFaults = ['DNS failure', 'refused connection', 'dead proxy'] as const;
export type WireFault = (typeof wireFaults)[number];
export type AstrayFault = (typeof astrayFaults)[number];
export type DoorFault = WireFault | AstrayFault;

export type FaultDoor = {
  url: string;
  /** To be used by the client: faults before a connection stands are met here. */
  fetch: Fetch;
  /** The next `times` requests whose path contains `path` meet `fault`. */
  add(path: string, fault: DoorFault, times: number): void;
  /** How many faults nobody has met yet. */
  waiting(): number;
  close(): Promise<void>;
};

/** 200 KB that unpack to 200 MB: members of a gzip file may follow one another. */
const bombMember = gzipSync(Buffer.alloc(10 * 1024 * 1024, ' '));

/** `onStall`: called when a request gets no answer, so that a test's clock can pass on to its deadline. */
export async function openFaultDoor(targetUrl: string, onStall: () => void): Promise<FaultDoor> {
  const queue: { path: string; fault: DoorFault }[] = [];
  const take = (url: string, wanted: readonly string[]): DoorFault | undefined => {
    const index = queue.findIndex(({ path, fault }) => url.includes(path) && wanted.includes(fault));
    return index < 0 ? undefined : queue.splice(index, 1)[0]?.fault;
  };
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      const fault = take(request.url ?? '', wireFaults) as WireFault | undefined;
      if (fault === undefined || fault === 'wrong Date') {
        passOn(targetUrl, request, body, response, fault === 'wrong Date' ? 3_600_000 : 0);
        return;
      }
      play(fault, response, onStall);
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const closedPort = await findClosedPort();
  const direct = createFetch({});
  const throughDeadProxy = createFetch({ http_proxy: `http://user:canary7f3a@127.0.0.1:${closedPort}` });

  const fetch: Fetch = async (target, init) => {
    switch (take(target, astrayFaults)) {
      case 'DNS failure':
        // What Node throws where there is a network but no such name.
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' }),
        });
      case 'refused connection':
        return direct(target.replace(url, `http://127.0.0.1:${closedPort}`), init);
      case 'dead proxy':
        return throughDeadProxy(target, init);
      default:
        return direct(target, init);
    }
  };
  return {
    url,
    // A message names the proxy whenever one applies; here one applies for a while only.
    fetch: Object.assign(fetch, {
      proxyFor: (target: string) =>
        queue.some(({ path, fault }) => fault === 'dead proxy' && target.includes(path))
          ? throughDeadProxy.proxyFor?.(target)
          : undefined,
    }),
    add: (path, fault, times) => void queue.push(...Array.from({ length: times }, () => ({ path, fault }))),
    waiting: () => queue.length,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function play(fault: Exclude<WireFault, 'wrong Date'>, response: ServerResponse, onStall: () => void): void {
  const json = { 'content-type': 'application/json' };
  switch (fault) {
    case 'reset':
      (response.socket as Socket).resetAndDestroy();
      return;
    case '503':
      response.writeHead(503).end('busy');
      return;
    case '503 with Retry-After':
      response.writeHead(503, { 'retry-after': '15' }).end('busy');
      return;
    case '429':
      response.writeHead(429, json).end('{"message":"too many requests"}');
      return;
    case 'captive portal, a page':
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<h1>Hotel Wi-Fi</h1>');
      return;
    case 'captive portal, a redirect':
      response.writeHead(302, { location: 'http://login.hotel.example/?back=x' }).end();
      return;
    case 'garbage JSON':
      response.writeHead(200, json).end('{"status":"succ\u0000');
      return;
    case 'cut body':
      response.writeHead(200, { ...json, 'content-length': '500' });
      response.write('{"status":', () => response.socket?.destroy());
      return;
    case 'dripping body':
      response.writeHead(200, json);
      response.write('{', () => setImmediate(onStall));
      return;
    case 'hang':
      onStall();
      return;
    case 'gzip bomb':
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' });
      response.end(Buffer.concat(Array.from({ length: 20 }, () => bombMember)));
      return;
    case 'slow_down':
      response.writeHead(400, json).end('{"error":"slow_down"}');
      return;
  }
}

function passOn(
  targetUrl: string,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  dateShiftMs: number,
): void {
  const { host } = new URL(targetUrl);
  const sent = sendOn(
    new URL(request.url ?? '/', targetUrl),
    { method: request.method, headers: { ...request.headers, host } },
    (answer) => {
      const shifted = Date.parse(answer.headers.date ?? '') + dateShiftMs;
      const date = dateShiftMs === 0 ? answer.headers.date : new Date(shifted).toUTCString();
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, date });
      answer.pipe(response);
    },
  );
  sent.on('error', () => response.destroy());
  sent.end(body);
}

async function findClosedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
