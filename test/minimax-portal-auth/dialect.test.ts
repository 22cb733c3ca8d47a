// MiniMax's JSON in, OAuth's meaning out: every shape that the service is known to send.
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  createDialect,
  readDeviceAnswer,
  readLifetimeMs,
  readTokenAnswer,
} from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';

const nowMs = 1_782_879_000_000;
const sent = { state: 'sent-state' };
const offer = {
  base_resp: { status_code: 0, status_msg: 'success' },
  user_code: 'TUE3-FXNG',
  verification_uri: 'https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&client=OpenClaw',
  expired_in: nowMs + 300_000,
  interval: 3000,
  state: 'sent-state',
};

describe('device authorization answers', () => {
  const read = (body: unknown, status = 200) => readDeviceAnswer({ status, body, nowMs }, sent);

  it('reads milliseconds and keeps the code as it is', () => {
    expect(read(offer)).toEqual({
      kind: 'offer',
      deviceCode: 'TUE3-FXNG',
      userCode: 'TUE3-FXNG',
      verificationUrl: offer.verification_uri,
      expiresInMs: 300_000,
      intervalMs: 3_000,
    });
  });

  it('does without base_resp and without an interval', () => {
    const { base_resp: _, interval: __, ...rest } = offer;
    expect(read(rest)).toMatchObject({ kind: 'offer' });
    expect(read(rest)).not.toHaveProperty('intervalMs');
  });

  it.each([
    ['another state', { ...offer, state: 'other' }, { kind: 'error', error: 'state_mismatch' }],
    ['no state', { ...offer, state: undefined }, { kind: 'error', error: 'state_mismatch' }],
    ['no user code', { ...offer, user_code: '' }, { kind: 'trouble' }],
    [
      'an OAuth error',
      { error: 'invalid_request', error_description: 'code_challenge is required' },
      { kind: 'error', error: 'invalid_request' },
    ],
    [
      'a base_resp error',
      { base_resp: { status_code: 2013, status_msg: 'bad' } },
      { kind: 'error', error: 'minimax_2013' },
    ],
    ['a passing base_resp error', { base_resp: { status_code: 1002 } }, { kind: 'trouble' }],
    ['an array', [offer], { kind: 'trouble' }],
    ['null', null, { kind: 'trouble' }],
  ])('%s', (_name, body, expected) => {
    expect(read(body)).toMatchObject(expected);
  });

  it.each([0, -5, Number.NaN, 1e308, '3000', null])('an interval of %s is as good as none', (interval) => {
    const answer = read({ ...offer, interval });
    expect(answer.kind).toBe('offer');
    expect((answer as { intervalMs?: number }).intervalMs ?? 5_000).toBeGreaterThan(0);
  });
});

