// One request as the portal reads it and one reply as it means to send it, both plain values, so that every endpoint
// is a function from one to the other. How a reply reaches the wire, whole or mangled, is decided in transmit.ts.
import type { IncomingHttpHeaders } from 'node:http';

export interface Inbound {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** When the head of the request arrived, before any delay of ours. */
  readonly arrivedAtMs: number;
}

/** A body sent in pieces, each of them complete in itself (server-sent events). */
export interface EventStream {
  readonly chunks: readonly string[];
  readonly delayMs: number;
  /** The client left before the end. */
  readonly onAbort: () => void;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | EventStream;
  /** How long to keep the finished reply back. */
  readonly delayMs: number;
}

export function jsonReply(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
    delayMs: 0,
  };
}

/** The error shape of RFC 6749 section 5.2. */
export function oauthError(error: string, description: string, status = 400): Reply {
  return jsonReply(status, { error, error_description: description });
}

export function redirectReply(status: 303 | 307, location: string, delayMs = 0): Reply {
  return { status, headers: { location, 'cache-control': 'no-store' }, body: '', delayMs };
}

export function methodNotAllowed(allow: string): Reply {
  return jsonReply(405, { error: 'method_not_allowed' }, { allow });
}

/** A header's value, repeated ones joined; undefined when absent or empty. */
export function headerOf(inbound: Inbound, name: string): string | undefined {
  const value = inbound.headers[name];
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text === '' ? undefined : text;
}

export function mediaTypeOf(inbound: Inbound): string {
  return (headerOf(inbound, 'content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export interface Form {
  /** Undefined for a parameter that is absent or empty (RFC 6749 section 3.1 treats both alike). */
  get(name: string): string | undefined;
  /** The first name that occurs more than once. */
  readonly repeated: string | undefined;
}

export function readForm(text: string | URLSearchParams): Form {
  const values = new Map<string, string>();
  let repeated: string | undefined;
  for (const [name, value] of new URLSearchParams(text)) {
    if (values.has(name)) repeated ??= name;
    else values.set(name, value);
  }
  return {
    get(name) {
      const value = values.get(name);
      return value === '' ? undefined : value;
    },
    repeated,
  };
}
