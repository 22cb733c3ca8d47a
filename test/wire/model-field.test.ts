// The scanner against JSON.parse: same value, same verdict, exact range, whatever the body and however it is cut.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findModel, findModelAhead, replaceModel } from '../../src/wire/model-field.ts';

const bytes = (text: string): Buffer => Buffer.from(text);

describe('findModel', () => {
  it.each([
    ['first member', '{"model":"a","x":1}', 'a'],
    ['last member', '{"x":[1,{"model":"no"}],"model":"a"}', 'a'],
    ['space everywhere', ' \n{ \t"x" : 1 ,\r\n "model" : "a" } ', 'a'],
    ['repeated: the last one counts', '{"model":"a","model":"b"}', 'b'],
    ['repeated under an escaped name', '{"model":"a","m\\u006fdel":"b"}', 'b'],
    ['escaped name alone', '{"\\u006dodel":"a"}', 'a'],
    ['escapes in the value', '{"model":"a\\"\\\\\\u00e9\\n"}', 'a"\\é\n'],
    ['braces in strings', '{"x":"}{\\"model\\":\\"no\\"","model":"a"}', 'a'],
    ['a string that ends in backslashes', '{"x":"\\\\\\\\","model":"a"}', 'a'],
    [
      'a long string that ends in backslashes',
      `{"x":"${'y'.repeat(100)}\\\\\\"${'z'.repeat(100)}\\\\","model":"a"}`,
      'a',
    ],
    ['only its name as a value before', '{"x":"model","model":"a"}', 'a'],
    ['nested only after', '{"model":"a","x":{"model":"no"}}', 'a'],
    ['other scripts', '{"ключ":"значение","model":"модель"}', 'модель'],
  ])('%s', (_name, text, value) => {
    const found = findModel(bytes(text));
    expect(found).toMatchObject({ kind: 'found', value });
    expect((JSON.parse(text) as { model: string }).model).toBe(value);
  });

  it.each([
    ['', 'not_json'],
    ['{"model":"a"', 'not_json'],
    ['{"model":"a', 'not_json'],
    ['{"model"', 'not_json'],
    ['{"model":', 'not_json'],
    ['{"x":[{"model":"a"}', 'not_json'],
    ['{"model":"a\\x"}', 'not_json'],
    ['model', 'not_json'],
    ['\ufeff{"model":"a"}', 'not_json'],
    ['[{"model":"a"}]', 'not_object'],
    ['"model"', 'not_object'],
    ['null', 'not_object'],
    ['{}', 'no_model'],
    ['{"x":{"model":"a"}}', 'no_model'],
    ['{"Model":"a"}', 'no_model'],
    ['{"model":1}', 'model_not_string'],
    ['{"model":null}', 'model_not_string'],
    ['{"model":{"model":"a"}}', 'model_not_string'],
    ['{"model":"a","model":2}', 'model_not_string'],
  ])('%s is %s', (text, kind) => {
    // A body that is decided by its first member is the upstream's to refuse when the rest is broken.
    const found = findModel(bytes(text));
    expect(found.kind === 'found' ? 'not_json' : found.kind).toBe(kind);
  });

  const key = fc.oneof(fc.constantFrom('model', 'mode', 'models', 'Model', '"model"', 'stream'), fc.string());
  const value = fc.oneof(
    { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
    { weight: 1, arbitrary: fc.constantFrom('"', '\\', '\\"', '{"model":"x"}', 'ends\\\\') },
    { weight: 2, arbitrary: fc.jsonValue() },
  );
  /** Objects as text, for a name may come twice there; some names with every letter escaped. */
  const document = fc
    .array(fc.tuple(key, value, fc.constantFrom('', ' ', '\n\t'), fc.boolean()), { maxLength: 8 })
    .map((members) => {
      const texts = members.map(([name, content, space, escape]) => {
        const plain = JSON.stringify(name);
        const spelled = escape && /^\w+$/.test(name) ? `"${escapeAll(name)}"` : plain;
        return `${space}${spelled}${space}:${space}${JSON.stringify(content)}${space}`;
      });
      return `{${texts.join(',')}}`;
    });

  it('agrees with JSON.parse on every document, and replaces exactly the value', () => {
    fc.assert(
      fc.property(document, fc.string({ unit: 'binary' }), (text, id) => {
        const body = bytes(text);
        const parsed = JSON.parse(body.toString()) as { model?: unknown };
        const found = findModel(body);
        if (!Object.hasOwn(parsed, 'model')) expect(found.kind).toBe('no_model');
        else if (typeof parsed.model !== 'string') expect(found.kind).toBe('model_not_string');
        else {
          expect(found).toMatchObject({ kind: 'found', value: parsed.model });
          if (found.kind !== 'found') return;
          const replaced = replaceModel(body, found, id);
          expect(JSON.parse(replaced.toString())).toEqual({ ...parsed, model: id.toWellFormed() });
          expect(replaced.subarray(0, found.start)).toEqual(body.subarray(0, found.start));
        }
      }),
      { numRuns: 600 },
    );
  });

  it('decides from the first piece only what the whole says too', () => {
    fc.assert(
      fc.property(document, fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), (text, cuts) => {
        const body = bytes(text);
        const places = [...new Set(cuts.map((cut) => cut % body.length))].sort((left, right) => left - right);
        const pieces = [0, ...places].map((start, index) =>
          body.subarray(start, places[index] ?? body.length),
        );
        const ahead = findModelAhead(pieces);
        if (ahead !== undefined) expect(ahead).toEqual(findModel(body));
      }),
      { numRuns: 600 },
    );
  });

  it('does decide from the first piece when the rest is a long prompt', () => {
    const pieces = [
      bytes('{"model":"a","messages":"'),
      bytes('x'.repeat(5_000)),
      bytes('y'.repeat(50)),
      bytes('tail "}  '),
    ];
    expect(findModelAhead(pieces)).toMatchObject({ value: 'a' });
    expect(findModelAhead([...pieces.slice(0, 2), bytes('","model":"b"}        ')])).toBeUndefined();
    expect(findModelAhead([bytes('{"model":"a","x":1,"mod'), bytes('el":"b"}          ')])).toBeUndefined();
  });

  it('never throws on bytes that are no JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        const body = Buffer.concat([bytes('{"model":'), noise]);
        const found = findModel(body);
        if (found.kind === 'found') expect(typeof found.value).toBe('string');
      }),
    );
  });
});

function escapeAll(name: string): string {
  return Array.from(name, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
}
