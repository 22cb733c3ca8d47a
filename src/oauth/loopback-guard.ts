// Who may be answered by a login's listener: requests that name its own authority (against DNS rebinding), that only
// fetch, and that a browser says it makes for a person and not for another page's script or frame. Decided over the
// request line and the headers; what is there to be had is loopback-server.ts'.
import type { IncomingMessage } from 'node:http';

export type Admission =
  | { readonly kind: 'admitted'; readonly path: string; readonly query: string }
  | { readonly kind: 'refused'; readonly status: 400 | 405 | 421 };

export type GuardedRequest = Pick<IncomingMessage, 'method' | 'url' | 'headersDistinct'>;

/** `authority` as in `127.0.0.1:41234`. An absolute-form target (RFC 9112 section 3.2.2) must name it as well. */
export function admit(request: GuardedRequest, authority: string): Admission {
  const { method, url: target = '', headersDistinct: headers } = request;
  const hosts = headers['host'] ?? [];
  if (hosts.length !== 1 || hosts[0] !== authority) return { kind: 'refused', status: 421 };
  let relative = target;
  if (!target.startsWith('/')) {
    const origin = `http://${authority}`;
    if (target.startsWith(`${origin}/`)) relative = target.slice(origin.length);
    else return { kind: 'refused', status: target.includes('://') ? 421 : 400 };
  }
  if (method !== 'GET') return { kind: 'refused', status: 405 };
  if (!/^[\x21-\x7e]+$/.test(relative) || relative.includes('#')) return { kind: 'refused', status: 400 };
  const [path = '', query = ''] = relative.split(/\?(.*)/s, 2);
  return { kind: 'admitted', path, query };
}

/** Fetch metadata: a browser that tells nothing is let in, as is a program. */
export function isNavigation({ headersDistinct: headers }: Pick<GuardedRequest, 'headersDistinct'>): boolean {
  return isOnly(headers['sec-fetch-mode'], 'navigate') && isOnly(headers['sec-fetch-dest'], 'document');
}

/** From the page that this listener served, and no other. */
export function isOwnStream({ headersDistinct: headers }: Pick<GuardedRequest, 'headersDistinct'>): boolean {
  return isOnly(headers['sec-fetch-site'], 'same-origin');
}

function isOnly(values: readonly string[] | undefined, wanted: string): boolean {
  return values === undefined || values.every((value) => value === wanted);
}
