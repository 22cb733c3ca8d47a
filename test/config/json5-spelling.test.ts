// Every spelling that JSON5 allows is read, and read as JSON5's own parser reads it; what it refuses is refused.
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { editText } from '../../src/config/edit-text.ts';
import { parseDocument, parseValue } from '../../src/config/json5-document.ts';

const read = (text: string): unknown => parseDocument(text, 'openclaw.json').value;

const spellings = [
  '{null:1,true:2,false:3,Infinity:4,NaN:5,undefined:6}',
  '{ null /* : */ : 1, a: null /* b */, c: [true /* d */, false], true: true }',
  '{a:-.5,b:+.5,c:.5,d:5.,e:-5.,f:+1,g:-.5e3,h:-.5E-2}',
  '{a:-0x1F,b:0XfF,c:1e5,d:1E+5,e:5.e3}',
  '{a:+Infinity,b:-Infinity,c:NaN}',
  '{a:"-.5 null: // x",b:\'null:\',/* null: -.5 */c:-.5}',
  '{a:"\\\n",b:"x\\\r\ny",c:"\\x41\\u0041\\v\\0\\a\\\'"}',
  '{über:1,$:2,_:3,\\u0061b:4,𝒳:5,𝒳y𝒴:6,"𝒳":"𝒳"}',
  '{a:1//x\u2028,b:2//y\u2029}',
  '{a:1,//x\u2028null:-.5}',
  '\u00a0\u2003{a:1}\ufeff',
  "{'':1,if:2,class:3,'a\"b':4}",
  '{trueish:1,nullx:2,falsey:3,Infinity2:4,anull:5,𝒳null:6}',
  `{${'/**/'.repeat(500)}null${'/**/'.repeat(500)}:-.5}`,
];

describe('a spelling of JSON5', () => {
  it.each(spellings)('%j is read as it is meant', (text) => {
    expect(read(text)).toEqual(JSON5.parse(text));
    const edited = editText(text, [{ path: ['a'], value: 'new' }], 'openclaw.json');
    expect(JSON5.parse(edited)).toEqual({ ...JSON5.parse<object>(text), a: 'new' });
    expect(editText(text, [{ path: ['none'], value: undefined }], 'openclaw.json')).toBe(text);
  });

  it.each([
    '{a:00}',
    '{a:"\\1"}',
    '{a:"\\8"}',
    '{a:"\\01"}',
    '{a:[,]}',
    '{,}',
    '{a:- 1}',
    '{a:1_0}',
    '{null}',
    '{-.5:1}',
    '{a:nul}',
  ])('%j is refused here as there', (text) => {
    expect(() => JSON5.parse(text)).toThrow();
    expect(() => read(text)).toThrow();
  });

  it.each([
    ['18790', 18_790],
    ['-.5', -0.5],
    ['"a"', 'a'],
    ["'a'", 'a'],
    ['{ null: [1,], }', { null: [1] }],
    ['true', true],
  ])('of a value alone: %s', (text, value) => {
    expect(parseValue(text)).toEqual({ value });
  });

  it.each(['', 'minimax/MiniMax-M3', '1}, {', '${NAME}', '"a', '// c', '1 2', '"a\nb"'])(
    '%j alone is no value',
    (text) => {
      expect(parseValue(text)).toBeUndefined();
    },
  );
});
