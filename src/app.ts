// The composition root: the one place where configuration, plugins, store, vault, auth and catalogue meet.
// Each part is made when it is first asked for, so that a command pays only for what it uses.
import { join } from 'node:path';
import { OpenClawError, toOpenClawError } from './errors.ts';
import type { ProviderPlugin } from './plugin-sdk/index.ts';
import type { Credential } from './plugin-sdk/credential.ts';
import type { Clock } from './platform/clock.ts';
import type { Env } from './platform/env.ts';
import { createFetch, loadFetch, type Fetch } from './platform/fetch.ts';
import type { Installation } from './platform/installation.ts';
import type { Log } from './platform/log.ts';
import { systemRandom, type Random } from './platform/random.ts';
import { cleanText } from './platform/text.ts';
import { loadOAuthClient } from './oauth/oauth-client.ts';
import { loadConfig, type LoadedConfig } from './config/load.ts';
import { resolvePaths, type Paths } from './config/paths.ts';
import { createChildKeychain, type KeychainPerson } from './vault/child-keychain.ts';
import { chooseKeychainDriver } from './vault/keychain-driver.ts';
import type { AskPassphrase } from './vault/passphrase.ts';
import { openActivityDatabase, type ActivityDatabase } from './store/activity-database.ts';
import { openCredentialStore, type StorageOptions } from './store/open-store.ts';
import type { CredentialStore, StoredProfile } from './store/credential-store.ts';
import type { PreparedAuth } from './auth/lease-entry.ts';
import { createRefreshEngine, type RefreshEngine } from './auth/refresh.ts';
import { storedKeyAuth } from './providers/api-key.ts';
import type { BuiltinChoice } from './providers/builtin-provider.ts';
import { builtinChoices } from './providers/builtin-providers.ts';
import type { PluginCatalog } from './providers/collected-models.ts';
import { createCatalogue, type ModelCatalogue } from './providers/catalogue.ts';
import { enableRemedy, type FailedProvider } from './providers/unknown-model.ts';
import { createModelDiscovery, type ModelDiscovery } from './providers/model-discovery.ts';
import { nearestName } from './platform/nearest.ts';
import { discoverPlugins } from './plugins/discovery.ts';
import { createPluginHost, type AuthChoice, type PluginHost } from './plugins/host.ts';

export type AppDeps = {
  env: Env;
  homeDir: string;
  installation: Installation;
  clock: Clock;
  log: Log;
  random?: Random;
  /** Asks a person for the store's passphrase; absent where nobody can be asked. */
  askPassphrase?: AskPassphrase | undefined;
  /** Who answers when the OS keychain asks for its password; absent where nobody sees that. */
  keychainPerson?: KeychainPerson | undefined;
  /** A locked keychain stays locked: nobody is asked to unlock it. */
  isKeychainQuiet?: boolean;
};

export type App = {
  readonly paths: Paths;
  readonly installation: Installation;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** For the control plane, with the proxies of the effective environment. */
  readonly fetch: Fetch;
  /** Read once; errors as of loadConfig. */
  config(): LoadedConfig;
  /** Read again from disk; the former one is kept when it throws. */
  reloadConfig(): LoadedConfig;
  /** The options count at the first call. */
  store(options?: StorageOptions): CredentialStore;
  /** Cooldowns, uses and the ledger; in memory where the logins are. `look` counts at the first call. */
  activity(options?: { mode: 'look' | 'keep'; busyWaitMs?: number }): ActivityDatabase;
  plugins(): PluginHost;
  /** The same plugins with one more enabled, for a login that enables it when it succeeds. */
  pluginsWith(pluginId: string): PluginHost;
  /** Enables a plugin without writing it down. */
  enableForThisProcess(pluginId: string): void;
  /** What `default` stands for where the configuration names none, without writing it down. */
  useDefaultForThisProcess(ref: string): void;
  refreshEngine(): RefreshEngine;
  /** Asks nobody by itself. */
  discovery(): ModelDiscovery;
  /**
   * As the enabled plugin of the credential's provider says; without one a key goes to the provider's own address.
   * undefined where neither is there.
   */
  prepareAuth(profileId: string, credential: Credential): Promise<PreparedAuth | undefined>;
  /** Resolves when no refresh runs in this process. */
  settled(): Promise<void>;
  close(): void;
};

