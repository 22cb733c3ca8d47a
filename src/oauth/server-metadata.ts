// What an authorization server says of itself (OpenID Connect Discovery, RFC 8414), fetched once under the limits of
// every other request and believed only as far as a login can be safe with it: its own issuer, encrypted addresses, and
// PKCE with S256. What is done with the addresses is the dialect's and the client's.
import * as z from 'zod/mini';
import { OpenClawError, isOpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import { foreignText } from '../platform/text.ts';
import { readJsonAnswer, requireHttps } from './form-post.ts';
import { describeNetworkError } from './network-error.ts';
import type { StandardEndpoints } from './standard-dialect.ts';

export type DiscoveryDeps = {
  fetch: Fetch;
  clock: Clock;
  allowLoopbackHttp: boolean;
  /** For both places together; 15 s. */
  timeoutMs?: number;
};

export type DiscoveredServer = StandardEndpoints & { readonly issuer: string };

const metadataShape = z.object({
  issuer: z.string(),
  token_endpoint: z.string(),
  authorization_endpoint: z.optional(z.string()),
  device_authorization_endpoint: z.optional(z.string()),
  revocation_endpoint: z.optional(z.string()),
  code_challenge_methods_supported: z.optional(z.array(z.string())),
  authorization_response_iss_parameter_supported: z.optional(z.boolean()),
  id_token_signing_alg_values_supported: z.optional(z.array(z.string())),
});

const defaultTimeoutMs = 15_000;
/** Where a server describes itself: OpenID Connect Discovery section 4, RFC 8414 section 3. */
const places = ['oidc', 'oauth2'] as const;

/**
 * Rejects with PORTAL_UNREACHABLE, PORTAL_REDIRECTED, URL_REFUSED, LOGIN_REJECTED for a server that is not to be
 * trusted with a login, or the signal's reason.
 */
export async function discoverServer(
  deps: DiscoveryDeps,
  issuer: string,
  signal?: AbortSignal,
): Promise<DiscoveredServer> {
  const address = requireHttps(issuer, deps.allowLoopbackHttp);
  const ended = new AbortController();
  const until = AbortSignal.any([ended.signal, ...(signal === undefined ? [] : [signal])]);
  const timeoutMs = deps.timeoutMs ?? defaultTimeoutMs;
  try {
    return await Promise.race([
      describe(deps, address, until),
      sleep(deps.clock, timeoutMs, until).then(() => {
        throw unreachable(address.host, `it did not describe itself within ${timeoutMs / 1000} s`);
      }),
    ]);
  } finally {
    ended.abort();
  }
}

async function describe(deps: DiscoveryDeps, issuer: URL, signal: AbortSignal): Promise<DiscoveredServer> {
  const { host } = issuer;
  for (const place of places) {
    const description = await readDescription(deps, issuer, place, signal);
    if (description === undefined) continue;
    const parsed = metadataShape.safeParse(description.metadata);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw refused(
        host,
        `${foreignText((issue?.path ?? []).join('.'), [], 60)} is missing or no such thing`,
      );
    }
    const server = checkServer(parsed.data, issuer, deps.allowLoopbackHttp);
    if (description.complaint !== undefined) throw refused(host, description.complaint);
    return server;
  }
  throw unreachable(host, 'it does not describe itself at the places that the standards name');
}

type Description = { metadata: unknown; complaint?: string };

/** undefined where there is nothing at this place. */
async function readDescription(
  deps: DiscoveryDeps,
  issuer: URL,
  algorithm: (typeof places)[number],
  signal: AbortSignal,
): Promise<Description | undefined> {
  const client = await import('openid-client');
  const { host } = issuer;
  let absent = false;
  let metadata: object | undefined;
  let thrown: unknown;
  const customFetch = async (url: string): Promise<Response> => {
    try {
      const response = await deps.fetch(url, { headers: { accept: 'application/json' }, signal });
      const { status } = response;
      if (status >= 300 && status < 400) {
        throw new OpenClawError({
          code: 'PORTAL_REDIRECTED',
          message: `${host} sent the request for its description on, which was not followed.`,
          data: { host },
        });
      }
      const body = await readJsonAnswer(response);
      absent = status >= 400 && status < 500 && status !== 429;
      if (status === 200 && typeof body === 'object' && body !== null) {
        metadata = body;
        return Response.json(body);
      }
      if (!absent) {
        throw unreachable(
          host,
          status === 200 ? 'its description is not JSON of at most 64 KiB' : `HTTP ${status}`,
        );
      }
      return new Response(undefined, { status: 404 });
    } catch (error) {
      thrown = isOpenClawError(error) ? error : unreachable(host, describeNetworkError(error, []).reason);
      throw error;
    }
  };
  try {
    await client.discovery(issuer, 'openclaw', undefined, client.None(), {
      algorithm,
      [client.customFetch]: customFetch,
      ...(deps.allowLoopbackHttp ? { execute: [client.allowInsecureRequests] } : {}),
    });
    return metadata === undefined ? undefined : { metadata };
  } catch (error) {
    signal.throwIfAborted();
    if (thrown !== undefined) throw thrown;
    if (absent) return undefined;
    // The library's own words on a description that it will not have; its cause would hold the whole of it.
    return {
      metadata,
      complaint: error instanceof Error ? foreignText(error.message, [], 120) : 'it is unreadable',
    };
  }
}

function checkServer(
  metadata: z.infer<typeof metadataShape>,
  asked: URL,
  allowLoopbackHttp: boolean,
): DiscoveredServer {
  const { host } = asked;
  // RFC 8414 section 3.3, without exceptions for anybody's server.
  if (URL.parse(metadata.issuer)?.href !== asked.href) {
    throw refused(host, `it calls itself ${foreignText(metadata.issuer, [], 80)}`);
  }
  // RFC 8414 section 2: where the methods are left out, there is no PKCE.
  if (metadata.code_challenge_methods_supported?.includes('S256') !== true) {
    throw refused(host, 'it does not offer PKCE with S256, and a code could be stolen on its way');
  }
  const check = (url: string): string => requireHttps(url, allowLoopbackHttp).href;
  const optional = <Name extends string>(name: Name, url: string | undefined): { [key in Name]?: string } =>
    url === undefined ? {} : ({ [name]: check(url) } as { [key in Name]?: string });
  const algorithms = metadata.id_token_signing_alg_values_supported;
  return {
    issuer: metadata.issuer,
    tokenUrl: check(metadata.token_endpoint),
    ...optional('authorizationUrl', metadata.authorization_endpoint),
    ...optional('deviceAuthorizationUrl', metadata.device_authorization_endpoint),
    ...optional('revocationUrl', metadata.revocation_endpoint),
    sendsIssuer: metadata.authorization_response_iss_parameter_supported === true,
    // REQUIRED of an OpenID provider, and of nobody else.
    ...(algorithms === undefined
      ? { sendsIdTokens: false }
      : { sendsIdTokens: true, idTokenAlgorithms: algorithms.filter((name) => name !== 'none') }),
  };
}

function unreachable(host: string, reason: string): OpenClawError {
  return new OpenClawError({
    code: 'PORTAL_UNREACHABLE',
    message: `${host} could not be asked about itself: ${reason}.`,
    data: { host },
  });
}

function refused(host: string, reason: string): OpenClawError {
  return new OpenClawError({
    code: 'LOGIN_REJECTED',
    message: `${host} is refused as a login server: ${reason}.`,
    data: { host },
  });
}
