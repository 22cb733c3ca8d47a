// Decides who may talk to the gateway: programs that know its token, by one of its own names.
// A web page is refused whatever it knows (DNS rebinding by Host, fetch by Origin). A right token is served from whatever
// address it comes, also one that is limited for its wrong ones: on loopback all programs share one address. What is
// served is not its matter.
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Secret } from '../platform/secret.ts';
import { cleanText } from '../platform/text.ts';
import type { AuthorityCheck } from './authority.ts';
import { createTokenAttempts } from './token-attempts.ts';

export type Guard = {
  /**
   * The path and query that the request is for, taken out of an absolute-form target; or the refusal:
   * GATEWAY_HOST_REFUSED, GATEWAY_ORIGIN_REFUSED, GATEWAY_UNAUTHORIZED, GATEWAY_LIMITED
   * with `retryAfterMs`, REQUEST_INVALID.
   */
  admit(request: IncomingMessage): string | OpenClawError;
  /** From the next request on this one is asked for, and the former one is a wrong one. */
  setToken(token: Secret): void;
};

export type GuardDeps = {
  token: Secret;
  /** Whether a Host is one of the gateway's own. */
  isOwn: AuthorityCheck;
  log: Log;
  clock: Clock;
};

/** Without a token: what a probe asks before it knows one. None of them says anything that matters. */
const openPaths = new Set(['/', '/healthz', '/readyz', '/startupz']);

export function createGuard({ token, isOwn, log, clock }: GuardDeps): Guard {
  const attempts = createTokenAttempts();
  let expected = Buffer.from(token.reveal());
  // Written over for each request: a buffer of its own for each would cost more than the comparison.
  let compared = Buffer.alloc(expected.length);

  // The first wrong character does not show in the time it takes; that the length is another one may.
  const isToken = (given: string): boolean => {
    if (given.length !== expected.length) return false;
    compared.write(given, 'latin1');
    return timingSafeEqual(compared, expected);
  };

  const wrongToken = (address: string): OpenClawError => {
    const attempt = attempts.wrong(address, clock.monotonicMs());
    if (attempt.kind === 'counted') return unauthorized("The request's token is not this gateway's");
    const { retryAfterMs } = attempt;
    if (attempt.begins) {
      log.warn('wrong tokens limited', { address, forSeconds: Math.round(retryAfterMs / 1000) });
    }
    return new OpenClawError({
      code: 'GATEWAY_LIMITED',
      message: "The request's token is not this gateway's, as others before it from the same address",
      data: { retryAfterMs },
    });
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
      if (!key && !bearer) return unauthorized('This gateway asks for its token and the request has none');
      return wrongToken(request.socket.remoteAddress ?? 'unknown');
    },
    setToken(next) {
      expected = Buffer.from(next.reveal());
      compared = Buffer.alloc(expected.length);
    },
  };
}

const slash = 0x2f;

/** Pages have http(s) or `null` (sandboxed, opened from a file); programs with a webview name their own scheme. */
function isWebOrigin(origin: string): boolean {
  return /^(?:https?:|null$)/i.test(origin);
}

function unauthorized(message: string): OpenClawError {
  return new OpenClawError({ code: 'GATEWAY_UNAUTHORIZED', message });
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