export function createApp(deps: AppDeps): App {
  const { env, clock, log } = deps;
  const random = deps.random ?? systemRandom;
  const paths = resolvePaths(env, deps.homeDir);
  let loaded: LoadedConfig | undefined;
  let opened: CredentialStore | undefined;
  let activity: ActivityDatabase | undefined;
  let isEphemeral = false;
  let host: PluginHost | undefined;
  let engine: RefreshEngine | undefined;
  let lazyFetch: Fetch | undefined;
  let discovery: ModelDiscovery | undefined;
  const enabledHere = new Set<string>();
  let defaultHere: string | undefined;

  const readConfig = (): LoadedConfig =>
    withDefault(loadConfig({ file: paths.configFile, env, dotenvFile: paths.dotenvFile }), defaultHere);

  const currentFetch = (): Fetch => (lazyFetch ??= createFetch(loaded?.env ?? env));

  const makeHost = (config: LoadedConfig, alsoEnabled?: string): PluginHost =>
    createPluginHost({
      discovered: discoverPlugins({ config, extensionsUrl: deps.installation.extensions }),
      config,
      log,
      ports: { fetch: app.fetch, clock, random },
      alsoEnabled: [...enabledHere, ...(alsoEnabled === undefined ? [] : [alsoEnabled])],
    });

  const app: App = {
    paths,
    installation: deps.installation,
    clock,
    random,
    log,
    fetch: Object.assign<Fetch, Pick<Fetch, 'proxyFor'>>((url, init) => currentFetch()(url, init), {
      proxyFor: (url) => currentFetch().proxyFor?.(url),
    }),
    config: () => (loaded ??= readConfig()),
    reloadConfig() {
      loaded = readConfig();
      host = undefined;
      lazyFetch = undefined;
      return loaded;
    },
    store(options) {
      if (opened === undefined) isEphemeral = options?.ephemeral === true;
      return (opened ??= openCredentialStore({
        stateDir: paths.stateDir,
        env,
        clock,
        random,
        keychain: createChildKeychain({
          env,
          clock,
          random,
          childUrl: deps.installation.keychainChild,
          driver: chooseKeychainDriver(env),
          person: deps.keychainPerson,
          isQuiet: deps.isKeychainQuiet === true,
        }),
        ...(options === undefined ? {} : { storage: options }),
        warn: (message) => log.warn('store', { message }),
        askPassphrase: deps.askPassphrase,
      }));
    },
    activity: (options = { mode: 'keep' }) =>
      (activity ??= openActivityDatabase(isEphemeral ? undefined : paths.stateDir, {
        ...options,
        warn: (message) => log.warn('activity', { message }),
      })),
    plugins: () => (host ??= makeHost(app.config())),
    pluginsWith: (pluginId) => makeHost(app.config(), pluginId),
    enableForThisProcess(pluginId) {
      enabledHere.add(pluginId);
      host = undefined;
    },
    useDefaultForThisProcess(ref) {
      defaultHere = ref;
      loaded = loaded && withDefault(loaded, ref);
    },
    refreshEngine: () =>
      (engine ??= createRefreshEngine({
        store: app.store(),
        clock,
        random,
        log,
        warmUp: async () => {
          await Promise.all([loadFetch(), loadOAuthClient()]);
        },
        exchange: async (credential) => {
          return (await refresherOf(app, credential.provider))(credential);
        },
      })),
    discovery: () =>
      (discovery ??= createModelDiscovery({
        keys: () => app.config(),
        fetch: app.fetch,
        clock,
        log,
        file: () => (isEphemeral ? undefined : join(paths.runDir, 'lmstudio-models.json')),
      })),
    async prepareAuth(profileId, credential) {
      const host = app.plugins();
      const provider = await host.provider(credential.provider);
      if (provider?.prepareRuntimeAuth !== undefined) {
        return provider.prepareRuntimeAuth({ profileId, credential });
      }
      // Nobody uses the logins of a plugin that is disabled in its place.
      const isDisabled = host
        .disabledProviders()
        .some(({ providerId }) => providerId === credential.provider);
      if (credential.type !== 'api_key' || isDisabled) return undefined;
      const { provider: id, key, region } = credential;
      return storedKeyAuth(profileId, id, key, app.config(), region);
    },
    settled: () => engine?.idle() ?? Promise.resolve(),
    close() {
      engine?.close();
      opened?.close();
      opened = undefined;
      activity?.close();
      activity = undefined;
    },
  };
  return app;
}

