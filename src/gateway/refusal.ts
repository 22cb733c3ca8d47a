// Answers of the gateway's own that are errors, in the client's protocol, before anything of an upstream was sent.
// What an error means is the catalogue's; how a stream that has begun is ended is the relay's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpStatusOf, toOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { anthropicErrorOf, errorBody, errorTypeOf } from '../wire/anthropic.ts';

/** A foreign error becomes INTERNAL, whose message the client gets to see. */
export function refuse(
  response: ServerResponse,
  thrown: unknown,
  requestId: string,
  extraHeaders: readonly string[] = [],
): void {
  const error = toOpenClawError(thrown);
  const headers = [...extraHeaders];
  const retryAfterMs = error.data['retryAfterMs'];
  if (typeof retryAfterMs === 'number' && retryAfterMs > 0) {
    headers.push('retry-after', String(Math.ceil(retryAfterMs / 1000)));
  }
  send(response, httpStatusOf(error), errorBody(anthropicErrorOf(error), requestId), requestId, headers);
}

/** For what has no entry in the catalogue, being about HTTP alone (404, 405). */
export function refuseStatus(
  response: ServerResponse,
  status: number,
  message: string,
  requestId: string,
  extraHeaders: readonly string[] = [],
): void {
  send(
    response,
    status,
    errorBody({ type: errorTypeOf(status), message }, requestId),
    requestId,
    extraHeaders,
  );
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  requestId: string,
  extraHeaders: readonly string[],
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, [
    'content-type',
    'application/json',
    'content-length',
    String(Buffer.byteLength(body)),
    'request-id',
    requestId,
    ...extraHeaders,
  ]);
  response.end(body);
}

/**
 * Refuses an upload that is still on its way. Closing at once would reset the connection under the client's hands
 * and lose the answer: so the answer goes out whole, and what still arrives is thrown away for a while.
 */
export function refuseUpload(
  request: IncomingMessage,
  response: ServerResponse,
  thrown: unknown,
  requestId: string,
  clock: Clock,
  lingerMs: number,
): void {
  if (response.headersSent || response.destroyed) return;
  const error = toOpenClawError(thrown);
  const body = errorBody(anthropicErrorOf(error), requestId);
  response.writeHead(httpStatusOf(error), [
    'content-type',
    'application/json',
    'content-length',
    String(Buffer.byteLength(body)),
    'request-id',
    requestId,
    'connection',
    'close',
  ]);
  response.write(body);
  const end = (): void => {
    cancel();
    response.end();
  };
  const cancel = clock.setTimer(end, lingerMs, { unref: true });
  // Comes when the body has been read to its end, and when the client leaves.
  request.once('close', end);
  request.resume();
}
