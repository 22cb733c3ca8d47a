// What follows a failed attempt, as a table: every reason, with and without a time that the server named.
import { describe, expect, it } from 'vitest';
import {
  allFailed,
  decideNext,
  describeAttempts,
  failoverHeader,
  lostLogins,
  refusedLease,
  soonestRetryMs,
  type FailedAttempt,
  type FailureReason,
  type NextStep,
} from '../../src/gateway/failover.ts';
import { OpenClawError } from '../../src/errors.ts';

describe('after a failed attempt', () => {
  it.each<[FailureReason, number | undefined, number, NextStep]>([
    ['overloaded', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['overloaded', 1_500, 1, { kind: 'again', delayMs: 1_500 }],
    ['overloaded', 2_001, 1, { kind: 'next_login' }],
    ['overloaded', undefined, 2, { kind: 'next_login' }],
    ['server_error', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['server_error', 0, 1, { kind: 'again', delayMs: 0 }],
    ['server_error', Infinity, 1, { kind: 'next_login' }],
    ['timeout', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['unreachable', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['unreachable', undefined, 2, { kind: 'next_login' }],
    ['timeout', Infinity, 1, { kind: 'next_login' }],
    ['refresh_failed', undefined, 1, { kind: 'next_login' }],
    ['not_served', undefined, 1, { kind: 'next_model' }],
    ['auth', undefined, 1, { kind: 'next_login' }],
    ['forbidden', undefined, 1, { kind: 'next_login' }],
    ['rate_limit', 1_000, 1, { kind: 'next_login' }],
    ['quota', undefined, 1, { kind: 'next_login' }],
    ['billing', undefined, 1, { kind: 'next_login' }],
    ['model_unavailable', undefined, 1, { kind: 'next_login' }],
    ['no_login', undefined, 1, { kind: 'next_model' }],
    ['cooling_down', 30_000, 1, { kind: 'next_model' }],
    ['other_api', undefined, 1, { kind: 'next_model' }],
    ['format', undefined, 1, { kind: 'end' }],
    ['context_overflow', undefined, 1, { kind: 'end' }],
  ])('%s, pause %s, try %i: %j', (reason, pauseMs, tries, expected) => {
    expect(decideNext({ reason, pauseMs }, tries, 0)).toEqual(expected);
  });

  it('the pauses of many clients are spread', () => {
    expect(decideNext({ reason: 'timeout' }, 1, 0.999)).toMatchObject({ kind: 'again', delayMs: 499.75 });
  });
});

describe('a lease that was refused', () => {
  const error = (code: 'COOLING_DOWN' | 'REFRESH_FAILED' | 'NO_PROFILE' | 'STORE_BUSY', data = {}) =>
    new OpenClawError({ code, message: 'x', data });

  it.each([
    [error('COOLING_DOWN', { retryAfterMs: 5 }), { ref: 'a/x', reason: 'cooling_down', retryAfterMs: 5 }],
    [
      error('REFRESH_FAILED', { profileId: 'a:one' }),
      { ref: 'a/x', reason: 'refresh_failed', profileId: 'a:one' },
    ],
    [error('NO_PROFILE'), { ref: 'a/x', reason: 'no_login' }],
    [error('NO_PROFILE', { excluded: true, retryAfterMs: 5 }), undefined],
    [error('STORE_BUSY'), { ref: 'a/x', reason: 'no_login' }],
    [new Error('defect'), { ref: 'a/x', reason: 'no_login' }],
  ])('%s', (thrown, expected) => {
    expect(refusedLease(thrown, 'a/x')).toEqual(expected);
  });
});

describe('when all have failed', () => {
  const attempts: FailedAttempt[] = [
    { ref: 'a/x', profileId: 'a:one', reason: 'quota', retryAfterMs: 9_000 },
    { ref: 'a/x', profileId: 'a:two\u001b[2J', reason: 'rate_limit', retryAfterMs: 4_000 },
    { ref: 'b/y', reason: 'cooling_down' },
  ];

  it('each attempt is told with its reason, and the soonest time', () => {
    expect(describeAttempts(attempts)).toBe(
      'a/x (a:one): the plan is used up; a/x (a:two): too many requests; b/y: all logins are cooling down',
    );
    expect(soonestRetryMs(attempts)).toBe(4_000);
  });

  it.each<[(number | undefined)[], number | undefined]>([
    [[undefined], undefined],
    [[], undefined],
    [[9_000, 4_000, undefined], 4_000],
    [[0, 20_000], 20_000],
    [[-5, 20_000, 30_000], 20_000],
    [[0, -1], undefined],
  ])('of the times %j the soonest that is yet to come is %s', (times, expected) => {
    const entries = times.map((retryAfterMs): FailedAttempt => ({
      ref: 'a/x',
      reason: 'rate_limit',
      retryAfterMs,
    }));
    expect(soonestRetryMs(entries)).toBe(expected);
  });

  it('what is known to help is told once, and the usual where nothing more is known', () => {
    const remedy = 'The key is of the other site.';
    const refused: FailedAttempt = { ref: 'a/x', reason: 'auth', remedy };
    expect(allFailed('a/x', [refused, ...attempts, refused], 1).remedy).toBe(remedy);
    expect(allFailed('a/x', attempts, 1).remedy).toContain('openclaw auth status');
  });

  it('limits alone are a matter of waiting', () => {
    const status = (entries: FailedAttempt[]): unknown => allFailed('a/x', entries, 1).data['httpStatus'];
    expect(status(attempts)).toBe(429);
    expect(status([...attempts, { ref: 'c/z', reason: 'server_error' }])).toBeUndefined();
  });

  it('a header tells them apart, whatever they are called', () => {
    const odd: FailedAttempt = { ref: 'a/"модель"', profileId: 'a:\\', reason: 'auth' };
    expect(failoverHeader([...attempts.slice(2), odd])).toBe(
      '"b/y";reason=cooling_down, "a/%22%D0%BC%D0%BE%D0%B4%D0%B5%D0%BB%D1%8C%22";profile="a:\\\\";reason=auth',
    );
  });

  it.each([1, 12, 40, 85, 400, 100_000])(
    'a header of %i attempts is no longer than clients take',
    (count) => {
      const many = Array.from({ length: count }, (_, n): FailedAttempt => ({
        ref: `nowhere/a-model-${n}`,
        profileId: 'nowhere:"key"',
        reason: 'not_served',
      }));
      const header = failoverHeader(many);
      const members = header.split(', ');
      const whole = members.filter((member) =>
        /^"nowhere\/a-model-\d+";profile="nowhere:\\"key\\"";reason=not_served$/.test(member),
      );
      const leftOut = /^left-out;count=(\d+)$/.exec(members.at(-1) ?? '')?.[1];
      expect(header.length).toBeLessThanOrEqual(4_096);
      expect(whole.length + Number(leftOut ?? 0)).toBe(count);
      expect(members.length).toBe(whole.length + (leftOut === undefined ? 0 : 1));
      if (count > 12) expect(whole.length).toBeGreaterThan(30);
      else expect(leftOut).toBeUndefined();
    },
  );

  it('an attempt whose names are longer than the header is counted', () => {
    const long: FailedAttempt = { ref: `a/${'ж'.repeat(2_000)}`, reason: 'auth' };
    expect(failoverHeader([long])).toBe('left-out;count=1');
    expect(failoverHeader([...attempts.slice(2), long])).toBe('"b/y";reason=cooling_down, left-out;count=1');
  });

  it('logins that were refused as such are not tried with another model either', () => {
    const refused: FailedAttempt = { ref: 'a/x', profileId: 'a:three', reason: 'auth' };
    expect([...lostLogins([...attempts, refused])]).toEqual(['a:three']);
  });
});
