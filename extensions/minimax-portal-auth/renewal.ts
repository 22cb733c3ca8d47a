// Keeping a login and ending it: refresh and revocation, at the region that issued it and in the words it was made with.
import {
  OpenClawError,
  Secret,
  foreignText,
  isOpenClawError,
  type OAuthClient,
  type OAuthCredential,
  type RefreshContext,
  type RequestFailure,
} from '../../src/plugin-sdk/index.ts';
import { isMoveToAccountHost } from './dialect.ts';
import { readGrant } from './grant.ts';
import { resolveServer, type LoginDeps, type OAuthServer, type ServerDialect } from './oauth-server.ts';
import { isRegionId, loginHost, resolveRegion, type Region } from './region.ts';

/** Throws LOGIN_DEAD when the grant is dead, REFRESH_FAILED (with `data.retryAfterMs` if told) when it may pass. */
export async function refresh(
  deps: LoginDeps,
  credential: OAuthCredential,
  context: RefreshContext = {},
): Promise<OAuthCredential> {
  const region = regionOf(deps, credential);
  const wanted = dialectOf(credential);
  const attempt = async (
    dialect: ServerDialect,
  ): Promise<{ server: OAuthServer; result: Awaited<ReturnType<OAuthClient['refresh']>> }> => {
    const server = await findServer(deps, region, credential, dialect, context);
    return { server, result: await server.client.refresh(new Secret(credential.refresh), context.signal) };
  };
  let { server, result } = await attempt(wanted);
  if (result.kind === 'redirected' && wanted === 'legacy' && isMoveToAccountHost(result.location, region)) {
    ({ server, result } = await attempt('account'));
  }
  if (result.kind === 'granted') {
    const { dialect, clientId, issuer } = server;
    const by = { dialect, clientId, ...(issuer === undefined ? {} : { issuer }) };
    return readGrant(result.grant, region, by, credential).credential;
  }
  const host = loginHost(region);
  if (result.kind === 'error' && result.error === 'invalid_grant') {
    const detail = result.description ?? 'invalid_grant';
    throw new OpenClawError({
      code: 'LOGIN_DEAD',
      message: `${host} no longer accepts this login (${detail}).`,
    });
  }
  throw new OpenClawError({
    code: 'REFRESH_FAILED',
    message: `The login could not be refreshed at ${host}: ${describe(result)}.`,
    data: {
      host,
      ...(result.kind === 'trouble' ? { retryAfterMs: result.retryAfterMs } : {}),
      ...(result.kind === 'trouble' && result.unsent === true ? { sent: false } : {}),
    },
  });
}

/** What keeps a server from being known now has sent nothing yet: the login waits. */
async function findServer(
  deps: LoginDeps,
  region: Region,
  credential: OAuthCredential,
  dialect: ServerDialect,
  context: RefreshContext,
): Promise<OAuthServer> {
  const waits = (reason: string): OpenClawError =>
    new OpenClawError({
      code: 'REFRESH_FAILED',
      message: `The login could not be refreshed at ${loginHost(region)}: ${reason}`,
      data: { host: loginHost(region), sent: false },
    });
  if (dialect === 'standard' && !isIssuedBy(credential, region)) throw waits(madeElsewhere);
  const choice = { dialect, clientId: credential.clientId, secrets: [credential.access] };
  try {
    return await resolveServer(deps, region, choice, context.signal);
  } catch (error) {
    context.signal?.throwIfAborted();
    if (isOpenClawError(error) && error.code !== 'URL_REFUSED') throw waits(error.message);
    throw error;
  }
}

/** True when the server took the revocation. */
export async function revoke(
  deps: LoginDeps,
  credential: OAuthCredential,
  context: RefreshContext = {},
): Promise<boolean> {
  if (credential.refresh === '') return false;
  const region = regionOf(deps, credential);
  const dialect = dialectOf(credential) === 'standard' ? 'standard' : 'account';
  if (dialect === 'standard' && !isIssuedBy(credential, region)) {
    throw new OpenClawError({ code: 'CONFIG_INVALID', message: madeElsewhere });
  }
  const server = await resolveServer(
    deps,
    region,
    { dialect, clientId: credential.clientId },
    context.signal,
  );
  return server.client.revoke(new Secret(credential.refresh), context.signal);
}

const madeElsewhere = 'it was made at a server of its own (issuer), which the configuration no longer names.';

/** What one server gave is shown to no other, and the word of another does not end it. */
function isIssuedBy({ issuer }: OAuthCredential, region: Region): boolean {
  if (region.issuer === undefined) return false;
  return issuer === undefined || new URL(issuer).href === new URL(region.issuer).href;
}

function regionOf(deps: LoginDeps, credential: OAuthCredential): Region {
  return resolveRegion(isRegionId(credential.region) ? credential.region : 'global', deps.config);
}

function dialectOf({ dialect }: OAuthCredential): ServerDialect {
  return dialect === 'legacy' || dialect === 'account-cli' || dialect === 'standard' ? dialect : 'account';
}

function describe(failure: RequestFailure): string {
  if (failure.kind === 'trouble') return failure.reason;
  if (failure.kind === 'redirected')
    return `it sent the request on to ${foreignText(failure.location?.host ?? 'nowhere', [], 80)}`;
  return failure.description === undefined ? failure.error : `${failure.error}: ${failure.description}`;
}
