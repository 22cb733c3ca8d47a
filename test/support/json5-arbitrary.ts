// Random JSON5 documents in all the ways people write them, with the place of every member and object, known because
// the writer counted and not because a parser was asked.
import * as fc from 'fast-check';

export type WrittenPath = (string | number)[];

export type WrittenDocument = {
  text: string;
  value: Record<string, unknown>;
  /** Of objects, and of arrays: then the last part of the path is an index, and `start` is `valueStart`. */
  members: { path: WrittenPath; start: number; valueStart: number; valueEnd: number }[];
  /** `lastValueEnd` is the opening bracket's end when there is nothing in it; `length` of an array only. */
  objects: { path: WrittenPath; closing: number; lastValueEnd: number; length?: number }[];
};

type Tree = string | number | boolean | null | Tree[] | { [key: string]: Tree };

const keys = fc.constantFrom(
  'a',
  'b',
  'model',
  'max-size',
  'a/b',
  '$x',
  'with space',
  'über',
  'null',
  'true',
  '𝒳',
);

const tree = fc.letrec<{ object: { [key: string]: Tree }; value: Tree }>((tie) => ({
  object: fc.dictionary(keys, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<Tree>(
      'x',
      'it\'s "q"',
      '// no comment',
      '${KEY}',
      '{',
      1,
      -2,
      0.5,
      -0.5,
      true,
      false,
      null,
    ),
    fc.array(fc.constantFrom<Tree>(1, 'y', null), { maxLength: 3 }),
    fc.array(tie('object'), { maxLength: 2 }),
    tie('object'),
  ),
}));

export function json5Document(): fc.Arbitrary<WrittenDocument> {
  return fc
    .record({
      value: tree.object,
      choices: fc.array(fc.nat(1_000), { minLength: 40, maxLength: 40 }),
      newline: fc.constantFrom('\n', '\r\n'),
      mark: fc.constantFrom('', '', '\ufeff'),
    })
    .map(({ value, choices, newline, mark }) => write(value, choices, newline, mark));
}

function write(
  root: { [key: string]: Tree },
  choices: readonly number[],
  newline: string,
  mark: string,
): WrittenDocument {
  const members: WrittenDocument['members'] = [];
  const objects: WrittenDocument['objects'] = [];
  let text = mark;
  let turn = 0;
  let comments = 0;
  const choose = <Choice>(...options: Choice[]): Choice => {
    const option = options[(choices[turn % choices.length] ?? 0) % options.length];
    turn += 1;
    if (option === undefined) throw new RangeError('Nothing to choose from.');
    return option;
  };
  const gap = (): void => {
    text += choose(
      '',
      ' ',
      ' ',
      `${newline}  `,
      '\t',
      '',
      ` /* c${(comments += 1)} */`,
      `// l${(comments += 1)} ${newline}`,
      // Ends a line in JSON5 too.
      `// l${(comments += 1)} \u2028`,
    );
  };
  const quoted = (content: string): string => {
    const json = JSON.stringify(content);
    if (choose(true, false)) return json;
    return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
  };
  const writeValue = (value: Tree, path: WrittenPath): void => {
    if (typeof value === 'string') text += quoted(value);
    else if (Array.isArray(value)) writeArray(value, path);
    else if (typeof value === 'object' && value !== null) writeObject(value, path);
    else if (value === 0.5) text += choose('.5', '0.5', '5e-1', '+.5');
    else text += value === -0.5 ? choose('-.5', '-0.5', '-5e-1') : String(value);
  };
  const writeArray = (elements: Tree[], path: WrittenPath): void => {
    text += '[';
    let lastValueEnd = text.length;
    for (const [index, element] of elements.entries()) {
      gap();
      const start = text.length;
      writeValue(element, [...path, index]);
      lastValueEnd = text.length;
      members.push({ path: [...path, index], start, valueStart: start, valueEnd: lastValueEnd });
      gap();
      if (index < elements.length - 1 || choose(true, false)) text += ',';
    }
    gap();
    objects.push({ path, closing: text.length, lastValueEnd, length: elements.length });
    text += ']';
  };
  const writeObject = (object: { [key: string]: Tree }, path: WrittenPath): void => {
    text += '{';
    let lastValueEnd = text.length;
    const entries = Object.entries(object);
    for (const [index, [key, value]] of entries.entries()) {
      gap();
      const start = text.length;
      const bare = /^(?:[a-z$]+|𝒳)$/u.test(key) && choose(true, true, false);
      text += bare ? key : quoted(key);
      gap();
      text += ':';
      gap();
      const valueStart = text.length;
      writeValue(value, [...path, key]);
      lastValueEnd = text.length;
      members.push({ path: [...path, key], start, valueStart, valueEnd: lastValueEnd });
      gap();
      if (index < entries.length - 1 || choose(true, false)) text += ',';
    }
    gap();
    objects.push({ path, closing: text.length, lastValueEnd });
    text += '}';
  };
  gap();
  writeObject(root, []);
  gap();
  return { text, value: root, members, objects };
}
