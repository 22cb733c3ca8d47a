// Reads what `auth status` tells: logins from the store's clear columns, activity, the configuration, the manifests of
// plugins, and whether a gateway runs. No key, no network, no plugin code, no process. What cannot be read takes nothing
// else away, but for the store: without it nothing can be said of the logins.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { App } from '../../app.ts';
import { activeOf } from '../../auth/cooldown.ts';
import { observeRefresh, type ObservedRecord } from '../../auth/running-refresh.ts';
import { pathText } from '../../config/config-path.ts';
import { readDotenv } from '../../config/dotenv.ts';
import { readTextFile, type LoadedConfig } from '../../config/load.ts';
import { withoutOwnToken } from '../../config/own-token.ts';
import { isOpenClawError, type OpenClawError } from '../../errors.ts';
import type { Env } from '../../platform/env.ts';
import { baseUrlOf, ownEntry } from '../../providers/address.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { builtinOf } from '../../providers/builtin-providers.ts';
import { createActivityStore, type ActivitySnapshot } from '../../store/activity-store.ts';
import type { KeyRecord } from '../../store/credential-store.ts';
import { insecureKeyFile } from '../../vault/key-file.ts';
import { findGateway, gatewayFiles, type GatewayRecord } from '../gateway-record.ts';
import { areAllOff } from '../plugin-report.ts';
import { keyOrigin, type KeyOrigin } from './key-origin.ts';

/** Why the logins of a provider serve nothing, whatever state they are in. */
export type Idle =
  | { readonly kind: 'plugin_disabled'; readonly pluginId: string }
  /** It is enabled, and its settings or its files are wrong. */
  | { readonly kind: 'plugin_failed'; readonly pluginId: string; readonly failure: OpenClawError }
  /** The switch of all plugins is off; `isEnabled`: nothing else is in its way. */
  | { readonly kind: 'plugins_off'; readonly pluginId: string; readonly isEnabled: boolean }
  | { readonly kind: 'no_plugin' }
  /** A key that this shell has, and the gateway that runs has not. */
  | { readonly kind: 'not_in_gateway' };

export type ConfiguredKey = { readonly provider: string; readonly origin: KeyOrigin };
/** Where the store's key was looked for; `variable`: who names that place, instead of the one that was recorded. */
export type MissingKeyFile = { readonly path: string; readonly variable?: string };
export type MissingKey = { readonly provider: string; readonly path: string; readonly variable: string };

export type StatusFacts = {
  readonly nowMs: number;
  readonly stateDir: string;
  readonly logins: readonly ObservedRecord[];
  readonly keys: readonly ConfiguredKey[];
  readonly missingKeys: readonly MissingKey[];
  /** How the store is sealed; undefined: there is no store. */
  readonly storage: KeyRecord | undefined;
  /** Why nothing can be written to the store: what is renewed could not be kept. */
  readonly unwritable: OpenClawError | undefined;
  /** The file with the store's key, where it is not there. */
  readonly missingKeyFile: MissingKeyFile | undefined;
  /** Cooldowns that are over are left out. */
  readonly activity: ActivitySnapshot;
  readonly configOrder: Readonly<Record<string, readonly string[]>>;
  /** By provider. */
  readonly idle: ReadonlyMap<string, Idle>;
  /** Of the default model, as far as it names them. */
  readonly primary: { readonly provider: string; readonly modelId: string } | undefined;
  /** The gateway of this state folder that runs. */
  readonly gateway: GatewayRecord | undefined;
  /** The configuration does not load: a gateway that runs keeps the last good one, and none can be started. */
  readonly isConfigBroken: boolean;
  /** What could not be read, and takes nothing else away. */
  readonly troubles: readonly OpenClawError[];
};

const noActivity: ActivitySnapshot = { cooldowns: [], uses: [], orders: new Map() };
/** A gateway writes for a moment, once a second at most. */
const busyWaitMs = 100;

/** Errors: those of `listProfiles`. `env`: of the process. */
export async function collectStatus(app: App, env: Env): Promise<StatusFacts> {
  const troubles: OpenClawError[] = [];
  const orTell = <T>(read: () => T | Promise<T>): Promise<T | undefined> => readOrTell(read, troubles);
  const config = await orTell(() => app.config());
  const activity =
    (await orTell(() => createActivityStore(app.activity({ mode: 'look', busyWaitMs })).read())) ??
    noActivity;
  const store = app.store();
  const listed = await store.listProfiles();
  const logins = await Promise.all(listed.map((record) => observeRefresh(store, record)));
  const storage = await store.readKeyRecord();
  const providers = new Set(logins.map(({ record }) => record.provider));
  const nowMs = app.clock.nowMs();
  return {
    nowMs,
    stateDir: app.paths.stateDir,
    logins,
    keys: (config === undefined ? undefined : await orTell(() => keysOf(config, app, env))) ?? [],
    missingKeys: config === undefined ? [] : missingKeysOf(config),
    storage,
    unwritable: store.whyUnwritable(),
    missingKeyFile: storage === undefined ? undefined : missingKeyFile(storage, env, app.paths.authDir),
    activity: {
      ...activity,
      cooldowns: activeOf(activity.cooldowns, nowMs),
    },
    configOrder: config?.config.auth?.order ?? {},
    idle:
      (config === undefined ? undefined : await orTell(() => idleProviders(app, config, providers))) ??
      new Map(),
    primary: config === undefined ? undefined : primaryOf(config),
    gateway: (await orTell(() => findGateway(gatewayFiles(app.paths.runDir), app.clock)))?.running,
    isConfigBroken: config === undefined,
    troubles,
  };
}

