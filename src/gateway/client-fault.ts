// Answers connections whose bytes never became a request (header too large, too slow, not HTTP), where Node leaves
// nothing but the socket to write on.
import type { Duplex } from 'node:stream';
import type { Fault } from '../wire/protocol.ts';
import { protocolFor } from './api-paths.ts';

type ClientFault = Fault & { reason: string };

const tooSlow: ClientFault = {
  status: 408,
  reason: 'Request Timeout',
  message: 'The request did not arrive in time.',
};

const faults: Readonly<Record<string, ClientFault>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    message: "The request's headers are too large.",
  },
  ERR_HTTP_REQUEST_TIMEOUT: tooSlow,
};

const notHttp: ClientFault = {
  status: 400,
  reason: 'Bad Request',
  message: 'The request is not valid HTTP/1.1.',
};

/** `rawPacket`: what arrived last of the bytes, as Node's parser hands it over. */
type ParserError = Error & { code?: string; rawPacket?: unknown };

export function answerClientFault(error: ParserError, socket: Duplex, requestId: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const fault = faults[error.code ?? ''] ?? notHttp;
  const protocol = protocolFor(targetIn(error.rawPacket) ?? '', {});
  const body = protocol.errorBody(fault, requestId);
  const head = [
    `HTTP/1.1 ${fault.status} ${fault.reason}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    ...protocol.requestIdNames.map((name) => `${name}: ${requestId}`),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The target of a request line, where these bytes begin with one. */
function targetIn(packet: unknown): string | undefined {
  if (!(packet instanceof Uint8Array)) return undefined;
  const start = Buffer.from(packet.buffer, packet.byteOffset, Math.min(packet.byteLength, maxLineBytes));
  return /^[A-Z]+ (\/[^ ]*) HTTP\//.exec(start.toString('latin1'))?.[1];
}

const maxLineBytes = 1_024;
