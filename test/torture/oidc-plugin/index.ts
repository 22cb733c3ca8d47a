// A plugin for any server that speaks RFC 6749 to the letter: refreshing, and nothing else. Logins come from elsewhere.
import {
  OpenClawError,
  Secret,
  createFetch,
  createOAuthClient,
  systemClock,
  systemRandom,
  type Dialect,
  type NamedError,
  type NoAnswer,
  type OAuthCredential,
  type PluginApi,
  type PluginDefinition,
  type ServerAnswer,
  type TokenAnswer,
} from '../../../src/plugin-sdk/index.ts';

const provider = 'standard-oauth';

const plugin: PluginDefinition = {
  id: provider,
  name: 'Standard OAuth',
  description: 'Refreshes logins of a server that speaks RFC 6749 to the letter.',
  register,
};

export default plugin;

function register(api: PluginApi): void {
  const { tokenUrl, clientId } = api.pluginConfig as { tokenUrl: string; clientId: string };
  const ports = api.ports ?? { fetch: createFetch(process.env), clock: systemClock, random: systemRandom };
  const client = createOAuthClient({
    dialect: standardDialect(tokenUrl),
    clientId,
    allowLoopbackHttp: true,
    ...ports,
  });
  const refreshOAuth = async (credential: OAuthCredential): Promise<OAuthCredential> => {
    const result = await client.refresh(new Secret(credential.refresh));
    if (result.kind === 'granted') {
      const { accessToken, refreshToken, receivedAtMs, lifetimeMs } = result.grant;
      return {
        ...credential,
        access: accessToken.reveal(),
        refresh: refreshToken?.reveal() ?? credential.refresh,
        issuedAt: receivedAtMs,
        expires: receivedAtMs + (lifetimeMs ?? 900_000),
      };
    }
    if (result.kind === 'error' && result.error === 'invalid_grant') {
      throw new OpenClawError({ code: 'LOGIN_DEAD', message: 'The server no longer accepts this login.' });
    }
    throw new OpenClawError({
      code: 'REFRESH_FAILED',
      message: `The login could not be refreshed: ${result.kind === 'trouble' ? result.reason : result.kind}.`,
      data: result.kind === 'trouble' ? { retryAfterMs: result.retryAfterMs } : {},
    });
  };
  api.registerProvider({ id: provider, label: 'Standard OAuth', auth: [], refreshOAuth, prepareRuntimeAuth });
}

function prepareRuntimeAuth({ credential }: { credential: { type: string } }) {
  const { access, baseUrl } = credential as OAuthCredential;
  return { apiKey: access, ...(baseUrl === undefined ? {} : { baseUrl }) };
}

function standardDialect(tokenUrl: string): Dialect {
  const refuse = (): never => {
    throw new OpenClawError({ code: 'INTERNAL', message: 'This plugin does not log in.' });
  };
  return {
    name: 'rfc6749',
    deviceAuthorizationUrl: tokenUrl,
    tokenUrl,
    pollGrantType: 'urn:ietf:params:oauth:grant-type:device_code',
    defaultIntervalMs: 5_000,
    minimumIntervalMs: 1_000,
    deviceParameters: refuse,
    pollParameters: refuse,
    readDeviceAnswer: refuse,
    readTokenAnswer,
  };
}

/** RFC 6749 sections 5.1 and 5.2. */
function readTokenAnswer({ status, body }: ServerAnswer): TokenAnswer | NamedError | NoAnswer {
  const members = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (name: string): string | undefined => {
    const value = members[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const error = text('error');
  if (error !== undefined) return { kind: 'error', error };
  const accessToken = text('access_token');
  if (status !== 200 || accessToken === undefined) {
    return { kind: 'trouble', reason: `HTTP ${status} without a token` };
  }
  const refreshToken = text('refresh_token');
  const lifetime = members['expires_in'];
  return {
    kind: 'token',
    accessToken,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(typeof lifetime === 'number' ? { lifetimeMs: lifetime * 1000 } : {}),
  };
}
