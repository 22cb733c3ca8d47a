// What people paste when they are asked for a key.
import { describe, expect, it } from 'vitest';
import { readPastedKey } from '../../src/providers/pasted-key.ts';

describe('readPastedKey', () => {
  it.each([
    ['sk-cp-abc123', 'sk-cp-abc123', false],
    ['  sk-cp-abc123\n', 'sk-cp-abc123', false],
    ['"sk-cp-abc123"', 'sk-cp-abc123', true],
    ['Bearer sk-cp-abc123', 'sk-cp-abc123', true],
    ['Authorization: Bearer sk-cp-abc123', 'sk-cp-abc123', true],
    ['"Authorization: Bearer sk-cp-abc123"', 'sk-cp-abc123', true],
    ['x-api-key: sk-cp-abc123', 'sk-cp-abc123', true],
    ['export MINIMAX_API_KEY=sk-cp-abc123', 'sk-cp-abc123', true],
    ['MINIMAX_API_KEY="sk-cp-abc123"', 'sk-cp-abc123', true],
    ["$env:MINIMAX_API_KEY = 'sk-cp-abc123'", 'sk-cp-abc123', true],
    // Not an assignment: what some tokens end in.
    ['eyJhbGciOiJSUzI1NiJ9.abc==', 'eyJhbGciOiJSUzI1NiJ9.abc==', false],
    ['abcdef=', 'abcdef=', false],
  ])('%j is the key %s', (text, key, isNoted) => {
    const read = readPastedKey('minimax', text);
    expect(read).toMatchObject({ kind: 'key', key });
    expect('note' in read).toBe(isNoted);
  });

  it.each([
    ['', /empty/],
    ['""', /empty/],
    ['$MINIMAX_API_KEY', /name of a variable/],
    ['${MINIMAX_API_KEY}', /name of a variable/],
    ['https://platform.minimax.io/keys', /address/],
    ['sk-cp abc', /no spaces/],
    ['sk-one\nsk-two', /no spaces/],
    ['sk-cp-äbc', /characters that no key has/],
    ['sk-cp-a…b', /characters that no key has/],
    ['sk-cp-****3f2a', /middle hidden/],
    ['sk-cp-...3f2a', /middle hidden/],
    ['k'.repeat(5000), /longer than/],
    ['sk-ant-api03-abc', /another service/],
  ])('%j is none', (text, reason) => {
    const read = readPastedKey('minimax', text);
    expect(read).toMatchObject({ kind: 'fault' });
    if (read.kind === 'fault') {
      expect(read.reason).toMatch(reason);
      if (text.length > 12) expect(read.reason).not.toContain(text);
    }
  });

  it('takes an Anthropic key for Anthropic', () => {
    expect(readPastedKey('anthropic', 'sk-ant-api03-abc')).toMatchObject({ kind: 'key' });
  });
});
