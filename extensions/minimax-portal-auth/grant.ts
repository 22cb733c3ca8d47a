// From what a server granted to a credential of this provider, with what is to be told of it. Text of the server is
// cleaned here; a grant that belongs to the other region is seen here.
import { foreignText, type Grant, type OAuthCredential } from '../../src/plugin-sdk/index.ts';
import type { ServerDialect } from './oauth-server.ts';
import {
  anthropicBaseUrl,
  regionOfResourceUrl,
  resolveResourceUrl,
  type Region,
  type RegionId,
} from './region.ts';

export const providerId = 'minimax-portal';

/** The shortest lifetime that users report; for a server that names none. */
const absentLifetimeMs = 900_000;

export type ReadGrant = {
  readonly credential: OAuthCredential;
  /** Lines for a person. */
  readonly notes: readonly string[];
  /** The server says that the token is good at the other region's hosts. */
  readonly belongsTo: RegionId | undefined;
};

export function readGrant(
  grant: Grant,
  region: Region,
  server: { dialect: ServerDialect; clientId: string; scope?: string; issuer?: string },
  former: OAuthCredential | undefined,
): ReadGrant {
  const notes: string[] = [];
  const secrets = [grant.accessToken.reveal(), grant.refreshToken?.reveal() ?? ''];
  const said = grant.extra['notification_message'];
  const message = foreignText(said ?? '', secrets);
  if (message !== '') notes.push(`MiniMax says: ${message}`);
  const told = grant.extra['resource_url'];
  const resolved = told === undefined ? undefined : resolveResourceUrl(told, region);
  if (told !== undefined && resolved === undefined) {
    notes.push(
      `The server named ${foreignText(told, secrets, 80)} for requests; it is not one of MiniMax's hosts and is ignored.`,
    );
  }
  const missing = missingScopes(server.scope, grant.scope);
  if (missing.length > 0) {
    // RFC 6749 section 5.1: a scope in the answer is there because it differs from what was asked.
    notes.push(
      `The server granted less than was asked for; missing: ${foreignText(missing.join(' '), secrets, 120)}.`,
    );
  }
  const scope = grant.scope ?? former?.scope;
  const credential: OAuthCredential = {
    ...(former?.email === undefined ? {} : { email: former.email }),
    ...(former?.accountId === undefined ? {} : { accountId: former.accountId }),
    type: 'oauth',
    provider: providerId,
    access: grant.accessToken.reveal(),
    // RFC 6749 section 6: without a new refresh token the old one stays good.
    refresh: grant.refreshToken?.reveal() ?? former?.refresh ?? '',
    expires: grant.receivedAtMs + (grant.lifetimeMs ?? absentLifetimeMs),
    issuedAt: grant.receivedAtMs,
    region: region.id,
    baseUrl: resolved ?? former?.baseUrl ?? anthropicBaseUrl(region),
    clientId: server.clientId,
    dialect: server.dialect,
    ...(server.issuer === undefined ? {} : { issuer: server.issuer }),
    ...(scope === undefined ? {} : { scope }),
  };
  return { credential, notes, belongsTo: told === undefined ? undefined : regionOfResourceUrl(told, region) };
}

function missingScopes(asked: string | undefined, granted: string | undefined): string[] {
  if (asked === undefined || granted === undefined) return [];
  const given = new Set(granted.split(' '));
  return asked.split(' ').filter((scope) => scope !== '' && !given.has(scope));
}
