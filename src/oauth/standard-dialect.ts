// The dialect of the standards themselves: RFC 6749 (tokens), RFC 8628 (device authorization), RFC 7636 (PKCE), with the
// addresses that a server's metadata (RFC 8414) or a configuration names. Durations there are relative seconds.
import type { DeviceOffer, Dialect, NamedError, NoAnswer, ServerAnswer, TokenAnswer } from './dialect.ts';

export type StandardEndpoints = Pick<
  Dialect,
  | 'deviceAuthorizationUrl'
  | 'tokenUrl'
  | 'revocationUrl'
  | 'authorizationUrl'
  | 'issuer'
  | 'sendsIssuer'
  | 'sendsIdTokens'
  | 'idTokenAlgorithms'
>;

/** RFC 8628 section 3.2: 5 s where the server names no interval. */
const defaultIntervalMs = 5_000;
const floorMs = 1_000;
/** REQUIRED by the RFC; five minutes where a server leaves it out all the same. */
const absentCodeLifetimeMs = 300_000;
/** Ten years: more is as good as for ever, and still a date. */
const longestMs = 315_360_000_000;

export function createStandardDialect(endpoints: StandardEndpoints): Dialect {
  return {
    ...endpoints,
    name: 'standard',
    pollGrantType: 'urn:ietf:params:oauth:grant-type:device_code',
    defaultIntervalMs,
    minimumIntervalMs: floorMs,
    deviceParameters: ({ scope, codeChallenge }) => ({
      scope,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
    }),
    pollParameters: ({ deviceCode, codeVerifier }) => ({
      device_code: deviceCode,
      code_verifier: codeVerifier,
    }),
    readDeviceAnswer,
    readTokenAnswer,
  };
}

function readDeviceAnswer({ body, status }: ServerAnswer): DeviceOffer | NamedError | NoAnswer {
  const answer = asObject(body);
  const error = namedError(answer);
  if (error !== undefined) return error;
  const deviceCode = text(answer['device_code']);
  const userCode = text(answer['user_code']);
  const verificationUrl = text(answer['verification_uri_complete']) ?? text(answer['verification_uri']);
  if (status !== 200 || deviceCode === undefined || userCode === undefined || verificationUrl === undefined) {
    return { kind: 'trouble', reason: `HTTP ${status} without a device code` };
  }
  const intervalMs = readSeconds(answer['interval']);
  return {
    kind: 'offer',
    deviceCode,
    userCode,
    verificationUrl,
    expiresInMs: readSeconds(answer['expires_in']) ?? absentCodeLifetimeMs,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  };
}

function readTokenAnswer({ body, status }: ServerAnswer): TokenAnswer | NamedError | NoAnswer {
  const answer = asObject(body);
  const error = namedError(answer);
  if (error !== undefined) return error;
  const accessToken = text(answer['access_token']);
  if (status !== 200 || accessToken === undefined) {
    return { kind: 'trouble', reason: `HTTP ${status} without a token and without an OAuth error` };
  }
  const refreshToken = text(answer['refresh_token']);
  const lifetimeMs = readSeconds(answer['expires_in']);
  const scope = text(answer['scope']);
  const idToken = text(answer['id_token']);
  return {
    kind: 'token',
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(scope === undefined ? {} : { scope }),
    ...(idToken === undefined ? {} : { idToken }),
  };
}

function namedError(answer: Record<string, unknown>): NamedError | undefined {
  const error = text(answer['error']);
  if (error === undefined) return undefined;
  const description = text(answer['error_description']);
  return { kind: 'error', error, ...(description === undefined ? {} : { description }) };
}

/** Milliseconds of a positive number of seconds; undefined for anything else. */
function readSeconds(value: unknown): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return undefined;
  return Math.min(value * 1000, longestMs);
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
