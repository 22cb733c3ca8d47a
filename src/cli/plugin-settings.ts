// Settings of plugins that their manifests refuse, told as what is odd in openclaw.json: the file loads, and the plugin does
// not. Runs no code of plugins.
import type { ConfigWarning } from '../config/check.ts';
import type { OpenClawError } from '../errors.ts';
import type { CommandContext, OutputOptions } from './command-context.ts';
import { openApp } from './open-app.ts';

/** For a file that loads. */
export async function pluginSettingWarnings(
  context: CommandContext,
  options: OutputOptions,
): Promise<ConfigWarning[]> {
  const app = openApp(context, options);
  try {
    await app.plugins().checkSettings();
    return app
      .plugins()
      .statuses()
      .flatMap(({ id, failure }) => (failure === undefined ? [] : warningOf(id, failure)));
  } finally {
    app.close();
  }
}

function warningOf(id: string, { data }: OpenClawError): ConfigWarning[] {
  const { path, line, column, problem } = data;
  if (typeof path !== 'string' || typeof line !== 'number' || typeof column !== 'number') return [];
  const message = `${String(problem).replace(/[.?]?$/, '')}: the plugin ${id} does not work so`;
  return [
    { path, line, column, message, fix: `See what an entry may hold: \`openclaw plugins inspect ${id}\`.` },
  ];
}
