// What of an edit differs from what is there: an object takes the place of another key by key, and a list that only grows or
// shrinks at its end keeps its beginning, so that comments beside what stays are kept. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { ConfigPath } from './config-path.ts';
import { isTree, valueAt } from './tree.ts';

/**
 * `value` is JSON data; undefined removes the key or element. An object takes the place of another key by key. Objects and
 * arrays on the way are made when missing. A number is an index; that of an array's length appends.
 */
export type ConfigEdit = { readonly path: ConfigPath; readonly value: unknown };

/** Edits that lead to the same configuration, in the order in which they are to be done; none where nothing differs. */
export function narrowed({ path, value }: ConfigEdit, config: unknown): ConfigEdit[] {
  return differences(path, valueAt(config, path), value);
}

function differences(path: ConfigPath, old: unknown, value: unknown): ConfigEdit[] {
  if (Array.isArray(old) && Array.isArray(value)) return inList(path, old, value);
  if (!isTree(old) || !isTree(value)) return [{ path, value }];
  const set = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .flatMap(([key, child]) => differences([...path, key], valueAt(old, [key]), child));
  const gone = Object.keys(old).filter((key) => valueAt(value, [key]) === undefined);
  return [...set, ...gone.map((key) => ({ path: [...path, key], value: undefined }))];
}

/** In any other order the list is a new one: comments would stand beside what they are not about. */
function inList(path: ConfigPath, old: readonly unknown[], value: readonly unknown[]): ConfigEdit[] {
  const both = Math.min(old.length, value.length);
  if (both === 0 || !isDeepStrictEqual(old.slice(0, both), value.slice(0, both))) return [{ path, value }];
  const added = value
    .slice(both)
    .map((element, index) => ({ path: [...path, both + index], value: element }));
  const gone = [...old.keys()].slice(both).toReversed();
  return [...added, ...gone.map((index) => ({ path: [...path, index], value: undefined }))];
}
