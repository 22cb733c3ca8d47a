// `plugins list|enable|disable`: from manifests and configuration; a plugin's code is loaded only to see whether it works.
import type { App } from '../../app.ts';
import { editConfig } from '../../config/edit.ts';
import { OpenClawError } from '../../errors.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { formatTable } from '../ui/table.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export async function pluginsList(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    printConfigWarnings(output, app.config());
    const host = app.plugins();
    await host.providers();
    const statuses = host.statuses();
    output.result({ plugins: statuses });
    const { style } = output;
    const colour = { ready: style.good, disabled: style.dim, failed: style.bad };
    output.line(
      formatTable([
        ['Plugin', 'State', 'From', 'Brings'].map(style.bold),
        ...statuses.map((plugin) => [
          plugin.id,
          colour[plugin.state](plugin.state),
          plugin.origin,
          plugin.providers.join(', '),
        ]),
      ]).trimEnd(),
    );
    for (const plugin of statuses) {
      if (plugin.error !== undefined) output.line(`\n${plugin.id}: ${plugin.error}`);
    }
    if (statuses.some((plugin) => plugin.state === 'disabled'))
      output.line('\nEnable one: openclaw plugins enable <id>');
    return 0;
  } finally {
    app.close();
  }
}

export function pluginsEnable(context: CommandContext, options: OutputOptions, id: string): Promise<number> {
  return setEnabled(context, options, id, true);
}

export function pluginsDisable(context: CommandContext, options: OutputOptions, id: string): Promise<number> {
  return setEnabled(context, options, id, false);
}

async function setEnabled(
  context: CommandContext,
  options: OutputOptions,
  id: string,
  enabled: boolean,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    requirePlugin(app, id);
    const { changed } = await editConfig({
      file: app.paths.configFile,
      edits: [{ path: ['plugins', 'entries', id, 'enabled'], value: enabled }],
      clock: app.clock,
      random: app.random,
    });
    const word = enabled ? 'enabled' : 'disabled';
    output.line(changed ? `${id} is ${word} now.` : `${id} was ${word} already.`);
    if (enabled) output.line('  Log in: openclaw onboard --auth-choice minimax-portal');
    output.result({ id, enabled, changed, configFile: app.paths.configFile });
    return 0;
  } finally {
    app.close();
  }
}

function requirePlugin(app: App, id: string): void {
  const ids = app
    .plugins()
    .statuses()
    .map((plugin) => plugin.id);
  if (ids.includes(id)) return;
  throw new OpenClawError({
    code: 'PLUGIN_NOT_FOUND',
    message: `There is no plugin ${JSON.stringify(id.slice(0, 60))}. There is: ${ids.join(', ')}.`,
  });
}
