// Edits of a text by example, and on random documents with JSON5's own parser as judge of the result.
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { editText, type ConfigEdit } from '../../src/config/edit-text.ts';
import { parseDocument } from '../../src/config/json5-document.ts';
import { isOpenClawError } from '../../src/errors.ts';
import { json5Document, type WrittenDocument, type WrittenPath } from '../support/json5-arbitrary.ts';
import { propertyRuns } from '../support/property-runs.ts';

const set = (path: string, value: unknown): ConfigEdit => ({
  path: path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  value,
});
const edited = (text: string, ...edits: ConfigEdit[]): string => editText(text, edits, 'openclaw.json');

describe('editText sets', () => {
  it.each<[string, string, ConfigEdit, string]>([
    ['a value in its place', '{ a: 1, /* c */ b: "x" }', set('b', 'y'), '{ a: 1, /* c */ b: "y" }'],
    ['with the quotes of the file', "{ a: 'x' }", set('a', `it's "y"`), `{ a: 'it\\'s "y"' }`],
    ['the last of two', '{ a: 1, a: 2 }', set('a', 3), '{ a: 1, a: 3 }'],
    ['a key that is reserved elsewhere', '{ a: 1 }', set('null', 3), '{ a: 1, "null": 3 }'],
    ['into one line', '{ a: { b: 1 } }', set('a.c', true), '{ a: { b: 1, c: true } }'],
    ['behind a comma that is there', '{a: 1,}', set('b', 2), '{a: 1, b: 2,}'],
    ['into an empty object', '{}', set('b', 2), '{\n  "b": 2\n}'],
    ['into an empty object with a comment', '{ /* none */ }', set('b', 2), '{ /* none */ "b": 2 }'],
    ['into plain JSON', '{\n\t"a": 1\n}\n', set('b.c', []), '{\n\t"a": 1,\n\t"b": {\n\t\t"c": []\n\t}\n}\n'],
    [
      'behind the last comment',
      '{\n    a: 1, // one\n    b: 2 // two  \n    // end\n}',
      set('c', 3),
      '{\n    a: 1, // one\n    b: 2, // two  \n    // end\n    c: 3\n}',
    ],
    [
      'with the line ends and the comma of the file',
      '{\r\n  a: {\r\n    b: 1,\r\n  },\r\n}\r\n',
      set('a.c', 'x'),
      '{\r\n  a: {\r\n    b: 1,\r\n    c: "x",\r\n  },\r\n}\r\n',
    ],
    ['objects on the way', '{\n  x: 1,\n}', set('a.b', 1), '{\n  x: 1,\n  a: {\n    b: 1\n  },\n}'],
    ['a text that was empty', '', set('a', 1), '{\n  "a": 1\n}\n'],
    ['a text of comments', '// mine', set('a', 1), '// mine\n{\n  "a": 1\n}\n'],
    ['behind a brace on the same line', '{ a: 1,\n  b: 2 }', set('c', 3), '{ a: 1,\n  b: 2,\n  c: 3\n }'],
    ['an element in its place', '{ a: [1, /* c */ 2, 3] }', set('a.1', 'x'), '{ a: [1, /* c */ "x", 3] }'],
    ['a key of an element', '{ a: [{ b: 1 }, { b: 2 }] }', set('a.1.b', 3), '{ a: [{ b: 1 }, { b: 3 }] }'],
    ['behind the last element', '{ a: [1, 2 /* c */] }', set('a.2', 3), '{ a: [1, 2, /* c */ 3] }'],
    [
      'behind a comma of an array',
      '{\n  a: [\n    1,\n  ],\n}',
      set('a.1', 2),
      '{\n  a: [\n    1,\n    2,\n  ],\n}',
    ],
    ['into an empty array', '{ a: [] }', set('a.0', 'x'), '{ a: ["x"] }'],
    ['an object into an empty array', '{ a: [] }', set('a.0', { b: 1 }), '{ a: [\n  {\n    b: 1\n  }\n] }'],
    [
      'arrays on the way',
      '{\n  x: 1,\n}',
      set('a.0.b', 1),
      '{\n  x: 1,\n  a: [\n    {\n      b: 1\n    }\n  ],\n}',
    ],
    [
      'beside a key that is a word of JSON',
      '{ null: 1, true: -.5 }',
      set('a', 2),
      '{ null: 1, true: -.5, a: 2 }',
    ],
    ['such a key itself', '{ null: 1, true: -.5 }', set('true', 2), '{ null: 1, true: 2 }'],
    [
      'behind a comment that a line separator ends',
      '{ a: 1 // c\u2028}',
      set('b', 2),
      '{ a: 1, // c\n  b: 2\n\u2028}',
    ],
    [
      'an object key by key, with the comments beside what stays',
      '{\n  a: {\n    // one\n    b: 1, // b\n    c: 2, // c\n    d: { e: 1 /* e */ },\n  },\n}',
      set('a', { b: 1, c: 3, d: { e: 1 }, f: 4 }),
      '{\n  a: {\n    // one\n    b: 1, // b\n    c: 3, // c\n    d: { e: 1 /* e */ },\n    f: 4,\n  },\n}',
    ],
    [
      'an object with fewer keys',
      '{ a: { b: 1, /* c */ c: 2, d: 3 } }',
      set('a', { c: 2 }),
      '{ a: { /* c */ c: 2 } }',
    ],
    [
      'a list that grows at its end',
      '{ a: [{ b: 1 /* one */ }, 2 /* two */] }',
      set('a', [{ b: 1 }, 2, 3, 4]),
      '{ a: [{ b: 1 /* one */ }, 2, /* two */ 3, 4] }',
    ],
    ['a list that shrinks at its end', '{ a: [1 /* one */, 2, 3] }', set('a', [1]), '{ a: [1 /* one */] }'],
    ['a list in another order as a whole', '{ a: [1 /* one */, 2] }', set('a', [2, 1]), '{ a: [2, 1] }'],
    ['after a byte order mark', '\ufeff{ a: 1 }', set('a', 2), '\ufeff{ a: 2 }'],
  ])('%s', (_, text, edit, result) => {
    expect(edited(text, edit)).toBe(result);
    expect(edited(result, edit)).toBe(result);
  });

  it('nothing when the value is there', () => {
    const text = "{ a: { 'b': [1, {c: .5}] } }";
    expect(edited(text, set('a.b', [1, { c: 0.5 }]))).toBe(text);
  });

  it('leaves references to variables as they are written', () => {
    const text = '{ env: { KEY: "s" }, models: { providers: { lab: { apiKey: "${KEY}" } } } }';
    expect(edited(text, set('gateway.port', 1))).toContain('apiKey: "${KEY}"');
  });

  it.each<[string, unknown, string]>([
    ['primary', 'c/d', `{ primary: 'c/d' }`],
    ['primary', 'a/b', `'a/b'`],
    ['fallbacks', ['c/d'], `{ primary: 'a/b', fallbacks: ['c/d'] }`],
    ['fallbacks.0', 'c/d', `{ primary: 'a/b', fallbacks: ['c/d'] }`],
  ])('the %s of a default model that is a text to %j: %s', (part, value, model) => {
    const text = (written: string): string =>
      `{ // mine\n  agents: { defaults: { model: /* x */ ${written}, /* y */ other: 1 } },\n}`;
    expect(edited(text(`'a/b'`), set(`agents.defaults.model.${part}`, value))).toBe(text(model));
  });

  it('refuses to replace what is no object', () => {
    const attempt = (): string =>
      edited('{\n  agents: { defaults: { model: "a/b" } } }', set('agents.defaults.model.other', 'c/d'));
    expect(attempt).toThrow(
      'agents.defaults.model.other cannot be set: agents.defaults.model is not an object.',
    );
    try {
      attempt();
    } catch (error) {
      expect(isOpenClawError(error) && error.remedy).toContain('openclaw.json:2:32');
    }
  });

  it.each([
    ['{ a: [1] }', 'a.2', 'a has 1 element, so that the next one is a[1]'],
    ['{ a: [1] }', 'a.b', 'a is an array: its elements are a[0] and so on'],
    ['{ a: { b: 1 } }', 'a.0', 'a is an object and no array'],
    ['{}', 'a.1', 'its first element is [0]'],
  ])('refuses a place that fits nothing: %s, %s', (text, path, message) => {
    expect(() => edited(text, set(path, 1))).toThrow(message);
  });

  it('refuses what JSON cannot hold', () => {
    for (const value of [Number.NaN, 1n, () => 1])
      expect(() => edited('{ a: 1 }', set('b', value))).toThrow(TypeError);
  });
});

