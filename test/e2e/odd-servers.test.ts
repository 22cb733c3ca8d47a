// Servers that repeat secrets or name impossible times, and settings under which nothing can work.
import { describe, expect, it } from 'vitest';
import { filesHolding } from '../support/credentials.ts';
import { createHome, loggedIn, onboardArgs, startPortal } from '../support/cli-process.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';

describe('servers that say odd things', () => {
  const echo = 'rt-canary-0123456789abcdef';

  async function hostilePortal(
    refreshAnswer: (form: URLSearchParams) => [number, unknown],
    expiresIn = 3_600,
  ) {
    const portal = await startServer((request, response) => {
      const form = new URLSearchParams(request.body);
      if (request.url.includes('/device/code')) {
        const state = form.get('state');
        sendJson(response, 200, {
          user_code: 'AB-CD',
          verification_uri: `${portal.url}/x`,
          expires_in: 300,
          interval: 2000,
          state,
        });
      } else if (request.url.includes('/revoke')) response.writeHead(200).end();
      else if (request.url.includes('remains')) sendJson(response, 200, { base_resp: { status_code: 0 } });
      else if (form.get('grant_type') === 'refresh_token') sendJson(response, ...refreshAnswer(form));
      else
        sendJson(response, 200, {
          access_token: 'at-canary-0123456789',
          refresh_token: echo,
          expires_in: expiresIn,
          notification_message: `your token is ${echo}`,
        });
    });
    const home = createHome();
    const urls = { accountUrl: portal.url, apiUrl: portal.url };
    home.writeConfig({
      plugins: {
        entries: {
          'minimax-portal-auth': { config: { allowLoopbackHttp: true, regions: { global: urls } } },
        },
      },
    });
    return { portal, home };
  }

  it.each([
    ['temporarily_unavailable', 'REFRESH_FAILED'],
    ['invalid_grant', 'LOGIN_DEAD'],
  ])('a refresh token that comes back in the text of %s is shown and stored nowhere', async (error, code) => {
    const { portal, home } = await hostilePortal((form) => [
      400,
      { error, error_description: `token ${form.get('refresh_token')} is locked` },
    ]);
    const login = await home.run(onboardArgs);
    const refresh = await home.json(['auth', 'refresh']);
    expect(refresh.value).toMatchObject({ error: { code, message: expect.stringContaining('[redacted]') } });
    const status = await home.run(['auth', 'status']);
    expect(login.stdout + login.stderr + JSON.stringify(refresh.value) + status.stdout).not.toContain(
      'canary',
    );
    expect(filesHolding(home.stateDir, 'canary')).toEqual([]);
    await portal.close();
  });

  it('a token for all eternity is kept with a date that can be shown', async () => {
    const { portal, home } = await hostilePortal(() => [500, {}], 8.64e12);
    expect((await home.json(onboardArgs)).code).toBe(0);
    const status = await home.json(['auth', 'status']);
    expect(status).toMatchObject({
      code: 0,
      value: { profiles: [{ expiresAt: expect.stringMatching(/^20\d\d-/) }] },
    });
    expect((await home.json(['auth', 'logout'])).value).toMatchObject({ loggedOut: [{ revoked: true }] });
    await portal.close();
  });
});

describe('settings that make it impossible', () => {
  it('a plugin that is off is named, and nothing is noted against the login', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    await home.run(['plugins', 'disable', 'minimax-portal-auth']);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({
      error: {
        code: 'PLUGIN_DISABLED',
        remedy: expect.stringContaining('openclaw plugins enable minimax-portal-auth'),
      },
    });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({
      profiles: [{ state: 'ok', lastRefresh: null }],
    });
  });

  it('a proxy variable that is none is named, without its value', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const { value } = await home.json(['auth', 'refresh'], { HTTP_PROXY: 'user:canary@proxy:8080' });
    expect(JSON.stringify(value)).toContain('HTTP_PROXY');
    expect(JSON.stringify(value)).not.toContain('canary');
  });

  it.each([
    'minimax-portal:a:\u001b[31mred',
    'minimax-portal:a\nb',
    'minimax-portal:',
    'minimax-portal',
    'minimax-portal:a b',
  ])('the name %j is refused', async (name) => {
    const { code, value } = await createHome().json([...onboardArgs, '--profile-id', name]);
    expect(code).toBe(2);
    expect(value).toMatchObject({ error: { code: 'USAGE' } });
  });
});
