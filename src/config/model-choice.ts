// The default model in its short form: `model: "a/b"` says the same as `model: { primary: "a/b" }`. Reads a place of the long
// form in the short one, and says what of the short one a change of such a place needs. Pure.
import type { ConfigPath } from './config-path.ts';
import type { ConfigEdit } from './narrowed-edit.ts';
import { valueAt } from './tree.ts';

const choice: ConfigPath = ['agents', 'defaults', 'model'];

/** What stands at that place; in the short form the text is the primary model. */
export function valueMeantAt(config: unknown, path: ConfigPath): unknown {
  return isPrimary(path) ? (shortForm(config, path) ?? valueAt(config, path)) : valueAt(config, path);
}

/** `….fallbacks.0` where there is no such list yet: the number is an index, as it is where there is one. */
export function withFallbackIndex(path: ConfigPath, config: unknown): ConfigPath {
  const last = path.at(-1);
  const list = path.slice(0, -1);
  const isOfFallbacks = list.length === choice.length + 1 && list.at(-1) === 'fallbacks';
  if (!isOfFallbacks || typeof last !== 'string' || !/^\d{1,9}$/.test(last)) return path;
  const isThere = !choice.every((part, depth) => path[depth] === part) || valueAt(config, list) !== undefined;
  return isThere ? path : [...list, Number(last)];
}

/** The same change of what stands there: the short form becomes the long one where it has to, and stays where it can. */
export function editsOfChoice(edit: ConfigEdit, config: unknown): readonly ConfigEdit[] {
  const { path, value } = edit;
  const model = shortForm(config, path);
  if (model === undefined) return [edit];
  if (isPrimary(path)) {
    if (value === model) return [];
    return [{ path: choice, value: value === undefined ? undefined : { primary: value } }];
  }
  return value === undefined ? [] : [{ path: choice, value: { primary: model } }, edit];
}

/** Where the path leads to one of the two parts of the default model, and that is a text. */
function shortForm(config: unknown, path: ConfigPath): string | undefined {
  const leads = choice.every((part, depth) => path[depth] === part);
  const part = path[choice.length];
  if (!leads || (!isPrimary(path) && part !== 'fallbacks')) return undefined;
  const model = valueAt(config, choice);
  return typeof model === 'string' ? model : undefined;
}

function isPrimary(path: ConfigPath): boolean {
  return path.length === choice.length + 1 && path.at(-1) === 'primary';
}
