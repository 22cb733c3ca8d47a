// Runs plugins: decides which are enabled, loads code when it is first needed, checks its shape, and keeps one plugin's
// failure from the others. What a provider does, and what is asked of it, belongs to its callers.
import { pathToFileURL } from 'node:url';
import type { LoadedConfig } from '../config/load.ts';
import { OpenClawError } from '../errors.ts';
import type { PluginApi, PluginPorts, ProviderPlugin } from '../plugin-sdk/index.ts';
import type { Log } from '../platform/log.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import type { DiscoveredPlugin, PluginOrigin } from './discovery.ts';
import { guardProvider, isThenable, pluginFailure } from './guarded-provider.ts';
import type { PluginManifest } from './manifest.ts';
import { checkPluginConfig } from './plugin-config.ts';
import { createPluginLog } from './plugin-log.ts';
import { checkProvider, definitionOf, isObject } from './plugin-shape.ts';

export type PluginHostDeps = {
  discovered: readonly DiscoveredPlugin[];
  config: LoadedConfig;
  log: Log;
  ports: PluginPorts;
  /** Enabled whatever the configuration says: a login that will enable its plugin runs it before that. */
  alsoEnabled?: readonly string[];
};

/** A way to log in, as a menu shows it. */
export type AuthChoice = NonNullable<PluginManifest['providerAuthChoices']>[number] & {
  readonly pluginId: string;
  readonly enabled: boolean;
};

export type PluginStatus = {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly origin: PluginOrigin;
  readonly folder: string;
  readonly version?: string;
  readonly enabled: boolean;
  /** `ready`: enabled, and nothing is known against it. Whether its code works shows when it is loaded. */
  readonly state: 'disabled' | 'ready' | 'failed';
  /** One cleaned line, or several of a configuration error. */
  readonly error?: string;
  /** The same with its code and remedy. */
  readonly failure?: OpenClawError;
  /** Provider ids of its manifest. */
  readonly providers: readonly string[];
};

export type PluginHost = {
  /** Errors: PLUGIN_NOT_FOUND, PLUGIN_DISABLED, PLUGIN_FAILED, and CONFIG_INVALID for the plugin's own settings. */
  load(pluginId: string): Promise<void>;
  /**
   * The provider of that id or alias, loading the plugin that declares it. undefined when no enabled plugin has it;
   * errors of `load` when one does and fails.
   */
  provider(providerId: string): Promise<ProviderPlugin | undefined>;
  /** Holds the settings of those that are enabled against their manifests, and runs no code; `statuses` tells what fails. */
  checkSettings(): Promise<void>;
  /** Of all enabled plugins, in order of discovery; those that fail are left out, logged, and told by `statuses`. */
  providers(): Promise<readonly { readonly pluginId: string; readonly provider: ProviderPlugin }[]>;
  /** From the manifests of all plugins, disabled ones too. */
  choices(): readonly AuthChoice[];
  /** Providers that a disabled plugin would bring. */
  disabledProviders(): readonly { readonly providerId: string; readonly pluginId: string }[];
  statuses(): readonly PluginStatus[];
};

type Registered = { pluginId: string; provider: ProviderPlugin };

