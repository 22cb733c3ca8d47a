// A Secret says nothing by accident, in any of the ways in which values get printed.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createSearch } from '../support/canaries.ts';
import { everythingSaid } from '../support/everything-said.ts';

const value = 'canary7f3a-and-more-than-that';
const search = createSearch({ value });

describe('a secret', () => {
  it.each([
    ['alone', new Secret(value)],
    ['in an object', { token: new Secret(value) }],
    ['in a list', [new Secret(value)]],
    ['in a map and a set', new Map([['token', new Set([new Secret(value)])]])],
    [
      'in an error',
      Object.assign(new Error('x', { cause: new Secret(value) }), { token: new Secret(value) }),
    ],
    ['in an error of ours', new OpenClawError({ code: 'INTERNAL', message: String(new Secret(value)) })],
    ['frozen', Object.freeze(new Secret(value))],
    ['behind a prototype', Object.create(new Secret(value)) as object],
  ])('%s', (_where, holder) => {
    expect(search(Buffer.from(everythingSaid(holder)))).toEqual([]);
  });

  it('says that there is one, and gives it to those who ask for it', () => {
    const secret = new Secret(value);
    expect(everythingSaid(secret)).toContain('[redacted]');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
    expect(secret.reveal()).toBe(value);
    expect(secret.equals(new Secret(value))).toBe(true);
    expect(secret.equals(new Secret('other'))).toBe(false);
  });

  it('would be found if it spoke: the search sees a plain value in every one of these ways', () => {
    expect(search(Buffer.from(everythingSaid({ token: value })))).not.toEqual([]);
    expect(search(Buffer.from(everythingSaid(new Error('x', { cause: { deep: [value] } }))))).not.toEqual([]);
    const hidden = Object.defineProperty({}, 'token', { value, enumerable: false });
    expect(search(Buffer.from(everythingSaid(hidden)))).not.toEqual([]);
  });
});
