// When wrong tokens limit an address, and for how long; what is remembered of how many.
import { describe, expect, it } from 'vitest';
import { createTokenAttempts, sourceOf, type TokenAttempts } from '../../src/gateway/token-attempts.ts';

const seconds = (count: number): number => count * 1_000;

/** The verdicts on wrong tokens at these times, in seconds: `.` counted, `!` a limit begins, `x` limited. */
function verdicts(attempts: TokenAttempts, times: readonly number[], address = '192.0.2.1'): string {
  return times
    .map((time) => {
      const attempt = attempts.wrong(address, seconds(time));
      if (attempt.kind === 'counted') return '.';
      return attempt.begins ? '!' : 'x';
    })
    .join('');
}

const times = (count: number, from = 0, step = 0): number[] =>
  Array.from({ length: count }, (_, index) => from + index * step);

describe('wrong tokens', () => {
  it.each([
    ['ten at once', times(10), '..........'],
    ['the eleventh within the minute', times(13), '..........!xx'],
    ['eleven over just less than a minute', times(11, 0, 5.9), '..........!'],
    ['one each six seconds, for ever', times(40, 0, 6), '.'.repeat(40)],
    ['ten, and ten more a minute later', [...times(10), ...times(10, 60)], '.'.repeat(20)],
    [
      'a minute that begins in the middle',
      [...times(5), ...times(5, 50), ...times(6, 61)],
      '...............!',
    ],
    ['until five minutes are over', [...times(11), 299, 300], '..........!x.'],
    ['ten more after them', [...times(11), ...times(11, 300)], '..........!..........!'],
    [
      'not lengthened by those within',
      [...times(11), ...times(200, 1), 300],
      `..........!${'x'.repeat(200)}.`,
    ],
  ])('%s', (_name, at, expected) => {
    expect(verdicts(createTokenAttempts(), at)).toBe(expected);
  });

  it('says how long it still lasts', () => {
    const attempts = createTokenAttempts();
    verdicts(attempts, times(10));
    expect(attempts.wrong('192.0.2.1', 0)).toEqual({ kind: 'limited', begins: true, retryAfterMs: 300_000 });
    expect(attempts.wrong('192.0.2.1', seconds(100))).toEqual({
      kind: 'limited',
      begins: false,
      retryAfterMs: 200_000,
    });
  });

  it('of one address are no other’s', () => {
    const attempts = createTokenAttempts();
    expect(verdicts(attempts, times(11))).toBe('..........!');
    expect(verdicts(attempts, times(11), '192.0.2.2')).toBe('..........!');
  });

  it('are remembered of so many addresses, the limited ones last of all to be forgotten', () => {
    const attempts = createTokenAttempts();
    verdicts(attempts, times(11), '192.0.2.1');
    for (let index = 0; index < 5_000; index += 1) attempts.wrong(`10.0.${index >> 8}.${index & 255}`, 0);
    expect(attempts.size()).toBe(1_024);
    expect(verdicts(attempts, [1], '192.0.2.1')).toBe('x');
  });

  it('stay bounded when all are limited', () => {
    const attempts = createTokenAttempts();
    for (let index = 0; index < 1_100; index += 1)
      verdicts(attempts, times(11), `10.0.${index >> 8}.${index & 255}`);
    expect(attempts.size()).toBe(1_024);
  });
});

describe('the source of an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::1', '::1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['unknown', 'unknown'],
  ])('%s is %s', (address, expected) => {
    expect(sourceOf(address)).toBe(expected);
  });
});
