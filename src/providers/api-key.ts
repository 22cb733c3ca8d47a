// Providers that need no login: their API key is in the configuration or the environment, or they are open to whoever
// names them. Which key, which address for which API, which headers. When a login is used instead is for the resolver.
import { OpenClawError } from '../errors.ts';
import type { OpenClawConfig } from '../config/schema.ts';
import type { ModelApi, RuntimeAuth } from '../plugin-sdk/index.ts';
import { baseUrlOf, defaultApi, ownEntry, type ConfiguredKeys } from './address.ts';
import { builtinOf, builtinProviders } from './builtin-providers.ts';
import { collectModels, spokenApis } from './collected-models.ts';
import { namedModels } from './named-models.ts';

export type KeyProvider = {
  readonly provider: string;
  /** Origin and path before `/v1/messages` (Anthropic) or before `/chat/completions` (OpenAI), no trailing slash. */
  readonly baseUrl: string;
  /** The same by API, for those that are elsewhere. */
  readonly baseUrls?: Readonly<Partial<Record<ModelApi, string>>>;
  /** Complete authentication headers, lower-case names; none for a provider that is open. */
  readonly headers: Readonly<Record<string, string>>;
  /** What to do when the key is refused; a remedy. */
  readonly ifRefused?: string;
};

/**
 * The configuration's key, else that of the provider's environment variable. undefined when there is none, or when it
 * holds something else than printable ASCII, which no HTTP header can carry.
 */
export function apiKeyOf(providerId: string, { config, env }: ConfiguredKeys): string | undefined {
  const written = ownEntry(config.models?.providers, providerId)?.apiKey;
  const candidates = [typeof written === 'string' ? written : undefined];
  for (const name of builtinOf(providerId)?.envVars ?? []) candidates.push(env[name]);
  const key = candidates
    .map((candidate) => candidate?.trim())
    .find((candidate) => candidate !== undefined && candidate !== '');
  return key !== undefined && isSendable(key) ? key : undefined;
}

/** What an HTTP header can carry. */
export function isSendable(key: string): boolean {
  return /^[\x21-\x7e]+$/.test(key);
}

/** It has a key, or needs none and is named: under `models.providers`, or in a model of `agents.defaults`. */
export function needsNoLogin(providerId: string, keys: ConfiguredKeys): boolean {
  return apiKeyOf(providerId, keys) !== undefined || isOpenAndNamed(providerId, keys.config);
}

/** Every provider that needs no login and has an address. */
export function apiKeyProviders(keys: ConfiguredKeys): KeyProvider[] {
  const { config } = keys;
  const configured = config.models?.providers ?? {};
  const ids = new Set([...builtinProviders.map(({ id }) => id), ...Object.keys(configured)]);
  const models = [...collectModels(config, []).values()];
  return [...ids].flatMap((provider) => {
    if (!needsNoLogin(provider, keys)) return [];
    const own = models.filter((model) => model.provider === provider);
    const found = keyProvider(provider, own, keys, apiKeyOf(provider, keys));
    return found === undefined ? [] : [found];
  });
}

/**
 * How a key that is stored as a login is used; undefined for a provider that has no address. Of a vendor with several
 * sites it goes to that of its `region` alone. Throws CONFIG_INVALID when no HTTP header can carry the key.
 */
export function storedKeyAuth(
  profileId: string,
  provider: string,
  stored: string,
  keys: ConfiguredKeys,
  region?: string,
): (RuntimeAuth & Pick<KeyProvider, 'ifRefused'>) | undefined {
  const key = stored.trim();
  const models = [...collectModels(keys.config, []).values()].filter((model) => model.provider === provider);
  const found = keyProvider(provider, models, keys, key, region);
  if (found === undefined) return undefined;
  if (!isSendable(key)) {
    throw new OpenClawError({
      code: 'CONFIG_INVALID',
      message: `The key of ${profileId} holds what no HTTP header can carry.`,
      remedy: `Log it out, and save it anew: \`openclaw auth logout ${profileId}\`.`,
    });
  }
  const { provider: _name, ...used } = found;
  return { apiKey: key, ...used };
}

function keyProvider(
  provider: string,
  models: readonly { api: string }[],
  keys: ConfiguredKeys,
  key: string | undefined,
  region?: string,
): KeyProvider | undefined {
  const builtin = builtinOf(provider);
  const entry = ownEntry(keys.config.models?.providers, provider);
  const api = entry?.api ?? builtin?.api ?? defaultApi(entry?.baseUrl);
  const baseUrl = baseUrlOf(provider, api, keys, region);
  if (baseUrl === undefined) return undefined;
  const speaksAnthropic = [api, ...models.map((model) => model.api)].includes('anthropic-messages');
  const headers =
    key === undefined
      ? {}
      : (builtin?.headers?.(key) ?? genericHeaders(speaksAnthropic, key, entry?.['authHeader'] !== false));
  const others = spokenApis
    .map((spoken) => [spoken, baseUrlOf(provider, spoken, keys, region)] as const)
    .filter(([, other]) => other !== undefined && other !== baseUrl);
  const ifRefused = key === undefined ? undefined : builtin?.ifRefused?.(baseUrl, region);
  return {
    provider,
    baseUrl,
    headers,
    ...(others.length === 0 ? {} : { baseUrls: Object.fromEntries(others) }),
    ...(ifRefused === undefined ? {} : { ifRefused }),
  };
}

function isOpenAndNamed(providerId: string, config: OpenClawConfig): boolean {
  if (builtinOf(providerId)?.isOpen !== true) return false;
  return (
    ownEntry(config.models?.providers, providerId) !== undefined || namedModels(config, providerId).length > 0
  );
}

/** `authHeader: false` in the configuration leaves the Bearer header out, for servers that refuse two. */
function genericHeaders(
  speaksAnthropic: boolean,
  key: string,
  bearer: boolean,
): Readonly<Record<string, string>> {
  const authorization = { authorization: `Bearer ${key}` };
  if (!speaksAnthropic) return authorization;
  return bearer ? { ...authorization, 'x-api-key': key } : { 'x-api-key': key };
}
