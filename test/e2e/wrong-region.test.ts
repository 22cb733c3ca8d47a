// An account of one of MiniMax's sites, and a login at the other: what is recognised, and which command is named.
import { describe, expect, it } from 'vitest';
import { complaintAbout } from '../support/cli-parser.ts';
import { createHome, loggedIn, onboardArgs, startPortal } from '../support/cli-process.ts';

type Region = { accountUrl: string; apiUrl: string };

const configOf = (regions: Record<string, Region>) => ({
  plugins: {
    entries: { 'minimax-portal-auth': { enabled: true, config: { allowLoopbackHttp: true, regions } } },
  },
});

const failure = (value: Record<string, unknown>) =>
  value['error'] as { code: string; message: string; remedy: string };

describe('an account of the other site', () => {
  it.each([
    ['global', 'cn'],
    ['cn', 'global'],
  ] as const)('is recognised at %s by a token that its API does not know: %s', async (region, other) => {
    const right = await startPortal({ region });
    const wrong = await startPortal({ region: other });
    const home = createHome();
    // The account host grants, and the region's API host does not know the token.
    home.writeConfig(configOf({ [region]: { accountUrl: right.accountUrl, apiUrl: wrong.apiUrl } }));
    const args = onboardArgs.map((word) => (word === 'global' ? region : word));
    const { value } = await home.json(args);
    const { code, message, remedy } = failure(value);
    expect(code).toBe('LOGIN_WRONG_REGION');
    expect(message).toContain(other === 'cn' ? 'CN site (minimaxi.com)' : 'Global site (minimax.io)');
    const [, command = ''] = /`(openclaw [^`]*)`/.exec(remedy) ?? [];
    expect(command).toContain(`--region ${other}`);
    expect(await complaintAbout(command)).toBeUndefined();
    // Nothing is kept, nothing is left alive, and the token was shown to no other host than its own.
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    expect(right.control.state()).toMatchObject({ liveFamilies: 0 });
  });

  it('K8: is recognised by the hosts that the grant names, which are not used', async () => {
    const portal = await startPortal({
      overrides: { grant: { resource_url: 'https://api.minimaxi.com/anthropic' } },
    });
    const home = createHome();
    home.writeConfig(portal.config);
    const { value } = await home.json(onboardArgs);
    expect(failure(value)).toMatchObject({
      code: 'LOGIN_WRONG_REGION',
      message: expect.stringContaining('belongs to the CN site (minimaxi.com), not to Global') as string,
    });
    expect(portal.control.state()).toMatchObject({ liveFamilies: 0 });
  });

  it('keeps the login that was there', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    portal.control.set({ overrides: { grant: { resource_url: 'https://api.minimax.cn' } } });
    expect(failure((await home.json(onboardArgs)).value).code).toBe('LOGIN_WRONG_REGION');
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
    expect(portal.control.state()).toMatchObject({ liveFamilies: 1 });
  });

  it('may be why somebody declines: the remedy says so', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start(onboardArgs);
    const line = await onboard.line('stderr', /^ +Code +\S+/);
    portal.control.deny(line.trim().split(/\s+/)[1] ?? '');
    const { code, stderr } = await onboard.ended;
    expect(code).toBe(1);
    expect(stderr).toContain('openclaw onboard --auth-choice minimax-portal --region cn');
  });

  it('a token that is good is never shown to the other region', async () => {
    const right = await startPortal();
    const wrong = await startPortal({ region: 'cn' });
    const home = createHome();
    const { accountUrl, apiUrl } = right;
    home.writeConfig(
      configOf({
        global: { accountUrl, apiUrl },
        cn: { accountUrl: wrong.accountUrl, apiUrl: wrong.apiUrl },
      }),
    );
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect(wrong.control.requests()).toEqual([]);
  });

  it('R10: each login is refreshed and revoked in its own region', async () => {
    const global = await startPortal();
    const cn = await startPortal({ region: 'cn' });
    const home = createHome();
    const regions = Object.fromEntries(
      Object.entries({ global, cn }).map(([id, { accountUrl, apiUrl }]) => [id, { accountUrl, apiUrl }]),
    );
    home.writeConfig(configOf(regions));
    const cnArgs = onboardArgs.map((word) => (word === 'global' ? 'cn' : word));
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect((await home.json(cnArgs)).value).toMatchObject({ profile: { id: 'minimax-portal:cn' } });
    global.control.reset();
    expect((await home.json(['auth', 'refresh', 'minimax-portal:cn'])).value).toMatchObject({
      generation: 2,
    });
    expect((await home.json(['auth', 'logout', 'minimax-portal:cn'])).value).toMatchObject({
      loggedOut: [{ revoked: true }],
    });
    expect(global.control.requests()).toEqual([]);
    expect(cn.control.state().violations).toEqual([]);
  });
});
