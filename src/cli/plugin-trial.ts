// Whether plugins work, by running those that are enabled: their code, and the list of their models, which is where one that
// reads its settings late finds them wrong. A gateway serves none of its logins then. In words: plugin-report.ts.
import type { App } from '../app.ts';
import { waitBounded } from '../auth/bounded-wait.ts';
import { OpenClawError, toOpenClawError } from '../errors.ts';
import type { ProviderPlugin } from '../plugin-sdk/index.ts';
import { cleanText } from '../platform/text.ts';
import type { PluginStatus } from '../plugins/host.ts';
import { requirePlugin } from './plugin-report.ts';

export type ProviderTrial = {
  readonly id: string;
  /** undefined while its code does not run. */
  readonly label?: string;
  readonly models?: readonly string[];
  /** Its models cannot be told. */
  readonly failure?: OpenClawError;
};

/** `plugin` is `failed` also where a provider of it has a failure. */
export type PluginTrial = { readonly plugin: PluginStatus; readonly providers: readonly ProviderTrial[] };

/** In order of discovery. */
export async function tryPlugins(app: App): Promise<PluginTrial[]> {
  const loaded = await app.plugins().providers();
  const statuses = app.plugins().statuses();
  return Promise.all(statuses.map((plugin) => tryOut(app, plugin, loaded)));
}

/** Errors: PLUGIN_NOT_FOUND. */
export async function tryPlugin(app: App, id: string): Promise<PluginTrial> {
  requirePlugin(app.plugins(), id);
  const loaded = await app.plugins().providers();
  return tryOut(app, requirePlugin(app.plugins(), id), loaded);
}

type Loaded = readonly { readonly pluginId: string; readonly provider: ProviderPlugin }[];

async function tryOut(app: App, plugin: PluginStatus, loaded: Loaded): Promise<PluginTrial> {
  const own = plugin.state === 'ready' ? loaded.filter(({ pluginId }) => pluginId === plugin.id) : [];
  const silent = plugin.providers.filter((id) => !own.some(({ provider }) => provider.id === id));
  const tried = await Promise.all(own.map(({ provider }) => listModels(app, provider)));
  const providers = [...tried, ...silent.map((id) => ({ id }))];
  const failure = tried.find((provider) => provider.failure !== undefined)?.failure;
  if (failure === undefined) return { plugin, providers };
  return { plugin: { ...plugin, state: 'failed', error: failure.message, failure }, providers };
}

/** For one that asks a service for them. */
const limitMs = 5_000;

async function listModels(app: App, provider: ProviderPlugin): Promise<ProviderTrial> {
  const { id, label, catalog } = provider;
  const said = { id, label: cleanText(label, 80) };
  const { config, env } = app.config();
  const tooLong = (): OpenClawError =>
    new OpenClawError({
      code: 'PLUGIN_FAILED',
      message: `The plugin of ${cleanText(id, 60)} has not listed its models within ${limitMs / 1_000} s`,
    });
  try {
    const listing = (async () => catalog?.run({ config, env }))();
    const listed = await waitBounded(listing, { clock: app.clock, limitMs, signal: undefined, tooLong });
    const models = listed?.provider.models.map((model) => cleanText(model.id, 120));
    return { ...said, ...(models === undefined ? {} : { models }) };
  } catch (error) {
    return { ...said, failure: toOpenClawError(error) };
  }
}
