// How long a login is left alone after which failure: tables.
import { describe, expect, it } from 'vitest';
import {
  afterPlan,
  coolDown,
  cooldownScope,
  isActive,
  isDisproved,
  type Cooldown,
  type CooldownReason,
} from '../../src/auth/cooldown.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const nowMs = 1_750_000_000_000;

/** The lengths of the cooldowns of failures in a row, each as soon as the former is over. */
function row(reason: string, times: number): number[] {
  let atMs = nowMs;
  let current: Cooldown | undefined;
  return Array.from({ length: times }, () => {
    current = coolDown(current, { reason }, atMs);
    if (current === undefined) return 0;
    const lengthMs = current.untilMs - atMs;
    atMs = current.untilMs;
    return lengthMs;
  });
}

describe('failures in a row', () => {
  it.each([
    ['rate_limit', [0.5, 1, 2, 4, 8, 16, 32, 60, 60]],
    ['overloaded', [0.5, 1, 5, 5]],
    ['server_error', [0.5, 1, 5, 5]],
    ['timeout', [0.5, 1, 5, 5]],
    ['unreachable', [0.5, 0.5, 0.5]],
    ['quota', [5, 10, 20, 40, 60, 60]],
    ['billing', [10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440]],
    ['model_unavailable', [60, 60]],
    ['format', [0, 0]],
    ['context_overflow', [0]],
    ['forbidden', [0]],
    ['auth', [1, 5, 30, 30]],
    ['constructor', [0]],
  ])('%s: minutes %j', (reason, minutes) => {
    expect(row(reason, minutes.length)).toEqual(minutes.map((count) => count * minute));
  });
});

describe('what the server told', () => {
  const week = 7 * 24 * hour;
  it.each<[string, Parameters<typeof coolDown>[1], number]>([
    ['Retry-After of a rate limit', { reason: 'rate_limit', retryAfterMs: 7 * second }, 7 * second],
    ['none at all is a second', { reason: 'rate_limit', retryAfterMs: 0 }, second],
    ['a year is a day', { reason: 'rate_limit', retryAfterMs: 365 * 24 * hour }, 24 * hour],
    ['no number', { reason: 'rate_limit', retryAfterMs: Number.NaN }, 30 * second],
    [
      'an overloaded server’s Retry-After is not its table',
      { reason: 'overloaded', retryAfterMs: hour },
      30 * second,
    ],
    ['the reset of a plan', { reason: 'quota', resetAtMs: nowMs + 3 * hour }, 3 * hour],
    [
      'the reset before Retry-After',
      { reason: 'quota', resetAtMs: nowMs + hour, retryAfterMs: minute },
      hour,
    ],
    ['a week of a plan', { reason: 'quota', resetAtMs: nowMs + week }, week],
    ['a reset in the past', { reason: 'quota', resetAtMs: nowMs - 1 }, 5 * minute],
    ['a reset far off', { reason: 'quota', resetAtMs: nowMs * 2 }, 8 * 24 * hour],
    ['a reset is no matter for others', { reason: 'billing', resetAtMs: nowMs + second }, 10 * minute],
  ])('%s', (_name, failure, lengthMs) => {
    expect((coolDown(undefined, failure, nowMs)?.untilMs ?? 0) - nowMs).toBe(lengthMs);
  });
});

