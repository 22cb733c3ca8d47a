// What is said of a plugin, in lists and alone: whether it runs and by whose word, what it adds, why it failed and what
// mends that. Pure, but for the place of a key in the file.
import type { LoadedConfig } from '../config/load.ts';
import { pathText } from '../config/config-path.ts';
import { OpenClawError } from '../errors.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import type { AuthChoice, PluginHost, PluginStatus } from '../plugins/host.ts';

/** `plugins.enabled: false` stands above every entry. */
export function areAllOff(config: LoadedConfig): boolean {
  return config.config.plugins?.enabled === false;
}

/** By which word it is enabled or disabled, with the place in the file where there is one. */
export function describeSwitch(config: LoadedConfig, id: string): string {
  const entries = config.config.plugins?.entries ?? {};
  const entry = Object.hasOwn(entries, id) ? entries[id] : undefined;
  const at = (path: readonly string[]): string =>
    `${pathText(path)} in ${cleanText(config.file, 400)}:${config.placeOf(path).line}`;
  if (areAllOff(config)) return `${at(['plugins', 'enabled'])} is false, which turns off every plugin`;
  if (entry?.enabled !== undefined) {
    return `${at(['plugins', 'entries', id, 'enabled'])} is ${String(entry.enabled)}`;
  }
  return 'nothing in the configuration enables it';
}

/** What to do about its failure; commands in backticks. */
export function remedyOf({ id, origin, folder, failure }: PluginStatus): string | undefined {
  if (failure === undefined) return undefined;
  // The catalogue's own remedy sends one here.
  if (failure.code !== 'PLUGIN_FAILED') return failure.remedy;
  const isSafeId = /^[a-z0-9][a-z0-9._-]*$/.test(id);
  const off = isSafeId ? `, or leave it out: \`openclaw plugins disable ${id}\`` : '';
  if (origin === 'bundled') return `Install the program anew: its own plugin is damaged${off}.`;
  const place = failure.data['place'] === undefined ? `the plugin in ${cleanText(folder, 400)}` : '';
  return place === ''
    ? `Mend ${cleanText(String(failure.data['place']), 400)}, or take it out of plugins.load.paths in openclaw.json.`
    : `Mend ${place}${off}.`;
}

/** The commands that log in by a plugin, in the order of its manifest; also those that it leaves out of menus. */
export function loginCommands(choices: readonly AuthChoice[]): string[] {
  return choices.map(({ choiceId }) => `openclaw onboard --auth-choice ${choiceId}`);
}

/** Throws PLUGIN_NOT_FOUND with the nearest one. */
export function requirePlugin(host: PluginHost, id: string): PluginStatus {
  const statuses = host.statuses();
  const found = statuses.find((plugin) => plugin.id === id && plugin.failure === undefined);
  const status = found ?? statuses.find((plugin) => plugin.id === id);
  if (status !== undefined) return status;
  const ids = [...new Set(statuses.map((plugin) => plugin.id))];
  const nearest = nearestName(id, ids) ?? ids.find((known) => id.length > 3 && known.startsWith(id));
  const there = ids.length === 0 ? 'There is none.' : `There is: ${ids.join(', ')}.`;
  throw new OpenClawError({
    code: 'PLUGIN_NOT_FOUND',
    message: `There is no plugin ${quotedText(id, 60)}. ${nearest === undefined ? there : `Did you mean ${nearest}?`}`,
    ...(nearest === undefined ? {} : { remedy: `See it: \`openclaw plugins inspect ${nearest}\`.` }),
  });
}
