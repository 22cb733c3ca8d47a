// Everything that the gateway serves beside the hot paths: probes, the model list, and what to say of any other path, in
// the words of the API that the path or the client is of.
// Requests come here admitted; none of them costs an upstream call.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { cleanText } from '../platform/text.ts';
import { isServedBy, type Catalogue, type ModelRoute } from '../providers/model-route.ts';
import type { ListedModel, Protocol } from '../wire/protocol.ts';
import { apiPaths, protocolFor } from './api-paths.ts';
import { servedElsewhere } from './model-plan.ts';
import { expositionContentType } from './exposition.ts';
import { refuse, refuseStatus } from './refusal.ts';

/** `reason` is shown to anyone on this machine: no secrets. */
export type Readiness = { ready: boolean; reason?: string };

export type RoutesDeps = {
  catalogue: Catalogue;
  readiness: () => Readiness;
  activeRequests: () => number;
  requestId: () => string;
  /** The page of figures for Prometheus. */
  metricsText: () => string;
};

/** What `GET /healthz` says, and how another openclaw process recognises a gateway. */
export const serviceName = 'openclaw-gateway';

export function createRoutes(deps: RoutesDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');

  const reading = (path: string, answer: (request: Request, response: Response) => void): void => {
    app
      .route(path)
      .get(answer)
      .all((request, response) => refuseMethod(request, response, 'GET, HEAD'));
  };
  const refuseMethod = (request: Request, response: Response, allowed: string): void => {
    const message = `${request.path} answers ${allowed} and not ${request.method}.`;
    refuseStatus(response, protocolOf(request), 405, cleanText(message), deps.requestId(), [
      'allow',
      allowed,
    ]);
  };

  app.use((_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });

  reading('/', (_request, response) => {
    response.json({ status: 'ok', service: serviceName });
  });
  reading('/healthz', (_request, response) => {
    // Without the one that asks.
    response.json({ status: 'ok', service: serviceName, active_requests: deps.activeRequests() - 1 });
  });
  // It listens only when all is loaded: whoever gets an answer has the one that is meant.
  reading('/startupz', (_request, response) => {
    response.json({ status: 'started' });
  });
  reading('/readyz', (_request, response) => {
    const { ready, reason } = deps.readiness();
    const shown = reason === undefined ? {} : { reason: cleanText(reason) };
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', ...shown });
  });
  reading('/metrics', (_request, response) => {
    response.set('content-type', expositionContentType).send(deps.metricsText());
  });
  reading('/v1/models', (request, response) => {
    const protocol = protocolOf(request);
    const models = deps.catalogue.list().filter((route) => canAsk(protocol, route));
    response.json(protocol.modelList(models.map(listed)));
  });
  // A ref has a slash in it, encoded or not.
  reading('/v1/models/*name', (request, response) => {
    const { name } = request.params as { name?: string | string[] };
    const route = deps.catalogue.find(Array.isArray(name) ? name.join('/') : (name ?? ''));
    const protocol = protocolOf(request);
    if (!canAsk(protocol, route)) throw servedElsewhere(route, protocol);
    response.json(protocol.modelInfo(listed(route)));
  });

  for (const path of apiPaths) {
    app.all(path, (request, response) => refuseMethod(request, response, 'POST'));
  }

  app.use((request: Request, response: Response) => {
    const message = `There is nothing at ${request.path}: this gateway serves ${apiPaths.join(', ')} and /v1/models.`;
    refuseStatus(response, protocolOf(request), 404, cleanText(message), deps.requestId());
  });

  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const protocol = protocolOf(request);
    if (isBadPath(error)) {
      refuseStatus(response, protocol, 400, 'The path is not valid percent-encoding.', deps.requestId());
    } else refuse(response, protocol, error, deps.requestId());
    request.resume();
  });

  return app;
}

function protocolOf(request: Request): Protocol {
  return protocolFor(request.path, request.headers);
}

/** Clients of OpenAI choose between its two APIs, so that both belong into their list; a model of neither is no help. */
function canAsk({ api }: Protocol, route: ModelRoute): boolean {
  if (api === 'anthropic-messages') return isServedBy(route, api);
  return isServedBy(route, 'openai-completions') || isServedBy(route, 'openai-responses');
}

function listed({ ref, definition, provider, api }: ModelRoute): ListedModel {
  return { id: ref, displayName: definition.name, provider, api };
}

/** The router's error for a path such as `/%`. */
function isBadPath(error: unknown): boolean {
  return error instanceof URIError;
}
