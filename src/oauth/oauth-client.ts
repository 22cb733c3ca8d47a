// The OAuth requests of a public client, on openid-client, with the server's dialect carried by its custom fetch:
// openid-client builds and checks standard messages, the dialect translates what the server really says.
// One request a call; when to call again is for the flows and the refresh engine.
import { OpenClawError } from '../errors.ts';
import { Secret } from '../platform/secret.ts';
import { foreignText } from '../platform/text.ts';
import {
  createConfiguration,
  createDialectCaller,
  type DialectCall,
  type OAuthClientDeps,
  type RequestFailure,
} from './dialect-call.ts';
import type { AuthorizationResponse } from './callback.ts';
import { postForm, requireHttps } from './form-post.ts';

export type { OAuthClientDeps, RequestFailure } from './dialect-call.ts';

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

/** An authorization request (RFC 6749 section 4.1.1) between its start and its redemption. */
export type PendingAuthorization = {
  /** For the browser. */
  readonly authorizationUrl: string;
  readonly redirectUri: string;
  /** 256 random bits, as the answer must repeat them. */
  readonly state: string;
  /** What an ID token must repeat; absent where none is expected. */
  readonly nonce?: string;
  readonly codeVerifier: Secret;
  /** What `iss` of the answer must be (RFC 9207), where the server is known by one. */
  readonly issuer?: string;
  readonly issuerRequired: boolean;
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
  /**
   * A fresh verifier, state and nonce each time; S256 only (RFC 7636). `prompt=consent` goes with `offline_access` alone
   * (OpenID Connect Core section 11). Sends nothing. Throws LOGIN_REJECTED where the server has no such flow.
   */
  startAuthorization(scope: string, redirectUri: string): Promise<PendingAuthorization>;
  /**
   * A code works once: what this returns is never a reason to send it again, but for `unsent`. The error
   * `id_token_refused` is this side's: the tokens are not for this login, and are forgotten.
   */
  redeem(
    pending: PendingAuthorization,
    response: AuthorizationResponse,
    signal?: AbortSignal,
  ): Promise<{ kind: 'granted'; grant: Grant } | RequestFailure>;
  /** RFC 7009; true when the server took it. */
  revoke(token: Secret, signal?: AbortSignal): Promise<boolean>;
};

/** RFC 8628 section 3.5 has no bounds; these keep a bad answer from polling in a tight loop or for ever. */
const intervalCeilingMs = 60_000;
const codeLifetimeMs = { floor: 30_000, ceiling: 1_800_000 };
const tokenLimit = 16 * 1024;

type TokenEndpointResponse = import('openid-client').TokenEndpointResponse;

export function createOAuthClient(deps: OAuthClientDeps): OAuthClient {
  const { dialect, clientId, clock } = deps;
  const call = createDialectCaller(deps);

  async function tokenRequest(
    request: DialectCall<TokenEndpointResponse>['request'],
    signal: AbortSignal | undefined,
    withIdToken = false,
  ): Promise<{ kind: 'granted'; grant: Grant } | RequestFailure> {
    const result = await call(
      { translate: (answer) => dialect.readTokenAnswer(answer), request, withIdToken },
      signal,
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
      if (dialect.deviceAuthorizationUrl === undefined) throw noFlow(dialect.tokenUrl, 'device login');
      const { randomPKCECodeVerifier, calculatePKCECodeChallenge } = await import('openid-client');
      const codeVerifier = randomPKCECodeVerifier();
      const codeChallenge = await calculatePKCECodeChallenge(codeVerifier);
      const state = deps.random.bytes(32).toString('base64url');
      const result = await call(
        {
          translate: (answer) => dialect.readDeviceAnswer(answer, { state }),
          request: (client, config) =>
            client.initiateDeviceAuthorization(
              config,
              dialect.deviceParameters({ scope, codeChallenge, state }),
            ),
        },
        signal,
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
        (client, config) =>
          client.genericGrantRequest(
            config,
            dialect.pollGrantType,
            dialect.pollParameters({
              deviceCode: login.deviceCode,
              userCode: login.userCode,
              codeVerifier: login.codeVerifier.reveal(),
            }),
          ),
        signal,
      ),

    refresh: (refreshToken, signal) =>
      tokenRequest(
        (client, config) =>
          client.genericGrantRequest(config, 'refresh_token', { refresh_token: refreshToken.reveal() }),
        signal,
      ),

    async startAuthorization(scope, redirectUri) {
      if (dialect.authorizationUrl === undefined) {
        throw noFlow(dialect.tokenUrl, 'authorization request');
      }
      requireHttps(dialect.authorizationUrl, deps.allowLoopbackHttp);
      const { client, config } = await createConfiguration(deps);
      const codeVerifier = client.randomPKCECodeVerifier();
      const state = deps.random.bytes(32).toString('base64url');
      const scopes = scope.split(' ');
      const nonce = scopes.includes('openid') ? deps.random.bytes(32).toString('base64url') : undefined;
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope,
        state,
        code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
        ...(nonce === undefined ? {} : { nonce }),
        ...(scopes.includes('offline_access') ? { prompt: 'consent' } : {}),
      });
      return {
        authorizationUrl: url.href,
        redirectUri,
        state,
        ...(nonce === undefined || dialect.sendsIdTokens !== true ? {} : { nonce }),
        codeVerifier: new Secret(codeVerifier),
        ...(dialect.issuer === undefined ? {} : { issuer: dialect.issuer }),
        issuerRequired: dialect.sendsIssuer === true,
      };
    },

    redeem(pending, response, signal) {
      // Only what was judged: a member of the callback that nobody asked for never reaches the library.
      const callback = new URL(pending.redirectUri);
      callback.search = new URLSearchParams({
        code: response.code.reveal(),
        state: response.state,
        ...(response.issuer === undefined || pending.issuer === undefined ? {} : { iss: response.issuer }),
      }).toString();
      return tokenRequest(
        (client, config) =>
          client.authorizationCodeGrant(config, callback, {
            pkceCodeVerifier: pending.codeVerifier.reveal(),
            expectedState: pending.state,
            ...(pending.nonce === undefined ? {} : { expectedNonce: pending.nonce, idTokenExpected: true }),
          }),
        signal,
        pending.nonce !== undefined,
      );
    },

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

function noFlow(tokenUrl: string, flow: string): OpenClawError {
  const { host } = new URL(tokenUrl);
  return new OpenClawError({
    code: 'LOGIN_REJECTED',
    message: `${host} names no address for a ${flow}.`,
    data: { host },
  });
}

function isToken(token: string): boolean {
  return token.length <= tokenLimit && /^[\x21-\x7e]+$/.test(token);
}

function clamp(value: number, floor: number, ceiling: number): number {
  return Math.min(Math.max(value, floor), ceiling);
}

/** Where a request was sent on to; the usual reason is a network in a hotel or an airport. */
export function describeRedirect(location: URL | undefined): string {
  const target = foreignText(location?.host ?? '', [], 80);
  return `the request was sent on to ${target === '' ? 'an unreadable address' : target} and not followed (if this network asks you to sign in, in a hotel or an airport, do that first)`;
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
        message: `${host} could not be reached: ${describeRedirect(failure.location)}.`,
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
