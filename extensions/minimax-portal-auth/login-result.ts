// What a login method hands to its host: the credential under its name, what is to be said, and nothing that belongs to
// the other region.
import type { AuthContext, AuthResult, Grant } from '../../src/plugin-sdk/index.ts';
import { providerId, readGrant } from './grant.ts';
import { defaultModel } from './models.ts';
import type { LoginDeps, OAuthServer } from './oauth-server.ts';
import { otherRegion, type Region } from './region.ts';
import { revoke } from './renewal.ts';
import { wrongRegion } from './wrong-region.ts';

export type Obtained = { readonly grant: Grant; readonly server: OAuthServer };

/** Rejects with LOGIN_WRONG_REGION, and then nothing of the grant is left alive. */
export async function finish(
  deps: LoginDeps,
  region: Region,
  { grant, server }: Obtained,
  context: AuthContext,
): Promise<AuthResult> {
  const { credential, notes, belongsTo } = readGrant(grant, region, server, undefined);
  if (belongsTo !== undefined) {
    // Nobody will use it: it is not left alive at the server.
    await revoke(deps, credential, { signal: context.signal }).catch(() => false);
    throw wrongRegion(
      region,
      `${server.host} says that the token is good at the hosts of the ${otherRegion(region).label} site`,
    );
  }
  return {
    profiles: [{ profileId: profileIdFor(region, context), credential }],
    defaultModel,
    notes,
  };
}

/** One login for each region, unless a name is given. */
export function profileIdFor(region: Region, context: AuthContext): string {
  const wanted = context.opts['profileId'];
  return typeof wanted === 'string'
    ? wanted
    : `${providerId}:${region.id === 'global' ? 'default' : region.id}`;
}
