// The shapes of Anthropic's Messages API that the gateway writes itself: error bodies, the error event of a stream,
// the model list. What an upstream wrote is passed on untouched and never comes through here.
import { errorCatalogue, type OpenClawError } from '../errors.ts';

export type AnthropicErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error'
  | 'overloaded_error';

export type AnthropicError = { type: AnthropicErrorType; message: string };

const typeOfStatus: Readonly<Record<number, AnthropicErrorType>> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

export function errorTypeOf(status: number): AnthropicErrorType {
  return typeOfStatus[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
}

/** The message carries the remedy: a client shows nothing else of an error. */
export function anthropicErrorOf(error: OpenClawError): AnthropicError {
  const message = /[.!?…]$/.test(error.message) ? error.message : `${error.message}.`;
  return { type: errorTypeOf(errorCatalogue[error.code].status), message: `${message} ${error.remedy}` };
}

/** JSON text of an error body. */
export function errorBody(error: AnthropicError, requestId?: string): string {
  const body = { type: 'error', error: { type: error.type, message: error.message } };
  return JSON.stringify(requestId === undefined ? body : { ...body, request_id: requestId });
}

/** One server-sent event that ends a stream with an error. */
export function errorEvent(error: AnthropicError, requestId?: string): string {
  return `event: error\ndata: ${errorBody(error, requestId)}\n\n`;
}

export type ListedModel = { id: string; displayName: string };

/** Anthropic's own rule for a model whose release date is not known: an epoch value. */
const unknownDate = '1970-01-01T00:00:00Z';

export function modelInfo(model: ListedModel): Record<string, string> {
  return { type: 'model', id: model.id, display_name: model.displayName, created_at: unknownDate };
}

/** The whole list as one page. */
export function modelList(models: readonly ListedModel[]): Record<string, unknown> {
  return {
    data: models.map(modelInfo),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  };
}
