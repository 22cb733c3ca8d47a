// `oidc-provider` as the server, software that knows nothing of this program: refresh tokens rotate, one that is used
// twice ends its whole grant. Logins by authorization code with PKCE, consent given by itself.
import { followToClient, startOidcServer } from '../support/oidc-server.ts';
import { pkcePair } from '../support/portal-caller.ts';
import type { TokenPair, TortureServer } from './server.ts';

const accessTtlS = 2;
const clientId = 'torture';
const redirectUri = 'http://127.0.0.1/callback';
const scope = 'openid offline_access';

export async function startOidcSide(): Promise<TortureServer> {
  let reuses = 0;
  const troubles: string[] = [];
  const { issuer, serverErrors, stop } = await startOidcServer({
    clientId,
    redirectUri,
    scope,
    accessTtlS,
    onGrantError(detail) {
      // Its first sight of a spent token; the grant and all its tokens are gone from then on.
      if (/already used|not found/.test(detail)) reuses += 1;
      else troubles.push(detail);
    },
  });
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
    brokenRules: () => [...troubles, ...serverErrors],
    stop,
  };
}

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
  const url = await followToClient(start);
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
