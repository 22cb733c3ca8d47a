// Puts the models of all sources into one table by ref. Later sources win, the configuration last; with
// `models.mode: "replace"` it is the only one. Whether a model can be served now is for the catalogue.
import type { OpenClawConfig, ProviderConfig, ProviderModelConfig } from '../config/schema.ts';
import type { ModelApi, ModelDefinition, ProviderCatalog } from '../plugin-sdk/index.ts';
import { defaultApi, ownEntry, servesAllApis } from './address.ts';
import { builtinProviders } from './builtin-providers.ts';
import type { ModelRoute } from './model-route.ts';
import { namedModels } from './named-models.ts';

/** `discovered`: its server has named it. */
export type ModelOrigin = 'builtin' | 'plugin' | 'discovered' | 'config';

/** What servers have said of themselves, by provider. */
export type DiscoveredModels = ReadonlyMap<string, readonly ModelDefinition[]>;

export type PluginCatalog = {
  readonly providerId: string;
  readonly catalog: ProviderCatalog;
  /** Its server speaks these too, for each of the models. */
  readonly furtherApis?: readonly ModelApi[];
};

export type CollectedModel = {
  readonly ref: string;
  readonly provider: string;
  readonly modelId: string;
  readonly origin: ModelOrigin;
  readonly definition: ModelDefinition;
  readonly api: string;
  /** Absent when `api` is no protocol that this program speaks. */
  readonly route?: ModelRoute;
};

export const spokenApis: readonly ModelApi[] = [
  'anthropic-messages',
  'openai-completions',
  'openai-responses',
];

/** What a model of the configuration has when it does not say. */
const fallback = {
  reasoning: false,
  input: ['text'],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 200_000,
  maxTokens: 8_192,
} as const satisfies Partial<ModelDefinition>;

/** Of a model on a person's own machine, where nobody says more: few are given as much room as a service's. */
const localFallback = { ...fallback, contextWindow: 32_768 } as const;

export function collectModels(
  config: OpenClawConfig,
  pluginCatalogs: readonly PluginCatalog[],
  discovered: DiscoveredModels = new Map(),
): Map<string, CollectedModel> {
  const models = new Map<string, CollectedModel>();
  const furtherApis = (provider: string): readonly ModelApi[] =>
    servesAllApis(provider, config)
      ? spokenApis
      : (pluginCatalogs.find(({ providerId }) => providerId === provider)?.furtherApis ?? []);
  const add = (provider: string, origin: ModelOrigin, definition: ModelDefinition, api: string): void => {
    const model = modelOf(provider, origin, definition, api, furtherApis(provider));
    models.set(model.ref, model);
  };
  if (config.models?.mode !== 'replace') {
    for (const { id, api, models: own } of builtinProviders) {
      for (const definition of own) add(id, 'builtin', definition, api);
      for (const definition of discovered.get(id) ?? []) add(id, 'discovered', definition, api);
    }
    for (const { providerId, catalog } of pluginCatalogs) {
      for (const definition of catalog.provider.models) {
        add(providerId, 'plugin', definition, catalog.provider.api);
      }
    }
  }
  for (const [provider, entry] of Object.entries(config.models?.providers ?? {})) {
    // Another address may speak another protocol, for the models that were known before too.
    for (const known of models.values()) {
      if (known.provider === provider && entry.api !== undefined) {
        add(provider, known.origin, known.definition, entry.api);
      }
    }
    // That of the models known before: one that the configuration gives another API is no example for the next.
    const usualApi = entry.api ?? apiOf(provider, entry, models);
    for (const written of entry.models ?? []) {
      const known = models.get(`${provider}/${written.id}`);
      const api = written.api ?? entry.api ?? known?.api ?? usualApi;
      add(provider, 'config', definitionOf(written, known?.definition), api);
    }
  }
  if (config.models?.mode !== 'replace') {
    // A server that lists its models may be off now, and loads on demand what it does not list.
    for (const { id: provider, listsModels, api } of builtinProviders) {
      if (listsModels !== true) continue;
      const spoken = ownEntry(config.models?.providers, provider)?.api ?? api;
      for (const id of namedModels(config, provider)) {
        if (!models.has(`${provider}/${id}`))
          add(provider, 'config', { ...localFallback, id, name: id }, spoken);
      }
    }
  }
  return models;
}

/** At the first slash: model ids may hold more of them. Without one there is no provider. */
export function splitRef(ref: string): { provider: string | undefined; modelId: string } {
  const slash = ref.indexOf('/');
  if (slash <= 0) return { provider: undefined, modelId: ref };
  return { provider: ref.slice(0, slash), modelId: ref.slice(slash + 1) };
}

function modelOf(
  provider: string,
  origin: ModelOrigin,
  definition: ModelDefinition,
  api: string,
  furtherApis: readonly ModelApi[],
): CollectedModel {
  const ref = `${provider}/${definition.id}`;
  const base = { ref, provider, modelId: definition.id, origin, definition, api };
  if (!isSpoken(api)) return base;
  const others = furtherApis.filter((further) => further !== api);
  const route: ModelRoute = Object.freeze({
    provider,
    modelId: definition.id,
    ref,
    api,
    ...(others.length === 0 ? {} : { furtherApis: others }),
    definition,
  });
  return { ...base, route };
}

function definitionOf(written: ProviderModelConfig, known: ModelDefinition | undefined): ModelDefinition {
  const base = known ?? { ...fallback, id: written.id, name: written.id };
  const { cost } = written;
  const input = written.input?.filter((kind) => kind === 'text' || kind === 'image') ?? base.input;
  return {
    id: written.id,
    name: written.name ?? base.name,
    reasoning: written.reasoning ?? base.reasoning,
    input: input.length === 0 ? base.input : input,
    cost: {
      input: cost?.input ?? base.cost.input,
      output: cost?.output ?? base.cost.output,
      cacheRead: cost?.cacheRead ?? base.cost.cacheRead,
      cacheWrite: cost?.cacheWrite ?? base.cost.cacheWrite,
    },
    contextWindow: written.contextWindow ?? base.contextWindow,
    maxTokens: written.maxTokens ?? base.maxTokens,
  };
}

function apiOf(provider: string, entry: ProviderConfig, models: ReadonlyMap<string, CollectedModel>): string {
  const sibling = [...models.values()].find((model) => model.provider === provider);
  return sibling?.api ?? defaultApi(entry.baseUrl);
}

function isSpoken(api: string): api is ModelApi {
  return (spokenApis as readonly string[]).includes(api);
}
