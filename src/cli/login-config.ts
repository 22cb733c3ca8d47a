// Writes what a login or a key changes in the configuration file, once it is saved. Which keys those are is setup-edits.ts's.
import type { App } from '../app.ts';
import { pathText } from '../config/config-path.ts';
import { editConfig, proveWritable, type ConfigEdit } from '../config/edit.ts';
import { OpenClawError } from '../errors.ts';

/** Before anybody logs in for the sake of it. Rejects with CONFIG_WRITE_REFUSED. */
export async function proveConfigWritable(app: App, edits: readonly ConfigEdit[]): Promise<void> {
  if (edits.length > 0) await proveWritable(app.paths.configFile);
}

/** `saved`: what is saved by now, if anything; a file that cannot be written must not look as if that had failed. */
export async function writeConfig(
  app: App,
  edits: readonly ConfigEdit[],
  saved: 'login' | 'key' | undefined,
): Promise<boolean> {
  if (edits.length === 0) return false;
  try {
    const { changed } = await editConfig({
      file: app.paths.configFile,
      edits,
      clock: app.clock,
      random: app.random,
    });
    return changed;
  } catch (error) {
    if (!(error instanceof OpenClawError) || saved === undefined) throw error;
    throw new OpenClawError({
      code: error.code,
      message: `The ${saved} is saved, but the configuration is not: ${error.message}`,
      remedy: `${error.remedy} These keys are missing: ${edits.map((edit) => `${pathText(edit.path)} = ${JSON.stringify(edit.value)}`).join(', ')}.`,
      data: error.data,
    });
  }
}
