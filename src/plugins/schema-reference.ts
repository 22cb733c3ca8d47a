// The part of a plugin's JSON Schema that a reference within it means: `#/$defs/name`, `#/definitions/name`.
import { isTree, valueAt, type Tree } from '../config/tree.ts';

/** The part itself where it is no reference; undefined for one that leads nowhere or out of the schema. */
export function resolveReference(schema: Tree, part: Tree): Tree | undefined {
  const reference = part['$ref'];
  if (typeof reference !== 'string') return part;
  const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1];
  const found = name === undefined ? undefined : valueAt(schema['$defs'] ?? schema['definitions'], [name]);
  return isTree(found) ? found : undefined;
}
