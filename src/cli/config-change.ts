// A change of openclaw.json that depends on what stands there: computed from the text that it is applied to, and computed
// anew when another program has changed that text meanwhile, so that neither loses anything. How a text is edited and
// written is config/edit.ts's.
import type { App } from '../app.ts';
import { editConfig, type ConfigEdit, type EditResult } from '../config/edit.ts';
import { editText } from '../config/edit-text.ts';
import { parseDocument } from '../config/json5-document.ts';
import { readTextFile } from '../config/load.ts';
import { isTree, valueAt, type Tree } from '../config/tree.ts';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

/** `raw`: as written in the file, `${NAME}` included. */
export type ConfigSource = { readonly raw: Tree; readonly text: string };

const mostTries = 20;

/** `change` may be called several times. Errors as of editConfig, and those that `change` throws. */
export async function changeConfig(
  app: App,
  signal: AbortSignal,
  change: (source: ConfigSource) => readonly ConfigEdit[],
): Promise<EditResult> {
  const file = app.paths.configFile;
  const stale = new Error('The file has changed since it was read.');
  for (let tries = 1; ; tries += 1) {
    const text = readTextFile(file) ?? '';
    const edits = change({ raw: parseDocument(text, file).value, text });
    try {
      return await editConfig({
        file,
        edits,
        // Under the lock, before anything is written.
        validate: () => {
          if ((readTextFile(file) ?? '') !== text) throw tries < mostTries ? stale : refused(file);
        },
        clock: app.clock,
        random: app.random,
        signal,
      });
    } catch (error) {
      if (error !== stale) throw error;
    }
  }
}

function refused(file: string): OpenClawError {
  const place = cleanText(file, 400);
  return new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: `${place} was not changed: other programs keep changing it.`,
    data: { place },
  });
}

/** Removes the key, and the objects on the way that would be left empty; one in which a comment stands is kept. */
export function removalOf(raw: Tree, text: string, path: readonly string[]): ConfigEdit {
  const commentsLeft = (edits: readonly ConfigEdit[]): number =>
    parseDocument(editText(text, edits, ''), '').tokens.filter(({ type }) => type.endsWith('Comment')).length;
  const own: ConfigEdit = { path, value: undefined };
  const comments = commentsLeft([own]);
  let widest = own;
  for (let end = path.length - 1; end > 0; end -= 1) {
    const parent = valueAt(raw, path.slice(0, end));
    if (!isTree(parent) || Object.keys(parent).some((key) => key !== path[end])) break;
    const wider: ConfigEdit = { path: path.slice(0, end), value: undefined };
    if (commentsLeft([wider]) < comments) break;
    widest = wider;
  }
  return widest;
}
