// Everything that the gateway serves beside the hot paths: probes, the model list, and what to say of any other path.
// Requests come here admitted; none of them costs an upstream call.
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { isOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { Catalogue, ModelRoute } from '../providers/model-route.ts';
import { modelInfo, modelList, type ListedModel } from '../wire/anthropic.ts';
import { refuse, refuseStatus } from './refusal.ts';

/** `reason` is shown to anyone on this machine: no secrets. */
export type Readiness = { ready: boolean; reason?: string };

export type RoutesDeps = {
  catalogue: Catalogue;
  readiness: () => Readiness;
  requestId: () => string;
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
    refuseStatus(response, 405, cleanText(message), deps.requestId(), ['allow', allowed]);
  };

  app.use((_request, response, next) => {
    response.setHeader('cache-control', 'no-store');
    next();
  });

  reading('/', (_request, response) => {
    response.json({ status: 'ok', service: serviceName });
  });
  reading('/healthz', (_request, response) => {
    response.json({ status: 'ok', service: serviceName });
  });
  reading('/readyz', (_request, response) => {
    const { ready, reason } = deps.readiness();
    const shown = reason === undefined ? {} : { reason: cleanText(reason) };
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', ...shown });
  });
  reading('/v1/models', (_request, response) => {
    response.json(modelList(deps.catalogue.list().filter(isServed).map(listed)));
  });
  // A ref has a slash in it, encoded or not.
  reading('/v1/models/*name', (request, response) => {
    const { name } = request.params as { name?: string | string[] };
    const route = deps.catalogue.find(Array.isArray(name) ? name.join('/') : (name ?? ''));
    response.json(modelInfo(listed(route)));
  });

  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    app.all(path, (request, response) => refuseMethod(request, response, 'POST'));
  }

  app.use((request: Request, response: Response) => {
    const message = `There is nothing at ${request.path}: this gateway serves /v1/messages, /v1/messages/count_tokens and /v1/models.`;
    refuseStatus(response, 404, cleanText(message), deps.requestId());
  });

  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    if (isOpenClawError(error)) refuse(response, error, deps.requestId());
    else if (isBadPath(error)) {
      refuseStatus(response, 400, 'The path is not valid percent-encoding.', deps.requestId());
    } else refuse(response, error, deps.requestId());
    request.resume();
  });

  return app;
}

function isServed(route: ModelRoute): boolean {
  return route.api === 'anthropic-messages';
}

function listed(route: ModelRoute): ListedModel {
  return { id: route.ref, displayName: route.definition.name };
}

/** The router's error for a path such as `/%`. */
function isBadPath(error: unknown): boolean {
  return error instanceof URIError;
}
