// How a login's listener answers: under headers that let a page do nothing but show itself, one answer a connection, and
// nothing of the request in any answer. Also the words for requests that have no page.
import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const emptyPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const guardingHeaders = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  connection: 'close',
} as const;

export type Refusal = 400 | 403 | 404 | 405 | 409 | 421 | 500 | 503;

const sentences: Record<Refusal, string> = {
  400: 'This is not the answer to the login that waits here. It still waits: go on in the window where it began.',
  403: 'This address is for a browser window of its own, not for another page.',
  404: 'There is nothing here. The login, if there is one, waits in your terminal.',
  405: 'This listener is only read from.',
  409: 'This login has been answered before. See in your terminal how it ended.',
  421: 'This listener has another address.',
  500: 'This listener has met a fault. See in your terminal how the login goes on.',
  503: 'Too many windows watch this login.',
};

export function refuse(response: ServerResponse, status: Refusal): void {
  response.writeHead(status, {
    ...guardingHeaders,
    'content-security-policy': emptyPolicy,
    'content-type': 'text/plain; charset=utf-8',
    ...(status === 405 ? { allow: 'GET' } : {}),
  });
  response.end(`${sentences[status]}\n`);
}

export function sendPage(
  response: ServerResponse,
  page: { html: string; contentSecurityPolicy: string },
): void {
  response.writeHead(200, {
    ...guardingHeaders,
    'content-security-policy': page.contentSecurityPolicy,
    'content-type': 'text/html; charset=utf-8',
  });
  response.end(page.html);
}

export function beginStream(response: ServerResponse): void {
  response.writeHead(200, {
    ...guardingHeaders,
    'content-security-policy': emptyPolicy,
    'content-type': 'text/event-stream; charset=utf-8',
  });
}

/** For what Node refuses before there is a request: 431, 408, 400. */
export function answerFault(error: NodeJS.ErrnoException, socket: Duplex): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const headers = { ...guardingHeaders, 'content-security-policy': emptyPolicy, 'content-length': '0' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n`, () =>
    socket.destroy(),
  );
}