/** A way to use a provider: a login that a plugin brings, or what a built-in provider needs. */
export type SetupChoice = AuthChoice | (BuiltinChoice & { readonly pluginId?: undefined });

/** Of all plugins, by their manifests alone, and of the built-in providers; those of one group stand together. */
export function authChoices(app: Pick<App, 'plugins'>): readonly SetupChoice[] {
  const groups = Map.groupBy<string, SetupChoice>(
    [...app.plugins().choices(), ...builtinChoices],
    ({ groupId, provider }) => groupId ?? provider,
  );
  return [...groups.values()].flat();
}

/** By its id or another id of it. Throws AUTH_CHOICE_UNKNOWN that lists what there is. */
export function findChoice(app: Pick<App, 'plugins'>, choiceId: string): SetupChoice {
  const choices = authChoices(app);
  const found =
    choices.find((choice) => choice.choiceId === choiceId) ??
    choices.find(({ aliases }) => aliases?.includes(choiceId));
  if (found !== undefined) return found;
  const ids = choices.map((choice) => choice.choiceId);
  const near = nearestName(choiceId, ids);
  throw new OpenClawError({
    code: 'AUTH_CHOICE_UNKNOWN',
    message: `There is no auth choice ${JSON.stringify(cleanText(choiceId, 60))}.${near === undefined ? '' : ` Did you mean ${near}?`} There is: ${ids.join(', ')}.`,
  });
}

/** The provider and method behind a choice; throws PLUGIN_FAILED when its plugin does not bring them. */
export async function loadMethod(
  host: PluginHost,
  choice: AuthChoice,
): Promise<{ provider: ProviderPlugin; method: ProviderPlugin['auth'][number] }> {
  const provider = await host.provider(choice.provider);
  const method = provider?.auth.find((candidate) => candidate.id === choice.method);
  if (provider === undefined || method === undefined) {
    const status = host.statuses().find((plugin) => plugin.id === choice.pluginId);
    throw new OpenClawError({
      code: 'PLUGIN_FAILED',
      message: `The plugin ${choice.pluginId} does not bring the login ${choice.choiceId}${status?.error === undefined ? '' : `: ${status.error}`}.`,
    });
  }
  return { provider, method };
}

async function refresherOf(
  app: App,
  providerId: string,
): Promise<NonNullable<ProviderPlugin['refreshOAuth']>> {
  const host = app.plugins();
  const provider = await host.provider(providerId);
  if (provider?.refreshOAuth !== undefined)
    return (credential, context) =>
      provider.refreshOAuth?.(credential, context) ?? Promise.resolve(credential);
  const disabled = host.disabledProviders().find((candidate) => candidate.providerId === providerId);
  if (disabled !== undefined) {
    const { pluginId } = disabled;
    throw new OpenClawError({
      code: 'PLUGIN_DISABLED',
      message: `Logins of ${providerId} are refreshed by the plugin ${pluginId}, which is disabled.`,
      remedy: enableRemedy(app.config().config, pluginId),
      data: { pluginId },
    });
  }
  throw new OpenClawError({
    code: 'PLUGIN_FAILED',
    message: `No plugin can refresh a login of ${providerId}.`,
  });
}

/**
 * Resolves with a renewed login, also when another process renewed it first. When the server has rotated and the disk
 * does not take the new pair, `onUnsaved` is told, and this waits until it does: ending would lose the login. Only a
 * signal that comes after that ends the wait, with LOGIN_NOT_SAVED; one that came before bounds it.
 */
