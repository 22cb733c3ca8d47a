// Works out from a request's body which model it asks for, whether that is served by the API of the request, and what
// body the upstream is to get: the client's own bytes, with at most the model's name replaced.
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { Catalogue, ModelRoute } from '../providers/model-route.ts';
import type { Protocol } from '../wire/protocol.ts';
import { pathOfApi } from './api-paths.ts';
import { findModel, findModelAhead, replaceModel, type ModelField } from '../wire/model-field.ts';

export type ModelPlan = {
  readonly route: ModelRoute;
  /** The response header that names the model that answered, as name and value. */
  readonly header: readonly [string, string];
  /** Pieces of the body for the upstream. */
  readonly body: readonly Buffer[];
};

/** Errors: REQUEST_INVALID, and those of Catalogue.find. */
export function planModel(pieces: readonly Buffer[], catalogue: Catalogue, protocol: Protocol): ModelPlan {
  const ahead = findModelAhead(pieces);
  const body = ahead === undefined ? [Buffer.concat(pieces)] : pieces;
  const [first = empty, ...rest] = body;
  const field = ahead ?? findModel(first);
  if (field.kind !== 'found') {
    throw new OpenClawError({ code: 'REQUEST_INVALID', message: faults[field.kind] });
  }
  const route = catalogue.find(field.value);
  if (route.api !== protocol.api) throw servedElsewhere(route, protocol);
  return {
    route,
    header: ['x-openclaw-model', headerValue(route.ref)],
    body: route.modelId === field.value ? body : [replaceModel(first, field, route.modelId), ...rest],
  };
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
