// Why a name means no model that can be served, and what mends it: its provider has no credentials, is not configured, or
// comes with a plugin that is disabled, or the model is in no catalogue. One text for commands and clients of the gateway.
// What a name stands for where it means something is catalogue.ts's.
import { unlisted } from '../config/model-names.ts';
import { OpenClawError } from '../errors.ts';
import type { OpenClawConfig } from '../config/schema.ts';
import type { Unavailable } from '../config/substitute.ts';
import type { Env } from '../platform/env.ts';
import { nearestName } from '../platform/nearest.ts';
import { cleanText, quotedText } from '../platform/text.ts';
import { needsNoLogin } from './api-key.ts';
import { builtinChoices, builtinOf } from './builtin-providers.ts';
import { splitRef, type CollectedModel, type PluginCatalog } from './collected-models.ts';

export type UnknownModelDeps = {
  config: OpenClawConfig;
  /** The effective environment: process, `.env`, `env` block. */
  env: Env;
  pluginCatalogs: readonly PluginCatalog[];
  disabledProviders: readonly { readonly providerId: string; readonly pluginId: string }[];
  /** Whose enabled plugin does not work: its settings, its code, or the list of its models. */
  failedProviders?: readonly FailedProvider[];
  /** Ways to log in that plugins bring, for remedies; the first one of a provider is named. */
  choices?: readonly { readonly provider: string; readonly choiceId: string }[];
  /** Values whose variable is not set. */
  unavailable?: readonly Unavailable[];
};

/** `reason`: one cleaned line. */
export type FailedProvider = {
  readonly providerId: string;
  readonly pluginId: string;
  readonly reason: string;
};

export type KnownNames = {
  readonly models: ReadonlyMap<string, CollectedModel>;
  /** To ref. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly claims: ReadonlyMap<string, readonly CollectedModel[]>;
  /** As the configuration names it. */
  readonly primary: string | undefined;
  /** Its provider has credentials. */
  isUsable(model: CollectedModel): boolean;
};

export type UnknownCause =
  | 'no_credentials'
  | 'no_provider'
  | 'no_model'
  | 'plugin_disabled'
  | 'plugin_failed'
  | 'no_default'
  | 'ambiguous'
  | 'protocol';

/** The name that stands for `agents.defaults.model`. */
export const defaultName = 'default';

/** `label`: how a person reads it; an alias with the ref that it stands for. */
type Asked = { readonly name: string; readonly label: string };

const recheck = 'Then look again: `openclaw models list`.';

/**
 * MODEL_UNKNOWN, PLUGIN_DISABLED or PLUGIN_FAILED; `data.cause` is an UnknownCause, `data.why` the same in words, `data.suggestion` the
 * name that was most likely meant.
 */
export function explainUnknown(name: string, deps: UnknownModelDeps, known: KnownNames): OpenClawError {
  const { models, aliases, claims, primary } = known;
  if (name === defaultName) {
    if (primary !== undefined && primary !== defaultName) return explainUnknown(primary, deps, known);
    return unknown({ name, label: quote(name) }, 'no_default', 'no default model is set', {
      remedy: defaultRemedy(known),
    });
  }
  const ref = aliases.get(name) ?? name;
  const label = aliases.has(name) ? `${quote(name)}, an alias of ${quote(ref)}` : quote(name);
  const asked: Asked = { name, label };
  const { provider } = splitRef(ref);
  const bare = provider === undefined ? (claims.get(ref) ?? []) : [];
  const model = models.get(ref) ?? (bare.length === 1 ? bare[0] : undefined);
  if (model !== undefined)
    return known.isUsable(model) ? notSpoken(asked, model) : noCredentials(asked, model, deps, known);
  const [first] = bare;
  if (first !== undefined) {
    const refs = bare.filter((claimant) => known.isUsable(claimant)).map((claimant) => claimant.ref);
    if (refs.length === 0) return noCredentials(asked, first, deps, known);
    return unknown(asked, 'ambiguous', `more than one provider has it: name one of ${refs.join(', ')}`);
  }
  return unknownName(asked, ref, deps, known);
}

function defaultRemedy(known: KnownNames): string {
  const usable = [...known.models.values()].find(
    (model) => model.route !== undefined && known.isUsable(model),
  );
  return usable === undefined
    ? 'Log in, or give a key, and choose one: `openclaw onboard`.'
    : `Set one, for example: \`openclaw models set ${cleanText(usable.ref, 120)}\`. See what there is: \`openclaw models list\`.`;
}

