// MiniMax's two sites and which hosts belong to each: where to log in, where a token is good, what may be opened.
// Overrides come from `plugins.entries["minimax-portal-auth"].config`.
import { OpenClawError, cleanText, requireHttps } from '../../src/plugin-sdk/index.ts';
import type { PluginConfig } from './plugin-config.ts';

export type RegionId = 'global' | 'cn';

export type Region = {
  readonly id: RegionId;
  readonly label: string;
  /** The site as its users know it. */
  readonly site: string;
  readonly accountUrl: string;
  readonly apiUrl: string;
  /** Where a browser asks for a code, where the region has that. */
  readonly authorizationUrl?: string;
  /** A server that speaks the standard's words and describes itself (RFC 8414), instead of MiniMax's account host. */
  readonly issuer?: string;
  /** Further origins that a token of this region may be good at. */
  readonly apiOrigins: readonly string[];
  /** Origins whose pages may be opened in a browser. */
  readonly browserOrigins: readonly string[];
};

const known: Record<RegionId, Region> = {
  global: {
    id: 'global',
    label: 'Global',
    site: 'minimax.io',
    accountUrl: 'https://account.minimax.io',
    apiUrl: 'https://api.minimax.io',
    apiOrigins: ['https://api.minimax.io'],
    browserOrigins: ['https://platform.minimax.io', 'https://account.minimax.io'],
  },
  cn: {
    id: 'cn',
    label: 'CN',
    site: 'minimaxi.com',
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
  const { authorizationUrl, issuer } = override;
  const further = [
    ...(authorizationUrl === undefined ? [] : [check(authorizationUrl, config, id, 'authorizationUrl')]),
    ...(issuer === undefined ? [] : [check(issuer, config, id, 'issuer')]),
  ];
  return {
    ...base,
    accountUrl,
    apiUrl,
    ...(authorizationUrl === undefined ? {} : { authorizationUrl }),
    ...(issuer === undefined ? {} : { issuer }),
    apiOrigins: [new URL(apiUrl).origin, ...base.apiOrigins],
    browserOrigins: [new URL(accountUrl).origin, ...further.map((url) => url.origin), ...base.browserOrigins],
  };
}

/** Where logins go: named in what a person reads. */
export function loginHost(region: Region): string {
  return new URL(region.issuer ?? region.accountUrl).host;
}

/** The region that an account of this one's users may really be at. */
export function otherRegion(region: Region): Pick<Region, 'id' | 'label' | 'site'> {
  return known[region.id === 'global' ? 'cn' : 'global'];
}

/** The region whose API hosts `resourceUrl` names, if it is another one than `region`. */
export function regionOfResourceUrl(resourceUrl: string, region: Region): RegionId | undefined {
  const origin = URL.parse(resourceUrl)?.origin;
  const other = known[otherRegion(region).id];
  if (origin === undefined || region.apiOrigins.includes(origin)) return undefined;
  return other.apiOrigins.includes(origin) ? other.id : undefined;
}

/** `https://api.minimax.io/anthropic`: what stands before `/v1/messages`. */
export function anthropicBaseUrl(region: Region): string {
  return `${region.apiUrl}/anthropic`;
}

/** `https://api.minimax.io/v1`: beside the Anthropic API, whatever path lies before it. */
export function openaiBaseUrl(anthropicBase: string): string {
  return `${anthropicBase.replace(/\/anthropic(?:\/v1)?\/*$/, '')}/v1`;
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

const longestUrl = 2_000;

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
  // Nobody could type it, and cut short it leads nowhere.
  if (parsed.href.length > longestUrl) return { url: cleanText(parsed.href, longestUrl), trusted: false };
  return { url: parsed.href, trusted: plain && isBrowserOrigin(parsed, region) };
}

/** Hosts whose pages may be opened: https on its own port, or exactly what a configuration names. */
export function isBrowserOrigin(url: URL, region: Region): boolean {
  return region.browserOrigins.includes(url.origin);
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
