// Which models there are and where each is served: built-in lists, those of plugins and those of the configuration, in
// one table made once, so that a request costs a look-up. Why a name means nothing is unknown-model.ts's.
// Credentials themselves are for the resolver; here it counts only whether a provider has any.
import type { OpenClawConfig } from '../config/schema.ts';
import type { OpenClawError } from '../errors.ts';
import type { ModelDefinition } from '../plugin-sdk/index.ts';
import { needsNoLogin } from './api-key.ts';
import { bareClaims } from './bare-ids.ts';
import {
  collectModels,
  splitRef,
  type CollectedModel,
  type DiscoveredModels,
  type ModelOrigin,
} from './collected-models.ts';
import type { Catalogue, Fallback, ModelRoute } from './model-route.ts';
import { defaultName, explainUnknown, type KnownNames, type UnknownModelDeps } from './unknown-model.ts';

export type CatalogueDeps = UnknownModelDeps & {
  /** Providers with a stored login of any kind. */
  providersWithProfile: ReadonlySet<string>;
  discovered?: DiscoveredModels;
};

/** One line of a model table. */
export type CatalogueEntry = {
  readonly ref: string;
  readonly provider: string;
  readonly modelId: string;
  readonly definition: ModelDefinition;
  /** As written, also one that this program does not speak. */
  readonly api: string;
  readonly origin: ModelOrigin;
  /** Whether its provider has a key or a login. */
  readonly available: boolean;
  readonly aliases: readonly string[];
  readonly isDefault: boolean;
  /** Absent when it is of a protocol that this program does not speak. */
  readonly route?: ModelRoute;
};

/** What a name of the configuration or of a command line stands for. */
export type NamedModel = {
  /** As written. */
  readonly name: string;
  /** That of the model, or as written where there is none. */
  readonly ref: string;
  /** Absent where the model is not known, or of a protocol that this program does not speak. */
  readonly route?: ModelRoute;
  /** Why it cannot be served; absent: it can. */
  readonly trouble?: OpenClawError;
};

export type ModelCatalogue = Catalogue & {
  /** All models, those without credentials too. */
  entries(): readonly CatalogueEntry[];
  /** What `find` takes, without throwing. */
  resolve(name: string): NamedModel;
  /** The default model and its fallbacks, as the configuration names them; those that cannot be served too. */
  chain(): { readonly primary?: NamedModel; readonly fallbacks: readonly NamedModel[] };
  /** By alias, the ref that has it. */
  aliases(): ReadonlyMap<string, string>;
};

const noFallbacks: readonly Fallback[] = [];

/** `list` holds what can be served now. */
export function createCatalogue(deps: CatalogueDeps): ModelCatalogue {
  const { config, env } = deps;
  const models = collectModels(config, deps.pluginCatalogs, deps.discovered);
  // Nobody uses the logins of a plugin that is disabled.
  const isDisabled = (provider: string): boolean =>
    deps.disabledProviders.some(({ providerId }) => providerId === provider) &&
    !deps.pluginCatalogs.some(({ providerId }) => providerId === provider);
  const available = new Set(
    [...new Set([...models.values()].map(({ provider }) => provider))].filter(
      (provider) =>
        (deps.providersWithProfile.has(provider) && !isDisabled(provider)) ||
        needsNoLogin(provider, { config, env }),
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

  const known: KnownNames = { models, aliases, claims, primary, isUsable };
  const explain = (name: string): OpenClawError => explainUnknown(name, deps, known);

  const resolve = (name: string): NamedModel => {
    if (name === defaultName && primary !== undefined && primary !== defaultName) {
      return { ...resolve(primary), name };
    }
    const ref = refOf(name);
    const bare = splitRef(ref).provider === undefined ? (claims.get(ref) ?? []) : [];
    const model = models.get(ref) ?? (bare.length === 1 ? bare[0] : undefined);
    if (model === undefined) return { name, ref, trouble: explain(name) };
    const { route } = model;
    if (route !== undefined && isUsable(model)) return { name, ref: model.ref, route };
    return { name, ref: model.ref, ...(route === undefined ? {} : { route }), trouble: explain(name) };
  };

  const chain = (): { primary?: NamedModel; fallbacks: NamedModel[] } => {
    const first = primary === undefined ? undefined : resolve(primary);
    const seen = new Set(first === undefined ? [] : [first.ref]);
    const others: NamedModel[] = [];
    for (const name of written) {
      const model = name === defaultName ? undefined : resolve(name);
      if (model === undefined || seen.has(model.ref)) continue;
      seen.add(model.ref);
      others.push(model);
    }
    return { ...(first === undefined ? {} : { primary: first }), fallbacks: others };
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
    resolve,
    chain,
    aliases: () => aliases,
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
    const { route, ...described } = model;
    const { ref } = model;
    return {
      ...described,
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
