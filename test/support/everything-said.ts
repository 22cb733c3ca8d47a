// All that a value can be made to say by printing, logging, serialising or copying it.
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';

/** One text; a way that throws (JSON of a cycle) says what it throws. */
export function everythingSaid(value: unknown): string {
  const ways: (() => unknown)[] = [
    () => String(value),
    () => `said: ${value as string}`,
    () => JSON.stringify(value),
    () => JSON.stringify({ nested: [value] }),
    () => inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null }),
    () => inspect({ nested: [value] }, { depth: 20, showProxy: true }),
    () => format('%s %o %O %j', value, value, value, value),
    () => consoleText(value),
    () => JSON.stringify(Object.assign({}, value)),
    () => inspect({ ...(value as object) }, { depth: 20, showHidden: true }),
    () => inspect(structuredClone(value), { depth: 20, showHidden: true }),
    () => walk(value).join('\n'),
  ];
  return ways
    .map((way) => {
      try {
        return String(way());
      } catch (error) {
        return inspect(error, { depth: 20, showHidden: true });
      }
    })
    .join('\n');
}

function consoleText(value: unknown): string {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const printer = new Console(stream, stream);
  printer.log(value);
  printer.error('%o', value);
  printer.dir(value, { depth: 20, showHidden: true });
  printer.table([value]);
  return text;
}

/** Every string under a value: own keys of any kind, inherited getters, causes, entries of maps and sets. */
function walk(value: unknown, seen = new Set<unknown>()): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value === 'symbol') return [value.description ?? ''];
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value))
    return [];
  seen.add(value);
  const found: string[] = [];
  if (value instanceof Map) for (const pair of value) found.push(...walk(pair, seen));
  if (value instanceof Set) for (const item of value) found.push(...walk(item, seen));
  for (let holder: object | null = value; holder !== null && holder !== Object.prototype;) {
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === 'string') found.push(key);
      try {
        found.push(...walk(Reflect.get(holder, key, value), seen));
      } catch {
        // A getter of the prototype that wants another receiver says nothing of this value.
        continue;
      }
    }
    holder = Reflect.getPrototypeOf(holder);
    if (holder === Function.prototype || holder === Array.prototype) break;
  }
  return found;
}
