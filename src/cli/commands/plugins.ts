// `plugins list|enable|disable`: from manifests and configuration; a plugin's code is loaded only to see whether it works.
import type { App } from '../../app.ts';
import { editConfig } from '../../config/edit.ts';
import { toOpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import type { PluginStatus } from '../../plugins/host.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { areAllOff, describeSwitch, loginCommands, remedyOf, requirePlugin } from '../plugin-report.ts';
import { tryPlugin, tryPlugins } from '../plugin-trial.ts';
import { isGatewayRunning } from '../running-gateway.ts';
import { formatTable } from '../ui/table.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

export async function pluginsList(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const statuses = (await tryPlugins(app)).map(({ plugin }) => plugin);
    const choicesOf = (id: string) =>
      app
        .plugins()
        .choices()
        .filter(({ pluginId }) => pluginId === id);
    output.result({
      allOff: areAllOff(config),
      plugins: statuses.map((plugin) => ({
        ...withoutFailure(plugin),
        by: describeSwitch(config, plugin.id),
        choices: choicesOf(plugin.id).map(({ choiceId, choiceLabel }) => ({ choiceId, choiceLabel })),
        ...(plugin.failure === undefined ? {} : { remedy: remedyOf(plugin) }),
      })),
    });
    if (statuses.length === 0) output.line('There is no plugin.');
    else output.line(tableOf(output, statuses, (id) => choicesOf(id).map(({ choiceId }) => choiceId)));
    for (const plugin of statuses) {
      if (plugin.error === undefined) continue;
      output.line(`\n${output.style.bad('✗')} ${plugin.id}: ${plugin.error}`);
      output.line(`  ${remedyOf(plugin)}`);
    }
    output.line();
    if (areAllOff(config)) output.line(allOffText(config));
    else if (statuses.some((plugin) => plugin.state === 'disabled'))
      output.line('Enable one: openclaw plugins enable <id>');
    if (statuses.length > 0) output.line('All about one: openclaw plugins inspect <id>');
    return 0;
  } finally {
    app.close();
  }
}

/** `failure` has the error's data, which is not for the list. */
export function withoutFailure({
  failure: _failure,
  ...plugin
}: PluginStatus): Omit<PluginStatus, 'failure'> {
  return plugin;
}

function tableOf(
  output: Output,
  statuses: readonly PluginStatus[],
  choicesOf: (id: string) => string[],
): string {
  const { style } = output;
  const colour = { ready: style.good, disabled: style.dim, failed: style.bad };
  return formatTable([
    ['Plugin', 'Version', 'State', 'From', 'Providers', 'Ways to log in'].map(style.bold),
    ...statuses.map((plugin) => [
      plugin.id,
      plugin.version ?? '-',
      colour[plugin.state](plugin.state),
      plugin.origin === 'bundled' ? 'bundled' : cleanText(plugin.folder, 60),
      plugin.providers.join(', ') || '-',
      choicesOf(plugin.id).join(', ') || '-',
    ]),
  ]).trimEnd();
}

const allOn = 'openclaw config unset plugins.enabled';

/** A sentence, and what to do. */
export function allOffText(config: ReturnType<App['config']>): string {
  return `Every plugin is off: ${describeSwitch(config, '')}. To have those back that are enabled: ${allOn}`;
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
    requirePlugin(app.plugins(), id);
    const { changed } = await editConfig({
      file: app.paths.configFile,
      edits: [{ path: ['plugins', 'entries', id, 'enabled'], value: enabled }],
      clock: app.clock,
      random: app.random,
      signal: context.signal,
    });
    const config = app.reloadConfig();
    const allOff = areAllOff(config);
    const plugin = enabled ? (await tryPlugin(app, id)).plugin : requirePlugin(app.plugins(), id);
    const remedy = remedyOf(plugin);
    const own = app
      .plugins()
      .choices()
      .filter(({ pluginId }) => pluginId === id);
    const logins = await loginsOf(app, plugin, output);
    const takesIt = changed && !allOff && (await isGatewayRunning(app, output));
    const toLogIn = enabled && logins.length === 0 ? loginCommands(own) : [];
    output.result({
      id,
      enabled,
      changed,
      inEffect: plugin.state === 'ready',
      allOff,
      ...(plugin.error === undefined ? {} : { error: plugin.error, remedy }),
      configFile: app.paths.configFile,
      logins,
      gatewayTakesIt: takesIt,
      next: [...(enabled && allOff ? [allOn] : []), ...toLogIn],
    });
    const enableIt = `openclaw plugins enable ${id}`;
    const state = enabled ? 'enabled' : 'disabled';
    output.line(changed ? `${id} is ${state} now.` : `${id} was ${state} already.`);
    if (remedy !== undefined) output.line(`  It does not work: ${plugin.error}\n  ${remedy}`);
    if (allOff) output.line(`  ${allOffText(config)}`);
    if (!enabled && logins.length > 0) {
      output.line(`  Kept, and not used meanwhile: ${logins.join(', ')}`);
      const [first, second] = allOff ? [allOn, enableIt] : [enableIt];
      output.line(`  Use them again: ${first}`);
      if (second !== undefined) output.line(`   and after that: ${second}`);
    }
    if (enabled && logins.length > 0) {
      const word = plugin.state === 'ready' ? 'Used again' : 'Kept, and not used until then';
      output.line(`  ${word}: ${logins.join(', ')}`);
    }
    printLogins(output, toLogIn);
    if (takesIt) output.line('  The gateway that runs takes it by itself.');
    return 0;
  } finally {
    app.close();
  }
}

function printLogins(output: Output, [first, ...others]: readonly string[]): void {
  if (first !== undefined) output.line(`  Log in: ${first}`);
  for (const command of others) output.line(`      or: ${command}`);
}

/** Of its providers. A store that cannot be read is no reason to leave a switch where it is. */
export async function loginsOf(app: App, plugin: PluginStatus, output: Output): Promise<string[]> {
  try {
    const records = await app.store().listProfiles();
    return records.filter(({ provider }) => plugin.providers.includes(provider)).map(({ id }) => id);
  } catch (error) {
    const { message, remedy } = toOpenClawError(error);
    output.note(`The logins could not be read: ${message}\n  ${remedy}`, { event: 'warning', message });
    return [];
  }
}
