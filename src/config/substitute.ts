// Replaces `${NAME}` in the strings of a tree by what the environment holds. Pure; the file keeps its text.
// A value with a variable that is not set becomes undefined as a whole: half a key is worse than none.
import type { Env } from '../platform/env.ts';
import type { ConfigPath } from './config-path.ts';

export type Unavailable = { readonly path: ConfigPath; readonly variable: string };

/** `$${NAME}` is the text `${NAME}`; anything else with a dollar sign is left as it is. */
const reference = /\$\$\{([A-Z_][A-Z0-9_]*)\}|\$\{([A-Z_][A-Z0-9_]*)\}/g;

/**
 * A variable that is set but empty counts as not set: an empty key is of no use. Keys are not substituted.
 * `root` is the path of the tree itself.
 */
export function substitute(
  tree: unknown,
  env: Env,
  root: ConfigPath = [],
): { tree: unknown; unavailable: Unavailable[] } {
  const unavailable: Unavailable[] = [];
  const visit = (value: unknown, path: ConfigPath): unknown => {
    if (typeof value === 'string') return inString(value, path);
    if (Array.isArray(value)) return value.map((element, index) => visit(element, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    // fromEntries defines: a key called __proto__ stays a plain key.
    return Object.fromEntries(
      Object.entries(value).map(([name, child]) => [name, visit(child, [...path, name])]),
    );
  };
  const inString = (text: string, path: ConfigPath): string | undefined => {
    if (!text.includes('${')) return text;
    let missing = false;
    const replaced = text.replace(reference, (_, literal: string | undefined, name: string | undefined) => {
      if (literal !== undefined) return `\${${literal}}`;
      const value = name === undefined ? undefined : env[name];
      if (value !== undefined && value !== '') return value;
      missing = true;
      unavailable.push({ path, variable: name ?? '' });
      return '';
    });
    return missing ? undefined : replaced;
  };
  return { tree: visit(tree, root), unavailable };
}
