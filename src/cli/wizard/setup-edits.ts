// What the answers change in openclaw.json, as edits of single keys, and how each change is shown. Only keys that OpenClaw
// documents, only those that differ, and never a key in plain text. Pure.
import { pathText } from '../../config/config-path.ts';
import type { ConfigEdit } from '../../config/edit.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { looksSecret } from '../../config/secret-text.ts';
import { valueAt } from '../../config/tree.ts';
import { cleanText } from '../../platform/text.ts';
import { baseUrlOf, ownEntry } from '../../providers/address.ts';
import type { BuiltinChoice } from '../../providers/builtin-provider.ts';
import { builtinOf, builtinProviders, ownVariable } from '../../providers/builtin-providers.ts';

/** What is set up, apart from models. */
export type Setup =
  /** By the login that a plugin brings. */
  | { readonly kind: 'login'; readonly pluginId: string }
  /** A key that is kept sealed. */
  | { readonly kind: 'sealed-key' }
  /** A key that stays in an environment variable. */
  | { readonly kind: 'variable'; readonly choice: BuiltinChoice; readonly name: string }
  /** `variable`: holds the key, where the server wants one. */
  | {
      readonly kind: 'server';
      readonly choice: BuiltinChoice;
      readonly baseUrl: string;
      readonly variable?: string | undefined;
    }
  | { readonly kind: 'nothing' };

/** Values fit to be shown; null: not set. */
export type ConfigChange = { readonly path: string; readonly from: unknown; readonly to: unknown };

export function setupEdits(config: LoadedConfig, setup: Setup): ConfigEdit[] {
  switch (setup.kind) {
    case 'login':
      return changed(config, [{ path: ['plugins', 'entries', setup.pluginId, 'enabled'], value: true }]);
    case 'variable':
      return variableEdits(config, setup.choice, setup.name);
    case 'server':
      return serverEdits(config, setup);
    case 'sealed-key':
    case 'nothing':
      return [];
  }
}

/** The provider's own variable says all there is to say, unless the configuration says something else. */
function variableEdits(config: LoadedConfig, choice: BuiltinChoice, name: string): ConfigEdit[] {
  const { provider, region } = choice;
  const builtin = builtinOf(provider);
  if (builtin === undefined) return [];
  const written = ownEntry(config.config.models?.providers, provider);
  const wanted = baseUrlOf(provider, builtin.api, config, region);
  const isThere = baseUrlOf(provider, builtin.api, config) === wanted;
  const raw = valueAt(config.raw, ['models', 'providers', provider, 'apiKey']);
  const reference = `\${${name}}`;
  const isOwn = name === ownVariable(provider, config.env);
  // Another site than the environment names by itself has to be written beside the key that is of it.
  if (isThere && (raw === reference || (raw === undefined && isOwn && isUsualSite(choice)))) return [];
  const isNew = written === undefined;
  return changed(config, [
    ...providerKey(provider, 'baseUrl', isThere && written?.baseUrl !== undefined ? undefined : wanted),
    ...providerKey(provider, 'apiKey', reference),
    ...(isNew ? providerKey(provider, 'api', builtin.api) : []),
    ...missingModels(config, provider),
  ]);
}

function isUsualSite({ provider, region }: BuiltinChoice): boolean {
  return region === undefined || Object.keys(builtinOf(provider)?.regions ?? {})[0] === region;
}

function serverEdits(config: LoadedConfig, setup: Extract<Setup, { kind: 'server' }>): ConfigEdit[] {
  const { provider } = setup.choice;
  const written = ownEntry(config.config.models?.providers, provider);
  const raw = valueAt(config.raw, ['models', 'providers', provider, 'apiKey']);
  const { api, openKey } = builtinOf(provider) ?? {};
  const isFree = raw === undefined || raw === openKey;
  // What is written beats the provider's own variable: where that is set, it has to be named.
  const own = isFree ? ownVariable(provider, config.env) : undefined;
  const variable = setup.variable ?? own;
  const open = raw === undefined ? openKey : undefined;
  const key = variable === undefined ? open : `\${${variable}}`;
  return changed(config, [
    ...providerKey(provider, 'baseUrl', setup.baseUrl),
    ...providerKey(provider, 'apiKey', key),
    ...providerKey(provider, 'api', written === undefined ? api : undefined),
    ...missingModels(config, provider),
  ]);
}

/** OpenClaw refuses a provider without the list; what the catalogue has need not be in it. */
function missingModels(config: LoadedConfig, provider: string): ConfigEdit[] {
  const path = ['models', 'providers', provider, 'models'];
  return valueAt(config.raw, path) === undefined ? [{ path, value: [] }] : [];
}

function providerKey(provider: string, key: string, value: string | undefined): ConfigEdit[] {
  return value === undefined ? [] : [{ path: ['models', 'providers', provider, key], value }];
}

/** `undefined` leaves it as it is. A default that is a plain string stays one as long as there are no fallbacks. */
export function modelEdits(
  config: LoadedConfig,
  primary: string | undefined,
  fallbacks: readonly string[] | undefined,
): ConfigEdit[] {
  const path = ['agents', 'defaults', 'model'];
  const written = valueAt(config.raw, path);
  if (typeof written === 'string') {
    const model = primary ?? written;
    const value =
      fallbacks === undefined || fallbacks.length === 0
        ? model
        : { primary: model, fallbacks: [...fallbacks] };
    return changed(config, [{ path, value }]);
  }
  const isThere = valueAt(config.raw, [...path, 'fallbacks']) !== undefined;
  return changed(config, [
    ...(primary === undefined ? [] : [{ path: [...path, 'primary'], value: primary }]),
    ...(fallbacks === undefined || (fallbacks.length === 0 && !isThere)
      ? []
      : [{ path: [...path, 'fallbacks'], value: fallbacks.length === 0 ? undefined : [...fallbacks] }]),
  ]);
}

export function portEdits(config: LoadedConfig, port: number): ConfigEdit[] {
  return changed(config, [{ path: ['gateway', 'port'], value: port }]);
}

function changed(config: LoadedConfig, edits: readonly ConfigEdit[]): ConfigEdit[] {
  return edits.filter(
    ({ path, value }) => JSON.stringify(valueAt(config.raw, path)) !== JSON.stringify(value),
  );
}

export function describeChanges(config: LoadedConfig, edits: readonly ConfigEdit[]): ConfigChange[] {
  return edits.map(({ path, value }) => ({
    path: pathText(path),
    from: shown(path, valueAt(config.raw, path)),
    to: shown(path, value),
  }));
}

/** A key that lies in the file in plain text is not repeated on the screen, nor is a password in an address. */
function shown(path: ConfigEdit['path'], value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== 'string') return value;
  const isOpen = builtinProviders.some(({ openKey }) => openKey === value);
  const isReference = isOpen || /^\$\{[A-Z0-9_]+\}$/.test(value);
  if (path.at(-1) === 'apiKey' && !isReference) return '(a key in plain text)';
  if (!looksSecret(value)) return cleanText(value);
  const url = URL.parse(value);
  return url === null ? '(a secret)' : `${url.origin} (with a secret in the address)`;
}
