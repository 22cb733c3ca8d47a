// Where the API of a provider is: the configuration's address, else the one that the environment names, else the built-in
// one. On a vendor's own hosts, and at LM Studio, the path follows from the API, so that one address serves models of
// several; any other address is taken as it is written.
import type { LoadedConfig } from '../config/load.ts';
import type { OpenClawConfig } from '../config/schema.ts';
import { builtinOf } from './builtin-providers.ts';
import type { BuiltinProvider } from './builtin-provider.ts';

export type ConfiguredKeys = Pick<LoadedConfig, 'config' | 'env'>;

/**
 * What lies before `/v1/messages` (Anthropic) or before `/chat/completions` (OpenAI), no trailing slash. undefined for a
 * provider that is neither built in nor configured with an address. `region`: the site that the key is of, and it is sent
 * to no other one; an address that is not the vendor's own is somebody's proxy, and stays.
 */
export function baseUrlOf(
  provider: string,
  api: string,
  { config, env }: ConfiguredKeys,
  region?: string,
): string | undefined {
  const builtin = builtinOf(provider);
  const written = ownEntry(config.models?.providers, provider)?.baseUrl;
  const site = region === undefined ? undefined : ownEntry(builtin?.regions, region);
  if (site !== undefined && isVendors(builtin, written ?? builtin?.originOf?.(env))) {
    const own = builtin === undefined ? undefined : pathOf(builtin, api);
    if (own !== undefined) return `${site}${own}`;
  }
  if (written !== undefined) return vendorBase(builtin, written, api) ?? normalBaseUrl(written, api);
  if (builtin === undefined) return undefined;
  const origin = builtin.originOf?.(env) ?? new URL(builtin.baseUrl).origin;
  const path = pathOf(builtin, api);
  return path === undefined ? normalBaseUrl(builtin.baseUrl, api) : `${origin}${path}`;
}

/** Whether the path follows from the API there, so that one address serves several. */
export function servesAllApis(provider: string, config: OpenClawConfig): boolean {
  const builtin = builtinOf(provider);
  if (builtin?.servesAllApis !== true) return false;
  const written = ownEntry(config.models?.providers, provider)?.baseUrl;
  return written === undefined || vendorBase(builtin, written, builtin.api) !== undefined;
}

/** For a provider of the configuration that does not say which protocol it speaks. */
export function defaultApi(baseUrl: string | undefined): 'anthropic-messages' | 'openai-completions' {
  return baseUrl !== undefined && /\/anthropic(\/v1)?\/*$/.test(baseUrl)
    ? 'anthropic-messages'
    : 'openai-completions';
}

/** Names such as `constructor` are in every object, but in no configuration. */
export function ownEntry<Value>(
  record: Readonly<Record<string, Value>> | undefined,
  name: string,
): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Nothing written is the vendor's too. */
function isVendors(builtin: BuiltinProvider | undefined, written: string | undefined): boolean {
  return written === undefined || vendorBase(builtin, written, builtin?.api ?? '') !== undefined;
}

/** undefined where the address is not one of the vendor's own. */
function vendorBase(builtin: BuiltinProvider | undefined, written: string, api: string): string | undefined {
  const sites = builtin?.sites;
  const url = URL.parse(written);
  if (builtin === undefined || sites === undefined || url === null) return undefined;
  const isOwn = url.protocol === 'https:' && url.port === '' && sites.hosts?.includes(url.hostname);
  if (sites.hosts !== undefined && isOwn !== true) return undefined;
  if (url.search !== '' || url.username !== '' || url.password !== '') return undefined;
  const path = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const known = Object.values(sites.paths).map((own) => own.replace(/\/v1$/, ''));
  const own = pathOf(builtin, api);
  return own !== undefined && (path === '' || known.includes(path)) ? `${url.origin}${own}` : undefined;
}

function pathOf({ sites }: BuiltinProvider, api: string): string | undefined {
  return ownEntry<string>(sites?.paths, api);
}

/** People paste an Anthropic address with and without `/v1`; requests add it. */
function normalBaseUrl(baseUrl: string, api: string): string {
  const trimmed = baseUrl.replace(/\/+$/, '');
  return api === 'anthropic-messages' ? trimmed.replace(/\/v1$/, '') : trimmed;
}
