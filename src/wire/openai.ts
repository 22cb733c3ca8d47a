// What OpenAI's two APIs have in common: the shape of an error, the model list, and addresses that end in the version.
import type { ErrorCode } from '../errors.ts';
import type { Fault, ListedModel, Protocol } from './protocol.ts';

export type OpenaiError = { message: string; type: string; param: string | null; code: string | null };

type Kind = Pick<OpenaiError, 'type' | 'code'>;

const kindOfStatus: Readonly<Record<number, Kind>> = {
  401: { type: 'authentication_error', code: 'invalid_api_key' },
  402: { type: 'insufficient_quota', code: 'insufficient_quota' },
  403: { type: 'permission_error', code: null },
  404: { type: 'not_found_error', code: null },
  429: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
};

const invalid: Kind = { type: 'invalid_request_error', code: null };
const server: Kind = { type: 'server_error', code: null };

/** What OpenAI has a name of its own for, and the member of the request that it is about. */
const kindOfCode: Partial<Record<ErrorCode, Pick<OpenaiError, 'type' | 'code' | 'param'>>> = {
  MODEL_UNKNOWN: { type: 'invalid_request_error', code: 'model_not_found', param: 'model' },
};

export function openaiErrorOf({ status, message, code }: Fault): OpenaiError {
  const named = code === undefined ? undefined : kindOfCode[code];
  if (named !== undefined) return { message, type: named.type, param: named.param, code: named.code };
  const kind = kindOfStatus[status] ?? (status >= 500 ? server : invalid);
  return { message, type: kind.type, param: null, code: kind.code };
}

/** The creation of a model, in seconds since the epoch, where nothing is known of it. */
const unknownDate = 0;

/** `api` is not OpenAI's: two of its APIs share one list, and it says on which of them a model can be asked. */
function modelInfo({ id, provider, api }: ListedModel): Record<string, unknown> {
  return { id, object: 'model', created: unknownDate, owned_by: provider, api };
}

const versionLength = '/v1'.length;

export const openaiBase = {
  // Clients of OpenAI look for the first; the second is what all routes of the gateway have.
  requestIdNames: ['x-request-id', 'request-id'],
  // As in OpenAI's own clients a base holds the version (`https://host/v1`, and on some hosts another word for it).
  upstreamPath: (path: string) => path.slice(versionLength),
  errorBody: (fault: Fault) => JSON.stringify({ error: openaiErrorOf(fault) }),
  modelInfo,
  modelList: (models: readonly ListedModel[]) => ({ object: 'list', data: models.map(modelInfo) }),
} as const satisfies Partial<Protocol>;
