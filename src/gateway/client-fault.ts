// Answers connections whose bytes never became a request (header too large, too slow, not HTTP), where Node leaves
// nothing but the socket to write on.
import type { Duplex } from 'node:stream';
import { errorBody } from '../wire/anthropic.ts';

type Fault = { line: string; type: 'invalid_request_error'; message: string };

const tooSlow: Fault = {
  line: '408 Request Timeout',
  type: 'invalid_request_error',
  message: 'The request did not arrive in time.',
};

const faults: Readonly<Record<string, Fault>> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    type: 'invalid_request_error',
    message: "The request's headers are too large.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow,
};

const notHttp: Fault = {
  line: '400 Bad Request',
  type: 'invalid_request_error',
  message: 'The request is not valid HTTP/1.1.',
};

export function answerClientFault(error: Error & { code?: string }, socket: Duplex, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { line, type, message } = faults[error.code ?? ''] ?? notHttp;
  const body = errorBody({ type, message }, requestId);
  const head = [
    `HTTP/1.1 ${line}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
