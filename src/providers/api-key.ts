// Providers that need no login, for their API key is in the configuration or the environment: which key, which address,
// which headers. When a login is used instead is for the resolver.
import type { LoadedConfig } from '../config/load.ts';
import type { BuiltinProvider } from './builtin-provider.ts';
import { builtinProviders } from './builtin-providers.ts';

export type ConfiguredKeys = Pick<LoadedConfig, 'config' | 'env'>;

export type KeyProvider = {
  readonly provider: string;
  /** Origin and path before `/v1/messages` (Anthropic) or before `/chat/completions` (OpenAI), no trailing slash. */
  readonly baseUrl: string;
  /** Complete authentication headers, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
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
  return key !== undefined && /^[\x21-\x7e]+$/.test(key) ? key : undefined;
}

/** Every provider that has a key and an address. */
export function apiKeyProviders(keys: ConfiguredKeys): KeyProvider[] {
  const configured = keys.config.models?.providers ?? {};
  const ids = new Set([...builtinProviders.map(({ id }) => id), ...Object.keys(configured)]);
  const found: KeyProvider[] = [];
  for (const provider of ids) {
    const entry = ownEntry(configured, provider);
    const builtin = builtinOf(provider);
    const key = apiKeyOf(provider, keys);
    const address = entry?.baseUrl ?? builtin?.baseUrl;
    if (key === undefined || address === undefined) continue;
    const api = entry?.api ?? builtin?.api ?? defaultApi(address);
    const headers = builtin?.headers(key) ?? genericHeaders(api, key, entry?.['authHeader'] !== false);
    found.push({ provider, baseUrl: normalBaseUrl(address, api), headers });
  }
  return found;
}

export function builtinOf(providerId: string): BuiltinProvider | undefined {
  return builtinProviders.find(({ id }) => id === providerId);
}

/** Names such as `constructor` are in every object, but in no configuration. */
export function ownEntry<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** For a provider of the configuration that does not say which protocol it speaks. */
export function defaultApi(baseUrl: string | undefined): 'anthropic-messages' | 'openai-completions' {
  return baseUrl !== undefined && /\/anthropic(\/v1)?\/*$/.test(baseUrl)
    ? 'anthropic-messages'
    : 'openai-completions';
}

/** `authHeader: false` in the configuration leaves the Bearer header out, for servers that refuse two. */
function genericHeaders(api: string, key: string, bearer: boolean): Readonly<Record<string, string>> {
  const authorization = { authorization: `Bearer ${key}` };
  if (api !== 'anthropic-messages') return authorization;
  return bearer ? { ...authorization, 'x-api-key': key } : { 'x-api-key': key };
}

/** People paste an Anthropic address with and without `/v1`; requests add it. */
function normalBaseUrl(baseUrl: string, api: string): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return api === 'anthropic-messages' ? trimmed.replace(/\/v1$/, '') : trimmed;
}
