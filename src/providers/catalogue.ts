// Which models there are and where each is served: built-in lists, those of plugins and those of the configuration, in
// one table made once, so that a request costs a look-up. Says which of four causes it is when a name means nothing.
// Credentials themselves are for the resolver; here it counts only whether a provider has any.
import { OpenClawError } from '../errors.ts';
import type { OpenClawConfig } from '../config/schema.ts';
import type { Env } from '../platform/env.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText } from '../platform/text.ts';
import { needsNoLogin } from './api-key.ts';
import { bareClaims } from './bare-ids.ts';
import { builtinOf } from './builtin-providers.ts';
import {
  collectModels,
  splitRef,
  type CollectedModel,
  type DiscoveredModels,
  type ModelOrigin,
  type PluginCatalog,
} from './collected-models.ts';
import type { Catalogue, Fallback, ModelRoute } from './model-route.ts';

export type CatalogueDeps = {
  config: OpenClawConfig;
  /** The effective environment: process, `.env`, `env` block. */
  env: Env;
  pluginCatalogs: readonly PluginCatalog[];
  /** Providers with a stored login of any kind. */
  providersWithProfile: ReadonlySet<string>;
  disabledProviders: readonly { readonly providerId: string; readonly pluginId: string }[];
  discovered?: DiscoveredModels;
};

/** One line of a model table. */
export type CatalogueEntry = {
  readonly ref: string;
  readonly origin: ModelOrigin;
  /** Whether its provider has a key or a login. */
  readonly available: boolean;
  readonly aliases: readonly string[];
  readonly isDefault: boolean;
  /** Absent when it is of a protocol that this program does not speak. */
  readonly route?: ModelRoute;
};

export type ModelCatalogue = Catalogue & {
  /** All models, those without credentials too. */
  entries(): readonly CatalogueEntry[];
};

const noFallbacks: readonly Fallback[] = [];

/** The name that stands for `agents.defaults.model`. */
const defaultName = 'default';

/** `list` holds what can be served now. */
export function createCatalogue(deps: CatalogueDeps): ModelCatalogue {
  const { config, env } = deps;
  const models = collectModels(config, deps.pluginCatalogs, deps.discovered);
  const available = new Set(
    [...new Set([...models.values()].map(({ provider }) => provider))].filter(
      (provider) => deps.providersWithProfile.has(provider) || needsNoLogin(provider, { config, env }),
    ),
  );
  const isUsable = (model: CollectedModel): boolean => available.has(model.provider);
  const usable = [...models.values()].filter(isUsable);
  const aliases = aliasesOf(config);
  const claims = bareClaims(models, deps);
  const routes = new Map<string, ModelRoute>();

  // From the weakest claim on a name to the strongest: a later one takes it.
  for (const [id, own] of claims) {
    const [first, ...others] = own.filter(isUsable);
    if (first?.route !== undefined && others.length === 0) routes.set(id, first.route);
  }
  for (const [alias, ref] of aliases) {
    const model = models.get(ref);
    if (model !== undefined && isUsable(model) && model.route !== undefined) routes.set(alias, model.route);
    else routes.delete(alias);
  }
  for (const { ref, route } of usable) if (route !== undefined) routes.set(ref, route);

  const chosen = config.agents?.defaults?.model;
  const primary = typeof chosen === 'string' ? chosen : chosen?.primary;
  const written = typeof chosen === 'string' ? [] : (chosen?.fallbacks ?? []);
  const refOf = (name: string): string => routes.get(name)?.ref ?? aliases.get(name) ?? name;
  const named = new Set(written.filter((name) => name !== defaultName).map(refOf));
  if (primary !== undefined) named.delete(refOf(primary));
  const fallbacks = [...named].map((ref): Fallback => ({ ref, route: routes.get(ref) }));
  if (primary !== undefined && fallbacks.some(({ route }) => route !== undefined)) nameUnserved(primary);
  const defaultRoute = primary === undefined ? undefined : routes.get(primary);
  routes.delete(defaultName);
  if (defaultRoute !== undefined) routes.set(defaultName, defaultRoute);

  const explain = (name: string): OpenClawError => {
    if (name === defaultName) {
      if (primary !== undefined && primary !== defaultName) return explain(primary);
      return unknown(name, 'no default model is set', {
        remedy: 'Set one: `openclaw models list` shows what there is, `openclaw onboard` asks for it.',
      });
    }
    const ref = aliases.get(name) ?? name;
    const { provider } = splitRef(ref);
    const bare = provider === undefined ? (claims.get(ref) ?? []) : [];
    const model = models.get(ref) ?? (bare.length === 1 ? bare[0] : undefined);
    if (model !== undefined)
      return isUsable(model) ? notSpoken(name, model) : noCredentials(name, model.provider, deps);
    if (bare.length > 1) {
      const refs = bare.filter(isUsable).map((claimant) => claimant.ref);
      if (refs.length === 0) return noCredentials(name, bare[0]?.provider ?? '', deps);
      return unknown(name, `more than one provider has it: name one of ${refs.join(', ')}`);
    }
    return unknownName(name, ref, deps, models, aliases);
  };

  const list = Object.freeze(usable.flatMap(({ route }) => (route === undefined ? [] : [route])));
  return {
    find(name) {
      const route = routes.get(name);
      if (route === undefined) throw explain(name);
      return route;
    },
    fallbacks: ({ ref }) => (ref === defaultRoute?.ref ? fallbacks : noFallbacks),
    list: () => list,
    entries: () => [...models.values()].map(entryOf),
  };

  /** A default model without credentials is known by its names all the same: its fallbacks answer. */
  function nameUnserved(primaryName: string): void {
    const ref = aliases.get(primaryName) ?? primaryName;
    const route = models.get(ref)?.route;
    if (route === undefined) return;
    for (const [alias, target] of aliases) if (target === ref) routes.set(alias, route);
    routes.set(ref, route);
  }

  function entryOf(model: CollectedModel): CatalogueEntry {
    const { ref, origin, route } = model;
    return {
      ref,
      origin,
      available: isUsable(model),
      aliases: [...aliases].filter(([, target]) => target === ref).map(([alias]) => alias),
      isDefault: primary === ref || (defaultRoute !== undefined && defaultRoute === route),
      ...(route === undefined ? {} : { route }),
    };
  }
}

