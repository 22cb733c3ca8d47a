// Decides which of a client's headers reach the upstream: those that shape the answer, and nothing that identifies
// the client or carries its credentials. The login's own headers come from the lease, last, and are never overruled.
import type { IncomingHttpHeaders } from 'node:http';

/** Names and values in turn, as undici takes them without another copy. */
export type FlatHeaders = string[];

export type RequestHeaders = (
  client: IncomingHttpHeaders,
  lease: Readonly<Record<string, string>>,
) => FlatHeaders;

const defaultAnthropicVersion = '2023-06-01';

/**
 * `x-stainless-*` is left out: it tells the vendor about the client's machine and changes no answer.
 * `accept-encoding` is passed on because the answer's body is handed back as it came.
 */
const passedNames = ['accept', 'accept-encoding', 'anthropic-beta', 'user-agent', 'x-app'] as const;

export function createRequestHeaders(): RequestHeaders {
  // A lease's headers are one object a credential: flattened once.
  const flattened = new WeakMap<object, readonly string[]>();
  const flatten = (headers: Readonly<Record<string, string>>): readonly string[] => {
    const known = flattened.get(headers);
    if (known !== undefined) return known;
    const flat = Object.entries(headers).flat();
    flattened.set(headers, flat);
    return flat;
  };

  return (client, lease) => {
    const own = flatten(lease);
    const flat: FlatHeaders = [
      'content-type',
      client['content-type'] ?? 'application/json',
      'anthropic-version',
      single(client['anthropic-version']) ?? defaultAnthropicVersion,
    ];
    for (const name of passedNames) {
      const value = single(client[name]);
      if (value !== undefined) flat.push(name, value);
    }
    for (const part of own) flat.push(part);
    return flat;
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