describe('editText removes', () => {
  it.each([
    ['the first of a line', '{ a: 1, b: 2 }', 'a', '{ b: 2 }'],
    ['the last of a line', '{ a: 1, b: 2 }', 'b', '{ a: 1 }'],
    ['the only one', '{ a: 1 }', 'a', '{  }'],
    ['a line', '{\n  a: 1,\n  b: 2,\n}', 'a', '{\n  b: 2,\n}'],
    ['the last line and the comma before', '{\n  a: 1, // one\n  b: 2\n}', 'b', '{\n  a: 1 // one\n}'],
    ['but not the comment beside', '{\n  a: 1, // one\n  b: 2,\n}', 'a', '{\n  // one\n  b: 2,\n}'],
    ['an object of many lines', '{\n  a: {\n    x: 1\n  },\n  b: 2,\n}', 'a', '{\n  b: 2,\n}'],
    ['all of the name', '{ a: 1, b: 2, a: 3 }', 'a', '{ b: 2 }'],
    ['nothing when it is not there', '{ a: 1 }', 'b.c', '{ a: 1 }'],
    ['a key inside', '{ a: { b: 1 } }', 'a.b', '{ a: {  } }'],
    ['an element', '{ a: [1, 2, 3] }', 'a.1', '{ a: [1, 3] }'],
    ['the last element', '{ a: [1, 2] }', 'a.1', '{ a: [1] }'],
    [
      'the line of an element',
      '{\n  a: [\n    1, // one\n    2,\n  ],\n}',
      'a.1',
      '{\n  a: [\n    1, // one\n  ],\n}',
    ],
    ['no element that is not there', '{ a: [1] }', 'a.5', '{ a: [1] }'],
  ])('%s', (_, text, path, result) => {
    expect(edited(text, set(path, undefined))).toBe(result);
  });
});

