// An HTTP proxy on loopback that keeps what it was asked, and leads CONNECT for the hosts it knows to where the test says.
import { createServer, request as sendOn, type IncomingHttpHeaders } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';

export type ProxyRequest = { method: string; target: string; headers: IncomingHttpHeaders };
export type RecordingProxy = {
  /** `127.0.0.1:port`. */
  host: string;
  port: number;
  seen: ProxyRequest[];
  close(): Promise<void>;
};

export type ProxyOptions = {
  /** `account.minimax.io:443` -> the loopback port that answers in its place. */
  routes?: Readonly<Record<string, number>>;
  /** Answers everything with this status. */
  refuseWith?: number;
  /** Takes connections and never answers. */
  isSilent?: boolean;
};

export async function startRecordingProxy(options: ProxyOptions = {}): Promise<RecordingProxy> {
  const { routes = {}, refuseWith, isSilent } = options;
  const seen: ProxyRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    seen.push({ method, target, headers });
    if (isSilent === true) return;
    const place = URL.parse(target);
    const isKnown = place?.hostname === '127.0.0.1' || place?.hostname === '[::1]';
    if (refuseWith !== undefined || place === null || !isKnown) {
      response.writeHead(refuseWith ?? 502).end('{"from":"the proxy"}');
      return;
    }
    const sent = sendOn(place, { method, headers: { ...headers, host: place.host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    sent.on('error', () => response.destroy());
    request.pipe(sent);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? '';
    seen.push({ method: 'CONNECT', target, headers: request.headers });
    if (isSilent === true) return;
    // Whatever is on loopback may be reached as it is; everything else only where the test leads it.
    const port = routes[target] ?? (target.startsWith('127.0.0.1:') ? Number(target.slice(10)) : undefined);
    if (refuseWith !== undefined || port === undefined) {
      client.end(`HTTP/1.1 ${refuseWith ?? 502} Refused\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
