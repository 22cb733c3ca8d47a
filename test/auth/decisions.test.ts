// The pure decisions about logins: order, dates, states. Tables.
import { describe, expect, it } from 'vitest';
import { calmPace, planExpiry, retryDelayMs, urgentPace } from '../../src/auth/expiry.ts';
import { orderProfiles } from '../../src/auth/order.ts';
import { checkExitCode, describeLogin } from '../../src/auth/status.ts';
import type { ProfileRecord } from '../../src/store/credential-store.ts';

const minute = 60_000;
const hour = 3_600_000;
const issuedAtMs = 1_000_000_000_000;

function record(overrides: Partial<ProfileRecord> = {}): ProfileRecord {
  return {
    id: 'minimax-portal:default',
    provider: 'minimax-portal',
    type: 'oauth',
    generation: 1,
    createdAtMs: issuedAtMs,
    savedAtMs: issuedAtMs,
    issuedAtMs,
    expiresAtMs: issuedAtMs + hour,
    refreshable: true,
    ...overrides,
  };
}

describe('when a refresh is due', () => {
  it.each([
    ['an hour: the last 5 minutes', hour, 0, 5 * minute],
    ['a day: the last 5 minutes too', 24 * hour, 0, 5 * minute],
    ['10 minutes: the last tenth', 10 * minute, 0, minute],
    ['8 seconds: the last tenth', 8_000, 0, 800],
    ['jitter makes it earlier', hour, 0.5, 5.5 * minute],
  ])('%s', (_name, lifetimeMs, fraction, marginMs) => {
    const expiresAtMs = issuedAtMs + lifetimeMs;
    expect(planExpiry(record({ expiresAtMs }), fraction).refreshAtMs).toBe(expiresAtMs - marginMs);
  });

  it('never without a refresh token, and never without an end', () => {
    expect(planExpiry(record({ refreshable: false }), 0).refreshAtMs).toBe(Infinity);
    const { expiresAtMs: _, ...endless } = record();
    expect(planExpiry(endless, 0)).toEqual({ refreshAtMs: Infinity, unusableAtMs: Infinity });
  });

  it('R9: is always before the token stops being sent, and that before its end', () => {
    for (const lifetimeMs of [1_000, 8_000, minute, hour, 30 * 24 * hour]) {
      const plan = planExpiry(record({ expiresAtMs: issuedAtMs + lifetimeMs }), 0.99);
      expect(plan.refreshAtMs).toBeLessThan(plan.unusableAtMs);
      expect(plan.unusableAtMs).toBeLessThan(issuedAtMs + lifetimeMs);
      expect(plan.refreshAtMs).toBeGreaterThan(issuedAtMs);
    }
  });
});

describe('the pause after a failed refresh', () => {
  it.each([
    [1, 0, undefined, 200],
    [1, 1, undefined, 1_200],
    [4, 1, undefined, 8_200],
    [30, 1, undefined, 300_200],
    [1, 0, 7_000, 7_000],
    [5, 1, 1_000, 16_200],
  ])('failure %i, chance %f, Retry-After %s: %i ms', (failures, fraction, retryAfterMs, expected) => {
    expect(retryDelayMs(failures, fraction, retryAfterMs, calmPace)).toBe(expected);
  });

  it.each([
    [1, 0, undefined, 200],
    [1, 1, undefined, 600],
    [3, 0.5, undefined, 1_000],
    [20, 1, undefined, 5_200],
    [1, 0.5, 7_000, 7_000],
  ])(
    'while requests wait: failure %i, chance %f, Retry-After %s: %i ms',
    (failures, fraction, told, expected) => {
      expect(retryDelayMs(failures, fraction, told, urgentPace)).toBe(expected);
    },
  );
});