/** The comments of a text in their order, as they are written. */
function commentsOf(text: string): string[] {
  const document = parseDocument(text, 'x');
  return document.tokens
    .filter(({ type }) => type === 'LineComment' || type === 'BlockComment')
    .map(({ loc }) => document.text.slice(loc.start.offset, loc.end.offset));
}

const value = fc.jsonValue({ maxDepth: 2 }).filter((json) => !JSON.stringify(json).includes('__proto__'));

describe('on any document', () => {
  it('replacing a value changes the bytes of that value alone', () => {
    fc.assert(
      fc.property(json5Document(), fc.nat(), value, (document, pick, replacement) => {
        const member = pickMember(document, pick);
        fc.pre(member !== undefined);
        const { path, valueStart, valueEnd } = member;
        const result = edited(document.text, { path, value: replacement });
        const expected = structuredClone(document.value);
        assign(expected, path, structuredClone(replacement));
        expect(JSON5.parse(result)).toEqual(normal(expected));
        const tail = document.text.length - valueEnd;
        expect(result.slice(0, valueStart)).toBe(document.text.slice(0, valueStart));
        expect(result.slice(result.length - tail)).toBe(document.text.slice(valueEnd));
        expect(edited(result, { path, value: replacement })).toBe(result);
      }),
      { numRuns: propertyRuns(150) },
    );
  });

  it('an object over an object keeps the comments, and what the two have in common', () => {
    fc.assert(
      fc.property(json5Document(), fc.array(fc.boolean()), value, (document, kept, added) => {
        const left = Object.entries(document.value).filter((_, index) => kept[index] === true);
        const wanted = normal({ ...Object.fromEntries(left), added, a: { added } }) as Record<
          string,
          unknown
        >;
        const former = normal(document.value) as Record<string, unknown>;
        const result = edited(`{ whole: ${document.text}\n}`, { path: ['whole'], value: wanted });
        expect(JSON5.parse(result)).toEqual({ whole: wanted });
        expect(edited(result, { path: ['whole'], value: wanted })).toBe(result);
        const same = Object.keys(former).every((key) => isDeepStrictEqual(former[key], wanted[key]));
        if (same) expect(commentsOf(result)).toEqual(commentsOf(document.text));
      }),
      { numRuns: propertyRuns(100) },
    );
  });

  it('a new key only adds bytes, before the closing brace of its object', () => {
    fc.assert(
      fc.property(
        json5Document(),
        fc.nat(),
        fc.constantFrom('new', 'new key', 'ключ'),
        value,
        (document, pick, key, added) => {
          const object = document.objects[pick % document.objects.length];
          fc.pre(object !== undefined);
          const path = [...object.path, object.length ?? key];
          const result = edited(document.text, { path, value: added });
          const expected = structuredClone(document.value);
          assign(expected, path, structuredClone(added));
          expect(JSON5.parse(result)).toEqual(normal(expected));
          const tail = document.text.length - object.closing;
          expect(result.slice(result.length - tail)).toBe(document.text.slice(object.closing));
          expect(result.slice(0, object.lastValueEnd)).toBe(document.text.slice(0, object.lastValueEnd));
          expect(commentsOf(result)).toEqual(commentsOf(document.text));
          // What goes is an empty object's inner white space at most; taking the new key out gives the same document.
          expect(JSON5.parse(edited(result, { path, value: undefined }))).toEqual(normal(document.value));
        },
      ),
      { numRuns: propertyRuns(150) },
    );
  });

  it('a removed key or element takes no other value and no comment with it', () => {
    fc.assert(
      fc.property(json5Document(), fc.nat(), (document, pick) => {
        const member = pickMember(document, pick);
        fc.pre(member !== undefined);
        const result = edited(document.text, { path: member.path, value: undefined });
        const expected = structuredClone(document.value);
        assign(expected, member.path, undefined);
        expect(JSON5.parse(result)).toEqual(normal(expected));
        const key = member.start === member.valueStart ? 'k:' : '';
        const inside = new Set(
          commentsOf(`{ ${key}${document.text.slice(member.start, member.valueEnd)}\n}`),
        );
        const outside = commentsOf(document.text).filter((comment) => !inside.has(comment));
        expect(commentsOf(result).filter((comment) => !inside.has(comment))).toEqual(outside);
        if (typeof member.path.at(-1) === 'string') {
          expect(edited(result, { path: member.path, value: undefined })).toBe(result);
        }
        // What goes beside the member is one comma and the white space of its line, and nothing comes.
        expect(withoutSpace(result).length).toBeGreaterThanOrEqual(
          withoutSpace(document.text).length -
            withoutSpace(document.text.slice(member.start, member.valueEnd)).length -
            1,
        );
        expect(isSubsequence(result, document.text)).toBe(true);
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});

function withoutSpace(text: string): string {
  return text.replaceAll(/\s/g, '');
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const character of part) {
    at = whole.indexOf(character, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function pickMember(document: WrittenDocument, pick: number): WrittenDocument['members'][number] | undefined {
  return document.members[pick % Math.max(1, document.members.length)];
}

function assign(tree: Record<string, unknown>, path: WrittenPath, leaf: unknown): void {
  type Holder = Record<string | number, unknown>;
  const holder = path.slice(0, -1).reduce<Holder>((inner, key) => inner[key] as Holder, tree);
  const key = path.at(-1) ?? '';
  if (leaf !== undefined) holder[key] = leaf;
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
}

/** As JSON writes it: a negative zero is a zero. */
function normal(tree: unknown): unknown {
  return JSON.parse(JSON.stringify(tree));
}
