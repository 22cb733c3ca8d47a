// The plugins: whether those that are enabled load, and whether the configuration names one that is not there.
import { isOpenClawError, OpenClawError } from '../../errors.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isWrittenByOpenClaw } from '../../config/openclaw-keys.ts';
import { nearestName } from '../../platform/nearest.ts';
import type { PluginStatus } from '../../plugins/host.ts';
import { areAllOff, describeSwitch, remedyOf } from '../plugin-report.ts';
import type { Check, ProviderTrouble } from './check.ts';
import { findingOf, ok, safeName, shown, type Finding } from './finding.ts';

export const pluginsCheck: Check = {
  name: 'the plugins',
  deadlineMs: 4_500,
  async run({ plugins, config, providerTroubles }) {
    if (plugins === undefined || isOpenClawError(config)) return [];
    await plugins.providers();
    return judgePlugins(plugins.statuses(), config, await providerTroubles());
  },
};

/** Of a plugin that loads and then refuses to say which models its provider has, mostly for what is set for it. */
export function troubleOfPlugin({ pluginId, error }: ProviderTrouble): OpenClawError {
  return new OpenClawError({
    code: 'PLUGIN_FAILED',
    message: `The plugin ${shown(pluginId)} does not work: ${error.message}`,
    remedy: lookAt(pluginId),
  });
}

/** `config validate` knows the file alone, and not what a plugin wants. */
function lookAt(id: string): string {
  const name = safeName(id);
  if (name === undefined) return 'See what is set for it: `openclaw plugins list`.';
  return `Mend what is set for it (plugins.entries.${name}.config in openclaw.json). See what it takes, and whether it works then: \`openclaw plugins inspect ${name}\`.`;
}

function judgePlugins(
  statuses: readonly PluginStatus[],
  config: LoadedConfig,
  troubles: ReadonlyMap<string, ProviderTrouble>,
): Finding[] {
  const failed = statuses.flatMap((plugin): Finding[] => {
    if (plugin.state !== 'failed') return [];
    const remedy = plugin.failure?.code === 'CONFIG_INVALID' ? lookAt(plugin.id) : remedyOf(plugin);
    return [
      {
        id: 'plugin.failed',
        severity: plugin.enabled ? 'error' : 'warning',
        text: `${shown(plugin.id)} does not work: ${plugin.error ?? 'nobody knows why'}`,
        ...(remedy === undefined ? {} : { remedy }),
      },
    ];
  });
  const refused = [...troubles.values()].map((trouble) =>
    findingOf('plugin.failed', troubleOfPlugin(trouble)),
  );
  const broken = [...failed, ...refused];
  const off: Finding[] = areAllOff(config)
    ? [
        {
          id: 'plugin.off',
          severity: 'warning',
          text: `Every plugin is off: ${describeSwitch(config, '')}.`,
          remedy: 'Have those back that are enabled: `openclaw config unset plugins.enabled`.',
        },
      ]
    : [];
  const ids = statuses.map(({ id }) => id);
  const isShared = isWrittenByOpenClaw(config.raw);
  const unknown = Object.entries(config.config.plugins?.entries ?? {}).flatMap(([id, entry]): Finding[] => {
    if (entry.enabled !== true || ids.includes(id)) return [];
    const nearest = nearestName(id, ids);
    const { line } = config.placeOf(['plugins', 'entries', id]);
    return [
      {
        id: 'plugin.unknown',
        // OpenClaw has plugins of its own in the same list.
        severity: isShared && nearest === undefined ? 'info' : 'warning',
        text: `${shown(config.file)}:${line} enables the plugin ${shown(id)}, which is not there.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
        remedy:
          'See what there is: `openclaw plugins list`. Folders of further ones go into plugins.load.paths.',
      },
    ];
  });
  return [
    ...(broken.length > 0 ? broken : [ok('plugin.failed', `${statuses.length} plugins`)]),
    ...(off.length > 0 ? off : [ok('plugin.off', 'those that are enabled run')]),
    ...(unknown.length > 0 ? unknown : [ok('plugin.unknown', 'every one that is enabled is there')]),
  ];
}