describe('a failure while there is a cooldown', () => {
  const cooling = (reason: CooldownReason, failures = 1): Cooldown => ({
    reason,
    failures,
    sinceMs: nowMs,
    untilMs: nowMs + minute,
  });
  it.each<[string, Cooldown, string, number, Partial<Cooldown> | undefined]>([
    ['active: stays', cooling('rate_limit'), 'rate_limit', 1, undefined],
    ['active: stays for another reason too', cooling('rate_limit'), 'server_error', 1, undefined],
    ['over: the next longer one', cooling('rate_limit'), 'rate_limit', minute, { failures: 2 }],
    ['over, another kind: its first one', cooling('rate_limit', 5), 'overloaded', minute, { failures: 1 }],
    ['over, an outage like the one before', cooling('timeout', 2), 'server_error', minute, { failures: 3 }],
    [
      'a day after its end: the first again',
      cooling('rate_limit', 5),
      'rate_limit',
      25 * hour,
      { failures: 1 },
    ],
  ])('%s', (_name, current, reason, laterMs, expected) => {
    const next = coolDown(current, { reason }, nowMs + laterMs);
    if (expected === undefined) expect(next).toBeUndefined();
    else expect(next).toMatchObject({ ...expected, reason, sinceMs: nowMs + laterMs });
  });

  it.each([
    ['sent before it: stays', nowMs - 1, nowMs + minute, undefined],
    ['sent in it: the next one', nowMs, nowMs + minute, 2],
    ['sent before it, which the clock was set back to: the next one', nowMs - 2 * hour, nowMs - hour, 2],
  ])('over, %s', (_name, sentAtMs, atMs, failures) => {
    expect(coolDown(cooling('timeout'), { reason: 'timeout', sentAtMs }, atMs)?.failures).toBe(failures);
  });

  it('takes a reset time over, as often as it is told', () => {
    const told = { reason: 'quota', resetAtMs: nowMs + 3 * hour };
    const next = coolDown(cooling('quota', 2), told, nowMs + second);
    expect(next).toEqual({ reason: 'quota', failures: 2, sinceMs: nowMs, untilMs: nowMs + 3 * hour });
    expect(coolDown(next, told, nowMs + 2 * second)).toBeUndefined();
  });

  it.each([
    ['a request sent before it ends nothing', nowMs - 1, nowMs + 1, false],
    ['a request sent since ends it', nowMs + 1, nowMs + 2, true],
    ['not known when: while it is active', undefined, nowMs + 1, false],
    ['not known when: when it is over', undefined, nowMs + minute, true],
  ])('success: %s', (_name, sentAtMs, atMs, ended) => {
    expect(isDisproved(cooling('rate_limit'), sentAtMs, atMs)).toBe(ended);
  });

  it('success: after the clock was set back to before it, any', () => {
    for (const sentAtMs of [undefined, nowMs - hour - 1, nowMs - hour]) {
      expect(isDisproved(cooling('rate_limit'), sentAtMs, nowMs - hour)).toBe(true);
    }
  });

  it('is over when the clock is set back to before it', () => {
    expect(isActive(cooling('quota'), nowMs)).toBe(true);
    expect(isActive(cooling('quota'), nowMs - hour)).toBe(false);
    expect(isActive(cooling('quota'), nowMs + minute)).toBe(false);
  });
});

describe('what the plan’s service says', () => {
  const quota: Cooldown = { reason: 'quota', failures: 1, sinceMs: nowMs, untilMs: nowMs + 5 * minute };
  const usedUp = (resetAtMs: number) => ({ kind: 'used_up', resetAtMs }) as const;
  const free = { kind: 'free' } as const;
  it.each<[string, Cooldown, Parameters<typeof afterPlan>[1], number, number | undefined]>([
    ['a later reset', quota, usedUp(nowMs + hour), second, hour],
    ['an earlier reset', quota, usedUp(nowMs + minute), second, minute],
    ['a reset far off', quota, usedUp(nowMs * 2), second, 8 * 24 * hour + second],
    ['the same reset', quota, usedUp(nowMs + 5 * minute), second, undefined],
    ['a reset in the past', quota, usedUp(nowMs), second, undefined],
    ['asked before it began', quota, usedUp(nowMs + hour), -second, undefined],
    ['after its end', quota, usedUp(nowMs + hour), 5 * minute, undefined],
    ['another reason', { ...quota, reason: 'rate_limit' }, usedUp(nowMs + hour), second, undefined],
    ['free, at once', quota, free, second, undefined],
    ['free, half a minute later', quota, free, 30 * second, 30 * second],
    ['free, the second time', { ...quota, failures: 2 }, free, 30 * second, undefined],
    ['free, the second time, later', { ...quota, failures: 2 }, free, minute, minute],
    ['free, but another limit', { ...quota, reason: 'billing' }, free, minute, undefined],
  ])('%s', (_name, current, plan, askedMs, untilMs) => {
    const askedAtMs = nowMs + askedMs;
    const next = afterPlan(current, plan, askedAtMs, askedAtMs);
    expect(next).toEqual(untilMs === undefined ? undefined : { ...current, untilMs: nowMs + untilMs });
  });
});

it('billing and a refusal concern the login whatever it serves, everything else the model', () => {
  expect(cooldownScope('billing', 'MiniMax-M3')).toBe('');
  expect(cooldownScope('auth', 'MiniMax-M3')).toBe('');
  expect(cooldownScope('quota', 'MiniMax-M3')).toBe('MiniMax-M3');
});
