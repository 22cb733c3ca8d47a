// The gateway as a whole: one HTTP server on loopback whose hot paths go straight to the exchange and all else to the
// routes. It decides how the server starts, counts and stops; what is served lies in the parts it puts together.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { Resolver } from '../auth/lease.ts';
import { isOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { Secret } from '../platform/secret.ts';
import type { Catalogue } from '../providers/model-route.ts';
import { createAuthorityCheck } from './authority.ts';
import { apiAt, protocolFor } from './api-paths.ts';
import { answerClientFault } from './client-fault.ts';
import { limitConnections } from './connection-limit.ts';
import { createExchange } from './exchange.ts';
import { createGuard, type Guard } from './guard.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { listenOn, listenOnInherited, type ListenAddress } from './listen.ts';
import type { Ledger } from './ledger.ts';
import { noMetrics, type Metrics } from './metrics.ts';
import { metricsPage, watchProcess, type ProcessFigures, type ProfileFigures } from './metrics-page.ts';
import { refuse, refuseUpload } from './refusal.ts';
import { watchConnections } from './open-connections.ts';
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
  /** Names that a request may give as Host beside the gateway's own: `name`, or `name:port`. */
  hostNames?: readonly string[];
  /** What the gateway's parts count into; without it `/metrics` has only what is so at the moment. */
  metrics?: Metrics;
  /** Counts what each request used. */
  ledger?: Pick<Ledger, 'note'>;
  /** The logins, for `/metrics`. */
  profileFigures?: () => readonly ProfileFigures[];
};

export type Gateway = {
  /**
   * Errors: PORT_IN_USE, PORT_REFUSED. Port 0 takes any free one. `inherited` is a socket that already listens at that
   * address.
   */
  listen(address: ListenAddress, inherited?: NetServer): Promise<{ port: number }>;
  /** The socket that it listens on, for the process that goes on with it; undefined while there is none. */
  listener(): NetServer | undefined;
  /** undefined before `listen` and after the end. */
  address(): ListenAddress | undefined;
  /**
   * Accepts no new connection, answers what is running and what still arrives on open connections, then closes.
   * What runs longer than `timeoutMs` is cut: resolves with the number of those.
   */
  drain(timeoutMs: number): Promise<number>;
  /**
   * The same where another process goes on with the socket: open connections are told to close with their next answer
   * and left alone until then, for a client may be sending on them.
   */
  handOver(timeoutMs: number): Promise<number>;
  /** What clients have to send from now on; for after `listen`. */
  setToken(token: Secret): void;
  /** Ends at once. */
  close(): Promise<void>;
  activeRequests(): number;
};

export function createGateway(deps: GatewayDeps): Gateway {
  const { clock, log } = deps;
  const limits: GatewayLimits = { ...defaultLimits, ...deps.limits };
  const upstream = createUpstream(deps.env, limits);
  const requestId = createRequestIds(deps.random);
  const metrics = deps.metrics ?? noMetrics;
  let ownProcess: ProcessFigures | undefined;
  let guard: Guard | undefined;
  let bound: ListenAddress | undefined;
  let active = 0;
  let draining = false;
  let handedOver = false;
  let whenIdle: (() => void) | undefined;

  const exchange = createExchange({ ...deps, upstream, limits });
  const routes = createRoutes({
    catalogue: deps.catalogue,
    readiness: () =>
      draining ? { ready: false, reason: 'draining' } : (deps.readiness?.() ?? { ready: true }),
    activeRequests: () => active,
    requestId,
    metricsText: () =>
      metricsPage(
        metrics,
        { nowMs: clock.nowMs(), activeRequests: active, profiles: deps.profileFigures?.() ?? [] },
        (ownProcess ??= watchProcess()),
      ),
  });

  const onClose = (): void => {
    active -= 1;
    if (active === 0) whenIdle?.();
  };

  const serve = (request: IncomingMessage, response: ServerResponse, mustContinue: boolean): void => {
    active += 1;
    response.once('close', onClose);
    if (draining || handedOver) response.shouldKeepAlive = false;
    const target = guard?.admit(request);
    if (target === undefined || isOpenClawError(target)) {
      if (target !== undefined) metrics.refused(target.code);
      const protocol = protocolFor(request.url ?? '', request.headers);
      if (target?.code === 'GATEWAY_LIMITED') {
        // Each further guess costs a connection. Client libraries would try a 429 again by themselves.
        const noRetry = ['x-should-retry', 'false'];
        refuseUpload(request, response, protocol, target, requestId(), clock, limits.lingerMs, noRetry);
      } else refuse(response, protocol, target, requestId());
      return;
    }
    const api = request.method === 'POST' ? apiAt(target) : undefined;
    if (api !== undefined) {
      exchange(request, response, api, target, requestId(), mustContinue);
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
  limitConnections(server, limits, log, clock);
  const connections = watchConnections(server);
  server.on('clientError', (error, socket) => answerClientFault(error, socket, requestId()));

  const shut = async (): Promise<void> => {
    bound = undefined;
    ownProcess?.stop();
    ownProcess = undefined;
    if (server.listening) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    } else server.closeAllConnections();
    await upstream.close();
  };

  return {
    async listen(address, inherited) {
      const port = await (inherited === undefined
        ? listenOn(server, address)
        : listenOnInherited(server, inherited, address.host));
      const isOwn = createAuthorityCheck({ ...address, port }, deps.hostNames);
      guard = createGuard({ token: deps.token, isOwn, log, clock });
      bound = { ...address, port };
      log.info('gateway listening', { host: address.host, port });
      return { port };
    },
    address: () => bound,
    listener: () => (server.listening ? server : undefined),
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
      const cut = active;
      if (cut > 0) log.warn('gateway cut requests', { active: cut });
      await shut();
      return cut;
    },
    async handOver(timeoutMs) {
      handedOver = true;
      log.info('gateway handed over', { active });
      await new Promise<void>((resolve) => {
        const cancel = clock.setTimer(resolve, timeoutMs);
        const done = (): void => {
          cancel();
          resolve();
        };
        // HTTP's own close ends idle connections at once, under a request that is on its way; this one waits for them.
        NetServer.prototype.close.call(server);
        connections.whenNone(done);
      });
      const cut = active;
      if (cut > 0) log.warn('gateway cut requests', { active: cut });
      await shut();
      return cut;
    },
    setToken: (token) => guard?.setToken(token),
    close: shut,
    activeRequests: () => active,
  };
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