export async function refreshNow(
  app: App,
  stored: StoredProfile,
  signal: AbortSignal,
  onUnsaved: (error: OpenClawError) => void,
): Promise<StoredProfile> {
  const { record } = stored;
  await refresherOf(app, record.provider);
  const engine = app.refreshEngine();
  try {
    return await engine.refresh(record.id, record.generation, { ignorePause: true, held: stored });
  } catch (error) {
    if (!engine.isUnsaved(record.id)) throw error;
    onUnsaved(toOpenClawError(error));
    if (!(await settlesBefore(app, engine.idle(), signal))) {
      throw new OpenClawError({
        code: 'LOGIN_NOT_SAVED',
        message: `The new token of ${record.id} could not be saved and is lost; the service no longer takes the old one.`,
        remedy: `Log in again: \`openclaw auth login --profile-id ${record.id}\`.`,
        data: { profileId: record.id },
      });
    }
    return engine.refresh(record.id, record.generation, { ignorePause: true });
  }
}

const stoppedGraceMs = 60_000;

function settlesBefore(app: App, work: Promise<void>, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const giveUp = (): void => resolve(false);
    const cancel = signal.aborted ? app.clock.setTimer(giveUp, stoppedGraceMs) : () => undefined;
    signal.addEventListener('abort', giveUp, { once: true });
    void work.finally(() => {
      cancel();
      signal.removeEventListener('abort', giveUp);
      resolve(true);
    });
  });
}

/** The models that can be served now: of plugins, of configuration and environment. A plugin that fails adds none. */
export async function buildCatalogue(
  app: App,
  host: PluginHost,
  options: { asIfLoggedInTo?: string } = {},
): Promise<ModelCatalogue> {
  const config = app.config();
  const records = await app.store().listProfiles();
  const pluginCatalogs: PluginCatalog[] = [];
  const failedProviders: FailedProvider[] = [];
  for (const { pluginId, provider } of await host.providers()) {
    if (provider.catalog === undefined) continue;
    try {
      const catalog = await provider.catalog.run({ config: config.config, env: config.env });
      pluginCatalogs.push({ providerId: provider.id, catalog, furtherApis: provider.furtherApis ?? [] });
    } catch (error) {
      const reason = cleanText(toOpenClawError(error).message, 300);
      failedProviders.push({ providerId: provider.id, pluginId, reason });
      app.log.warn('catalog_failed', { provider: provider.id, reason });
    }
  }
  for (const { id, state, error, enabled, providers } of host.statuses()) {
    if (!enabled || state !== 'failed') continue;
    const reason = error ?? '';
    failedProviders.push(...providers.map((providerId) => ({ providerId, pluginId: id, reason })));
  }
  return createCatalogue({
    config: config.config,
    env: config.env,
    pluginCatalogs,
    providersWithProfile: new Set([
      ...records.map((record) => record.provider),
      ...(options.asIfLoggedInTo === undefined ? [] : [options.asIfLoggedInTo]),
    ]),
    disabledProviders: host.disabledProviders(),
    failedProviders,
    choices: host.choices(),
    unavailable: config.unavailable,
    discovered: app.discovery().models(),
  });
}

function withDefault(loaded: LoadedConfig, ref: string | undefined): LoadedConfig {
  const { config } = loaded;
  const { agents } = config;
  if (ref === undefined || agents?.defaults?.model !== undefined) return loaded;
  const defaults = { ...agents?.defaults, model: { primary: ref } };
  return { ...loaded, config: { ...config, agents: { ...agents, defaults } } };
}

/** OPENCLAW_GATEWAY_TOKEN, else `gateway.auth.token`: what its owner has set, not the one that was made here. */
export function configuredGatewayToken(app: App): string | undefined {
  return gatewayTokenIn(app.config());
}

export function gatewayTokenIn({ env, config }: Pick<LoadedConfig, 'env' | 'config'>): string | undefined {
  const written = config.gateway?.auth?.token;
  const token = env['OPENCLAW_GATEWAY_TOKEN'] ?? (typeof written === 'string' ? written : undefined);
  return token === undefined || token.trim() === '' ? undefined : token.trim();
}
