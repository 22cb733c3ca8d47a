// The OAuth server that a region's login talks to: MiniMax's account host in one of its dialects, or a server that
// describes itself in the standard's words. What is asked of it is login.ts' and renewal.ts'.
import {
  OpenClawError,
  createOAuthClient,
  createStandardDialect,
  discoverServer,
  type Clock,
  type Dialect,
  type Fetch,
  type OAuthClient,
  type Random,
} from '../../src/plugin-sdk/index.ts';
import { clients, createDialect, type DialectName } from './dialect.ts';
import type { PluginConfig } from './plugin-config.ts';
import { loginHost, type Region } from './region.ts';

export type LoginDeps = {
  config: PluginConfig;
  fetch: Fetch;
  clock: Clock;
  random: Random;
  /** By issuer; what a server said of itself once is not asked again for every refresh. */
  described?: Map<string, Dialect>;
};

/** `standard`: the region has an `issuer`. */
export type ServerDialect = DialectName | 'standard';

export type OAuthServer = {
  readonly client: OAuthClient;
  readonly dialect: ServerDialect;
  readonly clientId: string;
  readonly scope: string;
  /** Of a server that describes itself: what it grants is for it alone. */
  readonly issuer?: string;
  /** Where a login's code and verifier go. */
  readonly tokenUrl: string;
  /** Named in errors. */
  readonly host: string;
};

/** Further than the configuration says: what a stored login was made with. */
export type ServerChoice = {
  dialect?: ServerDialect | undefined;
  clientId?: string | undefined;
  /** What the server may repeat and nobody may see. */
  secrets?: readonly string[];
};

export async function resolveServer(
  deps: LoginDeps,
  region: Region,
  choice: ServerChoice = {},
  signal?: AbortSignal,
): Promise<OAuthServer> {
  const { config } = deps;
  const wanted = choice.dialect ?? (region.issuer === undefined ? (config.dialect ?? 'account') : 'standard');
  const known = clients[wanted === 'standard' ? 'account' : wanted];
  const clientId = choice.clientId ?? config.clientId ?? known.clientId;
  const dialect =
    wanted === 'standard' ? await describedDialect(deps, region, signal) : createDialect(wanted, region);
  const client = createOAuthClient({
    dialect,
    clientId,
    fetch: deps.fetch,
    clock: deps.clock,
    random: deps.random,
    allowLoopbackHttp: config.allowLoopbackHttp ?? false,
    secrets: choice.secrets ?? [],
  });
  const host = wanted === 'legacy' ? new URL(region.apiUrl).host : loginHost(region);
  const { issuer } = wanted === 'standard' ? region : {};
  return {
    client,
    dialect: wanted,
    clientId,
    scope: config.scope ?? known.scope,
    tokenUrl: dialect.tokenUrl,
    host,
    ...(issuer === undefined ? {} : { issuer }),
  };
}

/** Whether a browser can be sent to the region's server and come back with a code. */
export function hasRedirectFlow(region: Region): boolean {
  return region.authorizationUrl !== undefined || region.issuer !== undefined;
}

async function describedDialect(
  deps: LoginDeps,
  region: Region,
  signal: AbortSignal | undefined,
): Promise<Dialect> {
  const { issuer } = region;
  if (issuer === undefined) {
    // Nothing of that login is for anybody else.
    throw new OpenClawError({
      code: 'CONFIG_INVALID',
      message: 'The login was made at a server of its own (issuer), which the configuration no longer names.',
    });
  }
  const known = deps.described?.get(issuer);
  if (known !== undefined) return known;
  const { fetch, clock, config } = deps;
  const endpoints = await discoverServer(
    { fetch, clock, allowLoopbackHttp: config.allowLoopbackHttp ?? false },
    issuer,
    signal,
  );
  const dialect = createStandardDialect(endpoints);
  deps.described?.set(issuer, dialect);
  return dialect;
}
