// The configuration file for the commands that show and change it: as it is written, without what it would mean.
import { gatewayTokenIn } from '../app.ts';
import type { ConfigPath } from '../config/config-path.ts';
import { isTree, treeOf, valueAt } from '../config/tree.ts';
import { parseDocument, type Json5Document } from '../config/json5-document.ts';
import { keysOf } from '../config/known-keys.ts';
import { readTextFile } from '../config/load.ts';
import type { KnownModels } from '../config/model-names.ts';
import { resolvePaths, type Paths } from '../config/paths.ts';
import type { ProblemContext } from '../config/problems.ts';
import type { OpenClawConfig } from '../config/schema.ts';
import { nearestName } from '../platform/nearest.ts';
import { discoverPlugins, type DiscoveredPlugin } from '../plugins/discovery.ts';
import { builtinProviders } from '../providers/builtin-providers.ts';
import { collectModels } from '../providers/collected-models.ts';
import type { Env } from '../platform/env.ts';
import type { CommandContext } from './command-context.ts';
import { resolveListening } from './gateway-address.ts';

export type ConfigFile = {
  readonly paths: Paths;
  readonly file: string;
  readonly exists: boolean;
  readonly text: string;
  readonly document: Json5Document;
};

/** Errors: CONFIG_SYNTAX, CONFIG_INVALID, CONFIG_UNREADABLE. */
export function readConfigFile(context: CommandContext): ConfigFile {
  const paths = resolvePaths(context.env, context.homeDir);
  const file = paths.configFile;
  const text = readTextFile(file);
  return {
    paths,
    file,
    exists: text !== undefined,
    text: text ?? '',
    document: parseDocument(text ?? '', file),
  };
}

/** What the meaning of a configuration is held against; it may not be the one on disk. Reads manifests and no plugin's code. */
export function whatIsKnown(
  context: CommandContext,
  file: string,
): Required<Pick<ProblemContext, 'pluginIds' | 'models' | 'listens'>> {
  const plugins = (config: OpenClawConfig): readonly DiscoveredPlugin[] =>
    discoverPlugins({
      config: { config, file },
      extensionsUrl: context.installation.extensions,
      homeDir: context.homeDir,
    });
  return {
    pluginIds: (config) => plugins(config).map(({ id }) => id),
    models: (config) => knownModels(config, plugins(config)),
    listens: checkListening,
  };
}

/** A server may be off, and a plugin tells its models in its code: what these have is not known here. */
function knownModels(config: OpenClawConfig, plugins: readonly DiscoveredPlugin[]): KnownModels {
  const refs = [...collectModels(config, []).keys()];
  if (config.models?.mode === 'replace') return { refs, openProviders: [] };
  const listing = builtinProviders.filter(({ listsModels }) => listsModels === true).map(({ id }) => id);
  const brought = plugins.flatMap((plugin) =>
    'manifest' in plugin ? (plugin.manifest.providers ?? []) : [],
  );
  return { refs, openProviders: [...listing, ...brought] };
}

/** Where the gateway is to listen, as of `resolveListening`, with the token that a file or its environment gives. */
function checkListening(config: OpenClawConfig, env: Env): void {
  resolveListening({ config, env }, gatewayTokenIn({ config, env }));
}

/** An index for each number that names an element (`models.0.id`), a key for each one that does not. */
export function fitPath(value: unknown, path: ConfigPath): ConfigPath {
  const fitted: (string | number)[] = [];
  let current = value;
  for (const part of path) {
    const isIndex = Array.isArray(current) && /^\d{1,9}$/.test(String(part));
    fitted.push(isIndex ? Number(part) : isTree(current) ? String(part) : part);
    current = valueAt(current, [fitted.at(-1) ?? '']);
  }
  return fitted;
}

/** What is there instead of a path that is not: the nearest one, and the keys beside it. */
export function whatIsThere(
  value: unknown,
  path: ConfigPath,
): { parent: ConfigPath; nearest?: ConfigPath; keys: readonly string[] } {
  let depth = 0;
  while (depth < path.length && valueAt(value, path.slice(0, depth + 1)) !== undefined) depth += 1;
  const parent = path.slice(0, depth);
  const holder = depth === 0 ? value : valueAt(value, parent);
  if (Array.isArray(holder)) return { parent, keys: holder.map((_, index) => `[${index}]`) };
  const keys = Object.keys(treeOf(holder));
  const near = nearestName(String(path[depth] ?? ''), keys);
  if (near === undefined) return { parent, keys };
  const nearest = fitPath(value, [...parent, near, ...path.slice(depth + 1)]);
  return { parent, keys, nearest: valueAt(value, nearest) === undefined ? [...parent, near] : nearest };
}

/** A key that this program or OpenClaw would read there. */
export function isKnownKey(path: ConfigPath): boolean {
  return keysOf(path.slice(0, -1))?.includes(String(path.at(-1))) === true;
}

/** A value as JSON, fit for a terminal. */
export function shownJson(value: unknown, indent?: number): string {
  return (JSON.stringify(value, undefined, indent) ?? 'nothing').replace(
    /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu,
    (character) =>
      [...Array(character.length).keys()]
        .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
        .join(''),
  );
}

/** A text as it is, where nothing in it could do something to a terminal. */
export function shownValue(value: unknown): string {
  const isPlain = typeof value === 'string' && !/[\p{Cc}\p{Cf}\u2028\u2029]/u.test(value);
  return isPlain ? value : shownJson(value, 2);
}
