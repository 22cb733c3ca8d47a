// The authorization code flow against software that knows nothing of this program, and against the portal's simulator.
import { createHash } from 'node:crypto';
import { calculatePKCECodeChallenge } from 'openid-client';
import { afterEach, describe, expect, it } from 'vitest';
import type { AuthorizationResponse } from '../../src/oauth/callback.ts';
import { discoverServer } from '../../src/oauth/server-metadata.ts';
import { createStandardDialect } from '../../src/oauth/standard-dialect.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Secret } from '../../src/platform/secret.ts';
import { createDialect } from '../../extensions/minimax-portal-auth/dialect.ts';
import { resolveRegion } from '../../extensions/minimax-portal-auth/region.ts';
import {
  beginCodeFlow,
  createLoopbackClient,
  createWatchedFetch,
  type CodeFlowStage,
} from '../support/code-flow-stage.ts';
import { followToClient, startOidcServer } from '../support/oidc-server.ts';
import { createPortalCaller, OPENCLAW_CLIENT } from '../support/portal-caller.ts';
import { visit } from '../support/raw-http.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function begin(...of: Parameters<typeof beginCodeFlow>): Promise<CodeFlowStage> {
  const stage = await beginCodeFlow(...of);
  stops.push(() => stage.listener.close());
  return stage;
}

async function startOidc(scope: string) {
  const server = await startOidcServer({
    clientId: 'native-app',
    redirectUri: 'http://127.0.0.1/callback',
    scope,
    accessTtlS: 3_600,
  });
  stops.push(server.stop);
  const { fetch, forms } = createWatchedFetch();
  const endpoints = await discoverServer(
    { fetch, clock: systemClock, allowLoopbackHttp: true },
    server.issuer,
  );
  const dialect = createStandardDialect(endpoints);
  return { server, forms, dialect, client: createLoopbackClient(dialect, 'native-app', fetch) };
}

describe('against oidc-provider', () => {
  it('C1 L6 L12: a login with a described server, an issuer, an ID token and its nonce', async () => {
    const { server, forms, client, dialect } = await startOidc('openid offline_access');
    expect(dialect).toMatchObject({ sendsIssuer: true, sendsIdTokens: true, issuer: server.issuer });
    const { listener, grant, url } = await begin(client, 'openid offline_access');
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      code_challenge_method: 'S256',
      prompt: 'consent',
      redirect_uri: listener.redirectUri,
    });
    const back = await followToClient(url);
    expect(back.searchParams.get('iss')).toBe(server.issuer);
    const page = visit(back.href);
    const tokens = await grant;
    expect(tokens.accessToken.reveal()).not.toBe('');
    expect(tokens.refreshToken?.reveal()).not.toBe('');
    listener.setPhase({ kind: 'saved', profileId: 'standard:default' });
    expect((await page).body).toContain('standard:default');
    expect(forms).toHaveLength(1);
    expect(server.grantErrors).toEqual([]);
    expect(server.serverErrors).toEqual([]);
  });

  it('C1: the verifier that is sent at the end is the one that the address was made with', async () => {
    const { client, forms } = await startOidc('openid');
    const { grant, url } = await begin(client, 'openid');
    void visit((await followToClient(url)).href).catch(() => undefined);
    await grant;
    const verifier = forms[0]?.get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
    expect(createHash('sha256').update(verifier).digest('base64url')).toBe(
      url.searchParams.get('code_challenge'),
    );
    // RFC 7636 appendix B.
    expect(await calculatePKCECodeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    );
  });

  it('C1: verifier, state and nonce are fresh each time; consent is asked for offline access alone', async () => {
    const { client } = await startOidc('openid');
    const urls = await Promise.all(
      ['openid', 'openid', 'openid offline_access', 'profile'].map(async (scope) => {
        const pending = await client.startAuthorization(scope, 'http://127.0.0.1:1/callback');
        return new URL(pending.authorizationUrl).searchParams;
      }),
    );
    for (const name of ['state', 'code_challenge']) {
      expect(new Set(urls.map((query) => query.get(name))).size).toBe(4);
      for (const query of urls) expect(query.get(name)).toMatch(/^[\w-]{43}$/);
    }
    expect(new Set(urls.slice(0, 3).map((query) => query.get('nonce'))).size).toBe(3);
    expect(urls[3]?.has('nonce')).toBe(false);
    expect(urls.map((query) => query.get('prompt'))).toEqual([null, null, 'consent', null]);
    expect(urls.flatMap((query) => query.getAll('code_challenge_method'))).toEqual(
      Array.from({ length: 4 }, () => 'S256'),
    );
  });

  it('C1: an ID token with the nonce of another login ends it', async () => {
    const { client, server } = await startOidc('openid');
    const { grant, url } = await begin(client, 'openid');
    // What somebody does who brings a code of another login into this one, verifier and all.
    url.searchParams.set('nonce', 'another');
    void visit((await followToClient(url)).href).catch(() => undefined);
    await expect(grant).rejects.toMatchObject({
      code: 'LOGIN_REJECTED',
      message: expect.stringContaining('nonce') as string,
    });
    expect(server.grantErrors).toEqual([]);
  });

  it('L6: an answer that says it comes from another server gets no token request', async () => {
    const { client, server } = await startOidc('openid');
    for (const change of ['https://evil.example', '']) {
      const { grant, url, listener } = await begin(client, 'openid');
      const back = await followToClient(url);
      if (change === '') back.searchParams.delete('iss');
      else back.searchParams.set('iss', change);
      const page = visit(back.href);
      await expect(grant).rejects.toMatchObject({ code: 'LOGIN_REJECTED' });
      listener.setPhase({ kind: 'failed', message: 'Not finished.', remedy: 'Start again.' });
      expect((await page).status).toBe(200);
    }
    expect(server.requests.filter((request) => request.includes('/token'))).toEqual([]);
  });

  it('L8: two valid answers make one token request', async () => {
    const { client, server } = await startOidc('openid');
    const { grant, url } = await begin(client, 'openid');
    const back = await followToClient(url);
    for (let count = 0; count < 4; count += 1) void visit(back.href).catch(() => undefined);
    await grant;
    expect(server.requests.filter((request) => request.includes('/token'))).toHaveLength(1);
  });

  it('C3: a code that was used before ends the login in words, and shows no secret', async () => {
    const { client, forms, server } = await startOidc('openid');
    const pending = await client.startAuthorization('openid', 'http://127.0.0.1:4711/callback');
    const back = await followToClient(new URL(pending.authorizationUrl));
    const code = back.searchParams.get('code') ?? '';
    const response: AuthorizationResponse = {
      code: new Secret(code),
      state: pending.state,
      issuer: server.issuer,
    };
    const first = await client.redeem(pending, response);
    expect(first.kind).toBe('granted');
    const replay = { ...client, startAuthorization: () => Promise.resolve(pending) };
    const { grant, paste, listener } = await begin(replay, 'openid');
    expect(
      paste(
        `${listener.redirectUri}?code=${code}&state=${pending.state}&iss=${encodeURIComponent(server.issuer)}`,
      ),
    ).toBeUndefined();
    const error = await grant.catch((thrown: unknown) => thrown as Error & { code: string });
    expect(error).toMatchObject({ code: 'LOGIN_REJECTED' });
    expect(error).not.toHaveProperty('cause');
    const said = JSON.stringify([error, error instanceof Error && error.message]);
    for (const secret of [code, pending.codeVerifier.reveal()]) expect(said).not.toContain(secret);
    expect(said).toContain('used before');
    expect(forms).toHaveLength(2);
  });

  it('C4: the address where a far browser ended finishes the login like a redirect', async () => {
    const { client } = await startOidc('openid');
    const { grant, url, paste } = await begin(client, 'openid');
    const back = await followToClient(url);
    expect(paste(back.href.replace(/state=[^&]*/, 'state=other'))).toContain('state');
    expect(paste(` ${back.href}\n`)).toBeUndefined();
    expect((await grant).accessToken.reveal()).not.toBe('');
  });
});