export function createPluginHost(deps: PluginHostDeps): PluginHost {
  const { discovered, config, log } = deps;
  const entries = config.config.plugins?.entries ?? {};
  const entryOf = (id: string) => (Object.hasOwn(entries, id) ? entries[id] : undefined);
  const loads = new Map<string, Promise<void>>();
  const failures = new Map<DiscoveredPlugin, OpenClawError>();
  const registered = new Map<string, Registered>();
  let frozenConfig: Readonly<Record<string, unknown>> | undefined;

  const isEnabled = (id: string): boolean =>
    deps.alsoEnabled?.includes(id) === true ||
    (config.config.plugins?.enabled !== false && entryOf(id)?.enabled === true);

  const failureOf = (plugin: DiscoveredPlugin): OpenClawError | undefined =>
    'error' in plugin ? plugin.error : failures.get(plugin);

  const run = async (plugin: DiscoveredPlugin): Promise<void> => {
    if ('error' in plugin) throw plugin.error;
    const { id, manifest } = plugin;
    try {
      await checkPluginConfig(manifest, entryOf(id)?.config, config);
      const definition = definitionOf(await importEntry(plugin.entry), id);
      frozenConfig ??= deepFreeze(structuredClone(config.config));
      const staged: ProviderPlugin[] = [];
      let open = true;
      const api: PluginApi = {
        id,
        config: frozenConfig,
        pluginConfig: deepFreeze(structuredClone(entryOf(id)?.config)),
        logger: createPluginLog(log, id),
        ports: deps.ports,
        registerProvider(provider) {
          if (!open) throw new TypeError('registerProvider was called after register had ended');
          staged.push(checkProvider(provider));
        },
      };
      const answer: unknown = definition.register(api);
      open = false;
      if (isThenable(answer)) {
        // Its end concerns nobody any more, but an unhandled rejection would end the program.
        Promise.resolve(answer).catch(() => {});
        throw new TypeError('register must not be asynchronous');
      }
      publish(id, manifest, staged);
    } catch (error) {
      const failure = pluginFailure(id, 'loading', error);
      failures.set(plugin, failure);
      log.warn('plugin-failed', { pluginId: id, code: failure.code, message: failure.message });
      throw failure;
    }
  };

  /** All providers of a plugin or none. */
  const publish = (
    pluginId: string,
    manifest: PluginManifest,
    providers: readonly ProviderPlugin[],
  ): void => {
    const names = new Map<string, Registered>();
    for (const provider of providers) {
      const entry = { pluginId, provider: guardProvider(pluginId, provider) };
      for (const name of new Set([provider.id, ...(provider.aliases ?? [])])) {
        const holder = names.get(name) ?? registered.get(name);
        if (holder !== undefined) {
          throw new TypeError(
            `the provider id ${cleanText(name, 60)} is taken by the plugin ${holder.pluginId}`,
          );
        }
        names.set(name, entry);
      }
      if (manifest.providers?.includes(provider.id) !== true) {
        log.warn('plugin-provider-not-in-manifest', { pluginId, provider: cleanText(provider.id, 60) });
      }
    }
    for (const [name, entry] of names) registered.set(name, entry);
  };

  const load = async (plugin: DiscoveredPlugin): Promise<void> => {
    const running = loads.get(plugin.folder) ?? run(plugin);
    loads.set(plugin.folder, running);
    await running;
  };

  const enabledPlugins = (): DiscoveredPlugin[] => discovered.filter(({ id }) => isEnabled(id));

  const choicesOf = (plugin: DiscoveredPlugin): AuthChoice[] => {
    if ('error' in plugin) return [];
    const standing = { pluginId: plugin.id, enabled: isEnabled(plugin.id) };
    return (plugin.manifest.providerAuthChoices ?? []).map((choice) => Object.assign({}, choice, standing));
  };

  const statusOf = (plugin: DiscoveredPlugin): PluginStatus => {
    const manifest = 'manifest' in plugin ? plugin.manifest : undefined;
    const enabled = isEnabled(plugin.id);
    const failure = failureOf(plugin);
    return {
      id: plugin.id,
      name: manifest?.name ?? plugin.id,
      description: manifest?.description ?? '',
      origin: plugin.origin,
      folder: plugin.folder,
      ...(plugin.version === undefined ? {} : { version: plugin.version }),
      enabled,
      state: failure === undefined ? (enabled ? 'ready' : 'disabled') : 'failed',
      ...(failure === undefined ? {} : { error: failure.message, failure }),
      providers: manifest?.providers ?? [],
    };
  };

  return {
    async load(pluginId) {
      const plugin =
        discovered.find((each) => each.id === pluginId && !('error' in each)) ??
        discovered.find(({ id }) => id === pluginId);
      if (plugin === undefined) {
        const message = `There is no plugin ${quotedText(pluginId, 60)}.`;
        throw new OpenClawError({ code: 'PLUGIN_NOT_FOUND', message });
      }
      if (!isEnabled(pluginId)) {
        const message = `The plugin ${pluginId} is disabled.`;
        throw new OpenClawError({ code: 'PLUGIN_DISABLED', message, data: { pluginId } });
      }
      await load(plugin);
    },
    async provider(providerId) {
      const known = registered.get(providerId);
      if (known !== undefined) return known.provider;
      const plugin = enabledPlugins().find(
        (each) => 'manifest' in each && each.manifest.providers?.includes(providerId) === true,
      );
      if (plugin !== undefined) await load(plugin);
      // An alias, and an id that a manifest forgot, show only when the code runs.
      else await loadAll(enabledPlugins(), load);
      return registered.get(providerId)?.provider;
    },
    async checkSettings() {
      for (const plugin of enabledPlugins()) {
        if ('error' in plugin || failures.has(plugin)) continue;
        try {
          await checkPluginConfig(plugin.manifest, entryOf(plugin.id)?.config, config);
        } catch (error) {
          failures.set(plugin, pluginFailure(plugin.id, 'loading', error));
        }
      }
    },
    async providers() {
      const enabled = enabledPlugins();
      await loadAll(enabled, load);
      const order = enabled.map(({ id }) => id);
      return [...new Set(registered.values())].sort(
        (left, right) => order.indexOf(left.pluginId) - order.indexOf(right.pluginId),
      );
    },
    choices: () => discovered.flatMap(choicesOf),
    disabledProviders: () =>
      discovered.flatMap((plugin) => {
        if ('error' in plugin || isEnabled(plugin.id)) return [];
        return (plugin.manifest.providers ?? []).map((providerId) => ({ providerId, pluginId: plugin.id }));
      }),
    statuses: () => discovered.map(statusOf),
  };
}

/** One after the other, so that an id is always taken by the same plugin; `load` has logged what failed. */
async function loadAll(
  plugins: readonly DiscoveredPlugin[],
  load: (plugin: DiscoveredPlugin) => Promise<void>,
): Promise<void> {
  for (const plugin of plugins) await Promise.allSettled([load(plugin)]);
}

async function importEntry(entry: string): Promise<unknown> {
  return import(pathToFileURL(entry).href);
}

function deepFreeze<Value>(value: Value): Value {
  if (isObject(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