async function readOrTell<T>(read: () => T | Promise<T>, troubles: OpenClawError[]): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    troubles.push(error);
    return undefined;
  }
}

function keysOf(config: LoadedConfig, app: App, processEnv: Env): ConfiguredKey[] {
  const found = apiKeyProviders(config);
  if (found.length === 0) return [];
  const text = readTextFile(app.paths.dotenvFile);
  const dotenv = text === undefined ? {} : readDotenv(text, app.paths.dotenvFile).env;
  const outside = withoutOwnToken(processEnv);
  return found.map(({ provider }) => ({
    provider,
    origin: keyOrigin(provider, { config, processEnv: outside, dotenv }),
  }));
}

function missingKeysOf({ unavailable }: LoadedConfig): MissingKey[] {
  return unavailable.flatMap(({ path, variable }) => {
    const [models, providers, provider, apiKey] = path;
    const isKey = models === 'models' && providers === 'providers' && apiKey === 'apiKey';
    return isKey && typeof provider === 'string' && path.length === 4
      ? [{ provider, path: pathText(path), variable }]
      : [];
  });
}

/** It is looked for where the store would. A keychain is not asked: whether it is open shows when it is needed. */
function missingKeyFile(
  { kind, location }: KeyRecord,
  env: Env,
  authDir: string,
): MissingKeyFile | undefined {
  if (kind !== 'key-file' && kind !== 'insecure-file') return undefined;
  const variable = 'OPENCLAW_AUTH_KEY_FILE';
  const named = kind === 'key-file' ? env[variable] : undefined;
  if (named === undefined || named === '') {
    const path = kind === 'key-file' ? location : insecureKeyFile(authDir);
    return path === undefined || existsSync(path) ? undefined : { path };
  }
  const path = resolve(named);
  if (existsSync(path)) return undefined;
  return path === location ? { path } : { path, variable };
}

/**
 * By the manifests alone, and the settings that are written for them: what only a plugin's code finds does not show here.
 * A plugin may bring more than it declares: then nothing is said against a provider.
 */
async function idleProviders(
  app: App,
  config: LoadedConfig,
  providers: ReadonlySet<string>,
): Promise<Map<string, Idle>> {
  if (providers.size === 0) return new Map();
  const host = app.plugins();
  await host.checkSettings();
  const plugins = host.statuses();
  const isOpenEnded = plugins.some(({ state, providers: own }) => state === 'ready' && own.length === 0);
  const idle = new Map<string, Idle>();
  for (const provider of providers) {
    const own = plugins.filter((plugin) => plugin.providers.includes(provider));
    const enabled = own.find((plugin) => plugin.enabled);
    const [disabled] = own;
    if (enabled !== undefined) {
      const { id: pluginId, failure } = enabled;
      if (failure !== undefined) idle.set(provider, { kind: 'plugin_failed', pluginId, failure });
    } else if (disabled !== undefined) idle.set(provider, whyDisabled(disabled.id, config));
    else if (!isOpenEnded && !isServedByKey(provider, config)) idle.set(provider, { kind: 'no_plugin' });
  }
  return idle;
}

function whyDisabled(pluginId: string, config: LoadedConfig): Idle {
  if (!areAllOff(config)) return { kind: 'plugin_disabled', pluginId };
  const isEnabled = ownEntry(config.config.plugins?.entries, pluginId)?.enabled === true;
  return { kind: 'plugins_off', pluginId, isEnabled };
}

/** What a stored key needs: an address. */
function isServedByKey(provider: string, config: LoadedConfig): boolean {
  return builtinOf(provider) !== undefined || baseUrlOf(provider, 'openai-completions', config) !== undefined;
}

/** An alias is followed; a bare name says nothing of its provider. */
function primaryOf({ config }: LoadedConfig): StatusFacts['primary'] {
  const defaults = config.agents?.defaults;
  const chosen = typeof defaults?.model === 'string' ? defaults.model : defaults?.model?.primary;
  if (chosen === undefined) return undefined;
  const aliased = Object.entries(defaults?.models ?? {}).find(([, { alias }]) => alias === chosen)?.[0];
  const ref = ownEntry(defaults?.models, chosen) === undefined ? (aliased ?? chosen) : chosen;
  const slash = ref.indexOf('/');
  return slash < 1 ? undefined : { provider: ref.slice(0, slash), modelId: ref.slice(slash + 1) };
}
