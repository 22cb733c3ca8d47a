// `plugins inspect`: everything that is known of one plugin. Its code is run only while it is enabled.
import type { App } from '../../app.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { valueAt } from '../../config/tree.ts';
import { cleanText } from '../../platform/text.ts';
import { discoverPlugins } from '../../plugins/discovery.ts';
import type { AuthChoice, PluginStatus } from '../../plugins/host.ts';
import { describeSettings, type PluginSetting } from '../../plugins/plugin-settings.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { areAllOff, describeSwitch, loginCommands, remedyOf } from '../plugin-report.ts';
import { tryPlugin, type ProviderTrial } from '../plugin-trial.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';
import { formatTable } from '../ui/table.ts';
import { allOffText, loginsOf, withoutFailure } from './plugins.ts';

export async function pluginsInspect(
  context: CommandContext,
  options: OutputOptions,
  id: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = app.config();
    printConfigWarnings(output, config);
    const { plugin, providers } = await tryPlugin(app, id);
    const choices = app
      .plugins()
      .choices()
      .filter(({ pluginId }) => pluginId === id);
    const settings = settingsOf(app, config, id);
    const logins = await loginsOf(app, plugin, output);
    const remedy = remedyOf(plugin);
    output.result({
      ...withoutFailure(plugin),
      by: describeSwitch(config, id),
      allOff: areAllOff(config),
      providers: providers.map(({ failure, ...provider }) => ({
        ...provider,
        ...(failure === undefined ? {} : { trouble: failure.message }),
      })),
      choices: choices.map(({ pluginId: _id, enabled: _enabled, ...choice }) => choice),
      settings,
      logins,
      ...(remedy === undefined ? {} : { remedy }),
    });
    print(output, plugin, [
      ['Id', plugin.id],
      ['About', plugin.description],
      ['Version', plugin.version ?? 'not said'],
      ['Folder', `${cleanText(plugin.folder, 400)} (${originText(plugin)})`],
      [
        'State',
        `${plugin.state}${plugin.state === 'failed' ? ' (why is said below); ' : ': '}${describeSwitch(config, id)}`,
      ],
    ]);
    printProviders(output, providers);
    printChoices(output, choices);
    printSettings(output, settings, id);
    output.line(`Logins that depend on it: ${logins.length === 0 ? 'none' : logins.join(', ')}`);
    if (remedy !== undefined) output.line(`\n${output.style.bad('✗')} ${plugin.error}\n  ${remedy}`);
    else if (areAllOff(config)) output.line(`\n${allOffText(config)}`);
    else if (plugin.state === 'disabled') output.line(`\nEnable it: openclaw plugins enable ${id}`);
    else if (logins.length === 0 && choices.length > 0)
      output.line(`\nLog in: ${loginCommands(choices)[0] ?? ''}`);
    return 0;
  } finally {
    app.close();
  }
}

function originText({ origin }: PluginStatus): string {
  return origin === 'bundled' ? 'bundled' : 'from plugins.load.paths';
}

function settingsOf(app: App, config: LoadedConfig, id: string): PluginSetting[] {
  const found = discoverPlugins({ config, extensionsUrl: app.installation.extensions }).find(
    (plugin) => plugin.id === id && 'manifest' in plugin,
  );
  if (found === undefined || !('manifest' in found)) return [];
  const written = valueAt(config.raw, ['plugins', 'entries', id, 'config']);
  return describeSettings(found.manifest.configSchema, written);
}

function print(output: Output, plugin: PluginStatus, rows: readonly (readonly [string, string])[]): void {
  output.line(output.style.bold(plugin.name));
  output.line(
    formatTable(
      rows.filter(([, text]) => text !== '').map(([label, text]) => [`  ${label}`, text]),
    ).trimEnd(),
  );
}

function printProviders(output: Output, providers: readonly ProviderTrial[]): void {
  if (providers.length > 0) output.line('\nProviders');
  for (const { id, label, models, failure } of providers) {
    if (label === undefined) {
      output.line(`  ${id}  its models are known when it runs`);
      continue;
    }
    output.line(`  ${id}  ${label}`);
    if (failure !== undefined) output.line(`    ${output.style.bad(failure.message)}`);
    if (models !== undefined) output.line(`    ${models.length} models: ${models.join(', ')}`);
  }
}

function printChoices(output: Output, choices: readonly AuthChoice[]): void {
  if (choices.length === 0) return;
  const rows = choices.map(({ choiceId, choiceLabel, choiceHint, provider }) => [
    `  ${choiceId}`,
    choiceLabel,
    choiceHint ?? '',
    provider,
  ]);
  output.line(`\nWays to log in\n${formatTable(rows).trimEnd()}`);
}

function printSettings(output: Output, settings: readonly PluginSetting[], id: string): void {
  if (settings.length === 0) {
    output.line('\nIt has no settings.');
    return;
  }
  output.line(`\nSettings (plugins.entries["${id}"].config)`);
  const rows = settings.map(({ key, type, required, value, unknown }) => [
    `  ${key}`,
    unknown === true
      ? output.style.warn('not one of its settings')
      : `${type}${required ? ', required' : ''}`,
    value === undefined ? output.style.dim('not set') : value,
  ]);
  output.line(formatTable(rows));
}
