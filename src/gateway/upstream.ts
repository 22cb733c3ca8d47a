// Sends requests to upstreams: one pool of connections per origin, through the proxy that the environment names.
// It knows no protocol: bytes go out, and undici calls the handler as they come back.
import { EnvHttpProxyAgent, errors, Pool, type Dispatcher } from 'undici';
import { OpenClawError } from '../errors.ts';
import type { Env } from '../platform/env.ts';
import { cleanText, foreignText } from '../platform/text.ts';
import type { GatewayLimits } from './limits.ts';
import type { SentBody } from './replay-body.ts';

export type UpstreamRequest = {
  /** Origin and path prefix, without a trailing slash. */
  baseUrl: string;
  /** Path and query, appended to the base. */
  path: string;
  headers: string[];
  body: SentBody;
};

/**
 * undici's callbacks in their raw form: header names and values as bytes, no object built for each answer.
 * A failure of any kind arrives in `onError`; after `onComplete` or `onError` nothing more is called.
 */
export type AnswerHandler = {
  onConnect(abort: (reason?: Error) => void): void;
  /** May be called with an interim status (1xx) first. */
  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean;
  onData(chunk: Buffer): boolean;
  onComplete(): void;
  onError(error: Error): void;
};

export type Upstream = {
  send(request: UpstreamRequest, handler: AnswerHandler): void;
  /** Ends what is still running. */
  close(): Promise<void>;
};

/** Longer than undici's 4 s, for a client that thinks between two calls; a server's own hint still shortens it. */
const idleConnectionMs = 20_000;

type Target = { origin: string; prefix: string; dispatcher: Dispatcher };

export function createUpstream(env: Env, limits: GatewayLimits): Upstream {
  const targets = new Map<string, Target>();
  const dispatchers = new Map<string, Dispatcher>();
  const proxies = readProxies(env);

  const options = {
    // Without a limit: a stream holds its connection for minutes, and nobody must queue behind one.
    connections: null,
    pipelining: 1,
    keepAliveTimeout: idleConnectionMs,
    headersTimeout: limits.upstreamHeadersTimeoutMs,
    bodyTimeout: limits.upstreamIdleTimeoutMs,
    connect: { timeout: limits.connectTimeoutMs },
  };

  const createDispatcher = (origin: string): Dispatcher => {
    if (proxies === undefined) return new Pool(origin, options);
    const tls = { timeout: limits.connectTimeoutMs };
    return new EnvHttpProxyAgent({ ...options, ...proxies, requestTls: tls, proxyTls: tls });
  };

  const targetOf = (baseUrl: string): Target => {
    const known = targets.get(baseUrl);
    if (known !== undefined) return known;
    const { origin, pathname } = new URL(baseUrl);
    let dispatcher = dispatchers.get(origin);
    if (dispatcher === undefined) {
      dispatcher = createDispatcher(origin);
      dispatchers.set(origin, dispatcher);
    }
    const target = { origin, prefix: pathname.replace(/\/+$/, ''), dispatcher };
    targets.set(baseUrl, target);
    return target;
  };

  return {
    send(request, handler) {
      let target: Target;
      try {
        target = targetOf(request.baseUrl);
      } catch (error) {
        handler.onError(error as Error);
        return;
      }
      const { body, headers } = request;
      if (!Buffer.isBuffer(body)) headers.push('content-length', String(body.length));
      target.dispatcher.dispatch(
        {
          origin: target.origin,
          path: target.prefix + request.path,
          method: 'POST',
          headers,
          // undici takes any iterable of buffers; its types do not say so.
          body: body as Buffer,
        },
        handler,
      );
    },
    async close() {
      await Promise.all([...dispatchers.values()].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

type Proxies = { httpProxy: string; httpsProxy: string; noProxy: string };

/** undefined when the environment names none. Empty strings keep undici from reading process.env by itself. */
function readProxies(env: Env): Proxies | undefined {
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'] ?? '';
  const httpsProxy = env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  if (httpProxy === '' && httpsProxy === '') return undefined;
  return { httpProxy, httpsProxy, noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '' };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name server does not answer',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no answer in time',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  UND_ERR_BODY_TIMEOUT: 'the answer fell silent',
  UND_ERR_SOCKET: 'the connection was closed',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'the answer was cut short',
  UND_ERR_ABORTED: 'the proxy refused the connection',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  HPE_INVALID_EOF_STATE: 'the answer was cut short',
  UND_ERR_HTTP_PARSER: 'the answer is not valid HTTP/1.1',
};

const badAnswerRemedy =
  'The server itself is at fault; the login is untouched. Check its address, or use another model.';

/** What came was no answer that a client could read. */
function isBadAnswer(code: string | undefined): boolean {
  return code === 'UND_ERR_HEADERS_OVERFLOW' || code === 'UND_ERR_HTTP_PARSER';
}

/** What an AnswerHandler's error means, without anything of the request in it. */
export function unreachable(error: Error, baseUrl: string): OpenClawError {
  const code = codeOf(error);
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).host : 'the upstream';
  const known = code === undefined ? undefined : reasons[code];
  const reason = known ?? foreignText(error.message, [], 120);
  const shown = code === undefined ? reason : `${reason}, ${code}`;
  return new OpenClawError({
    code: 'UPSTREAM_UNREACHABLE',
    message: `The request to ${cleanText(host, 80)} failed: ${shown}`,
    ...(isBadAnswer(code) ? { remedy: badAnswerRemedy } : {}),
    data: { host, ...(code === undefined ? {} : { cause: code }) },
  });
}

/**
 * What such an error says of the place: whether it was reached at all, and what pause a second try is worth; Infinity
 * where it has had its time, or would say the same again.
 */
export function connectionFailure(error: Error): {
  reason: 'unreachable' | 'timeout' | 'server_error';
  pauseMs: number | undefined;
} {
  const code = codeOf(error);
  switch (code) {
    // Most often a connection that was closed for its idleness just as the request went out.
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    // The same, where the server had said that it would close.
    case 'HPE_INVALID_EOF_STATE':
      return { reason: 'timeout', pauseMs: 0 };
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return { reason: 'timeout', pauseMs: Infinity };
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ERR_INVALID_URL':
      return { reason: 'unreachable', pauseMs: Infinity };
    default:
      return isBadAnswer(code)
        ? { reason: 'server_error', pauseMs: Infinity }
        : { reason: 'unreachable', pauseMs: undefined };
  }
}

/** A connection tried on several addresses fails with one error that holds the others. */
function codeOf(error: Error): string | undefined {
  const first = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  const { code } = (first ?? error) as { code?: unknown };
  // undici leaves out the parser's own code, which shows in its words alone.
  if (error instanceof errors.HTTPParserError) {
    return error.message.includes('Invalid EOF state') ? 'HPE_INVALID_EOF_STATE' : 'UND_ERR_HTTP_PARSER';
  }
  return typeof code === 'string' ? code : undefined;
}
