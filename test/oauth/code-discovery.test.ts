// A server that describes itself, honestly or not: what is believed, what is refused, and what a fetch of it may cost.
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { discoverServer } from '../../src/oauth/server-metadata.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { createFetch } from '../../src/platform/fetch.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { sendJson, startServer, type SeenRequest } from '../support/loopback-server.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const oidcPlace = '/.well-known/openid-configuration';
const oauthPlace = '/.well-known/oauth-authorization-server';

async function start(answer: (request: SeenRequest, response: ServerResponse, issuer: string) => void) {
  const server = await startServer((request, response) => answer(request, response, server.url));
  stops.push(() => server.close());
  return server;
}

function honest(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    code_challenge_methods_supported: ['plain', 'S256'],
  };
}

function discover(issuer: string, clock: Clock = systemClock, signal?: AbortSignal) {
  return discoverServer({ fetch: createFetch({}), clock, allowLoopbackHttp: true }, issuer, signal);
}

describe('what is read', () => {
  it('C2: an OpenID provider', async () => {
    const { url, requests } = await start((_, response, issuer) =>
      sendJson(response, 200, {
        ...honest(issuer),
        device_authorization_endpoint: `${issuer}/device`,
        revocation_endpoint: `${issuer}/revoke`,
        authorization_response_iss_parameter_supported: true,
        id_token_signing_alg_values_supported: ['ES256', 'none'],
        something_else: { deep: [1, null] },
      }),
    );
    expect(await discover(url)).toEqual({
      issuer: url,
      tokenUrl: `${url}/token`,
      authorizationUrl: `${url}/authorize`,
      deviceAuthorizationUrl: `${url}/device`,
      revocationUrl: `${url}/revoke`,
      sendsIssuer: true,
      sendsIdTokens: true,
      idTokenAlgorithms: ['ES256'],
    });
    expect(requests.map((request) => `${request.method} ${request.url}`)).toEqual([`GET ${oidcPlace}`]);
  });

  it('C2: a plain OAuth server, at its own place', async () => {
    const { url, requests } = await start((request, response, issuer) => {
      if (request.url === `${oauthPlace}/tenant`) {
        sendJson(response, 200, { ...honest(`${issuer}/tenant`), token_endpoint: `${issuer}/token` });
      } else sendJson(response, 404, { error: 'not found' });
    });
    expect(await discover(`${url}/tenant`)).toEqual({
      issuer: `${url}/tenant`,
      tokenUrl: `${url}/token`,
      authorizationUrl: `${url}/tenant/authorize`,
      sendsIssuer: false,
      sendsIdTokens: false,
    });
    expect(requests.map((request) => request.url)).toEqual([`/tenant${oidcPlace}`, `${oauthPlace}/tenant`]);
  });
});

describe('what is refused', () => {
  it.each<[string, Record<string, unknown>, string, RegExp]>([
    ['no PKCE at all', { code_challenge_methods_supported: undefined }, 'LOGIN_REJECTED', /S256/],
    ['PKCE without S256', { code_challenge_methods_supported: ['plain'] }, 'LOGIN_REJECTED', /S256/],
    ['methods that are no list', { code_challenge_methods_supported: 'S256' }, 'LOGIN_REJECTED', /methods/],
    ['another issuer', { issuer: 'https://evil.example' }, 'LOGIN_REJECTED', /calls itself/],
    ['no issuer', { issuer: undefined }, 'LOGIN_REJECTED', /issuer/],
    ['no token endpoint', { token_endpoint: undefined }, 'LOGIN_REJECTED', /token_endpoint/],
    ['a token endpoint in the clear', { token_endpoint: 'http://login.example/t' }, 'URL_REFUSED', /https/],
    [
      'a page in the clear',
      { authorization_endpoint: 'http://127.0.0.1.evil.example' },
      'URL_REFUSED',
      /https/,
    ],
    ['a page that is a script', { authorization_endpoint: 'javascript:alert(1)' }, 'URL_REFUSED', /https/],
    ['an endpoint that is no URL', { device_authorization_endpoint: '/device' }, 'URL_REFUSED', /URL/],
  ])('C2: a server with %s', async (_, change, code, words) => {
    const { url } = await start((_request, response, issuer) =>
      sendJson(response, 200, { ...honest(issuer), ...change }),
    );
    await expect(discover(url)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
    });
  });

  it('C2: names the server that is refused', async () => {
    const { url } = await start((_request, response, issuer) =>
      sendJson(response, 200, { ...honest(issuer), code_challenge_methods_supported: [] }),
    );
    await expect(discover(url)).rejects.toMatchObject({
      message: expect.stringContaining(new URL(url).host) as string,
    });
  });

  it.each<[string, (response: ServerResponse) => void, string]>([
    [
      'a redirect',
      (response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'PORTAL_REDIRECTED',
    ],
    ['HTTP 500', (response) => sendJson(response, 500, {}), 'PORTAL_UNREACHABLE'],
    ['HTTP 429', (response) => sendJson(response, 429, {}), 'PORTAL_UNREACHABLE'],
    ['HTTP 404 everywhere', (response) => sendJson(response, 404, {}), 'PORTAL_UNREACHABLE'],
    ['what is no JSON', (response) => response.end('<html>'), 'PORTAL_UNREACHABLE'],
    ['more than 64 KiB', (response) => response.end(`{"x":"${'x'.repeat(70_000)}"}`), 'PORTAL_UNREACHABLE'],
    ['a list', (response) => sendJson(response, 200, []), 'LOGIN_REJECTED'],
    ['a broken connection', (response) => response.destroy(), 'PORTAL_UNREACHABLE'],
  ])('K3 K4: %s is not believed', async (_, answer, code) => {
    const { url } = await start((_request, response) => answer(response));
    await expect(discover(url)).rejects.toMatchObject({ code });
  });

  it('K2: an issuer in the clear is not asked', async () => {
    await expect(discover('http://login.example')).rejects.toMatchObject({ code: 'URL_REFUSED' });
    const strict = discoverServer(
      { fetch: createFetch({}), clock: systemClock, allowLoopbackHttp: false },
      'http://127.0.0.1:1',
    );
    await expect(strict).rejects.toMatchObject({ code: 'URL_REFUSED' });
  });

  it('K4: an answer that drips is not waited for, and Ctrl-C ends it at once', async () => {
    let asked: () => void = () => undefined;
    const { url } = await start((_request, response) => {
      response.write('{');
      asked();
    });
    for (const end of ['deadline', 'signal']) {
      const clock = createFakeClock();
      const stop = new AbortController();
      const isAsked = new Promise<void>((resolve) => {
        asked = resolve;
      });
      const work = discover(url, clock, stop.signal);
      work.catch(() => undefined);
      await isAsked;
      if (end === 'signal') stop.abort(new Error('Ctrl-C'));
      await clock.advance(15_001);
      await expect(work).rejects.toThrow(end === 'signal' ? 'Ctrl-C' : 'within 15 s');
      expect(clock.timerCount()).toBe(0);
    }
  });
});
