// HTTP for the control plane (OAuth, usage): never follows a redirect, honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
// Limits on size and time belong to the caller. The gateway's data plane has its own pools.
import { OpenClawError } from '../errors.ts';
import type { Env } from './env.ts';

export type FetchInit = {
  method?: 'GET' | 'POST';
  headers?: Readonly<Record<string, string>>;
  body?: string;
  signal?: AbortSignal;
};

export type Fetch = {
  /** Resolves with any HTTP status, 3xx included; rejects when no response came, URL_REFUSED for an unusable proxy. */
  (url: string, init?: FetchInit): Promise<Response>;
  /** For messages: `describeProxy` of this fetch's environment. Absent where there are no proxies. */
  readonly proxyFor?: (url: string) => string | undefined;
};

export function createFetch(env: Env): Fetch {
  let loaded: Promise<Fetch> | undefined;
  const fetchOnce: Fetch = async (url, init) => {
    checkProxies(env);
    loaded ??= loadUndici(env);
    const fetch = await loaded;
    return fetch(url, init);
  };
  return Object.assign(fetchOnce, { proxyFor: (url: string) => describeProxy(env, url) });
}

/**
 * `127.0.0.1:3128 (HTTPS_PROXY)`: the proxy that a request for `url` goes through and the variable that names it, without
 * user and password; undefined for a direct one. The rules are those of undici: small letters first, an https URL falls
 * back to the proxy for http, `NO_PROXY` holds hosts with their subdomains, or `*` alone.
 */
export function describeProxy(env: Env, url: string): string | undefined {
  const target = URL.parse(url);
  if (target === null) return undefined;
  const http = firstSet(env, ['http_proxy', 'HTTP_PROXY']);
  const https = firstSet(env, ['https_proxy', 'HTTPS_PROXY']);
  const chosen = target.protocol === 'https:' && https?.value ? https : http;
  const proxy = URL.parse(chosen?.value ?? '');
  if (chosen === undefined || proxy === null || isDirect(env, target)) return undefined;
  return `${proxy.host} (${chosen.name})`;
}

/** A variable that is set to nothing counts as set. */
function firstSet(env: Env, names: readonly string[]): { name: string; value: string } | undefined {
  const name = names.find((each) => env[each] !== undefined);
  return name === undefined ? undefined : { name, value: env[name] ?? '' };
}

function isDirect(env: Env, target: URL): boolean {
  const list = firstSet(env, ['no_proxy', 'NO_PROXY'])?.value ?? '';
  if (list === '*') return true;
  const port = target.port === '' ? { 'http:': '80', 'https:': '443' }[target.protocol] : target.port;
  return list
    .split(/[,\s]/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      const [, named = entry, namedPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
      const host = named.replace(/^\*?\./, '').toLowerCase();
      if (Number(namedPort ?? 0) !== 0 && Number(namedPort) !== Number(port)) return false;
      return target.hostname === host || target.hostname.endsWith(`.${host}`);
    });
}

/** Loads what the first request would load. */
export async function loadFetch(): Promise<void> {
  await import('undici');
}

/** Names the variable and never its value, which may hold a password. Throws URL_REFUSED. */
export function checkProxies(env: Env): void {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY']) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    const { protocol } = URL.parse(value) ?? {};
    if (protocol === 'http:' || protocol === 'https:') continue;
    throw new OpenClawError({
      code: 'URL_REFUSED',
      message: `The environment variable ${name} does not name a proxy.`,
      remedy: `Write it as http://host:port, or unset ${name}.`,
    });
  }
}

async function loadUndici(env: Env): Promise<Fetch> {
  const undici = await import('undici');
  const httpProxy = env['http_proxy'] ?? env['HTTP_PROXY'];
  const httpsProxy = env['https_proxy'] ?? env['HTTPS_PROXY'];
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'];
  const dispatcher = new undici.EnvHttpProxyAgent({
    // Empty strings keep undici from reading process.env behind our back.
    httpProxy: httpProxy ?? '',
    httpsProxy: httpsProxy ?? '',
    noProxy: noProxy ?? '',
    connections: 8,
    keepAliveTimeout: 4_000,
    connect: { timeout: 10_000 },
  });
  return async (url, init = {}) => {
    checkHeaders(init.headers);
    const response = await undici.fetch(url, {
      method: init.method ?? 'GET',
      redirect: 'manual',
      dispatcher,
      ...(init.headers === undefined ? {} : { headers: { ...init.headers } }),
      ...(init.body === undefined ? {} : { body: init.body }),
      ...(init.signal === undefined ? {} : { signal: init.signal }),
    });
    return response;
  };
}

/** undici would quote the value, which is mostly a token. */
function checkHeaders(headers: FetchInit['headers']): void {
  for (const [name, value] of Object.entries(headers ?? {})) {
    if (/^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)) continue;
    throw new TypeError(`the header ${name} holds a character that no header can carry`);
  }
}
