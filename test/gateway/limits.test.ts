// What an operator may set of the gateway's bounds, and what is said of nonsense.
import { describe, expect, it } from 'vitest';
import { readLimits } from '../../src/gateway/limits.ts';

const read = (value: string): unknown => readLimits({ OPENCLAW_GATEWAY_IDLE_TIMEOUT: value });

describe('how long an upstream may be silent', () => {
  it.each([
    ['', {}],
    [' ', {}],
    ['30', { upstreamHeadersTimeoutMs: 30_000, upstreamIdleTimeoutMs: 30_000 }],
    [' 0 ', { upstreamHeadersTimeoutMs: 0, upstreamIdleTimeoutMs: 0 }],
  ])('%j', (value, expected) => {
    expect(read(value)).toEqual(expected);
  });

  it.each(['-1', '1.5', '10m', 'for ever', '86401', '1e3'])('%j is refused', (value) => {
    expect(() => read(value)).toThrow(/OPENCLAW_GATEWAY_IDLE_TIMEOUT is how long .* in whole seconds/);
  });
});
