// Logging in to MiniMax and keeping the login: the device flow with its one change of dialect, refresh, revocation,
// and the credential that comes of a grant. What a credential is kept in, and when it is refreshed, is the host's.
import {
  OpenClawError,
  Secret,
  awaitApproval,
  cleanText,
  createOAuthClient,
  foreignText,
  toLoginError,
  type AuthContext,
  type AuthResult,
  type Clock,
  type Fetch,
  type Grant,
  type OAuthClient,
  type OAuthCredential,
  type Random,
  type RefreshContext,
  type RequestFailure,
} from '../../src/plugin-sdk/index.ts';
import { clients, createDialect, isMoveToAccountHost, type DialectName } from './dialect.ts';
import { defaultModel } from './models.ts';
import type { PluginConfig } from './plugin-config.ts';
import {
  anthropicBaseUrl,
  isRegionId,
  resolveRegion,
  resolveResourceUrl,
  resolveVerificationUrl,
  type Region,
  type RegionId,
} from './region.ts';

export const providerId = 'minimax-portal';

export type LoginDeps = { config: PluginConfig; fetch: Fetch; clock: Clock; random: Random };

/** The shortest lifetime that users report; for a server that names none. */
const absentLifetimeMs = 900_000;

export async function logIn(deps: LoginDeps, regionId: RegionId, context: AuthContext): Promise<AuthResult> {
  const { config, clock, random } = deps;
  const region = resolveRegion(regionId, config);
  const host = new URL(region.accountUrl).host;
  const started = await startDevice(deps, region, context.signal);
  const { url, trusted } = resolveVerificationUrl(started.login.verificationUrl, region);
  const prompt = {
    userCode: cleanText(started.login.userCode, 64),
    verificationUrl: url,
    trusted,
    expiresInMs: started.login.expiresInMs,
    regionLabel: region.label,
    host,
    providerLabel: 'MiniMax',
  };
  const display = context.prompter.deviceCode?.(prompt);
  if (display === undefined) {
    context.prompter.note(`Open ${url} and approve the code ${prompt.userCode}.`, `MiniMax ${region.label}`);
  }
  if (trusted && display?.opensBrowser !== true) void context.openUrl(url);
  try {
    const grant = await awaitApproval(
      { client: started.client, clock, random, host, onState: (state) => display?.update(state) },
      started.login,
      context.signal,
    );
    const made = toCredential(grant, region, started.dialect, started.clientId, undefined);
    const profileId =
      context.opts['profileId'] ?? `${providerId}:${region.id === 'global' ? 'default' : region.id}`;
    return {
      profiles: [{ profileId: String(profileId), credential: made.credential }],
      defaultModel,
      notes: made.notes,
    };
  } finally {
    display?.stop();
  }
}

type Started = {
  client: OAuthClient;
  dialect: DialectName;
  clientId: string;
  login: Extract<Awaited<ReturnType<OAuthClient['startDevice']>>, { kind: 'pending' }>;
};

/** A legacy path that has moved is asked again at its new host, with a fresh verifier: the old body is never re-sent. */
async function startDevice(deps: LoginDeps, region: Region, signal: AbortSignal): Promise<Started> {
  const wanted: DialectName = deps.config.dialect ?? 'account';
  const attempt = async (dialect: DialectName): Promise<Started | RequestFailure> => {
    const clientId = deps.config.clientId ?? clients[dialect].clientId;
    const client = clientFor(deps, region, dialect, clientId);
    const login = await client.startDevice(deps.config.scope ?? clients[dialect].scope, signal);
    return login.kind === 'pending' ? { client, dialect, clientId, login } : login;
  };
  let result = await attempt(wanted);
  if (
    isFailure(result) &&
    result.kind === 'redirected' &&
    wanted === 'legacy' &&
    isMoveToAccountHost(result.location, region)
  ) {
    result = await attempt('account');
  }
  if (!isFailure(result)) return result;
  if (result.kind === 'error' && result.error === 'state_mismatch') {
    throw new OpenClawError({
      code: 'LOGIN_REJECTED',
      message: `${new URL(region.accountUrl).host} answered with the state of another login.`,
    });
  }
  throw toLoginError(result, new URL(wanted === 'legacy' ? region.apiUrl : region.accountUrl).host);
}

/** Throws LOGIN_DEAD when the grant is dead, REFRESH_FAILED (with `data.retryAfterMs` if told) when it may pass. */
export async function refresh(
  deps: LoginDeps,
  credential: OAuthCredential,
  context: RefreshContext = {},
): Promise<OAuthCredential> {
  const region = resolveRegion(isRegionId(credential.region) ? credential.region : 'global', deps.config);
  const stored = credential.dialect;
  const wanted: DialectName = stored === 'legacy' || stored === 'account-cli' ? stored : 'account';
  const clientId = credential.clientId ?? deps.config.clientId ?? clients[wanted].clientId;
  const attempt = async (
    dialect: DialectName,
  ): Promise<{ dialect: DialectName; result: Awaited<ReturnType<OAuthClient['refresh']>> }> => {
    const client = clientFor(deps, region, dialect, clientId, [credential.access]);
    return { dialect, result: await client.refresh(new Secret(credential.refresh), context.signal) };
  };
  let { dialect, result } = await attempt(wanted);
  if (result.kind === 'redirected' && wanted === 'legacy' && isMoveToAccountHost(result.location, region)) {
    ({ dialect, result } = await attempt('account'));
  }
  if (result.kind === 'granted')
    return toCredential(result.grant, region, dialect, clientId, credential).credential;
  const host = new URL(region.accountUrl).host;
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

/** True when the server took the revocation. */
export async function revoke(
  deps: LoginDeps,
  credential: OAuthCredential,
  context: RefreshContext = {},
): Promise<boolean> {
  if (credential.refresh === '') return false;
  const region = resolveRegion(isRegionId(credential.region) ? credential.region : 'global', deps.config);
  const clientId = credential.clientId ?? clients.account.clientId;
  return clientFor(deps, region, 'account', clientId).revoke(new Secret(credential.refresh), context.signal);
}

export function toCredential(
  grant: Grant,
  region: Region,
  dialect: DialectName,
  clientId: string,
  former: OAuthCredential | undefined,
): { credential: OAuthCredential; notes: string[] } {
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
    clientId,
    dialect,
    ...(scope === undefined ? {} : { scope }),
  };
  return { credential, notes };
}

function clientFor(
  deps: LoginDeps,
  region: Region,
  dialect: DialectName,
  clientId: string,
  secrets: readonly string[] = [],
): OAuthClient {
  return createOAuthClient({
    dialect: createDialect(dialect, region),
    clientId,
    fetch: deps.fetch,
    clock: deps.clock,
    random: deps.random,
    allowLoopbackHttp: deps.config.allowLoopbackHttp ?? false,
    secrets,
  });
}

function isFailure(value: Started | RequestFailure): value is RequestFailure {
  return 'kind' in value;
}

function describe(failure: RequestFailure): string {
  if (failure.kind === 'trouble') return failure.reason;
  if (failure.kind === 'redirected')
    return `it sent the request on to ${foreignText(failure.location?.host ?? 'nowhere', [], 80)}`;
  return failure.description === undefined ? failure.error : `${failure.error}: ${failure.description}`;
}
