// Texts that once took minutes, or another meaning: a running gateway reads the file whatever somebody has typed into it.
import * as fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { readDotenv } from '../../src/config/dotenv.ts';
import { parseDocument } from '../../src/config/json5-document.ts';
import { propertyRuns } from '../support/property-runs.ts';

const read = (text: string): unknown => parseDocument(text, 'openclaw.json').value;
const many = 100_000;
const ruler = '/'.repeat(many);

describe('a text that is refused at once', () => {
  it.each<[string, string]>([
    ['a ruler where a comma is missing', `{\n port: 1,\n metrics: true\n ${ruler}\n bind: "x" }`],
    ['a ruler, and the last brace missing', `{ a: true ${ruler}\n`],
    ['comments within a comment', `{ a: true ${'// x '.repeat(many)}\n b: 1 }`],
    ['an apostrophe outside of quotes', `{ a: don't ${'// '.repeat(many)}\n b: 1 }`],
    ['a text without quotes that holds an address', `{ b: http ${ruler}\n c: 1 }`],
    ['comments that begin and do not end', '/*'.repeat(many)],
    ['a string that does not end', `{ a: '${"\\'".repeat(many)}`],
    ['quotes alone', '"\\'.repeat(many)],
    ['a blob without quotes', `{ a: "\\x" , b: ${'A'.repeat(many)} `],
    ['words alone', `{ ${'true '.repeat(many)}`],
  ])('%s', (_, text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'CONFIG_SYNTAX' }));
  });
});

describe('a text that is read', () => {
  it.each([
    `{ a: -.5, metrics: true ${ruler}\n }`,
    `{ a: ${'// x '.repeat(many)}\n true, true: 1 }`,
    '{ models: { temperature: -.5, enabled: true // note: x\n } }',
    '{ true: 1, b: null // see: x\n }',
    '{ b: null // see: x\n , a: +.5 /* : */ }',
    '{ a: { verbose: null // see: docs\n }, // pasted\u2028 "b": { "c": ["d"] }, "e": 1, }',
    `{ a: "${"\\'".repeat(many)}", null: 1 }`,
  ])('as JSON5 reads it: %.60j', (text) => {
    expect(read(text)).toEqual(JSON5.parse(text));
  });

  it('whatever stands between its pieces', () => {
    const gap = fc.constantFrom(
      '',
      ' ',
      '\n',
      '// x: y\n',
      '/* : */',
      '// z\u2028',
      '//// true:\n',
      '/***/',
      "// '\n",
    );
    const key = fc.constantFrom('a', 'true', 'null', 'false', '𝒳', '"q"', "'r:'", 'nullx', '$b');
    const value = fc.constantFrom(
      '1',
      '-.5',
      '+.5e3',
      'true',
      'null',
      '"s // t"',
      "'//:'",
      '[null,-.5]',
      '{null:true}',
    );
    const member = fc.tuple(gap, key, gap, value, gap);
    fc.assert(
      fc.property(
        fc.uniqueArray(member, { selector: (each) => each[1], maxLength: 5 }),
        gap,
        (members, end) => {
          const inner = members.map(
            ([before, name, behind, held, after]) => `${before}${name}${behind}:${held}${after}`,
          );
          const text = `{${inner.join(',')}${end}}`;
          expect(read(text)).toEqual(JSON5.parse(text));
        },
      ),
      { numRuns: propertyRuns(300) },
    );
  });
});

it('a long line of .env is read at once', () => {
  const { env, warnings } = readDotenv(
    `A=1\nexport${' '.repeat(many)}x\n${' '.repeat(many)}\n export B = 2\n`,
    '.env',
  );
  expect(env).toEqual({ A: '1', B: '2' });
  expect(warnings.map(({ line }) => line)).toEqual([2]);
});
