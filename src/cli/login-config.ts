// What a login changes in the configuration file, once it is saved.
import type { App } from '../app.ts';
import { editConfig, type ConfigEdit } from '../config/edit.ts';
import type { LoadedConfig } from '../config/load.ts';
import { OpenClawError } from '../errors.ts';
import type { LoginSession } from './login-session.ts';

/** Only keys that OpenClaw documents, and only those that differ. */
export function enableEdits(config: LoadedConfig, { choice }: LoginSession): ConfigEdit[] {
  if (config.config.plugins?.entries?.[choice.pluginId]?.enabled === true) return [];
  return [{ path: ['plugins', 'entries', choice.pluginId, 'enabled'], value: true }];
}

/** The login is saved by now: a file that cannot be written must not look like a failed login. */
export async function writeConfig(app: App, edits: ConfigEdit[]): Promise<boolean> {
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
    if (!(error instanceof OpenClawError)) throw error;
    throw new OpenClawError({
      code: error.code,
      message: `The login is saved, but the configuration is not: ${error.message}`,
      remedy: `${error.remedy} These keys are missing: ${edits.map((edit) => `${edit.path.join('.')} = ${JSON.stringify(edit.value)}`).join(', ')}.`,
      data: error.data,
    });
  }
}
