// What follows a failed attempt, as a table: every reason, with and without a time that the server named.
import { describe, expect, it } from 'vitest';
import {
  chainFor,
  decideNext,
  describeAttempts,
  isLimited,
  soonestRetryMs,
  type FailedAttempt,
  type FailureReason,
  type NextStep,
} from '../../src/gateway/failover.ts';
import type { ModelRoute } from '../../src/providers/model-route.ts';

const route = (ref: string): ModelRoute => {
  const [provider = '', modelId = ''] = ref.split('/');
  const definition = {
    id: modelId,
    name: modelId,
    reasoning: false,
    input: ['text' as const],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 1,
    maxTokens: 1,
  };
  return { provider, modelId, ref, api: 'anthropic-messages', definition };
};

describe('after a failed attempt', () => {
  it.each<[FailureReason, number | undefined, number, NextStep]>([
    ['overloaded', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['overloaded', 1_500, 1, { kind: 'again', delayMs: 1_500 }],
    ['overloaded', 2_001, 1, { kind: 'next_login' }],
    ['overloaded', undefined, 2, { kind: 'next_login' }],
    ['server_error', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['server_error', 0, 1, { kind: 'again', delayMs: 0 }],
    ['timeout', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['unreachable', undefined, 1, { kind: 'again', delayMs: 250 }],
    ['unreachable', undefined, 2, { kind: 'next_login' }],
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
  ])('%s, Retry-After %s, try %i: %j', (reason, retryAfterMs, tries, expected) => {
    expect(decideNext({ reason, retryAfterMs }, tries, 0)).toEqual(expected);
  });

  it('the pauses of many clients are spread', () => {
    expect(decideNext({ reason: 'timeout' }, 1, 0.999)).toMatchObject({ kind: 'again', delayMs: 499.75 });
  });
});

describe('the chain', () => {
  const opus = route('anthropic/claude-opus-4-6');
  const minimax = route('minimax/MiniMax-M2.1');
  const defaults = { primary: opus, fallbacks: [minimax, opus] };

  it('belongs to the default model and to no other', () => {
    expect(chainFor(opus, defaults)).toEqual([opus, minimax]);
    expect(chainFor(minimax, defaults)).toEqual([minimax]);
    expect(chainFor(minimax, { primary: undefined, fallbacks: [opus] })).toEqual([minimax]);
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
    expect(soonestRetryMs(attempts.slice(2))).toBeUndefined();
  });

  it('limits alone are a matter of waiting', () => {
    expect(isLimited(attempts)).toBe(true);
    expect(isLimited([...attempts, { ref: 'c/z', reason: 'server_error' }])).toBe(false);
    expect(isLimited([])).toBe(false);
  });
});
