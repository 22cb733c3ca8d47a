// What the commands of `models` read: configuration, catalogue, logins in clear columns, activity. No key is opened and
// nothing is written; activity that cannot be read takes nothing else away.
import { buildCatalogue, type App } from '../app.ts';
import type { LoadedConfig } from '../config/load.ts';
import { isOpenClawError } from '../errors.ts';
import type { ProviderPlugin } from '../plugin-sdk/index.ts';
import { baseUrlOf } from '../providers/address.ts';
import type { ModelCatalogue } from '../providers/catalogue.ts';
import { createActivityStore, type ActivitySnapshot } from '../store/activity-store.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import type { Output } from './command-context.ts';
import { describeModelAuth, type AuthFacts, type ModelAuth } from './model-auth.ts';
import type { RowFacts } from './model-rows.ts';
import { printConfigWarnings } from './ui/config-warnings.ts';

export type ModelFacts = RowFacts &
  AuthFacts & {
    readonly config: LoadedConfig;
    readonly catalogue: ModelCatalogue;
    readonly records: readonly ProfileRecord[];
    /** Of enabled plugins, by id. */
    readonly plugins: ReadonlyMap<string, ProviderPlugin>;
  };

/** For a server on this machine, where the configuration names one: what it has now, not what it had at the last look. */
const discoveryLimitMs = 500;
/** A gateway writes for a moment, once a second at most. */
const busyWaitMs = 100;
const noActivity: ActivitySnapshot = { cooldowns: [], uses: [], orders: new Map() };

/** Prints the configuration's warnings. `look`: servers on this machine are asked which models they have. */
export async function readModelFacts(
  app: App,
  output: Output,
  options: { look: boolean },
): Promise<ModelFacts> {
  const config = app.config();
  printConfigWarnings(output, config);
  if (options.look) await app.discovery().look(discoveryLimitMs);
  const host = app.plugins();
  const catalogue = await buildCatalogue(app, host);
  const plugins = new Map((await host.providers()).map(({ provider }) => [provider.id, provider]));
  const records = await app.store().listProfiles();
  const activity = readActivity(app, output);
  const facts: AuthFacts = { config, records, activity, nowMs: app.clock.nowMs() };
  const known = new Map<string, ModelAuth>();
  return {
    ...facts,
    config,
    catalogue,
    plugins,
    plans: new Set(
      [...plugins.values()]
        .filter((provider) => provider.fetchUsageSnapshot !== undefined)
        .map(({ id }) => id),
    ),
    local: localProviders(catalogue, config),
    authOf(provider, modelId) {
      const key = `${provider}/${modelId}`;
      const found = known.get(key) ?? describeModelAuth(provider, modelId, facts);
      known.set(key, found);
      return found;
    },
  };
}

function readActivity(app: App, output: Output): ActivitySnapshot {
  try {
    return createActivityStore(app.activity({ mode: 'look', busyWaitMs })).read();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    const { code, message, remedy } = error;
    output.note(`Cooldowns are not known: ${message}\n  ${remedy}`, { event: 'warning', code, message });
    return noActivity;
  }
}

function localProviders(catalogue: ModelCatalogue, config: LoadedConfig): ReadonlySet<string> {
  const providers = new Map(catalogue.entries().map(({ provider, api }) => [provider, api]));
  const isLocal = ([provider, api]: readonly [string, string]): boolean => {
    const address = baseUrlOf(provider, api, config);
    const host = address === undefined ? undefined : URL.parse(address)?.hostname;
    return host !== undefined && /^(127(\.\d+){3}|\[::1\]|localhost)$/.test(host);
  };
  return new Set([...providers].filter(isLocal).map(([provider]) => provider));
}