/** Alias to ref. The first model that claims an alias keeps it. */
function aliasesOf(config: OpenClawConfig): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [ref, { alias }] of Object.entries(config.agents?.defaults?.models ?? {})) {
    if (alias !== undefined && alias !== '' && !aliases.has(alias)) aliases.set(alias, ref);
  }
  return aliases;
}

/** No model has this name: is it the provider, its plugin, or the model that is not there? */
function unknownName(
  name: string,
  ref: string,
  deps: CatalogueDeps,
  models: ReadonlyMap<string, CollectedModel>,
  aliases: ReadonlyMap<string, string>,
): OpenClawError {
  const { provider } = splitRef(ref);
  const all = [...models.values()];
  if (provider === undefined) {
    return unknown(name, 'no model has this id, and no alias is called so', {
      nearest: nearestName(ref, [...aliases.keys(), ...all.map(({ modelId }) => modelId)]),
    });
  }
  const own = all.filter((model) => model.provider === provider);
  if (own.length > 0) {
    return unknown(name, `the provider ${provider} has no model of that id`, {
      nearest: nearestRef(ref, own, all),
    });
  }
  const disabled = pluginDisabled(name, provider, deps);
  if (disabled !== undefined) return disabled;
  const builtin = builtinOf(provider);
  if (builtin?.listsModels === true && needsNoLogin(provider, deps)) {
    return unknown(name, `${builtin.label} has not been there to say which models it has`, {
      remedy: 'Start its server, then: `openclaw models list`.',
    });
  }
  const replaced = deps.config.models?.mode === 'replace' && builtinOf(provider) !== undefined;
  const why = replaced ? ' (models.mode is "replace", which leaves the built-in ones out)' : '';
  return unknown(name, `no provider ${quote(provider)} is configured${why}`, {
    nearest: nearestRef(ref, all, all),
    remedy:
      'See what there is: `openclaw models list`. Add the provider under models.providers, or log in: `openclaw onboard`.',
  });
}

function pluginDisabled(name: string, provider: string, deps: CatalogueDeps): OpenClawError | undefined {
  const disabled = deps.disabledProviders.find(({ providerId }) => providerId === provider);
  if (disabled === undefined) return undefined;
  return new OpenClawError({
    code: 'PLUGIN_DISABLED',
    message: `Unknown model ${quote(name)}: its provider ${provider} comes with the plugin ${disabled.pluginId}, which is disabled.`,
    data: { pluginId: disabled.pluginId, model: cleanText(name) },
  });
}

function noCredentials(name: string, provider: string, deps: CatalogueDeps): OpenClawError {
  const disabled = pluginDisabled(name, provider, deps);
  if (disabled !== undefined) return disabled;
  const envVar = builtinOf(provider)?.envVars[0];
  const fromPlugin = deps.pluginCatalogs.some(({ providerId }) => providerId === provider);
  const key = envVar === undefined ? `models.providers.${provider}.apiKey in the configuration` : envVar;
  return unknown(name, `the provider ${provider} has no credentials`, {
    remedy: fromPlugin ? 'Log in: `openclaw onboard`.' : `Set ${key}, then: \`openclaw models list\`.`,
  });
}

function notSpoken(name: string, model: CollectedModel): OpenClawError {
  return unknown(name, `it is of the protocol ${quote(model.api)}, which this program does not speak`, {
    remedy:
      'Set api to anthropic-messages, openai-completions or openai-responses if the provider speaks one of them. See `openclaw models list`.',
  });
}

function nearestRef(
  ref: string,
  first: readonly CollectedModel[],
  all: readonly CollectedModel[],
): string | undefined {
  return (
    nearestName(
      ref,
      first.map((model) => model.ref),
    ) ??
    nearestName(
      ref,
      all.map((model) => model.ref),
    )
  );
}

function unknown(
  name: string,
  cause: string,
  more: { nearest?: string | undefined; remedy?: string } = {},
): OpenClawError {
  const suggestion = more.nearest === undefined ? '' : ` Did you mean ${quote(more.nearest)}?`;
  return new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: `Unknown model ${quote(name)}: ${cause}.${suggestion}`,
    ...(more.remedy === undefined ? {} : { remedy: more.remedy }),
    data: { model: cleanText(name), suggestion: more.nearest },
  });
}

function quote(text: string): string {
  return JSON.stringify(cleanText(text, 120));
}