describe('token answers', () => {
  const read = (body: unknown, status = 200) => readTokenAnswer({ status, body, nowMs });
  const tokens = {
    access_token: 'at',
    refresh_token: 'rt',
    token_type: 'Bearer',
    expired_in: nowMs + 60_000,
  };

  it.each([
    ['pending in 200', 200, { status: 'pending' }, 'authorization_pending'],
    ['pending in 400', 400, { error: 'authorization_pending' }, 'authorization_pending'],
    ['slow_down in 400', 400, { error: 'slow_down' }, 'slow_down'],
    ['slow_down in 200', 200, { error: 'slow_down' }, 'slow_down'],
    ['status error', 200, { status: 'error' }, 'access_denied'],
    ['failed, denied', 200, { status: 'failed', error: 'access_denied' }, 'access_denied'],
    ['denied in 400', 400, { error: 'access_denied' }, 'access_denied'],
    ['failed, expired', 200, { status: 'failed', error: 'expired_token' }, 'expired_token'],
    ['expired in 400', 400, { error: 'expired_token' }, 'expired_token'],
    ['invalid_grant', 400, { error: 'invalid_grant' }, 'invalid_grant'],
    ['40001', 200, { base_resp: { status_code: 40001 } }, 'invalid_client'],
    ['40004', 200, { base_resp: { status_code: 40004 } }, 'invalid_grant'],
    ['refresh_token_reused', 400, { error: 'refresh_token_reused' }, 'invalid_grant'],
    ['invalid_refresh_token', 401, { error: 'invalid_refresh_token' }, 'invalid_grant'],
    ['an error beats tokens beside it', 200, { ...tokens, error: 'access_denied' }, 'access_denied'],
  ])('%s', (_name, status, body, error) => {
    expect(read(body, status)).toMatchObject({ kind: 'error', error });
  });

  it.each([
    ['status success', { status: 'success', ...tokens }],
    ['no status', tokens],
    ['base_resp 0', { base_resp: { status_code: 0, status_msg: 'ok' }, ...tokens }],
  ])('granted: %s', (_name, body) => {
    expect(read(body)).toEqual({
      kind: 'token',
      accessToken: 'at',
      refreshToken: 'rt',
      lifetimeMs: 60_000,
      extra: {},
    });
  });

  it('passes on where the token is good and what the service says, and nothing else', () => {
    expect(
      read({
        ...tokens,
        resource_url: 'https://api.minimax.io',
        notification_message: 'hi',
        id_token: 'x',
        surprise: 1,
      }),
    ).toMatchObject({ extra: { resource_url: 'https://api.minimax.io', notification_message: 'hi' } });
  });

  it.each([
    ['nothing', {}],
    ['a success without a token', { status: 'success' }],
    ['an unknown status', { status: 'queued', access_token: 'at' }],
    ['a token that is a number', { access_token: 5 }],
    ['a server error in base_resp', { base_resp: { status_code: 1000, status_msg: 'unknown error' } }],
  ])('HTTP 200 with %s names no grant error, so it is trouble', (_name, body) => {
    expect(read(body).kind).toBe('trouble');
  });

  it('a token inside an error status is not a grant', () => {
    expect(read(tokens, 403).kind).toBe('trouble');
  });

  it('any JSON gives a grant only with a token that is text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 200, max: 599 }), (body, status) => {
        const answer = read(body, status);
        if (answer.kind === 'token')
          expect(typeof (body as { access_token?: unknown }).access_token).toBe('string');
      }),
    );
  });
});

describe('the unit of a lifetime', () => {
  it.each<[unknown, 'expired_in' | 'expires_in', number | undefined]>([
    [3600, 'expired_in', 3_600_000],
    [999_999_999, 'expired_in', 315_360_000_000],
    [nowMs / 1000 + 60, 'expired_in', 60_000],
    [nowMs + 60_000, 'expired_in', 60_000],
    [3600, 'expires_in', 3_600_000],
    [nowMs - 1, 'expired_in', undefined],
    [0.5, 'expires_in', 500],
    [8.64e12, 'expires_in', 315_360_000_000],
    [8.64e15, 'expired_in', 315_360_000_000],
    [0, 'expired_in', undefined],
    [-1, 'expired_in', undefined],
    [Number.NaN, 'expired_in', undefined],
    [Infinity, 'expired_in', undefined],
    [1e308, 'expired_in', undefined],
    ['3600s', 'expired_in', undefined],
    ['3600', 'expires_in', undefined],
    [null, 'expires_in', undefined],
  ])('%s in %s is %s ms', (value, unit, lifetimeMs) => {
    expect(readLifetimeMs(value, unit, nowMs)).toBe(lifetimeMs);
  });

  it('a grant whose time is over or unreadable still counts, for a minute', () => {
    for (const expired_in of [nowMs - 5_000, '3600s', 0, 1e308]) {
      expect(readTokenAnswer({ status: 200, body: { access_token: 'a', expired_in }, nowMs })).toMatchObject({
        kind: 'token',
        lifetimeMs: 60_000,
      });
    }
  });
});

describe('the endpoints', () => {
  const region = resolveRegion('cn', {});
  it.each([
    [
      'account',
      'https://account.minimaxi.com/oauth2/device/code',
      'https://account.minimaxi.com/oauth2/token',
      'user_code',
    ],
    [
      'account-cli',
      'https://account.minimaxi.com/oauth2/device/code',
      'https://account.minimaxi.com/oauth2/token',
      'device_code',
    ],
    ['legacy', 'https://api.minimaxi.com/oauth/code', 'https://api.minimaxi.com/oauth/token', 'user_code'],
  ] as const)('%s', (name, device, token, grant) => {
    expect(createDialect(name, region)).toMatchObject({
      deviceAuthorizationUrl: device,
      tokenUrl: token,
      pollGrantType: `urn:ietf:params:oauth:grant-type:${grant}`,
    });
  });
});
