// One form POST to an authorization server under every limit: https only, no redirect followed, a deadline that covers
// a dripping body, 64 KiB of decoded bytes. What the answer means is for the dialect.
import type { Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import { OpenClawError, isOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { describeNetworkError } from './network-error.ts';

export type FormPostResult =
  | { kind: 'answer'; status: number; body: unknown; nowMs: number; retryAfterMs?: number }
  /** `location` is the origin alone: the rest of an address may repeat what was sent. */
  | { kind: 'redirected'; status: number; location: URL | undefined }
  /** `unsent`: no byte of the request has left this machine. */
  | { kind: 'trouble'; reason: string; retryAfterMs?: number; status?: number; unsent?: true };

export type FormPostDeps = {
  fetch: Fetch;
  clock: Clock;
  /** Accepts plain http for exact loopback hosts. */
  allowLoopbackHttp: boolean;
  timeoutMs?: number;
  /** Beside those of the form: what must not be shown if it is repeated in a failure. */
  secrets?: readonly string[];
};

/** Decoded bytes: a compressed body of a few kilobytes can grow a thousandfold. */
export const answerLimitBytes = 64 * 1024;
const defaultTimeoutMs = 30_000;
/** A server clock that differs by less is taken for rounding and delay of the Date header. */
const clockToleranceMs = 5_000;

/**
 * Aborting `signal` rejects with its reason; everything else that can go wrong on the way is a result.
 * Throws URL_REFUSED for a URL that may not be used.
 */
export async function postForm(
  deps: FormPostDeps,
  url: string,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<FormPostResult> {
  const target = requireHttps(url, deps.allowLoopbackHttp);
  signal?.throwIfAborted();
  const timeoutMs = deps.timeoutMs ?? defaultTimeoutMs;
  const proxy = deps.fetch.proxyFor?.(target.href);
  const throughProxy = proxy === undefined ? '' : `, through the proxy ${proxy}`;
  const deadline = new AbortController();
  const cancelTimer = deps.clock.setTimer(() => deadline.abort(), timeoutMs);
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new Error('aborted'));
  });
  aborted.catch(() => undefined);
  deadline.signal.addEventListener('abort', onAbort, { once: true });
  signal?.addEventListener('abort', onAbort, { once: true });
  const work = exchange(
    deps,
    target,
    form,
    headers,
    signal ? AbortSignal.any([signal, deadline.signal]) : deadline.signal,
  );
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    signal?.throwIfAborted();
    // A setting on this side, such as a proxy, that makes every request impossible.
    if (isOpenClawError(error)) throw error;
    if (deadline.signal.aborted) {
      return { kind: 'trouble', reason: `no answer within ${Math.round(timeoutMs / 1000)} s${throughProxy}` };
    }
    const trouble = describeNetworkError(error, [...form.values(), ...(deps.secrets ?? [])]);
    return { kind: 'trouble', ...trouble, reason: `${trouble.reason}${throughProxy}` };
  } finally {
    cancelTimer();
    signal?.removeEventListener('abort', onAbort);
    // Lets go of the connection when the race was lost by the exchange.
    deadline.abort();
  }
}

async function exchange(
  deps: FormPostDeps,
  target: URL,
  form: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<FormPostResult> {
  const response = await deps.fetch(target.href, {
    method: 'POST',
    headers: { ...headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    signal,
  });
  const { status } = response;
  if (status >= 300 && status < 400) {
    return { kind: 'redirected', status, location: parseLocation(response.headers.get('location'), target) };
  }
  const nowMs = serverNowMs(response.headers.get('date'), deps.clock.nowMs());
  const retryAfterMs = readRetryAfter(response.headers.get('retry-after'), nowMs);
  const retry = { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  const text = await readLimited(response);
  if (text === undefined)
    return { kind: 'trouble', reason: `the answer is larger than ${answerLimitBytes / 1024} KiB`, ...retry };
  const body = parseJson(text);
  if (status >= 500 || status === 408 || status === 425)
    return { kind: 'trouble', reason: `HTTP ${status}`, ...retry };
  if (status === 429 && !namesSlowDown(body))
    return { kind: 'trouble', reason: 'HTTP 429 (too many requests)', ...retry };
  if (body === undefined)
    return { kind: 'trouble', reason: `HTTP ${status} with ${describeNonJson(response)}`, ...retry };
  return { kind: 'answer', body, nowMs, ...retry };
}

/** RFC 8252 section 7.3 and RFC 9700: everything but a loopback test server needs TLS. */
export function requireHttps(url: string, allowLoopbackHttp: boolean): URL {
  const parsed = URL.parse(url);
  if (parsed === null)
    throw new OpenClawError({ code: 'URL_REFUSED', message: `Not a URL: ${cleanText(url)}` });
  if (parsed.username !== '' || parsed.password !== '') {
    throw new OpenClawError({
      code: 'URL_REFUSED',
      message: `A URL with a user name in it is refused: ${parsed.host}`,
    });
  }
  if (parsed.protocol === 'https:') return parsed;
  if (parsed.protocol === 'http:' && allowLoopbackHttp && isLoopbackHost(parsed.hostname)) return parsed;
  throw new OpenClawError({
    code: 'URL_REFUSED',
    message: `Refused to use ${cleanText(parsed.origin)}: not https.`,
  });
}

/** Exact literals only: `127.0.0.1.example.com` and names are not loopback. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === '127.0.0.1' || hostname === '[::1]' || hostname === '::1';
}

/** RFC 9110 section 10.2.3: seconds or an HTTP date; capped at one hour. */
export function readRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : readHttpDate(text) - nowMs;
  if (Number.isNaN(delayMs)) return undefined;
  return Math.min(Math.max(0, delayMs), 3_600_000);
}

/** NaN for what is none: Date.parse alone takes "-5" for a day in May. */
function readHttpDate(text: string): number {
  return /^[A-Z][a-z]{2,8},? .*\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
}

function serverNowMs(date: string | null, localNowMs: number): number {
  const serverMs = date === null ? Number.NaN : Date.parse(date);
  if (!Number.isFinite(serverMs)) return localNowMs;
  return Math.abs(serverMs - localNowMs) > clockToleranceMs ? serverMs : localNowMs;
}

async function readLimited(response: Response, limitBytes = answerLimitBytes): Promise<string | undefined> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString('utf8');
    total += value.byteLength;
    if (total > limitBytes) {
      // Not awaited: the connection may answer the cancellation late or never.
      reader.cancel().catch(() => undefined);
      return undefined;
    }
    chunks.push(value);
  }
}

/** The JSON of an answer of at most 64 KiB, or as many bytes as are given; undefined when it is larger or not JSON. */
export async function readJsonAnswer(response: Response, limitBytes?: number): Promise<unknown> {
  const text = await readLimited(response, limitBytes);
  return text === undefined ? undefined : parseJson(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Hotels and airports answer every request with a page of their own until somebody has signed in there. */
function describeNonJson(response: Response): string {
  const isPage = /^(?:text\/html|application\/xhtml)/i.test(response.headers.get('content-type') ?? '');
  return isPage
    ? 'a web page, not JSON (perhaps this network asks you to sign in first)'
    : 'an answer that is not JSON';
}

function namesSlowDown(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'slow_down';
}

function parseLocation(location: string | null, base: URL): URL | undefined {
  const parsed = location === null ? null : URL.parse(location, base.href);
  return parsed === null ? undefined : (URL.parse(parsed.origin) ?? undefined);
}
