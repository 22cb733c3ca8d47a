// Decides who may talk to the gateway: programs on this machine that know its token, by its own address.
// A web page is refused whatever it knows (DNS rebinding by Host, fetch by Origin). What is served is not its matter.
import { hash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { Secret } from '../platform/secret.ts';

export type Guard = {
  /**
   * The path and query that the request is for, taken out of an absolute-form target; or the refusal:
   * GATEWAY_HOST_REFUSED, GATEWAY_ORIGIN_REFUSED, GATEWAY_UNAUTHORIZED, REQUEST_INVALID.
   */
  admit(request: IncomingMessage): string | OpenClawError;
};

/** Without a token: what a probe asks before it knows one. None of them says anything that matters. */
const openPaths = new Set(['/', '/healthz', '/readyz']);

export function createGuard(token: Secret, port: number): Guard {
  const authorities = new Set(['127.0.0.1', 'localhost', '[::1]'].map((host) => `${host}:${port}`));
  if (port === 80) for (const host of ['127.0.0.1', 'localhost', '[::1]']) authorities.add(host);
  const expected = Buffer.from(hash('sha256', token.reveal()), 'latin1');
  // Written over for each request: a buffer of its own for each would cost more than the digest.
  const digest = Buffer.alloc(expected.length);

  const isOwn = (authority: string | undefined): boolean =>
    authority !== undefined && (authorities.has(authority) || authorities.has(authority.toLowerCase()));
  // Digests of equal length: neither the length nor the first wrong character shows in the time it takes.
  const isToken = (given: string): boolean => {
    digest.write(hash('sha256', given), 'latin1');
    return timingSafeEqual(digest, expected);
  };

  return {
    admit(request) {
      const { headers } = request;
      if (!isOwn(headers.host)) return hostRefused(headers.host);
      let target = request.url ?? '';
      if (target.charCodeAt(0) !== slash) {
        const url = URL.canParse(target) ? new URL(target) : undefined;
        if (url === undefined || url.protocol !== 'http:') {
          return new OpenClawError({ code: 'REQUEST_INVALID', message: 'The request target is not a path' });
        }
        // RFC 9112 section 3.2.2: the target's authority is the one that counts.
        if (!isOwn(url.host) || url.username !== '') return hostRefused(url.host);
        target = `${url.pathname}${url.search}`;
      }
      const { origin } = headers;
      if (origin !== undefined && isWebOrigin(origin)) return originRefused(origin);
      const key = headers['x-api-key'];
      const bearer = headers.authorization;
      if (typeof key === 'string' && isToken(key)) return target;
      if (bearer !== undefined && isToken(bearer.replace(/^bearer +/i, ''))) return target;
      if (openPaths.has(target.split('?', 1)[0] ?? target)) return target;
      return new OpenClawError({
        code: 'GATEWAY_UNAUTHORIZED',
        message:
          key === undefined && bearer === undefined
            ? 'This gateway asks for its token and the request has none'
            : "The request's token is not this gateway's",
      });
    },
  };
}

const slash = 0x2f;

/** Pages have http(s) or `null` (sandboxed, opened from a file); programs with a webview name their own scheme. */
function isWebOrigin(origin: string): boolean {
  return /^(?:https?:|null$)/i.test(origin);
}

function hostRefused(host: string | undefined): OpenClawError {
  const shown = host === undefined ? 'no host' : `the host ${cleanText(host, 80)}`;
  return new OpenClawError({ code: 'GATEWAY_HOST_REFUSED', message: `The request names ${shown}` });
}

function originRefused(origin: string): OpenClawError {
  return new OpenClawError({
    code: 'GATEWAY_ORIGIN_REFUSED',
    message: `Requests of web pages are refused (${cleanText(origin, 80)})`,
  });
}