/** No model has this name: is it the provider, its plugin, or the model that is not there? */
function unknownName(asked: Asked, ref: string, deps: UnknownModelDeps, known: KnownNames): OpenClawError {
  const { models, aliases } = known;
  const { provider, modelId } = splitRef(ref);
  const all = [...models.values()];
  if (provider === undefined) {
    const nearest = nearestName(ref, [...aliases.keys(), ...all.map(({ modelId }) => modelId)]);
    return unknown(asked, 'no_model', 'no model has this id, and no alias is called so', { nearest });
  }
  const own = all.filter((model) => model.provider === provider);
  if (own.length > 0) {
    const nearest = nearestRef(ref, own, all);
    const meant = nearest === undefined ? undefined : models.get(nearest);
    const shown = cleanText(provider, 60);
    return unknown(asked, 'no_model', `the provider ${shown} has no model of that id`, {
      nearest,
      remedy: remedyFor(meant, shown, deps, known),
    });
  }
  const plugin = pluginTrouble(asked, provider, deps);
  if (plugin !== undefined) return plugin;
  const builtin = builtinOf(provider);
  const isAlone = deps.config.models?.mode === 'replace';
  if (builtin?.listsModels === true && !isAlone && needsNoLogin(provider, deps)) {
    return unknown(asked, 'no_model', `${builtin.label} has not been there to say which models it has`, {
      remedy: 'Start its server, then: `openclaw models list`.',
    });
  }
  const lacking = unlisted(provider, modelId, deps.config);
  if (lacking !== undefined) {
    return unknown(asked, 'no_model', lacking.why, { remedy: `${lacking.fix} ${recheck}` });
  }
  const fromPlugin = deps.pluginCatalogs.some(({ providerId }) => providerId === provider);
  const isKnown = builtinOf(provider) !== undefined || fromPlugin;
  const replaced = isAlone && isKnown;
  const others = fromPlugin ? 'those that a login brings' : 'the built-in ones';
  const why = replaced ? ` (models.mode is "replace", which leaves ${others} out)` : '';
  return unknown(asked, 'no_provider', `no provider ${quote(provider)} is configured${why}`, {
    nearest: nearestRef(ref, all, all),
    remedy: replaced
      ? `Have them beside yours: \`openclaw config set models.mode merge\`; or add it under models.providers in openclaw.json. ${recheck}`
      : `Add it under models.providers in openclaw.json, or log in: \`${loginCommand(provider, deps)}\`. ${recheck}`,
  });
}

/** For an id that a provider does not have. `meant`: the model that was, most likely. */
function remedyFor(
  meant: CollectedModel | undefined,
  provider: string,
  deps: UnknownModelDeps,
  known: KnownNames,
): string {
  if (meant === undefined && builtinOf(provider)?.listsModels === true) {
    return 'Load it there, with its server running, and look again: `openclaw models list`.';
  }
  if (meant === undefined) {
    return `See what there is: \`openclaw models list\`. One that the service has and the list has not is added under models.providers.${provider}.models.`;
  }
  if (known.isUsable(meant)) return 'See what there is: `openclaw models list`.';
  return `That one has no credentials yet. ${credentialsRemedy(meant.provider, deps)}`;
}

function pluginTrouble(
  { name, label }: Asked,
  provider: string,
  deps: UnknownModelDeps,
): OpenClawError | undefined {
  const failed = deps.failedProviders?.find(({ providerId }) => providerId === provider);
  if (failed !== undefined) {
    const why = `its provider ${provider} comes with the plugin ${failed.pluginId}, which does not work: ${failed.reason}`;
    return new OpenClawError({
      code: 'PLUGIN_FAILED',
      message: `Unknown model ${label}: ${why.replace(/\.$/, '')}.`,
      remedy: `See why: \`openclaw plugins inspect ${failed.pluginId}\`. ${recheck}`,
      data: {
        pluginId: failed.pluginId,
        model: cleanText(name),
        cause: 'plugin_failed' satisfies UnknownCause,
        why,
      },
    });
  }
  const disabled = deps.disabledProviders.find(({ providerId }) => providerId === provider);
  if (disabled === undefined) return undefined;
  const { pluginId } = disabled;
  const areAllOff = deps.config.plugins?.enabled === false;
  const why = `its provider ${provider} comes with the plugin ${pluginId}, which is disabled${areAllOff ? ', for plugins.enabled is false' : ''}`;
  return new OpenClawError({
    code: 'PLUGIN_DISABLED',
    message: `Unknown model ${label}: ${why}.`,
    remedy: areAllOff
      ? `${enableRemedy(deps.config, pluginId)} ${recheck}`
      : `Enable it: \`openclaw plugins enable ${pluginId}\`, or log in, which enables it: \`${loginCommand(provider, deps)}\`. ${recheck}`,
    data: { pluginId, model: cleanText(name), cause: 'plugin_disabled' satisfies UnknownCause, why },
  });
}

