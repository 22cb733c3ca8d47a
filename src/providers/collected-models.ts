// Puts the models of all sources into one table by ref. Later sources win, the configuration last; with
// `models.mode: "replace"` it is the only one. Whether a model can be served now is for the catalogue.
import type { OpenClawConfig, ProviderConfig, ProviderModelConfig } from '../config/schema.ts';
import type { ModelApi, ModelDefinition, ProviderCatalog } from '../plugin-sdk/index.ts';
import { defaultApi } from './api-key.ts';
import { builtinProviders } from './builtin-providers.ts';
import type { ModelRoute } from './model-route.ts';

export type ModelOrigin = 'builtin' | 'plugin' | 'config';

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

const spokenApis: readonly string[] = [
  'anthropic-messages',
  'openai-completions',
  'openai-responses',
] satisfies ModelApi[];

/** What a model of the configuration has when it does not say. */
const fallback = {
  reasoning: false,
  input: ['text'],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 200_000,
  maxTokens: 8_192,
} as const satisfies Partial<ModelDefinition>;

export function collectModels(
  config: OpenClawConfig,
  pluginCatalogs: readonly { readonly providerId: string; readonly catalog: ProviderCatalog }[],
): Map<string, CollectedModel> {
  const models = new Map<string, CollectedModel>();
  const add = (provider: string, origin: ModelOrigin, definition: ModelDefinition, api: string): void => {
    const model = modelOf(provider, origin, definition, api);
    models.set(model.ref, model);
  };
  if (config.models?.mode !== 'replace') {
    for (const { id, api, models: own } of builtinProviders) {
      for (const definition of own) add(id, 'builtin', definition, api);
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
    for (const written of entry.models ?? []) {
      const known = models.get(`${provider}/${written.id}`);
      const api = written.api ?? entry.api ?? known?.api ?? apiOf(provider, entry, models);
      add(provider, 'config', definitionOf(written, known?.definition), api);
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
): CollectedModel {
  const ref = `${provider}/${definition.id}`;
  const base = { ref, provider, modelId: definition.id, origin, definition, api };
  if (!isSpoken(api)) return base;
  const route: ModelRoute = Object.freeze({ provider, modelId: definition.id, ref, api, definition });
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
  return spokenApis.includes(api);
}
