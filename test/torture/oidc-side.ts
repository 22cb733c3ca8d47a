// `oidc-provider` as the server, software that knows nothing of this program: refresh tokens rotate, one that is used
// twice ends its whole grant. Logins by authorization code with PKCE, consent given by itself.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { Provider, type Adapter } from 'oidc-provider';
import { pkcePair } from '../support/portal-caller.ts';
import type { TokenPair, TortureServer } from './server.ts';

const accessTtlS = 2;
const clientId = 'torture';
const redirectUri = 'http://127.0.0.1/callback';
const scope = 'openid offline_access';
const accountId = 'someone';

export async function startOidcSide(): Promise<TortureServer> {
  let handler: (request: IncomingMessage, response: ServerResponse) => void = () => undefined;
  const server = createServer((request, response) => handler(request, response));
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let reuses = 0;
  const troubles: string[] = [];
  const provider = createProvider(issuer);
  provider.on('grant.error', (_context, error) => {
    const { error_detail: detail } = error as Error & { error_detail?: string };
    // Its first sight of a spent token; the grant and all its tokens are gone from then on.
    if (/already used|not found/.test(detail ?? '')) reuses += 1;
    else troubles.push(detail ?? error.message);
  });
  provider.on('server_error', (_context, error) => troubles.push(error.message));
  const callback = provider.callback();
  handler = (request, response) => {
    const answered = request.url?.startsWith('/interaction/')
      ? consent(provider, request, response)
      : callback(request, response);
    answered.catch((error: unknown) => {
      troubles.push(String(error));
      response.destroy();
    });
  };
  return {
    name: 'oidc-provider',
    provider: 'standard-oauth',
    tokenOrigin: issuer,
    probe: 'userinfo',
    logIn: () => logIn(issuer),
    credential: ({ access, refresh }) => ({
      type: 'oauth',
      provider: 'standard-oauth',
      access,
      refresh,
      issuedAt: Date.now(),
      expires: Date.now() + accessTtlS * 1000,
      baseUrl: issuer,
      clientId,
    }),
    config: (doorUrl) => ({
      plugins: {
        load: { paths: [`${import.meta.dirname}/oidc-plugin`] },
        entries: { 'standard-oauth': { enabled: true, config: { tokenUrl: `${doorUrl}/token`, clientId } } },
      },
    }),
    reuses: () => reuses,
    brokenRules: () => troubles,
    stop: () => close(server),
  };
}

function createProvider(issuer: string): Provider {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return new Provider(issuer, {
    adapter: createAdapter(),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
    cookies: { keys: ['torture'] },
    clients: [
      {
        client_id: clientId,
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: [redirectUri],
        id_token_signed_response_alg: 'ES256',
      },
    ],
    rotateRefreshToken: true,
    findAccount: (_context: unknown, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
    features: { devInteractions: { enabled: false } },
    interactions: {
      url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}`,
    },
    ttl: {
      AccessToken: accessTtlS,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 60,
      Interaction: 60,
      RefreshToken: 86_400,
      Session: 86_400,
    },
  });
}

async function consent(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const grant = new provider.Grant({ accountId, clientId });
  grant.addOIDCScope(scope);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId } });
}

/** Its own memory adapter forgets after a thousand entries; this one forgets nothing. */
function createAdapter(): (model: string) => Adapter {
  const rows = new Map<string, Parameters<Adapter['upsert']>[1]>();
  return (model) => {
    const key = (id: string): string => `${model}:${id}`;
    const search = (name: 'uid' | 'userCode', value: string) =>
      [...rows].find(([each, row]) => each.startsWith(`${model}:`) && row[name] === value)?.[1];
    return {
      upsert: async (id, payload) => void rows.set(key(id), payload),
      find: async (id) => rows.get(key(id)),
      findByUid: async (uid) => search('uid', uid),
      findByUserCode: async (userCode) => search('userCode', userCode),
      async consume(id) {
        const row = rows.get(key(id));
        if (row !== undefined) row.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void rows.delete(key(id)),
      async revokeByGrantId(grantId) {
        for (const [each, row] of rows) if (row.grantId === grantId) rows.delete(each);
      },
    };
  };
}

/** A browser's part, by hand: follows redirects with its cookies until it is sent to the client. */
async function logIn(issuer: string): Promise<TokenPair> {
  const { verifier, challenge } = pkcePair();
  const start = new URL('/auth', issuer);
  start.search = new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirectUri,
    response_type: 'code',
    scope,
    prompt: 'consent',
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }).toString();
  const cookies = new Map<string, string>();
  let url = start;
  for (let hops = 0; url.origin === new URL(issuer).origin; hops += 1) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    const location = response.headers.get('location');
    if (location === null || hops > 10) {
      throw new Error(`the login ended at ${url.pathname}: HTTP ${response.status} ${await response.text()}`);
    }
    await response.body?.cancel();
    for (const line of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';', 1)[0] ?? '').split(/=(.*)/, 2);
      cookies.set(name, value);
    }
    url = new URL(location, url);
  }
  const response = await fetch(new URL('/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: url.searchParams.get('code') ?? '',
      redirect_uri: redirectUri,
      client_id: clientId,
      code_verifier: verifier,
    }),
  });
  const answer = (await response.json()) as { access_token?: string; refresh_token?: string };
  const { access_token: access, refresh_token: refresh } = answer;
  if (access === undefined || refresh === undefined) throw new Error(`no grant: HTTP ${response.status}`);
  return { access, refresh };
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
