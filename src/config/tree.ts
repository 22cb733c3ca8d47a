// A JSON document as it was read: whether a value of it is an object, and what stands at a path. What the schema promises
// of a value is not known here; own properties only, for names such as `constructor` are in every object.
import type { ConfigPath } from './config-path.ts';

export type Tree = Readonly<Record<string, unknown>>;

/** An object with keys; an array is none. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty one for whatever is no object. */
export function treeOf(value: unknown): Tree {
  return isTree(value) ? value : {};
}

/** undefined when there is nothing at that place. */
export function valueAt(tree: unknown, path: ConfigPath): unknown {
  let value = tree;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
