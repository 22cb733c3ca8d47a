// Which plugins there are: those that come with the program, then those of `plugins.load.paths`. Reads folder names and
// manifests and never runs plugin code. Whether a plugin is enabled or works is for the host.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { expandHome } from '../config/paths.ts';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { version as programVersion } from '../version.ts';
import { manifestName, parseManifest, type PluginManifest } from './manifest.ts';

export type PluginOrigin = 'bundled' | 'config';

export type DiscoveredPlugin = {
  /** The manifest's, or the folder's name when the manifest cannot be read. */
  readonly id: string;
  readonly folder: string;
  readonly origin: PluginOrigin;
  /** The manifest's, else that of a package.json beside it; of one that comes with the program, the program's. */
  readonly version?: string;
} & ({ readonly manifest: PluginManifest; readonly entry: string } | { readonly error: OpenClawError });

export type DiscoveryOptions = {
  config: Pick<LoadedConfig, 'config' | 'file'>;
  /** Folder of the bundled plugins; a missing one holds none. */
  extensionsUrl: URL;
  homeDir?: string;
};

/** A manifest this long is none. */
const largestManifestBytes = 1024 * 1024;

/**
 * In a stable order: bundled first, by folder name, then as the configuration lists them. A broken plugin is an entry
 * with its error (PLUGIN_FAILED); so is a second one of the same id, for the first one found keeps it.
 */
export function discoverPlugins(options: DiscoveryOptions): DiscoveredPlugin[] {
  const { config, extensionsUrl, homeDir = homedir() } = options;
  const found = pluginFolders(fileURLToPath(extensionsUrl)).map((folder) => inspect(folder, 'bundled'));
  for (const path of config.config.plugins?.load?.paths ?? []) {
    const folder = resolve(dirname(config.file), expandHome(path, homeDir));
    if (!isFolder(folder)) {
      found.push(broken(folder, 'config', 'plugins.load.paths names a folder that is not there'));
    } else if (isFile(join(folder, manifestName))) found.push(inspect(folder, 'config'));
    else {
      const inner = pluginFolders(folder).map((each) => inspect(each, 'config'));
      found.push(
        ...(inner.length > 0 ? inner : [broken(folder, 'config', `there is no ${manifestName} in it`)]),
      );
    }
  }
  return withoutTwins(found);
}

function pluginFolders(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .filter((inner) => isFile(join(inner, manifestName)));
}

function inspect(folder: string, origin: PluginOrigin): DiscoveredPlugin {
  try {
    const file = join(folder, manifestName);
    if (statSync(file).size > largestManifestBytes)
      return broken(folder, origin, `${manifestName} is too long`);
    const manifest = parseManifest(readFileSync(file, 'utf8'), file);
    const entry = entryOf(folder, origin);
    if (entry === undefined) return broken(folder, origin, 'there is no index.js or index.ts in it');
    const version = manifest.version ?? (origin === 'bundled' ? programVersion : versionOfPackage(folder));
    const known = version === undefined ? {} : { version };
    return { id: manifest.id, folder, origin, ...known, manifest, entry };
  } catch (error) {
    if (isOpenClawError(error)) return { id: cleanText(basename(folder), 64), folder, origin, error };
    return broken(folder, origin, error instanceof Error ? error.message : String(error));
  }
}

/** It is for people to read only: a file that is none, or has none, says nothing. */
function versionOfPackage(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  if (!isFile(file) || statSync(file).size > largestManifestBytes) return undefined;
  try {
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown };
    return typeof version === 'string' && version !== '' ? cleanText(version, 40) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** A bundled plugin has `index.js` only when it was built; beside a source, an `index.js` is somebody's build of it. */
function entryOf(folder: string, origin: PluginOrigin): string | undefined {
  const names = origin === 'bundled' ? ['index.ts', 'index.js'] : ['index.js', 'index.ts'];
  return names.map((name) => join(folder, name)).find(isFile);
}

function withoutTwins(found: readonly DiscoveredPlugin[]): DiscoveredPlugin[] {
  const holders = new Map<string, DiscoveredPlugin>();
  return found.map((plugin) => {
    if ('error' in plugin) return plugin;
    const holder = holders.get(plugin.id);
    if (holder !== undefined) {
      const reason = `its id ${plugin.id} is taken by ${cleanText(holder.folder, 400)}`;
      return { ...broken(plugin.folder, plugin.origin, reason), id: plugin.id };
    }
    holders.set(plugin.id, plugin);
    return plugin;
  });
}

function broken(folder: string, origin: PluginOrigin, reason: string): DiscoveredPlugin {
  const error = new OpenClawError({
    code: 'PLUGIN_FAILED',
    message: `${cleanText(folder, 400)}: ${cleanText(reason)}.`,
    data: { place: folder },
  });
  return { id: cleanText(basename(folder), 64), folder, origin, error };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
