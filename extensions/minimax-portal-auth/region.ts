// MiniMax's two sites and which hosts belong to each: where to log in, where a token is good, what may be opened.
// Overrides come from `plugins.entries["minimax-portal-auth"].config`.
import { OpenClawError, cleanText, requireHttps } from '../../src/plugin-sdk/index.ts';
import type { PluginConfig } from './plugin-config.ts';

export type RegionId = 'global' | 'cn';

export type Region = {
  readonly id: RegionId;
  readonly label: string;
  readonly accountUrl: string;
  readonly apiUrl: string;
  readonly authorizationUrl?: string;
  /** Further origins that a token of this region may be good at. */
  readonly apiOrigins: readonly string[];
  /** Origins whose pages may be opened in a browser. */
  readonly browserOrigins: readonly string[];
};

const known: Record<RegionId, Region> = {
  global: {
    id: 'global',
    label: 'Global',
    accountUrl: 'https://account.minimax.io',
    apiUrl: 'https://api.minimax.io',
    apiOrigins: ['https://api.minimax.io'],
    browserOrigins: ['https://platform.minimax.io', 'https://account.minimax.io'],
  },
  cn: {
    id: 'cn',
    label: 'CN',
    accountUrl: 'https://account.minimaxi.com',
    apiUrl: 'https://api.minimaxi.com',
    apiOrigins: ['https://api.minimaxi.com', 'https://api.minimax.cn'],
    browserOrigins: [
      'https://platform.minimaxi.com',
      'https://account.minimaxi.com',
      'https://platform.minimax.cn',
      'https://account.minimax.cn',
    ],
  },
};

export const regionIds: readonly RegionId[] = ['global', 'cn'];

export function isRegionId(value: unknown): value is RegionId {
  return value === 'global' || value === 'cn';
}

/** Throws URL_REFUSED when the configuration names a URL that may not be used. */
export function resolveRegion(id: RegionId, config: PluginConfig): Region {
  const base = known[id];
  const override = config.regions?.[id];
  if (override === undefined) return base;
  const accountUrl =
    override.accountUrl === undefined
      ? base.accountUrl
      : origin(override.accountUrl, config, id, 'accountUrl');
  const apiUrl = override.apiUrl === undefined ? base.apiUrl : origin(override.apiUrl, config, id, 'apiUrl');
  const { authorizationUrl } = override;
  if (authorizationUrl !== undefined) check(authorizationUrl, config, id, 'authorizationUrl');
  return {
    ...base,
    accountUrl,
    apiUrl,
    ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
    apiOrigins: [apiUrl, ...base.apiOrigins],
    browserOrigins: [accountUrl, ...base.browserOrigins],
  };
}

/** `https://api.minimax.io/anthropic`: what stands before `/v1/messages`. */
export function anthropicBaseUrl(region: Region): string {
  return `${region.apiUrl}/anthropic`;
}

/**
 * Where a token is good, from the server's `resource_url`: seen as an origin, with `/anthropic` and with
 * `/anthropic/v1`. undefined when its origin is not one of the region's.
 */
export function resolveResourceUrl(resourceUrl: string, region: Region): string | undefined {
  const parsed = URL.parse(resourceUrl);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return undefined;
  return region.apiOrigins.includes(parsed.origin) ? `${parsed.origin}/anthropic` : undefined;
}

/**
 * The page where the person enters the code. Once the server named `www.`, which lands on the marketing site: `platform.`
 * has the page. `trusted` is false for a host that is not the region's: such a URL is shown and never opened.
 */
export function resolveVerificationUrl(
  verificationUrl: string,
  region: Region,
): { url: string; trusted: boolean } {
  const parsed = URL.parse(verificationUrl);
  if (parsed === null) return { url: cleanText(verificationUrl), trusted: false };
  if (/^www\.minimax(i\.com|\.io|\.cn)$/.test(parsed.hostname) && parsed.pathname === '/oauth-authorize') {
    parsed.hostname = parsed.hostname.replace('www.', 'platform.');
  }
  const plain = parsed.username === '' && parsed.password === '';
  return { url: parsed.href, trusted: plain && region.browserOrigins.includes(parsed.origin) };
}

function origin(url: string, config: PluginConfig, id: RegionId, key: string): string {
  return check(url, config, id, key).href.replace(/\/+$/, '');
}

function check(url: string, config: PluginConfig, id: RegionId, key: string): URL {
  try {
    return requireHttps(url, config.allowLoopbackHttp ?? false);
  } catch (error) {
    const detail = error instanceof Error ? error.message : '';
    throw new OpenClawError({
      code: 'URL_REFUSED',
      message: `plugins.entries["minimax-portal-auth"].config.regions.${id}.${key}: ${detail}`,
    });
  }
}
