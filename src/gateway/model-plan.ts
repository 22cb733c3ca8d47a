// Works out from a request's body which model it asks for, whether that is served by the API of the request, and what
// body the upstreams are to get.
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { isServedBy, type Catalogue, type ModelRoute } from '../providers/model-route.ts';
import type { Protocol } from '../wire/protocol.ts';
import { pathOfApi } from './api-paths.ts';
import { findModel, findModelAhead, type ModelField } from '../wire/model-field.ts';
import { createReplayBody, type ReplayBody } from './replay-body.ts';

export type ModelPlan = {
  readonly route: ModelRoute;
  readonly body: ReplayBody;
};

/** Errors: REQUEST_INVALID, and those of Catalogue.find. */
export function planModel(pieces: readonly Buffer[], catalogue: Catalogue, protocol: Protocol): ModelPlan {
  const ahead = findModelAhead(pieces);
  const body = ahead === undefined ? [Buffer.concat(pieces)] : pieces;
  const field = ahead ?? findModel(body[0] ?? empty);
  if (field.kind !== 'found') {
    throw new OpenClawError({ code: 'REQUEST_INVALID', message: faults[field.kind] });
  }
  const route = catalogue.find(field.value);
  if (!isServedBy(route, protocol.api)) throw servedElsewhere(route, protocol);
  return { route, body: createReplayBody(body, field) };
}

/** The response header that names the model that answers, as name and value. */
export function modelHeader({ ref }: ModelRoute): readonly [string, string] {
  return ['x-openclaw-model', headerValue(ref)];
}

/** REQUEST_INVALID: the model is there, and at another path. */
export function servedElsewhere(route: ModelRoute, protocol: Protocol): OpenClawError {
  const here = pathOfApi[protocol.api];
  const there = pathOfApi[route.api];
  return new OpenClawError({
    code: 'REQUEST_INVALID',
    message: `${cleanText(route.ref, 120)} is served at ${there} (${route.api}) and not at ${here} (${protocol.api})`,
    remedy: 'Ask it there, or choose another model: `openclaw models list`.',
  });
}

const empty = Buffer.alloc(0);

const faults: Readonly<Record<Exclude<ModelField['kind'], 'found'>, string>> = {
  not_json: 'The request body is not valid JSON',
  not_object: 'The request body is not a JSON object',
  no_model: 'The request body has no "model"',
  model_not_string: 'The request body\'s "model" is not a string',
};

/** A ref comes from a configuration: what a header cannot hold is percent-encoded. */
function headerValue(ref: string): string {
  return /^[\u0021-\u007e]+$/.test(ref) ? ref : encodeURI(ref.toWellFormed());
}