describe('the order of logins', () => {
  const portal = record();
  const cn = record({ id: 'minimax-portal:cn' });
  const key = record({ id: 'minimax-portal:a-key', type: 'api_key' });
  const token = record({ id: 'minimax-portal:a-token', type: 'token' });
  const dead = record({ id: 'minimax-portal:default', dead: { atMs: 1, reason: 'x' } });
  it.each([
    ['one', [portal], undefined, ['minimax-portal:default'], 'only login'],
    [
      'oauth, token, key',
      [key, token, cn],
      undefined,
      ['minimax-portal:cn', 'minimax-portal:a-token', 'minimax-portal:a-key'],
      'oauth before other kinds',
    ],
    [
      'default before others',
      [cn, portal],
      undefined,
      ['minimax-portal:default', 'minimax-portal:cn'],
      'first by name',
    ],
    ['dead last', [dead, cn], undefined, ['minimax-portal:cn', 'minimax-portal:default'], 'first by name'],
    [
      'explicit',
      [portal, cn],
      ['minimax-portal:cn', 'minimax-portal:default'],
      ['minimax-portal:cn', 'minimax-portal:default'],
      'explicit order',
    ],
    ['left out is never used', [portal, cn], ['minimax-portal:cn'], ['minimax-portal:cn'], 'explicit order'],
    ['unknown names are passed over', [portal], ['minimax-portal:gone'], [], 'explicit order'],
  ] as const)('%s', (_name, profiles, explicit, ids, reason) => {
    expect(orderProfiles(profiles, explicit)).toEqual({ ids, reason });
  });
});

describe('the state of a login', () => {
  const nowMs = issuedAtMs + 10 * minute;
  it.each<[string, Partial<ProfileRecord>, string, number]>([
    ['valid', {}, 'ok', 0],
    ['over, but renewable', { expiresAtMs: nowMs - 1 }, 'expired', 0],
    ['over, not renewable', { expiresAtMs: nowMs - 1, refreshable: false }, 'needs_login', 1],
    ['ends soon, not renewable', { expiresAtMs: nowMs + minute, refreshable: false }, 'expiring', 2],
    ['ends later, not renewable', { expiresAtMs: nowMs + hour, refreshable: false }, 'ok', 2],
    ['dead, though its date is fine', { dead: { atMs: 1, reason: 'revoked' } }, 'needs_login', 1],
    ['being refreshed', { intent: { atMs: nowMs - 1_000, pid: 1, generation: 1 } }, 'refreshing', 0],
    [
      'an intent that a killed process left',
      { intent: { atMs: nowMs - hour, pid: 1, generation: 1 } },
      'ok',
      0,
    ],
    ['an intent from the future', { intent: { atMs: nowMs + hour, pid: 1, generation: 1 } }, 'ok', 0],
    [
      'the last refresh failed, the token is valid',
      { lastRefresh: { atMs: 1, outcome: 'transient', reason: 'HTTP 503' } },
      'ok',
      0,
    ],
  ])('%s', (_name, overrides, state, exitCode) => {
    const status = describeLogin(record(overrides), nowMs);
    expect(status.state).toBe(state);
    expect(checkExitCode([status])).toBe(exitCode);
  });

  it.each([
    [true, 'refreshing', undefined],
    [false, 'ok', 'a refresh was cut off (process 7); the next one tries the stored refresh token once'],
  ])('a refresh that was begun, and runs: %s', (isRefreshing, state, detail) => {
    for (const atMs of [nowMs - 1_000, nowMs - hour, nowMs + hour]) {
      const begun = record({ intent: { atMs, pid: 7, generation: 1 } });
      expect(describeLogin(begun, nowMs, isRefreshing)).toEqual({
        state,
        ...(detail === undefined ? {} : { detail }),
      });
    }
  });

  it('no login at all fails the check', () => {
    expect(checkExitCode([])).toBe(1);
  });

  it('says why', () => {
    expect(describeLogin(record({ dead: { atMs: 1, reason: 'revoked' } }), nowMs).detail).toBe('revoked');
    expect(
      describeLogin(record({ lastRefresh: { atMs: 1, outcome: 'transient', reason: 'HTTP 503' } }), nowMs)
        .detail,
    ).toContain('HTTP 503');
  });
});
