// One call of openid-client with the server's dialect between: its custom fetch sends by postForm, under all limits, and
// hands it the answer in the standard's words. What a failure is called is decided here; which call it is, and what its
// result means, by oauth-client.ts.
import type { Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import type { Random } from '../platform/random.ts';
import { foreignText } from '../platform/text.ts';
import type { DeviceOffer, Dialect, NamedError, NoAnswer, TokenAnswer } from './dialect.ts';
import { postForm, requireHttps, type FormPostResult } from './form-post.ts';

/** `trouble` may pass; `error` is the server's word. */
export type RequestFailure =
  | { readonly kind: 'error'; readonly error: string; readonly description?: string }
  | { readonly kind: 'redirected'; readonly location: URL | undefined }
  | {
      readonly kind: 'trouble';
      readonly reason: string;
      readonly retryAfterMs?: number;
      /** The request never left this machine. */
      readonly unsent?: true;
    };

export type OAuthClientDeps = {
  dialect: Dialect;
  clientId: string;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  allowLoopbackHttp: boolean;
  /** For one request with its whole answer; 30 s. */
  timeoutMs?: number;
  /** What a server could repeat beside that which it is sent: the access token of the login. */
  secrets?: readonly string[];
};

type OpenidClient = typeof import('openid-client');
type Configuration = import('openid-client').Configuration;

export type DialectCall<T> = {
  readonly translate: (
    answer: FormPostResult & { kind: 'answer' },
  ) => DeviceOffer | TokenAnswer | NamedError | NoAnswer;
  readonly request: (client: OpenidClient, config: Configuration) => Promise<T>;
  /** openid-client gets the ID token to judge; without this it never sees one. */
  readonly withIdToken?: boolean;
};

export type DialectCaller = <T>(
  call: DialectCall<T>,
  signal: AbortSignal | undefined,
) => Promise<{ kind: 'done'; value: T; answer: DeviceOffer | TokenAnswer } | RequestFailure>;

/**
 * An ID token comes straight from the token endpoint and is bound by its nonce: its dates say little, and a clock that
 * is hours off must not end a login.
 */
const idTokenToleranceSeconds = 86_400;

/** The server as openid-client knows it, and the client as a public one. Throws URL_REFUSED. */
export async function createConfiguration(
  deps: Pick<OAuthClientDeps, 'dialect' | 'clientId' | 'allowLoopbackHttp'>,
): Promise<{ client: OpenidClient; config: Configuration }> {
  const client = await import('openid-client');
  const { dialect } = deps;
  const tokenUrl = requireHttps(dialect.tokenUrl, deps.allowLoopbackHttp);
  const config = new client.Configuration(
    {
      issuer: dialect.issuer ?? tokenUrl.origin,
      token_endpoint: dialect.tokenUrl,
      ...(dialect.deviceAuthorizationUrl === undefined
        ? {}
        : { device_authorization_endpoint: dialect.deviceAuthorizationUrl }),
      ...(dialect.authorizationUrl === undefined ? {} : { authorization_endpoint: dialect.authorizationUrl }),
      ...(dialect.idTokenAlgorithms === undefined
        ? {}
        : { id_token_signing_alg_values_supported: [...dialect.idTokenAlgorithms] }),
    },
    deps.clientId,
    { [client.clockTolerance]: idTokenToleranceSeconds },
    client.None(),
  );
  // The deadline is ours (postForm); plain http is decided there too, by exact host.
  config.timeout = undefined;
  if (deps.allowLoopbackHttp) client.allowInsecureRequests(config);
  return { client, config };
}

export function createDialectCaller(deps: OAuthClientDeps): DialectCaller {
  return async ({ translate, request, withIdToken = false }, signal) => {
    const { client, config } = await createConfiguration(deps);
    // The real cause of a failure is kept beside openid-client, since its errors hold whole answers.
    let failure: RequestFailure | undefined;
    let thrown: unknown;
    let answer: DeviceOffer | TokenAnswer | undefined;
    config[client.customFetch] = async (url, init) => {
      try {
        const form = new URLSearchParams(init.body as URLSearchParams);
        const result = await postForm(deps, url, form, { 'x-request-id': deps.random.uuid() }, signal);
        if (result.kind !== 'answer') {
          failure =
            result.kind === 'redirected'
              ? result
              : {
                  kind: 'trouble',
                  reason: result.reason,
                  ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
                  ...(result.unsent === undefined ? {} : { unsent: result.unsent }),
                };
          return errorResponse('temporarily_unavailable');
        }
        const read = translate(result);
        if (read.kind === 'trouble') {
          failure = {
            ...read,
            ...(result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs }),
          };
          return errorResponse('temporarily_unavailable');
        }
        if (read.kind === 'error') {
          failure = cleanError(read, [...secretsOf(form), ...(deps.secrets ?? [])]);
          return errorResponse(read.error);
        }
        answer = read;
        return standardResponse(read, withIdToken);
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
    try {
      const value = await request(client, config);
      if (answer === undefined) throw new Error('no answer was read');
      return { kind: 'done', value, answer };
    } catch (error) {
      signal?.throwIfAborted();
      if (failure !== undefined) return failure;
      if (thrown !== undefined) throw thrown;
      if (withIdToken && answer !== undefined) {
        return { kind: 'error', error: 'id_token_refused', description: reasonOf(error) };
      }
      // What openid-client refuses of a translated answer; its message is its own, its cause would hold the tokens.
      const detail = error instanceof Error ? foreignText(error.message, [], 120) : 'unknown';
      return { kind: 'trouble', reason: `the answer was not understood (${detail})` };
    }
  };
}

/** Why an ID token was refused is said one error further down; both messages are the library's own constants. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? foreignText(cause.message, [], 120) : 'unknown';
}

function standardResponse(read: DeviceOffer | TokenAnswer, withIdToken: boolean): Response {
  if (read.kind === 'offer') {
    return Response.json({
      device_code: read.deviceCode,
      user_code: read.userCode,
      verification_uri: read.verificationUrl,
      expires_in: read.expiresInMs / 1000,
      ...(read.intervalMs === undefined ? {} : { interval: read.intervalMs / 1000 }),
    });
  }
  return Response.json({
    access_token: read.accessToken,
    token_type: 'Bearer',
    ...(read.refreshToken === undefined ? {} : { refresh_token: read.refreshToken }),
    ...(read.lifetimeMs === undefined ? {} : { expires_in: read.lifetimeMs / 1000 }),
    ...(read.scope === undefined ? {} : { scope: read.scope }),
    ...(withIdToken && read.idToken !== undefined ? { id_token: read.idToken } : {}),
  });
}

function errorResponse(error: string): Response {
  return Response.json({ error }, { status: 400 });
}

/** Servers have been seen to repeat what they were sent. */
function secretsOf(form: URLSearchParams): string[] {
  return ['refresh_token', 'code_verifier', 'token', 'code', 'device_code'].flatMap((name) =>
    form.getAll(name),
  );
}

function cleanError(read: NamedError, secrets: readonly string[]): RequestFailure {
  const description = read.description === undefined ? '' : foreignText(read.description, secrets);
  return {
    kind: 'error',
    error: foreignText(read.error, secrets, 64),
    ...(description === '' ? {} : { description }),
  };
}
