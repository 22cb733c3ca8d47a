// What of an upstream's header a client gets, and what the gateway itself reads in it.
import { describe, expect, it } from 'vitest';
import { createReadHead, type AnswerHead } from '../../src/gateway/response-headers.ts';

const read = (headers: readonly (readonly [string, string])[]): AnswerHead =>
  createReadHead()(
    200,
    headers.flatMap((header) => header.map((part) => Buffer.from(part, 'latin1'))),
    [],
  );

describe('the encoding of an answer', () => {
  it.each<[string, string[], string | undefined, string[]]>([
    ['none', [], undefined, []],
    ['identity', ['identity'], undefined, []],
    ['identity in capital letters', [' Identity '], undefined, []],
    ['a packed one', ['gzip'], 'gzip', ['content-encoding', 'gzip']],
    ['a packed one beside identity', ['gzip', 'identity'], 'gzip', ['content-encoding', 'gzip']],
    ['several', ['gzip, br'], 'gzip, br', ['content-encoding', 'gzip, br']],
  ])('%s', (_name, values, expected, headers) => {
    const head = read(values.map((value) => ['Content-Encoding', value]));
    expect(head.contentEncoding).toBe(expected);
    expect(head.headers).toEqual(headers);
  });
});

describe('a header', () => {
  it.each([
    ['x-kept', true],
    ['x-ratelimit-remaining', true],
    ['x-openclaw', true],
    ['x-openclaw-model', false],
    ['X-OpenClaw-Failover', false],
    ['x-openclaw-anything', false],
    ['access-control-allow-origin', false],
    ['set-cookie', false],
    ['location', false],
    ['transfer-encoding', false],
  ])('%s is passed on: %s', (name, isKept) => {
    expect(read([[name, '1']]).headers).toEqual(isKept ? [name, '1'] : []);
  });

  it('is dropped however many names an upstream has invented before', () => {
    const readHead = createReadHead();
    const raw = (name: string): Buffer[] => [Buffer.from(name), Buffer.from('1')];
    for (let n = 0; n < 300; n += 1) readHead(200, raw(`x-${n}`), []);
    expect(readHead(200, raw('x-openclaw-model'), []).headers).toEqual([]);
  });
});
