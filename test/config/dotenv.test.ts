// `.env` as Node reads it, and what Node passes over in silence, by the number of its line alone.
import { describe, expect, it } from 'vitest';
import { readDotenv } from '../../src/config/dotenv.ts';

const complaints = (text: string): [number, string][] =>
  readDotenv(text, '/state/.env').warnings.map(({ line, message }) => [line, message]);

describe('.env', () => {
  it.each<[string, Record<string, string>]>([
    ['A=1\nB=two words\n', { A: '1', B: 'two words' }],
    ['\ufeffA=1\r\nB="x y"\r\n', { A: '1', B: 'x y' }],
    ['A=1\rB=2', { A: '1', B: '2' }],
    ['export A=1\n  B = 2\n', { A: '1', B: '2' }],
    ['A="a#b" # remark\nB=x # remark\n# C=3\n\n', { A: 'a#b', B: 'x' }],
    ["A='first\nsecond'\nB=\"x=y\"\nC=`it's`\n", { A: 'first\nsecond', B: 'x=y', C: "it's" }],
    ['A=\nB=""\n', { A: '', B: '' }],
    ['A=a"b"c\n', { A: 'a"b"c' }],
  ])('%j is read without a word', (text, env) => {
    const read = readDotenv(text, '/state/.env');
    expect({ ...read.env }).toEqual(env);
    expect(read.warnings).toEqual([]);
  });

  it.each<[string, number, string]>([
    ['A=1\nsk-live-secret\n', 2, 'no assignment'],
    ['export A\n', 1, 'no assignment'],
    ['A: 1\n', 1, 'no assignment'],
    ['=1\n', 1, 'no assignment'],
    ['# c\nMY-KEY=1\n', 2, 'none that a variable can have'],
    ['X Y=1\n', 1, 'none that a variable can have'],
    ['A=abc#def\n', 1, 'ends before its #'],
    ['A="abc\nB=1\n', 1, 'never closed'],
    ['A="a\\"b"\n', 1, 'ends at its second quote'],
    ['A="x\ny"\nnothing\n', 3, 'no assignment'],
  ])('%j is told', (text, line, message) => {
    expect(complaints(text)).toEqual([[line, expect.stringContaining(message)]]);
  });

  it('tells nothing of what stands in a line', () => {
    const { warnings } = readDotenv(
      'sk-live-4f2a\nKEY="sk-live-4f2b\nX-Y=sk-live-4f2c\nZ=sk-live#4f2d',
      '/state/.env',
    );
    expect(warnings).toHaveLength(4);
    expect(JSON.stringify(warnings)).not.toContain('sk-live');
    expect(warnings.every(({ file, fix }) => file === '/state/.env' && fix !== undefined)).toBe(true);
  });
});
