// The process under test: the whole gateway, or the plainest pass-through that node:http and undici make.
// Arguments: `gateway` or `pass-through`, the upstream's port. Says its own port by IPC, and its CPU time when asked.
import { openSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devNull } from 'node:os';
import { Pool } from 'undici';
import type { Lease, Resolver } from '../src/auth/lease.ts';
import { createGateway } from '../src/gateway/server.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createPinoLog } from '../src/platform/pino-log.ts';
import { systemRandom } from '../src/platform/random.ts';
import { Secret } from '../src/platform/secret.ts';
import type { Catalogue, ModelRoute } from '../src/providers/model-route.ts';

const [kind, upstreamPort] = process.argv.slice(2);
const origin = `http://127.0.0.1:${upstreamPort}`;
const port = kind === 'gateway' ? await startGateway() : await startPassThrough();

process.on('message', () => {
  process.send?.({ cpu: process.cpuUsage(), rss: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });

async function startGateway(): Promise<number> {
  const route: ModelRoute = {
    provider: 'bench',
    modelId: 'bench-model',
    ref: 'bench/bench-model',
    api: 'anthropic-messages',
    definition: {
      id: 'bench-model',
      name: 'Bench',
      reasoning: false,
      input: ['text'],
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
      contextWindow: 1_000,
      maxTokens: 1_000,
    },
  };
  const routes = new Map([['bench-model', route]]);
  const catalogue: Catalogue = {
    find(name) {
      const found = routes.get(name);
      if (found === undefined) throw new Error(`no such model: ${name}`);
      return found;
    },
    list: () => [route],
  };
  const headers = { authorization: 'Bearer upstream-token', 'x-api-key': 'upstream-token' };
  const lease: Lease = {
    profileId: 'bench:default',
    provider: 'bench',
    baseUrl: `${origin}/anthropic`,
    headers,
    generation: 1,
    report: () => {},
  };
  const resolver: Resolver = { lease: () => lease };
  const gateway = createGateway({
    resolver,
    catalogue,
    token: new Secret('bench-token'),
    log: createPinoLog({ destination: openSync(devNull, 'w') }),
    clock: systemClock,
    random: systemRandom,
    env: {},
  });
  const listening = await gateway.listen({ host: '127.0.0.1', port: 0 });
  return listening.port;
}

/** What one would write first: stream the body up, stream the answer down, one pool. No guard, no lease, no log. */
async function startPassThrough(): Promise<number> {
  const pool = new Pool(origin, { connections: null, pipelining: 1 });
  const server = createServer((request, response) => passThrough(pool, request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return (server.address() as AddressInfo).port;
}

const hopByHop = new Set([
  'connection',
  'host',
  'keep-alive',
  'transfer-encoding',
  'expect',
  'content-length',
]);

function passThrough(pool: Pool, request: IncomingMessage, response: ServerResponse): void {
  const headers: string[] = [];
  for (const [name, value] of Object.entries(request.headers)) {
    if (!hopByHop.has(name) || name === 'content-length') headers.push(name, String(value));
  }
  let resumeUpstream: (() => void) | undefined;
  response.on('drain', () => resumeUpstream?.());
  pool.dispatch(
    { path: `/anthropic${request.url ?? ''}`, method: 'POST', headers, body: request },
    {
      onConnect(abort) {
        response.on('close', () => abort());
      },
      onHeaders(status, raw, resume) {
        resumeUpstream = resume;
        const passed: string[] = [];
        for (let index = 0; index + 1 < raw.length; index += 2) {
          const name = String(raw[index]).toLowerCase();
          if (!hopByHop.has(name) || name === 'content-length') passed.push(name, String(raw[index + 1]));
        }
        response.writeHead(status, passed);
        return true;
      },
      onData: (chunk) => response.write(chunk),
      onComplete() {
        response.end();
      },
      onError() {
        response.destroy();
      },
    },
  );
}
