// Reads what `auth status` tells: logins from the store's clear columns, activity, the configuration, the manifests of
// plugins, and whether a gateway runs. No key, no network, no plugin code, no process. What cannot be read takes nothing
// else away, but for the store: without it nothing can be said of the logins.
import { existsSync } from 'node:fs';
import type { App } from '../../app.ts';
import { activeOf } from '../../auth/cooldown.ts';
import { observeRefresh, type ObservedRecord } from '../../auth/running-refresh.ts';
import { pathText } from '../../config/config-path.ts';
import { readDotenv } from '../../config/dotenv.ts';
import { readTextFile, type LoadedConfig } from '../../config/load.ts';
import { isOpenClawError, type OpenClawError } from '../../errors.ts';
import type { Env } from '../../platform/env.ts';
import { baseUrlOf, ownEntry } from '../../providers/address.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import { builtinOf } from '../../providers/builtin-providers.ts';
import { createActivityStore, type ActivitySnapshot } from '../../store/activity-store.ts';
import type { KeyRecord } from '../../store/credential-store.ts';
import { findGateway, gatewayFiles, type GatewayRecord } from '../gateway-record.ts';
import { keyOrigin, type KeyOrigin } from './key-origin.ts';

/** Why the logins of a provider serve nothing, whatever state they are in. */
export type Idle =
  | { readonly kind: 'plugin_disabled' | 'plugin_failed'; readonly pluginId: string }
  | { readonly kind: 'no_plugin' };

export type ConfiguredKey = { readonly provider: string; readonly origin: KeyOrigin };
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
  /** The file with the store's key is not where it was. */
  readonly isKeyFileGone: boolean;
  /** Cooldowns that are over are left out. */
  readonly activity: ActivitySnapshot;
  readonly configOrder: Readonly<Record<string, readonly string[]>>;
  /** By provider. */
  readonly idle: ReadonlyMap<string, Idle>;
  /** Of the default model, as far as it names them. */
  readonly primary: { readonly provider: string; readonly modelId: string } | undefined;
  /** The gateway of this state folder that runs. */
  readonly gateway: GatewayRecord | undefined;
  /** What could not be read, and is not told here. */
  readonly troubles: readonly OpenClawError[];
};

const noActivity: ActivitySnapshot = { cooldowns: [], uses: [], orders: new Map() };
/** A gateway writes for a moment, once a second at most. */
const busyWaitMs = 100;

/** Errors: those of `listProfiles`. `env`: of the process. */
export async function collectStatus(app: App, env: Env): Promise<StatusFacts> {
  const troubles: OpenClawError[] = [];
  const orTell = <T>(read: () => T): T | undefined => readOrTell(read, troubles);
  const config = orTell(() => app.config());
  const activity =
    orTell(() => createActivityStore(app.activity({ mode: 'look', busyWaitMs })).read()) ?? noActivity;
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
    keys: (config === undefined ? undefined : orTell(() => keysOf(config, app, env))) ?? [],
    missingKeys: config === undefined ? [] : missingKeysOf(config),
    storage,
    unwritable: store.whyUnwritable(),
    isKeyFileGone: storage !== undefined && isFileGone(storage, env),
    activity: {
      ...activity,
      cooldowns: activeOf(activity.cooldowns, nowMs),
    },
    configOrder: config?.config.auth?.order ?? {},
    idle:
      (config === undefined ? undefined : orTell(() => idleProviders(app, config, providers))) ?? new Map(),
    primary: config === undefined ? undefined : primaryOf(config),
    gateway: await gatewayOf(app, troubles),
    troubles,
  };
}

function readOrTell<T>(read: () => T, troubles: OpenClawError[]): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    troubles.push(error);
    return undefined;
  }
}

async function gatewayOf(app: App, troubles: OpenClawError[]): Promise<GatewayRecord | undefined> {
  try {
    return (await findGateway(gatewayFiles(app.paths.runDir), app.clock)).running;
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
  return found.map(({ provider }) => ({
    provider,
    origin: keyOrigin(provider, { config, processEnv, dotenv }),
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

/** A keychain is not asked: whether it is open shows when it is needed. */
function isFileGone({ kind, location }: KeyRecord, env: Env): boolean {
  if (kind !== 'key-file' && kind !== 'insecure-file') return false;
  const named = kind === 'key-file' ? env['OPENCLAW_AUTH_KEY_FILE']?.trim() : undefined;
  const place = named === undefined || named === '' ? location : named;
  return place !== undefined && !existsSync(place);
}

/** By the manifests alone. A plugin may bring more than it declares: then nothing is said against a provider. */
function idleProviders(app: App, config: LoadedConfig, providers: ReadonlySet<string>): Map<string, Idle> {
  if (providers.size === 0) return new Map();
  const plugins = app.plugins().statuses();
  const isOpenEnded = plugins.some(({ state, providers: own }) => state === 'ready' && own.length === 0);
  const idle = new Map<string, Idle>();
  for (const provider of providers) {
    const own = plugins.filter((plugin) => plugin.providers.includes(provider));
    const enabled = own.find((plugin) => plugin.enabled);
    const [disabled] = own;
    if (enabled !== undefined) {
      if (enabled.state === 'failed') idle.set(provider, { kind: 'plugin_failed', pluginId: enabled.id });
    } else if (disabled !== undefined) idle.set(provider, { kind: 'plugin_disabled', pluginId: disabled.id });
    else if (!isOpenEnded && !isServedByKey(provider, config)) idle.set(provider, { kind: 'no_plugin' });
  }
  return idle;
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
