// Logging in as a person or a script does it: real processes, a real portal on loopback.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { approveOnPage } from '../../src/cli/demo/approve-page.ts';
import { filesHolding } from '../support/credentials.ts';
import { createHome, loggedIn, onboardArgs, startPortal } from '../support/cli-process.ts';

type Status = { check: number; storage: { kind: string }; profiles: Record<string, unknown>[] };

describe('onboard', () => {
  it('logs in, verifies, seals, sets the default model, and says so in one JSON document', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    const { code, value } = await home.json(onboardArgs);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: {
        profile: {
          id: 'minimax-portal:default',
          provider: 'minimax-portal',
          region: 'global',
          refreshable: true,
        },
        verified: true,
        storage: 'key-file',
        defaultModel: 'minimax-portal/MiniMax-M3',
      },
    });
    const status = (await home.json(['auth', 'status', '--check'])) as unknown as {
      code: number;
      value: Status;
    };
    expect(status).toMatchObject({
      code: 0,
      value: {
        check: 0,
        storage: { kind: 'key-file' },
        profiles: [
          {
            id: 'minimax-portal:default',
            provider: 'minimax-portal',
            region: 'global',
            state: 'ok',
            storage: 'key-file',
            lastRefresh: null,
            active: true,
          },
        ],
      },
    });
    expect(Date.parse(String(status.value.profiles[0]?.['expiresAt']))).toBeGreaterThan(Date.now());
    const { access, refresh } = tokensOf(portal.control.issuedTokens());
    for (const token of [...access, ...refresh]) expect(filesHolding(home.stateDir, token)).toEqual([]);
    expect(portal.control.state().violations).toEqual([]);
  });

  it('shows code and address to a person without --json, and the approval page works by plain HTTP', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start(onboardArgs);
    const open = await onboard.line('stderr', /^ +Open +http/);
    const code = await onboard.line('stderr', /^ +Code +\S+/);
    await approveOnPage(open.trim().split(/\s+/)[1] ?? '');
    const { code: exit, stdout, stderr } = await onboard.ended;
    expect(exit).toBe(0);
    expect(portal.control.requests().length).toBeGreaterThan(0);
    expect(open).toContain(code.trim().split(/\s+/)[1]);
    expect(stderr).toContain('Approve only if you started this login yourself');
    expect(stdout).toContain('Logged in: minimax-portal:default (region global)');
    expect(stdout).toContain('openclaw gateway run');
  });

  it('keeps comments, order and foreign sections of the configuration', async () => {
    const portal = await startPortal();
    const home = createHome();
    const entries = JSON.stringify(
      (portal.config['plugins'] as { entries: Record<string, { config: unknown }> }).entries[
        'minimax-portal-auth'
      ]?.config,
    );
    const text = `// mine\n{\n  channels: { telegram: { token: '\${TELEGRAM}' } }, // another program's\n  plugins: { entries: { 'minimax-portal-auth': { config: ${entries} } } },\n}\n`;
    writeFileSync(home.configFile, text);
    expect((await home.run(onboardArgs)).code).toBe(0);
    const after = readFileSync(home.configFile, 'utf8');
    for (const line of ['// mine', "channels: { telegram: { token: '${TELEGRAM}' } }, // another program's"])
      expect(after).toContain(line);
    expect(after).toMatch(/enabled: true/);
    expect(after).toMatch(/primary: ['"]minimax-portal\/MiniMax-M3['"]/);
    const again = await home.json(onboardArgs);
    expect(again.value).toMatchObject({ configChanged: false });
    expect(readFileSync(home.configFile, 'utf8')).toBe(after);
  });

  it('leaves a default model that a person chose, unless told', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig({
      ...portal.config,
      agents: { defaults: { model: { primary: 'anthropic/claude-opus-4-6' } } },
    });
    expect((await home.json(onboardArgs)).value).toMatchObject({
      defaultModel: 'anthropic/claude-opus-4-6',
      configChanged: false,
    });
    expect((await home.json([...onboardArgs, '--set-default'])).value).toMatchObject({
      defaultModel: 'minimax-portal/MiniMax-M3',
    });
    expect((await home.json([...onboardArgs, '--model', 'minimax-portal/MiniMax-M2.7'])).value).toMatchObject(
      { defaultModel: 'minimax-portal/MiniMax-M2.7' },
    );
  });

  it('R12: two accounts live side by side, and a logout takes only its own', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    expect(
      (
        await home.json([
          'auth',
          'login',
          '--auth-choice',
          'minimax-portal',
          '--region',
          'global',
          '--profile-id',
          'minimax-portal:work',
          '--non-interactive',
        ])
      ).code,
    ).toBe(0);
    expect((await home.json(['auth', 'logout', 'minimax-portal:default'])).value).toEqual({
      loggedOut: [{ id: 'minimax-portal:default', revoked: true }],
      forgotten: [],
    });
    const { value } = await home.json(['auth', 'status']);
    expect((value as unknown as Status).profiles).toMatchObject([
      { id: 'minimax-portal:work', active: true },
    ]);
    expect(portal.control.state()).toMatchObject({ liveFamilies: 1 });
  });

  it('R12: logs out also when the portal is gone', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    await portal.stop();
    const { code, value } = await home.json(['auth', 'logout']);
    expect({ code, value }).toMatchObject({ code: 0, value: { loggedOut: [{ revoked: false }] } });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(1);
  });

  it('the dialect of old clients is moved to the account host by a fresh request', async () => {
    const portal = await startPortal();
    const home = createHome();
    const plugins = portal.config['plugins'] as {
      entries: Record<string, { config: Record<string, unknown> }>;
    };
    const entry = plugins.entries['minimax-portal-auth'];
    if (entry !== undefined) entry.config['dialect'] = 'legacy';
    home.writeConfig(portal.config);
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect(portal.control.state().violations).toEqual([]);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
  });

  it('serves the legacy dialect to the end where the old host still does', async () => {
    const portal = await startPortal({ legacy: 'serve' });
    const home = createHome();
    const plugins = portal.config['plugins'] as {
      entries: Record<string, { config: Record<string, unknown> }>;
    };
    const entry = plugins.entries['minimax-portal-auth'];
    if (entry !== undefined) entry.config['dialect'] = 'legacy';
    home.writeConfig(portal.config);
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect((await home.json(['auth', 'refresh'])).code).toBe(0);
    expect(portal.control.state().violations).toEqual([]);
  });
});

function tokensOf(issued: unknown): { access: string[]; refresh: string[] } {
  const text = JSON.stringify(issued);
  return { access: text.match(/sim-at-[\w-]+/g) ?? [], refresh: text.match(/sim-rt-[\w-]+/g) ?? [] };
}
