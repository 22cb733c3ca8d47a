// The OAuth requests of a public client, on openid-client, with the server's dialect carried by its custom fetch:
// openid-client builds and checks standard messages, the dialect translates what the server really says.
// One request a call; when to call again is for the device flow and the refresh engine.
import { OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Fetch } from '../platform/fetch.ts';
import type { Random } from '../platform/random.ts';
import { Secret } from '../platform/secret.ts';
import { foreignText } from '../platform/text.ts';
import type { DeviceOffer, Dialect, NamedError, NoAnswer, TokenAnswer } from './dialect.ts';
import { postForm, requireHttps, type FormPostResult } from './form-post.ts';

export type Grant = {
  readonly accessToken: Secret;
  readonly refreshToken?: Secret;
  /** Wall clock at which the answer arrived. */
  readonly receivedAtMs: number;
  readonly lifetimeMs?: number;
  readonly scope?: string;
  readonly extra: Readonly<Record<string, string>>;
};

/** A device login between its start and its end; the verifier never leaves this process. */
export type PendingLogin = {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly codeVerifier: Secret;
  readonly expiresInMs: number;
  readonly intervalMs: number;
};

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

export type OAuthClient = {
  startDevice(
    scope: string,
    signal?: AbortSignal,
  ): Promise<({ kind: 'pending' } & PendingLogin) | RequestFailure>;
  poll(
    login: PendingLogin,
    signal?: AbortSignal,
  ): Promise<{ kind: 'granted'; grant: Grant } | RequestFailure>;
  refresh(
    refreshToken: Secret,
    signal?: AbortSignal,
  ): Promise<{ kind: 'granted'; grant: Grant } | RequestFailure>;
  /** RFC 7009; true when the server took it. */
  revoke(token: Secret, signal?: AbortSignal): Promise<boolean>;
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

/** RFC 8628 section 3.5 has no bounds; these keep a bad answer from polling in a tight loop or for ever. */
const intervalCeilingMs = 60_000;
const codeLifetimeMs = { floor: 30_000, ceiling: 1_800_000 };
const tokenLimit = 16 * 1024;

export function createOAuthClient(deps: OAuthClientDeps): OAuthClient {
  const { dialect, clientId, clock } = deps;

  /** Runs one openid-client call; the real cause of a failure is kept beside it, since its errors hold whole answers. */
  async function call<T>(
    translate: (
      answer: FormPostResult & { kind: 'answer' },
    ) => DeviceOffer | TokenAnswer | NamedError | NoAnswer,
    signal: AbortSignal | undefined,
    request: (
      client: typeof import('openid-client'),
      config: import('openid-client').Configuration,
    ) => Promise<T>,
  ): Promise<{ kind: 'done'; value: T; answer: DeviceOffer | TokenAnswer } | RequestFailure> {
    const client = await import('openid-client');
    requireHttps(dialect.tokenUrl, deps.allowLoopbackHttp);
    const config = new client.Configuration(
      {
        issuer: new URL(dialect.tokenUrl).origin,
        token_endpoint: dialect.tokenUrl,
        device_authorization_endpoint: dialect.deviceAuthorizationUrl,
      },
      clientId,
      undefined,
      client.None(),
    );
    // The deadline is ours (postForm); plain http is decided there too, by exact host.
    config.timeout = undefined;
    if (deps.allowLoopbackHttp) client.allowInsecureRequests(config);
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
        return standardResponse(read);
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
      // What openid-client refuses of a translated answer; its message is its own, its cause would hold the tokens.
      const detail = error instanceof Error ? foreignText(error.message, [], 120) : 'unknown';
      return { kind: 'trouble', reason: `the answer was not understood (${detail})` };
    }
  }

  async function tokenRequest(
    grantType: string,
    parameters: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<{ kind: 'granted'; grant: Grant } | RequestFailure> {
    const result = await call(
      (answer) => dialect.readTokenAnswer(answer),
      signal,
      (client, config) => client.genericGrantRequest(config, grantType, parameters),
    );
    if (result.kind !== 'done') return result;
    const { value, answer } = result;
    if (answer.kind !== 'token') return { kind: 'trouble', reason: 'the answer holds no token' };
    const tokens = [value.access_token, ...(value.refresh_token === undefined ? [] : [value.refresh_token])];
    if (!tokens.every(isToken))
      return { kind: 'trouble', reason: 'a token in the answer is not printable ASCII of at most 16 KiB' };
    return {
      kind: 'granted',
      grant: {
        accessToken: new Secret(value.access_token),
        ...(value.refresh_token === undefined ? {} : { refreshToken: new Secret(value.refresh_token) }),
        receivedAtMs: clock.nowMs(),
        ...(value.expires_in === undefined ? {} : { lifetimeMs: value.expires_in * 1000 }),
        ...(value.scope === undefined ? {} : { scope: value.scope }),
        extra: answer.extra ?? {},
      },
    };
  }

  return {
    async startDevice(scope, signal) {
      const { randomPKCECodeVerifier, calculatePKCECodeChallenge } = await import('openid-client');
      const codeVerifier = randomPKCECodeVerifier();
      const codeChallenge = await calculatePKCECodeChallenge(codeVerifier);
      const state = deps.random.bytes(32).toString('base64url');
      const result = await call(
        (answer) => dialect.readDeviceAnswer(answer, { state }),
        signal,
        (client, config) =>
          client.initiateDeviceAuthorization(
            config,
            dialect.deviceParameters({ scope, codeChallenge, state }),
          ),
      );
      if (result.kind !== 'done') return result;
      const { value } = result;
      const intervalMs = value.interval === undefined ? dialect.defaultIntervalMs : value.interval * 1000;
      return {
        kind: 'pending',
        deviceCode: value.device_code,
        userCode: value.user_code,
        verificationUrl: value.verification_uri_complete ?? value.verification_uri,
        codeVerifier: new Secret(codeVerifier),
        expiresInMs: clamp(value.expires_in * 1000, codeLifetimeMs.floor, codeLifetimeMs.ceiling),
        intervalMs: clamp(intervalMs, dialect.minimumIntervalMs, intervalCeilingMs),
      };
    },

    poll: (login, signal) =>
      tokenRequest(
        dialect.pollGrantType,
        dialect.pollParameters({
          deviceCode: login.deviceCode,
          userCode: login.userCode,
          codeVerifier: login.codeVerifier.reveal(),
        }),
        signal,
      ),

    refresh: (refreshToken, signal) =>
      tokenRequest('refresh_token', { refresh_token: refreshToken.reveal() }, signal),

    async revoke(token, signal) {
      if (dialect.revocationUrl === undefined) return false;
      const form = new URLSearchParams({ token: token.reveal(), client_id: clientId });
      const result = await postForm(
        deps,
        dialect.revocationUrl,
        form,
        { 'x-request-id': deps.random.uuid() },
        signal,
      );
      // RFC 7009 section 2.2: the status says it all, and the body is mostly empty.
      return result.kind !== 'redirected' && result.status === 200;
    },
  };
}

/** Loads what the first request would load. */
export async function loadOAuthClient(): Promise<void> {
  await import('openid-client');
}

function standardResponse(read: DeviceOffer | TokenAnswer): Response {
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

function isToken(token: string): boolean {
  return token.length <= tokenLimit && /^[\x21-\x7e]+$/.test(token);
}

function clamp(value: number, floor: number, ceiling: number): number {
  return Math.min(Math.max(value, floor), ceiling);
}

/** The error that ends a login when a request failed for a reason that waiting does not mend. */
export function toLoginError(failure: RequestFailure, host: string): OpenClawError {
  const data = { host };
  switch (failure.kind) {
    case 'trouble':
      return new OpenClawError({
        code: 'PORTAL_UNREACHABLE',
        message: `${host} could not be reached: ${failure.reason}.`,
        data,
      });
    case 'redirected':
      return new OpenClawError({
        code: 'PORTAL_REDIRECTED',
        message: `${host} sent the login on to ${foreignText(failure.location?.host ?? 'an unreadable address', [], 80)}, which was not followed.`,
        data,
      });
    case 'error': {
      const detail =
        failure.description === undefined ? failure.error : `${failure.error}: ${failure.description}`;
      return new OpenClawError({
        code: 'LOGIN_REJECTED',
        message: `${host} refused the login (${detail}).`,
        data,
      });
    }
  }
}
