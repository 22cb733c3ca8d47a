// How MiniMax words OAuth: user code instead of device code, PKCE on the device flow, milliseconds, `base_resp`,
// errors inside HTTP 200. Pure functions; sending and waiting are the SDK's.
import type {
  DeviceOffer,
  Dialect,
  NamedError,
  NoAnswer,
  ServerAnswer,
  TokenAnswer,
} from '../../src/plugin-sdk/index.ts';
import type { Region } from './region.ts';

export type DialectName = 'account' | 'account-cli' | 'legacy';

/** The public clients that MiniMax knows; the second is its own command-line program's. */
export const clients: Record<DialectName, { clientId: string; scope: string }> = {
  account: { clientId: '78257093-7e40-4613-99e0-527b14b39113', scope: 'group_id profile model.completion' },
  'account-cli': { clientId: '659cf4c1-615c-45f6-a5f6-4bf15eb476e5', scope: 'openid profile coding_plan' },
  legacy: { clientId: '78257093-7e40-4613-99e0-527b14b39113', scope: 'group_id profile model.completion' },
};

const paths = {
  account: { device: '/oauth2/device/code', token: '/oauth2/token' },
  legacy: { device: '/oauth/code', token: '/oauth/token' },
};

export function createDialect(name: DialectName, region: Region): Dialect {
  const host = name === 'legacy' ? region.apiUrl : region.accountUrl;
  const path = name === 'legacy' ? paths.legacy : paths.account;
  const grant = name === 'account-cli' ? 'device_code' : 'user_code';
  return {
    name,
    deviceAuthorizationUrl: `${host}${path.device}`,
    tokenUrl: `${host}${path.token}`,
    revocationUrl: `${region.accountUrl}/oauth2/revoke`,
    // Not offered by MiniMax today; a configuration may name one. RFC 9207: it may say who it is, and then must be it.
    ...(region.authorizationUrl === undefined ? {} : { authorizationUrl: region.authorizationUrl }),
    issuer: region.accountUrl,
    pollGrantType: `urn:ietf:params:oauth:grant-type:${grant}`,
    defaultIntervalMs: 2_000,
    minimumIntervalMs: 2_000,
    deviceParameters: ({ scope, codeChallenge, state }) => ({
      response_type: 'code',
      scope,
      code_challenge: codeChallenge,
      code_challenge_method: 'S256',
      state,
    }),
    pollParameters: ({ userCode, codeVerifier }) => ({ user_code: userCode, code_verifier: codeVerifier }),
    readDeviceAnswer,
    readTokenAnswer,
  };
}

/** The one redirect that has a meaning: a legacy path that has moved to the account host of the same region. */
export function isMoveToAccountHost(location: URL | undefined, region: Region): boolean {
  return location !== undefined && location.origin === new URL(region.accountUrl).origin;
}

/** When the server gives no lifetime at all; polling ends earlier when it says `expired_token`. */
const absentCodeLifetimeMs = 300_000;
/** Ten years: more is as good as for ever, and still a date. */
const longestLifetimeMs = 315_360_000_000;
/** A lifetime that is no time, or over on arrival: short, so that it is looked at again soon, and never a loop. */
const unusableLifetimeMs = 60_000;

/** `{user_code, verification_uri, expired_in: epoch ms, interval: ms, state}`; there is no device_code. */
export function readDeviceAnswer(
  answer: ServerAnswer,
  sent: { state: string },
): DeviceOffer | NamedError | NoAnswer {
  const body = asObject(answer.body);
  const error = namedError(body);
  if (error !== undefined) return error;
  const userCode = text(body['user_code']);
  const verificationUrl = text(body['verification_uri']);
  if (answer.status !== 200 || userCode === undefined || verificationUrl === undefined) {
    return { kind: 'trouble', reason: `HTTP ${answer.status} without a user code` };
  }
  if (body['state'] !== sent.state) {
    return { kind: 'error', error: 'state_mismatch', description: 'the answer belongs to another login' };
  }
  const expiresInMs = readLifetime(body, answer.nowMs) ?? absentCodeLifetimeMs;
  const interval = body['interval'];
  const intervalMs =
    typeof interval === 'number' && Number.isFinite(interval) && interval > 0 ? interval : undefined;
  return {
    kind: 'offer',
    deviceCode: userCode,
    userCode,
    verificationUrl,
    expiresInMs,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  };
}

