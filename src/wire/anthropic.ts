// Anthropic's Messages API, as far as the gateway speaks it itself.
import type { Fault, ListedModel, Protocol } from './protocol.ts';

type AnthropicErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'overloaded_error';

const typeOfStatus: Readonly<Record<number, AnthropicErrorType>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function errorTypeOf(status: number): AnthropicErrorType {
  return typeOfStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

function errorBody({ status, message }: Fault, requestId: string): string {
  return JSON.stringify({
    type: 'error',
    error: { type: errorTypeOf(status), message },
    request_id: requestId,
  });
}

/** Anthropic's own rule for a model whose release date is not known: an epoch value. */
const unknownDate = '1970-01-01T00:00:00Z';

function modelInfo({ id, displayName }: ListedModel): Record<string, unknown> {
  return { type: 'model', id, display_name: displayName, created_at: unknownDate };
}

const version = '/v1';

export const anthropicMessages: Protocol = {
  api: 'anthropic-messages',
  requestIdNames: ['request-id'],
  stream: { holdsCutEvents: false },
  // A base names what lies before `/v1`; people paste it with that, too.
  upstreamPath: (path, baseUrl) => (baseUrl.endsWith(version) ? path.slice(version.length) : path),
  errorBody,
  errorEvent: (fault, requestId) => `event: error\ndata: ${errorBody(fault, requestId)}\n\n`,
  modelInfo,
  /** The whole list as one page. */
  modelList: (models) => ({
    data: models.map(modelInfo),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }),
};
