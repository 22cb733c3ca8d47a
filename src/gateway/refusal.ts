// Answers of the gateway's own that are errors, in the client's protocol, before anything of an upstream was sent.
// What an error means is the catalogue's; how a stream that has begun is ended is the relay's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toOpenClawError, type OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { faultOf, type Fault, type Protocol } from '../wire/protocol.ts';

/** A foreign error becomes INTERNAL, whose message the client gets to see. */
export function refuse(
  response: ServerResponse,
  protocol: Protocol,
  thrown: unknown,
  requestId: string,
  extraHeaders: readonly string[] = [],
): void {
  const error = toOpenClawError(thrown);
  const headers = [...extraHeaders, ...retryAfterHeaders(error)];
  send(response, protocol, faultOf(error), requestId, headers);
}

function retryAfterHeaders({ data }: OpenClawError): string[] {
  const { retryAfterMs } = data;
  if (typeof retryAfterMs !== 'number' || retryAfterMs <= 0) return [];
  return ['retry-after', String(Math.ceil(retryAfterMs / 1000))];
}

/** For what has no entry in the catalogue, being about HTTP alone (404, 405). */
export function refuseStatus(
  response: ServerResponse,
  protocol: Protocol,
  status: number,
  message: string,
  requestId: string,
  extraHeaders: readonly string[] = [],
): void {
  send(response, protocol, { status, message }, requestId, extraHeaders);
}

/** Names and values in turn, behind `others`. */
export function requestIdHeaders(
  { requestIdNames }: Protocol,
  requestId: string,
  others: readonly string[] = [],
): string[] {
  const headers = [...others];
  for (const name of requestIdNames) headers.push(name, requestId);
  return headers;
}

function send(
  response: ServerResponse,
  protocol: Protocol,
  fault: Fault,
  requestId: string,
  extraHeaders: readonly string[],
): void {
  if (response.headersSent || response.destroyed) return;
  const body = protocol.errorBody(fault, requestId);
  response.writeHead(fault.status, [
    ...requestIdHeaders(protocol, requestId, bodyHeaders(body)),
    ...extraHeaders,
  ]);
  response.end(body);
}

function bodyHeaders(body: string): string[] {
  return ['content-type', 'application/json', 'content-length', String(Buffer.byteLength(body))];
}

/**
 * Refuses an upload that is still on its way. Closing at once would reset the connection under the client's hands
 * and lose the answer: so the answer goes out whole, and what still arrives is thrown away for a while.
 */
export function refuseUpload(
  request: IncomingMessage,
  response: ServerResponse,
  protocol: Protocol,
  thrown: unknown,
  requestId: string,
  clock: Clock,
  lingerMs: number,
  extraHeaders: readonly string[] = [],
): void {
  if (response.headersSent || response.destroyed) return;
  const error = toOpenClawError(thrown);
  const fault = faultOf(error);
  const body = protocol.errorBody(fault, requestId);
  response.writeHead(fault.status, [
    ...requestIdHeaders(protocol, requestId, bodyHeaders(body)),
    ...extraHeaders,
    ...retryAfterHeaders(error),
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