/** `plugins.enabled: false` stands above what one plugin's entry says, and above a login. */
export function enableRemedy(config: OpenClawConfig, pluginId: string): string {
  if (config.plugins?.enabled !== false) return `Enable it: \`openclaw plugins enable ${pluginId}\`.`;
  const entries = config.plugins.entries ?? {};
  const isEnabled = Object.hasOwn(entries, pluginId) && entries[pluginId]?.enabled === true;
  const then = isEnabled ? '' : `, then \`openclaw plugins enable ${pluginId}\``;
  return `Let plugins run again: \`openclaw config unset plugins.enabled\`${then}.`;
}

function noCredentials(
  asked: Asked,
  model: CollectedModel,
  deps: UnknownModelDeps,
  known: KnownNames,
): OpenClawError {
  const { provider, modelId } = model;
  const plugin = pluginTrouble(asked, provider, deps);
  if (plugin !== undefined) return plugin;
  const keyPath = ['providers', provider, 'apiKey'];
  const missing = deps.unavailable?.find(
    ({ path }) => path[0] === 'models' && keyPath.every((key, index) => path[index + 1] === key),
  );
  const named =
    missing === undefined ? '' : ` (its apiKey is \${${cleanText(missing.variable, 60)}}, which is not set)`;
  const elsewhere = [...known.models.values()].find(
    (other) => other.modelId === modelId && other.route !== undefined && known.isUsable(other),
  );
  const served = elsewhere === undefined ? '' : `; what you have serves it as ${quote(elsewhere.ref)}`;
  const why = `the provider ${cleanText(provider, 60)} has no credentials${named}${served}`;
  return unknown(asked, 'no_credentials', why, {
    remedy: credentialsRemedy(provider, deps, missing?.variable),
  });
}

function credentialsRemedy(provider: string, deps: UnknownModelDeps, missing?: string): string {
  const envVar = missing ?? builtinOf(provider)?.envVars[0];
  const fromPlugin = deps.pluginCatalogs.some(({ providerId }) => providerId === provider);
  const choice = choiceOf(provider, deps);
  if (fromPlugin || (choice !== undefined && envVar === undefined)) {
    return `Log in: \`${loginCommand(provider, deps)}\`. ${recheck}`;
  }
  const shown = cleanText(provider, 60);
  const key = envVar ?? `models.providers.${shown}.apiKey in the configuration`;
  const orLogin = choice === undefined ? '' : `, or: \`${loginCommand(provider, deps)}\``;
  return `Set ${cleanText(key, 120)}${orLogin}. ${recheck}`;
}

function choiceOf(provider: string, { choices }: UnknownModelDeps): string | undefined {
  return [...(choices ?? []), ...builtinChoices].find((choice) => choice.provider === provider)?.choiceId;
}

function loginCommand(provider: string, deps: UnknownModelDeps): string {
  const choice = choiceOf(provider, deps);
  return choice === undefined
    ? 'openclaw onboard'
    : `openclaw onboard --auth-choice ${cleanText(choice, 60)}`;
}

function notSpoken(asked: Asked, model: CollectedModel): OpenClawError {
  const why = `it is of the protocol ${quote(model.api)}, which this program does not speak`;
  return unknown(asked, 'protocol', why, {
    remedy: `Set api to anthropic-messages, openai-completions or openai-responses if the provider speaks one of them. ${recheck}`,
  });
}

function nearestRef(
  ref: string,
  first: readonly CollectedModel[],
  all: readonly CollectedModel[],
): string | undefined {
  const nearestOf = (models: readonly CollectedModel[]): string | undefined =>
    nearestName(
      ref,
      models.map((model) => model.ref),
    );
  return nearestOf(first) ?? nearestOf(all);
}

function unknown(
  { name, label }: Asked,
  cause: UnknownCause,
  why: string,
  more: { nearest?: string | undefined; remedy?: string } = {},
): OpenClawError {
  const { nearest, remedy } = more;
  const differsInCase = nearest !== undefined && nearest.toLowerCase() === name.toLowerCase();
  const suggestion = nearest === undefined ? '' : ` Did you mean ${quote(nearest)}?`;
  return new OpenClawError({
    code: 'MODEL_UNKNOWN',
    message: `Unknown model ${label}: ${why}.${suggestion}${differsInCase ? ' Names are case-sensitive.' : ''}`,
    ...(remedy === undefined ? {} : { remedy }),
    data: { model: cleanText(name), suggestion: nearest, cause, why },
  });
}

function quote(text: string): string {
  return quotedText(text, 120);
}
