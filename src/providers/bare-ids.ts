// Which models an id without a provider may stand for. What a server happens to have takes no id that any other source has,
// with or without credentials: else a name would change its meaning with each model that is loaded. Nor does an id that
// begins with a provider stand for a model of another one. Which of them can be served is for the catalogue.
import type { OpenClawConfig } from '../config/schema.ts';
import { ownEntry } from './address.ts';
import { builtinOf, builtinProviders } from './builtin-providers.ts';
import { splitRef, type CollectedModel } from './collected-models.ts';

export type BareIdDeps = {
  readonly config: OpenClawConfig;
  readonly disabledProviders: readonly { readonly providerId: string }[];
};

/** By id, the models that it may stand for, those without credentials too; more than one: it is of no use. */
export function bareClaims(
  models: ReadonlyMap<string, CollectedModel>,
  deps: BareIdDeps,
): ReadonlyMap<string, readonly CollectedModel[]> {
  const known = knownProviders(models, deps);
  const claims = new Map<string, CollectedModel[]>();
  const claim = (model: CollectedModel): void => {
    const own = claims.get(model.modelId);
    if (own === undefined) claims.set(model.modelId, [model]);
    else own.push(model);
  };
  const bare = [...models.values()].filter(({ modelId }) => !known.has(splitRef(modelId).provider ?? ''));
  for (const model of bare) if (!isOnlyListed(model, deps)) claim(model);
  const taken = new Set(claims.keys());
  for (const model of bare) if (isOnlyListed(model, deps) && !taken.has(model.modelId)) claim(model);
  return claims;
}

/** Its server has named it, or would be asked for it; nobody has described it. */
function isOnlyListed({ provider, modelId, origin }: CollectedModel, { config }: BareIdDeps): boolean {
  if (origin === 'discovered') return true;
  if (builtinOf(provider)?.listsModels !== true) return false;
  const described = ownEntry(config.models?.providers, provider)?.models ?? [];
  return origin === 'config' && !described.some(({ id }) => id === modelId);
}

function knownProviders(
  models: ReadonlyMap<string, CollectedModel>,
  { config, disabledProviders }: BareIdDeps,
): ReadonlySet<string> {
  const builtin = config.models?.mode === 'replace' ? [] : builtinProviders.map(({ id }) => id);
  return new Set([
    ...builtin,
    ...Object.keys(config.models?.providers ?? {}),
    ...[...models.values()].map(({ provider }) => provider),
    ...disabledProviders.map(({ providerId }) => providerId),
  ]);
}
