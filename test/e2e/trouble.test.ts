// Logins and refreshes that meet trouble: people who say no, servers that lie, disks and terminals that go away.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createHome, follow, loggedIn, onboardArgs, startPortal } from '../support/cli-process.ts';
import { startServer } from '../support/loopback-server.ts';
import { until } from '../support/refresh-holds.ts';

describe('when it does not go well', () => {
  const errorOf = (value: Record<string, unknown>) =>
    value['error'] as { code: string; message: string; remedy: string };

  it('denied: one clear error, and the former login stays', async () => {
    const portal = await startPortal({ pollIntervalMs: 500 });
    const home = await loggedIn(portal);
    portal.control.set({ autoApproveMs: null });
    const onboard = home.start([...onboardArgs, '--json']);
    const event = JSON.parse(await onboard.line('stderr', /device_code/)) as { user_code: string };
    portal.control.deny(event.user_code);
    const { code, stdout } = await onboard.ended;
    expect(code).toBe(1);
    expect(errorOf(JSON.parse(stdout) as Record<string, unknown>)).toMatchObject({
      code: 'LOGIN_DENIED',
      // A command that runs where nobody can be asked.
      remedy: expect.stringContaining(
        '`openclaw onboard --auth-choice minimax-portal --region global --no-browser --non-interactive`',
      ) as string,
    });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });

  it('Ctrl-C ends it with 130, at once, and nothing is saved', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start(onboardArgs);
    await onboard.line('stderr', /Code/);
    onboard.child.kill('SIGINT');
    expect(await onboard.ended).toMatchObject({ code: 130 });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    // The place that was proved for it binds nobody.
    portal.control.set({ autoApproveMs: 0 });
    expect((await home.json([...onboardArgs, '--insecure-storage'])).value).toMatchObject({
      storage: 'insecure-file',
    });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });

  it('a dead portal, and one that lies', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    portal.control.addFault({ target: 'device', kind: 'html' });
    const captive = await home.json(onboardArgs);
    expect(captive.code).toBe(0);
    portal.control.set({ overrides: { device: { state: 'somebody-elses' } } });
    expect(errorOf((await home.json(onboardArgs)).value)).toMatchObject({
      code: 'LOGIN_REJECTED',
      message: expect.stringContaining('another login'),
    });
    portal.control.set({ overrides: { device: { verification_uri: 'https://evil.example/\u001b[2J' } } });
    const strange = await home.run(onboardArgs);
    expect(strange.stderr).toContain('not one of the provider’s own');
    expect(strange.stderr).not.toContain('\u001b[2J');
    await portal.stop();
    const dead = home.start(onboardArgs);
    expect(await dead.line('stderr', /Trouble/)).toContain('refused');
    dead.child.kill('SIGINT');
    expect((await dead.ended).code).toBe(130);
  });

  it('lives through resets, 503, 429 and slow_down on the way', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    portal.control.addFault({ target: 'poll', kind: 'reset' });
    portal.control.addFault({ target: 'poll', kind: 'status', status: 503 });
    expect((await home.json(onboardArgs)).code).toBe(0);
    expect(portal.control.state().violations).toEqual([]);
  });

  it('a token that the API refuses is not saved over a login that works', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    portal.control.addFault({ target: 'usage', kind: 'status', status: 401, body: '{}' });
    const { code, value } = await home.json(onboardArgs);
    expect(code).toBe(1);
    expect(errorOf(value)).toMatchObject({ code: 'LOGIN_WRONG_REGION' });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({
      profiles: [{ generation: 1, state: 'ok' }],
    });
  });

  it('an API that does not answer now does not lose the approval', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    portal.control.addFault({ target: 'usage', kind: 'status', status: 503, times: 5 });
    expect(await home.json(onboardArgs)).toMatchObject({
      code: 0,
      value: { verified: false, verifyTrouble: 'HTTP 503' },
    });
  });

  it.each([
    [['onboard', '--non-interactive'], 2, 'INPUT_REQUIRED', '--auth-choice'],
    [['onboard', '--auth-choice', 'minimax-portal', '--non-interactive'], 2, 'INPUT_REQUIRED', '--region'],
    [['onboard', '--auth-choice', 'nonsense'], 2, 'AUTH_CHOICE_UNKNOWN', 'minimax-portal'],
    [['onboard', '--auth-choice', 'minimax-portal', '--region', 'mars'], 2, 'USAGE', 'global or cn'],
    [['onboard', '--auth-choice', 'minimax-cn-oauth', '--region', 'global'], 2, 'USAGE', 'cn'],
    [
      ['onboard', '--auth-choice', 'minimax-portal', '--profile-id', 'anthropic:x'],
      2,
      'USAGE',
      'minimax-portal:name',
    ],
    [
      ['onboard', '--set-default', '--keep-default', '--auth-choice', 'minimax-portal'],
      2,
      'USAGE',
      'contradict',
    ],
    [
      [
        'onboard',
        '--auth-choice',
        'minimax-portal',
        '--region',
        'cn',
        '--model',
        'minimax-portal/minimax-m3',
      ],
      1,
      'MODEL_UNKNOWN',
      'minimax-portal/MiniMax-M3',
    ],
    [['onboard', '--storage', 'cloud', '--auth-choice', 'minimax-portal'], 2, 'USAGE', 'keychain'],
    [['onboard', 'surplus'], 2, 'USAGE', 'argument'],
    [['onboard', '--rgion', 'cn'], 2, 'USAGE', '--region'],
    [['auth', 'logout', 'minimax-portal:gone'], 1, 'PROFILE_UNKNOWN', 'none at all'],
    [['auth', 'refresh'], 1, 'NO_PROFILE', 'no login'],
    [['plugins', 'enable', 'nope'], 1, 'PLUGIN_NOT_FOUND', 'minimax-portal-auth'],
    [['models', 'set', 'minimax-portal/MiniMax-M3'], 1, undefined, ''],
    [['gateway', 'run', '--port', '99999'], 2, 'USAGE', '65535'],
    [['env', 'codx'], 2, 'USAGE', 'mean codex'],
    [['env', 'codex'], 1, 'MODEL_UNKNOWN', 'openclaw onboard'],
  ])('%j -> exit %i, %s', async (args, exit, code, word) => {
    const home = createHome();
    const { code: exited, value } = await home.json(args);
    expect(exited).toBe(exit);
    const error = errorOf(value);
    if (code !== undefined) expect(error.code).toBe(code);
    expect(error.message + error.remedy).toContain(word);
    expect(error.remedy).not.toBe('');
  });

  it('broken configuration: the place is named, nothing is lost, and status still answers', async () => {
    const home = createHome();
    const text = '{\n  gateway: { port: "eighty" },\n}\n';
    home.writeConfig(text);
    const { code, value } = await home.json([
      'onboard',
      '--auth-choice',
      'minimax-portal',
      '--region',
      'global',
    ]);
    expect(code).toBe(1);
    expect(errorOf(value)).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/openclaw\.json:2:\d+/),
    });
    home.writeConfig('{ a: [1, }');
    expect(errorOf((await home.json(['models', 'list'])).value)).toMatchObject({ code: 'CONFIG_SYNTAX' });
    expect((await home.json(['auth', 'status'])).code).toBe(0);
    expect(readFileSync(home.configFile, 'utf8')).toBe('{ a: [1, }');
  });

  it('no place for the key: said before anybody approves, and no login is begun', async () => {
    const portal = await startPortal();
    const home = createHome({ OPENCLAW_AUTH_KEY_FILE: '' });
    home.writeConfig(portal.config);
    const none = await home.start([...onboardArgs, '--json']).ended;
    expect(none.code).toBe(1);
    expect(errorOf(JSON.parse(none.stdout) as Record<string, unknown>)).toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      remedy: expect.stringContaining('--storage passphrase'),
    });
    const inCi = await home.start([...onboardArgs, '--json'], { CI: 'true' }).ended;
    expect(errorOf(JSON.parse(inCi.stdout) as Record<string, unknown>)).toMatchObject({
      code: 'STORAGE_NOT_PERSISTENT',
    });
    expect(portal.control.state().counters.deviceRequests).toBe(0);
    expect((await home.json([...onboardArgs, '--insecure-storage'])).value).toMatchObject({
      storage: 'insecure-file',
    });
    expect((await home.run(['auth', 'status'])).stdout).toContain('INSECURE');
  });

  it('a page in the way of the browser is text only; the program follows no redirect', async () => {
    const elsewhere = await startServer((_, response) => void response.end('{}'));
    const portal = await startServer((_, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/oauth2/device/code` }).end();
    });
    const home = createHome();
    home.writeConfig({
      plugins: {
        entries: {
          'minimax-portal-auth': {
            config: {
              allowLoopbackHttp: true,
              regions: { global: { accountUrl: portal.url, apiUrl: portal.url } },
            },
          },
        },
      },
    });
    const { value } = await home.json(onboardArgs);
    expect(errorOf(value)).toMatchObject({
      code: 'PORTAL_REDIRECTED',
      message: expect.stringContaining(new URL(elsewhere.url).host),
    });
    expect(elsewhere.requests).toEqual([]);
    await portal.close();
    await elsewhere.close();
  });
});

describe('a store that another program holds for longer than anybody waits', () => {
  /** Another program that holds the store's write lock. */
  function holdStore(stateDir: string) {
    const script = `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(process.argv[1]); db.exec('PRAGMA busy_timeout=5000; BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000);`;
    return follow(spawn(process.execPath, ['--eval', script, `${stateDir}/auth/credentials.sqlite`]));
  }

  /** Says so, holds on to the new pair, and saves it as soon as it can. */
  async function refreshMeanwhile(): Promise<void> {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    portal.control.addFault({ target: 'refresh', kind: 'late_answer', delayMs: 500 });
    const refresh = home.start(['auth', 'refresh']);
    await until(() => portal.control.state().counters.refreshes > 0);
    const held = holdStore(home.stateDir);
    await refresh.line('stderr', /cannot be saved yet/);
    held.child.kill('SIGKILL');
    expect(await refresh.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Refreshed') });
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state().counters).toMatchObject({ refreshes: 2, refreshReuses: 0 });
  }

  /** Keeps trying to save an approved login. */
  async function logInMeanwhile(): Promise<void> {
    const portal = await startPortal({ autoApproveMs: 1_500 });
    const home = await loggedIn(portal);
    const onboard = home.start([...onboardArgs, '--json']);
    await onboard.line('stderr', /device_code/);
    const held = holdStore(home.stateDir);
    await held.line('stdout', /held/);
    await onboard.line('stderr', /not_saved_yet/);
    held.child.kill('SIGKILL');
    expect(await onboard.ended).toMatchObject({ code: 0 });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({
      profiles: [{ generation: 2, state: 'ok' }],
    });
  }

  it('costs neither a refreshed token nor an approved login', { timeout: 40_000 }, async () => {
    await Promise.all([refreshMeanwhile(), logInMeanwhile()]);
  });
});

describe('a process that is disturbed', () => {
  it('finishes a login though nobody reads its progress any more', { timeout: 20_000 }, async () => {
    const portal = await startPortal({ autoApproveMs: 1_000 });
    const home = createHome();
    home.writeConfig(portal.config);
    const onboard = home.start([...onboardArgs, '--json']);
    await onboard.line('stderr', /device_code/);
    onboard.child.stderr?.destroy();
    expect(await onboard.ended).toMatchObject({ code: 0 });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });

  it('saves a refresh that runs, whatever signals come', { timeout: 20_000 }, async () => {
    const portal = await startPortal({ accessTtlMs: 200 });
    const home = await loggedIn(portal);
    portal.control.addFault({ target: 'refresh', kind: 'late_answer', delayMs: 1_500 });
    const refresh = home.start(['auth', 'refresh']);
    await until(() => portal.control.state().counters.refreshes > 0);
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGINT'] as const) refresh.child.kill(signal);
    await refresh.ended;
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
  });

  it(
    'logs out of everything though its reader leaves after the first line',
    { timeout: 20_000 },
    async () => {
      const portal = await startPortal();
      const home = await loggedIn(portal);
      for (const name of ['a', 'b']) {
        await home.json([
          'auth',
          'login',
          '--auth-choice',
          'minimax-portal',
          '--region',
          'global',
          '--profile-id',
          `minimax-portal:${name}`,
          '--non-interactive',
        ]);
      }
      const logout = home.start(['auth', 'logout', '--all']);
      await logout.line('stdout', /Logged out/);
      logout.child.stdout?.destroy();
      expect(await logout.ended).toMatchObject({ code: 0 });
      expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
      expect(portal.control.state()).toMatchObject({ liveFamilies: 0 });
    },
  );

  it(
    'logs out after a refresh that runs, and revokes what that refresh brought',
    { timeout: 20_000 },
    async () => {
      const portal = await startPortal();
      const home = await loggedIn(portal);
      portal.control.addFault({ target: 'refresh', kind: 'late_answer', delayMs: 1_500 });
      const refresh = home.start(['auth', 'refresh']);
      await until(() => portal.control.state().counters.refreshes > 0);
      const logout = home.start(['auth', 'logout', '--json']);
      // Without the wait the login would be gone under the refresh, which would then say so.
      expect(await refresh.ended).toMatchObject({ code: 0 });
      expect(JSON.parse((await logout.ended).stdout)).toMatchObject({ loggedOut: [{ revoked: true }] });
      expect(portal.control.state()).toMatchObject({ liveFamilies: 0 });
      expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    },
  );
});
