// The torture's command line: defaults, flags, and what is refused.
import { describe, expect, it } from 'vitest';
import { parseOptions, UsageError } from './options.ts';

const parse = (...argv: string[]) => parseOptions(argv, () => 42);

describe('the command line', () => {
  it('has defaults for all', () => {
    expect(parse()).toEqual({
      seconds: 20,
      processes: 8,
      servers: ['simulator', 'oidc'],
      seed: 42,
      json: false,
    });
  });

  it('takes what is given', () => {
    const given = parse('--seconds', '30', '--processes', '2', '--server', 'oidc', '--seed', '7', '--json');
    expect(given).toEqual({ seconds: 30, processes: 2, servers: ['oidc'], seed: 7, json: true });
    expect(parse('--help')).toBe('help');
  });

  it.each([
    ['--bogus'],
    ['word'],
    ['--seconds', '0'],
    ['--seconds', '1.5'],
    ['--seconds', ''],
    ['--processes', '65'],
    ['--server', 'other'],
    ['--seed', '-1'],
    ['--seed', '4294967296'],
    ['--seed'],
  ])('refuses %s %s', (...argv) => {
    expect(() => parse(...argv)).toThrow(UsageError);
  });
});
