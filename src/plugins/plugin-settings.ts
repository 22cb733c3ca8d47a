// Which settings a plugin takes, from the JSON Schema of its manifest, and what is written for each: as a list to be read.
// Values come from the file as it is written, so that a variable stays a name; what may be a secret is not shown.
import { isSecret } from '../config/secret-places.ts';
import { isTree, treeOf, valueAt, type Tree } from '../config/tree.ts';
import { cleanText, foreignText } from '../platform/text.ts';
import { resolveReference } from './schema-reference.ts';

export type PluginSetting = {
  /** `regions.global.apiUrl`. */
  readonly key: string;
  /** `string`, `boolean`, `"account" or "legacy"`. */
  readonly type: string;
  readonly required: boolean;
  /** As written, on one line; `(set, not shown)` for what may be a secret. Absent when it is not set. */
  readonly value?: string;
  /** It is written, and the schema does not have it. */
  readonly unknown?: true;
};

const deepest = 6;
const hidden = '(set, not shown)';

/** In the order of the schema, then what the schema does not have. `written` is `plugins.entries[<id>].config`. */
export function describeSettings(schema: Tree, written: unknown): PluginSetting[] {
  const settings: PluginSetting[] = [];
  const walk = (part: Tree, value: unknown, path: readonly string[], isRequired: boolean): void => {
    const resolved = resolveReference(schema, part) ?? part;
    const properties = resolved['properties'];
    if (isTree(properties) && path.length < deepest) {
      const required = resolved['required'];
      for (const [name, child] of Object.entries(properties)) {
        const isNeeded = Array.isArray(required) && required.includes(name);
        walk(treeOf(child), valueAt(value, [name]), [...path, name], isNeeded);
      }
      for (const [name, child] of Object.entries(treeOf(value))) {
        if (Object.hasOwn(properties, name)) continue;
        const key = [...path, name];
        // What nobody has described may be a misspelt key.
        const isText = typeof child === 'string' && !/^\$\{[A-Z_][A-Z0-9_]*\}$/.test(child);
        const value = isText ? { value: hidden } : shown(key, child);
        settings.push({ key: shownKey(key), type: '', required: false, ...value, unknown: true });
      }
      return;
    }
    if (path.length === 0) return;
    settings.push({
      key: shownKey(path),
      type: typeOf(resolved),
      required: isRequired,
      ...shown(path, value),
    });
  };
  walk(schema, written, [], false);
  return settings;
}

function typeOf(schema: Tree): string {
  const choices = schema['enum'];
  if (Array.isArray(choices)) return cleanText(choices.map((each) => JSON.stringify(each)).join(' or '));
  const type = schema['type'];
  if (typeof type === 'string') return cleanText(type, 40);
  return Array.isArray(type) ? cleanText(type.join(' or '), 80) : 'anything';
}

function shownKey(path: readonly string[]): string {
  return cleanText(path.join('.'), 120);
}

function shown(path: readonly string[], value: unknown): { value?: string } {
  if (value === undefined) return {};
  if (typeof value === 'boolean' || typeof value === 'number' || value === null) {
    return { value: String(value) };
  }
  if (typeof value !== 'string' || isSecret(value, path)) return { value: hidden };
  return { value: foreignText(value, [], 120) };
}
