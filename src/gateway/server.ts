// The gateway as a whole: one HTTP server on loopback whose hot paths go straight to the exchange and all else to the
// routes. It decides how the server starts, counts and stops; what is served lies in the parts it puts together.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Resolver } from '../auth/lease.ts';
import { isOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Secret } from '../platform/secret.ts';
import type { Catalogue } from '../providers/model-route.ts';
import { answerClientFault } from './client-fault.ts';
import { createExchange } from './exchange.ts';
import { createGuard, type Guard } from './guard.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { listenOn, type ListenAddress } from './listen.ts';
import { refuse } from './refusal.ts';
import { createRoutes, type Readiness } from './routes.ts';
import { createUpstream } from './upstream.ts';

export type GatewayDeps = {
  resolver: Resolver;
  catalogue: Catalogue;
  /** What clients must send as Bearer or x-api-key. */
  token: Secret;
  log: Log;
  clock: Clock;
  random: Random;
  /** For HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  env: Env;
  readiness?: () => Readiness;
  limits?: Partial<GatewayLimits>;
};

export type Gateway = {
  /** Errors: PORT_IN_USE, PORT_REFUSED. Port 0 takes any free one. */
  listen(address: ListenAddress): Promise<{ port: number }>;
  /** undefined before `listen` and after the end. */
  address(): ListenAddress | undefined;
  /**
   * Accepts no new connection, answers what is running and what still arrives on open connections, then closes.
   * What runs longer than `timeoutMs` is cut.
   */
  drain(timeoutMs: number): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
  activeRequests(): number;
};

export function createGateway(deps: GatewayDeps): Gateway {
  const { clock, log } = deps;
  const limits: GatewayLimits = { ...defaultLimits, ...deps.limits };
  const upstream = createUpstream(deps.env, limits);
  const requestId = createRequestIds(deps.random);
  let guard: Guard | undefined;
  let bound: ListenAddress | undefined;
  let active = 0;
  let draining = false;
  let whenIdle: (() => void) | undefined;

  const exchange = createExchange({ ...deps, upstream, limits });
  const routes = createRoutes({
    catalogue: deps.catalogue,
    readiness: () =>
      draining ? { ready: false, reason: 'draining' } : (deps.readiness?.() ?? { ready: true }),
    requestId,
  });

  const onClose = (): void => {
    active -= 1;
    if (active === 0) whenIdle?.();
  };

  const serve = (request: IncomingMessage, response: ServerResponse, mustContinue: boolean): void => {
    active += 1;
    response.once('close', onClose);
    if (draining) response.shouldKeepAlive = false;
    const target = guard?.admit(request);
    if (target === undefined || isOpenClawError(target)) {
      refuse(response, target, requestId());
      return;
    }
    if (request.method === 'POST' && isHotPath(target)) {
      exchange(request, response, target, requestId(), mustContinue);
      return;
    }
    request.url = target;
    routes(request, response);
  };

  const server: Server = createServer(
    {
      noDelay: true,
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.clientHeadersTimeoutMs,
      requestTimeout: limits.clientRequestTimeoutMs,
      keepAliveTimeout: limits.clientKeepAliveTimeoutMs,
      connectionsCheckingInterval: limits.clientCheckIntervalMs,
    },
    (request, response) => serve(request, response, false),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    serve(request, response, true),
  );
  server.on('clientError', (error, socket) => answerClientFault(error, socket, requestId()));

  const shut = async (): Promise<void> => {
    bound = undefined;
    if (server.listening) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    } else server.closeAllConnections();
    await upstream.close();
  };

  return {
    async listen(address) {
      const port = await listenOn(server, address);
      guard = createGuard(deps.token, port);
      bound = { ...address, port };
      log.info('gateway listening', { host: address.host, port });
      return { port };
    },
    address: () => bound,
    async drain(timeoutMs) {
      draining = true;
      log.info('gateway draining', { active });
      server.close();
      server.closeIdleConnections();
      if (active > 0) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimer(resolve, timeoutMs);
          whenIdle = () => {
            cancel();
            resolve();
          };
        });
      }
      if (active > 0) log.warn('gateway cut requests', { active });
      await shut();
    },
    close: shut,
    activeRequests: () => active,
  };
}

function isHotPath(target: string): boolean {
  if (!target.startsWith('/v1/messages')) return false;
  const query = target.indexOf('?');
  const path = query === -1 ? target : target.slice(0, query);
  return path === '/v1/messages' || path === '/v1/messages/count_tokens';
}

/** Unlike any of another gateway process, and cheap. */
function createRequestIds(random: Random): () => string {
  const prefix = `req_${random.bytes(9).toString('hex')}`;
  let count = 0;
  return () => {
    count += 1;
    return prefix + count.toString(36).padStart(6, '0');
  };
}