describe("against the portal's simulator", () => {
  async function startPortal(settings: Parameters<typeof createPortalCaller>[0] = {}) {
    const portal = await createPortalCaller(settings);
    stops.push(() => portal.simulator.stop());
    const { accountUrl, apiUrl } = portal;
    const authorizationUrl = `${accountUrl}/oauth2/authorize`;
    const region = resolveRegion('global', {
      regions: { global: { accountUrl, apiUrl, authorizationUrl } },
      allowLoopbackHttp: true,
    });
    const { fetch, forms } = createWatchedFetch();
    const dialect = {
      ...createDialect('account', region),
      authorizationUrl,
      issuer: accountUrl,
      sendsIssuer: true,
    };
    return { portal, forms, client: createLoopbackClient(dialect, OPENCLAW_CLIENT.id, fetch) };
  }

  it('C1 L6: a login by redirect breaks no rule of the portal', async () => {
    const { portal, client } = await startPortal({ autoApproveMs: 0 });
    const { grant, url, listener } = await begin(client, OPENCLAW_CLIENT.scope);
    const page = visit((await followToClient(url)).href);
    const { accessToken, refreshToken, lifetimeMs } = await grant;
    expect(accessToken.reveal()).toMatch(/^sim-at-/);
    expect(refreshToken?.reveal()).toMatch(/^sim-rt-/);
    expect(lifetimeMs).toBeGreaterThan(0);
    listener.setPhase({ kind: 'saved', profileId: 'minimax-portal:default' });
    expect((await page).body).toContain('minimax-portal:default');
    expect(portal.rules()).toEqual([]);
  });

  it('C3: a replayed code is refused, and is named so', async () => {
    const { client, portal } = await startPortal({ autoApproveMs: 0 });
    const pending = await client.startAuthorization(OPENCLAW_CLIENT.scope, 'http://127.0.0.1:4711/callback');
    const back = await followToClient(new URL(pending.authorizationUrl));
    const response = { code: new Secret(back.searchParams.get('code') ?? ''), state: pending.state };
    expect((await client.redeem(pending, response)).kind).toBe('granted');
    expect(await client.redeem(pending, response)).toMatchObject({ kind: 'error', error: 'invalid_grant' });
    expect(portal.rules()).toEqual(['replayed_code']);
  });
});