/** The token endpoint's answer to a poll and to a refresh alike. */
export function readTokenAnswer(answer: ServerAnswer): TokenAnswer | NamedError | NoAnswer {
  const body = asObject(answer.body);
  const error = namedError(body);
  if (error !== undefined) return error;
  const status = body['status'];
  if (status === 'pending') return { kind: 'error', error: 'authorization_pending' };
  if (status === 'error' || status === 'failed') return { kind: 'error', error: 'access_denied' };
  const accessToken = text(body['access_token']);
  const granted = answer.status === 200 && (status === undefined || status === 'success');
  if (!granted || accessToken === undefined) {
    return { kind: 'trouble', reason: `HTTP ${answer.status} without a token and without an OAuth error` };
  }
  const refreshToken = text(body['refresh_token']);
  const lifetimeMs = readLifetime(body, answer.nowMs);
  const scope = text(body['scope']);
  return {
    kind: 'token',
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
    ...(scope === undefined ? {} : { scope }),
    extra: pick(body, ['resource_url', 'notification_message']),
  };
}

/**
 * `expired_in`, whose unit depends on its size: below 1e9 relative seconds, below 1e12 Unix seconds, else Unix
 * milliseconds; `expires_in` is relative seconds. undefined for what is no time at all, and for a lifetime that is over.
 */
export function readLifetimeMs(
  value: unknown,
  unit: 'expired_in' | 'expires_in',
  nowMs: number,
): number | undefined {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0 || value > 8.64e15) return undefined;
  let lifetimeMs: number;
  if (unit === 'expires_in' || value < 1e9) lifetimeMs = value * 1000;
  else if (value < 1e12) lifetimeMs = value * 1000 - nowMs;
  else lifetimeMs = value - nowMs;
  return lifetimeMs >= 1 ? Math.min(lifetimeMs, longestLifetimeMs) : undefined;
}

/** undefined when neither field is there. */
function readLifetime(body: Record<string, unknown>, nowMs: number): number | undefined {
  if (body['expired_in'] === undefined && body['expires_in'] === undefined) return undefined;
  return (
    readLifetimeMs(body['expired_in'], 'expired_in', nowMs) ??
    readLifetimeMs(body['expires_in'], 'expires_in', nowMs) ??
    unusableLifetimeMs
  );
}

/** OAuth's `error` first, then MiniMax's `base_resp.status_code`: 40001 invalid_client, 40004 invalid_grant. */
function namedError(body: Record<string, unknown>): NamedError | NoAnswer | undefined {
  const error = text(body['error']);
  const base = asObject(body['base_resp']);
  const code = base['status_code'];
  const description = text(body['error_description']) ?? text(base['status_msg']);
  const withDescription = description === undefined ? {} : { description };
  if (error !== undefined) return { kind: 'error', error: oauthName(error), ...withDescription };
  if (typeof code !== 'number' || code === 0) return undefined;
  if (code === 40001) return { kind: 'error', error: 'invalid_client', ...withDescription };
  if (code === 40004) return { kind: 'error', error: 'invalid_grant', ...withDescription };
  if (passingCodes.has(code)) return { kind: 'trouble', reason: `MiniMax error ${code}` };
  return { kind: 'error', error: `minimax_${code}`, ...withDescription };
}

/** Unknown failure, timeout, rate limit, internal, database: nothing said about the grant. */
const passingCodes = new Set([1000, 1001, 1002, 1024, 1033]);

/** Other servers' words for the same thing, seen for a refresh token that was used up. */
function oauthName(error: string): string {
  return error === 'refresh_token_reused' || error === 'invalid_refresh_token' ? 'invalid_grant' : error;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function pick(body: Record<string, unknown>, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = text(body[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}
