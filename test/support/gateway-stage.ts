// A gateway between a client and an upstream, all real sockets on loopback, closed when the test is over.
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type Agent,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import { createGateway, type Gateway, type GatewayDeps } from '../../src/gateway/server.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { LogFields } from '../../src/platform/log.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createFakeCatalogue } from './fake-catalogue.ts';
import { createFakeRandom } from './fake-random.ts';
import { createFakeResolver, type FakeResolver } from './fake-resolver.ts';

export const gatewayToken = 'gateway-token';

export type Call = {
  method?: string;
  path?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
  agent?: Agent;
};

export type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer };

export type Stage = {
  gateway: Gateway;
  port: number;
  resolver: FakeResolver;
  upstream: Server;
  log: { event: string; fields: LogFields }[];
  /** Resolves with the answer's header; the body is still to be read. */
  open(call?: Call): Promise<IncomingMessage>;
  call(call?: Call): Promise<Answer>;
  /** A bare connection to the gateway. */
  connect(): Promise<Socket>;
};

export const message = (model = 'm-1', content = 'hello'): string =>
  JSON.stringify({ model, max_tokens: 16, messages: [{ role: 'user', content }] });

export async function startUpstream(onRequest: RequestListener): Promise<{ server: Server; url: string }> {
  const server = createServer(onRequest);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

export async function openStage(
  onRequest: RequestListener,
  changes: Partial<GatewayDeps> = {},
): Promise<Stage> {
  const { server: upstream, url } = await startUpstream(onRequest);
  const resolver = createFakeResolver(`${url}/anthropic`);
  const log: Stage['log'] = [];
  const note = (event: string, fields: LogFields = {}): void => void log.push({ event, fields });
  const gateway = createGateway({
    resolver,
    catalogue: createFakeCatalogue(),
    token: new Secret(gatewayToken),
    log: { debug: note, info: note, warn: note, error: note },
    clock: systemClock,
    random: createFakeRandom(),
    env: {},
    ...changes,
  });
  const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => gateway.close());

  const open = async (call: Call = {}): Promise<IncomingMessage> => {
    const { method = 'POST', path = '/v1/messages', headers = {}, body = message(), agent } = call;
    const request = httpRequest({
      host: '127.0.0.1',
      port,
      method,
      path,
      headers: { 'x-api-key': gatewayToken, 'content-type': 'application/json', ...headers },
      agent: agent ?? false,
    });
    request.end(method === 'POST' ? body : undefined);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    // An answer that came early ends the rest of the upload; what became of the answer shows in itself.
    request.on('error', () => {});
    return answer;
  };

  return {
    gateway,
    port,
    resolver,
    upstream,
    log,
    open,
    async call(call) {
      const answer = await open(call);
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
    },
    async connect() {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      onTestFinished(() => void socket.destroy());
      return socket;
    },
  };
}

/** What an error body says, in Anthropic's shape. */
export function errorIn(answer: Answer): { type: string; message: string; requestId: string } {
  const body = JSON.parse(answer.body.toString()) as {
    type: string;
    error: { type: string; message: string };
    request_id: string;
  };
  if (body.type !== 'error') throw new Error(`not an error body: ${answer.body.toString()}`);
  return { ...body.error, requestId: body.request_id };
}
