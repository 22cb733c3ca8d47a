// The gateway as a process: the official SDK through it while tokens expire, die and come back.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import {
  createHome,
  loggedIn,
  onboardArgs,
  startPortal,
  type Home,
  type Running,
} from '../support/cli-process.ts';

async function startGateway(home: Home, args: string[] = [], env: Record<string, string> = {}) {
  const running = home.start(['gateway', 'run', '--port', '0', '--json', ...args], env);
  const { url } = JSON.parse(await running.line('stdout', /"url"/)) as { url: string };
  return { ...running, url };
}

async function sdkFor(home: Home, url: string): Promise<Anthropic> {
  const { value } = await home.json(['gateway', 'token']);
  return new Anthropic({ baseURL: url, apiKey: String(value['token']), maxRetries: 0, logLevel: 'off' });
}

const request = (content: string, model = 'default') => ({
  model,
  max_tokens: 32,
  messages: [{ role: 'user' as const, content }],
});

async function ask(client: Anthropic, content: string, stream: boolean, model?: string): Promise<string> {
  const message = stream
    ? await client.messages.stream(request(content, model)).finalMessage()
    : await client.messages.create(request(content, model));
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function stop(running: Running): Promise<void> {
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 0 });
}

describe('gateway run', () => {
  it(
    'serves the official SDK across expiries: no refusal, one refresh an expiry',
    { timeout: 60_000 },
    async () => {
      const portal = await startPortal({ accessTtlMs: 3_000 });
      const home = await loggedIn(portal);
      const gateway = await startGateway(home);
      const client = await sdkFor(home, gateway.url);
      const startedMs = Date.now();
      let asked = 0;
      while (portal.control.state().counters.refreshes < 2) {
        asked += 1;
        expect(await ask(client, `number ${asked}`, asked % 2 === 0)).toContain(`number ${asked}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const lifetimes = (Date.now() - startedMs) / 3_000;
      const { counters, violations } = portal.control.state();
      expect(violations).toEqual([]);
      expect(counters).toMatchObject({ messages401: 0, refreshReuses: 0 });
      // A tenth of the lifetime earlier, and a quarter of a second for the tick.
      expect(counters.refreshes).toBeLessThanOrEqual(Math.ceil(lifetimes / 0.85) + 1);
      await stop(gateway);
    },
  );

  it('a token that is refused before its time is renewed once, and the request repeated', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const client = await sdkFor(home, gateway.url);
    portal.control.revokeAccess();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask(client, `n${index}`, index % 2 === 0)),
    );
    expect(answers).toHaveLength(10);
    expect(portal.control.state().counters).toMatchObject({ refreshes: 1, refreshReuses: 0 });
    await stop(gateway);
  });

  it('a login that is dead at the server gives a clear 401, and a new login mends the running gateway', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const client = await sdkFor(home, gateway.url);
    portal.control.revokeFamily();
    await expect(ask(client, 'x', false)).rejects.toMatchObject({
      status: 401,
      message: expect.stringContaining('openclaw auth login'),
    });
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(1);
    expect((await home.json(['auth', 'login', '--no-browser', '--non-interactive'])).code).toBe(0);
    await expect.poll(() => ask(client, 'again', false).catch(String), { timeout: 3_000 }).toContain('again');
    await stop(gateway);
  });

  it('starts without a login, says so, and serves as soon as there is one', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    const gateway = await startGateway(home);
    const port = new URL(gateway.url).port;
    expect(await home.json(['gateway', 'status', '--port', port])).toMatchObject({
      code: 1,
      value: { running: true, ready: false },
    });
    expect(
      (
        await home.json([
          'auth',
          'login',
          '--auth-choice',
          'minimax-portal',
          '--region',
          'global',
          '--non-interactive',
        ])
      ).code,
    ).toBe(0);
    const client = await sdkFor(home, gateway.url);
    await expect
      .poll(() => ask(client, 'hello', true, 'MiniMax-M3').catch(String), { timeout: 5_000 })
      .toContain('hello');
    expect(await home.json(['gateway', 'status', '--port', port])).toMatchObject({
      code: 0,
      value: { ready: true },
    });
    await stop(gateway);
  });

  it('kill -9 loses nothing: the next gateway serves with the same login', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const first = await startGateway(home);
    const client = await sdkFor(home, first.url);
    await ask(client, 'before', false);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await startGateway(home);
    expect(await ask(await sdkFor(home, second.url), 'after', true)).toContain('after');
    expect(portal.control.state()).toMatchObject({ counters: { deviceRequests: 1 }, violations: [] });
    await stop(second);
  });

  it('SIGTERM lets a stream that runs finish', async () => {
    const portal = await startPortal({ chunkCount: 20, chunkDelayMs: 40 });
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const stream = (await sdkFor(home, gateway.url)).messages.stream(request('a long story'));
    await new Promise((resolve) => stream.once('text', resolve));
    gateway.child.kill('SIGTERM');
    expect((await stream.finalMessage()).stop_reason).toBe('end_turn');
    expect(await gateway.ended).toMatchObject({ code: 0 });
  });

  it('takes up a changed configuration, and keeps the last good one when it breaks', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const client = await sdkFor(home, gateway.url);
    expect(await ask(client, 'x', false)).toContain('MiniMax-M3');
    expect((await home.json(['models', 'set', 'minimax-portal/MiniMax-M2.7'])).code).toBe(0);
    await gateway.line('stderr', /config_reloaded/);
    expect(await ask(client, 'x', false)).toContain('MiniMax-M2.7');
    const good = readFileSync(home.configFile, 'utf8');
    writeFileSync(home.configFile, '{ broken');
    await gateway.line('stderr', /config_kept/);
    expect(await ask(client, 'x', false)).toContain('MiniMax-M2.7');
    rmSync(home.configFile);
    await gateway.line('stderr', /is gone/);
    expect(await ask(client, 'x', false)).toContain('MiniMax-M2.7');
    writeFileSync(home.configFile, good);
    await stop(gateway);
  });

  it('a busy port is named, with a way out', async () => {
    const home = createHome();
    const gateway = await startGateway(home);
    const port = new URL(gateway.url).port;
    const again = await home.json(['gateway', 'run', '--port', port]);
    expect([again.code, again.value['error']]).toMatchObject([
      1,
      { code: 'GATEWAY_RUNNING', message: expect.stringContaining(gateway.url) },
    ]);
    const second = await createHome().json(['gateway', 'run', '--port', port]);
    expect(second).toMatchObject({
      code: 1,
      value: {
        error: {
          code: 'PORT_IN_USE',
          message: expect.stringContaining(port),
          remedy: expect.stringContaining(String(Number(port) + 1)),
        },
      },
    });
    await stop(gateway);
  });

  it('with a key alone and no place to keep a token, asks for one; with a token it serves', async () => {
    const nowhere = { OPENCLAW_AUTH_KEY_FILE: '', DBUS_SESSION_BUS_ADDRESS: '', LOCAL_KEY: 'k' };
    const home = createHome(nowhere);
    home.writeConfig({
      models: {
        providers: {
          local: {
            baseUrl: 'http://127.0.0.1:1',
            apiKey: '${LOCAL_KEY}',
            api: 'anthropic-messages',
            models: [],
          },
        },
      },
    });
    for (const place of [{ CI: 'true' }, {}]) {
      // In real time: the keychain is looked for, and is given its three seconds.
      const { code, stdout } = await home.start(['gateway', 'run', '--port', '0', '--json'], place).ended;
      expect({ code, value: JSON.parse(stdout) as unknown }).toMatchObject({
        code: 2,
        value: {
          error: {
            code: 'INPUT_REQUIRED',
            message: expect.stringContaining('it has none yet'),
            remedy: expect.stringContaining('export OPENCLAW_GATEWAY_TOKEN='),
          },
        },
      });
    }
    expect(existsSync(join(home.stateDir, 'auth', 'credentials.sqlite'))).toBe(false);
    await stop(await startGateway(home, [], { OPENCLAW_GATEWAY_TOKEN: 'a-token-of-my-own' }));
  });

  it('serves from memory with --ephemeral and leaves nothing on disk', async () => {
    const portal = await startPortal();
    const home = createHome({ OPENCLAW_AUTH_KEY_FILE: '' });
    home.writeConfig(portal.config);
    expect(await home.json(['gateway', 'run', '--ephemeral'])).toMatchObject({
      code: 2,
      value: { error: { code: 'INPUT_REQUIRED' } },
    });
    // What lies there is another's matter.
    expect(await home.json([...onboardArgs, '--keep-default', '--insecure-storage'])).toMatchObject({
      code: 0,
    });
    home.writeConfig(portal.config);
    const former = (await home.json(['auth', 'status'])).value['profiles'];
    const gateway = await startGateway(home, ['--ephemeral', '--region', 'global'], {
      OPENCLAW_GATEWAY_TOKEN: 'a-token-of-my-own',
    });
    const client = new Anthropic({
      baseURL: gateway.url,
      authToken: 'a-token-of-my-own',
      apiKey: null,
      maxRetries: 0,
    });
    expect(await ask(client, 'in memory', true, 'default')).toContain('in memory');
    expect((await home.json(['auth', 'status'])).value['profiles']).toEqual(former);
    await stop(gateway);
    expect((await gateway.ended).stderr).not.toContain('Saved');
  });

  it('refuses a wrong token, and prints no secret anywhere', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const wrong = new Anthropic({ baseURL: gateway.url, apiKey: 'ocgw-wrong', maxRetries: 0 });
    await expect(ask(wrong, 'x', false)).rejects.toMatchObject({ status: 401 });
    const client = await sdkFor(home, gateway.url);
    await ask(client, 'x', true);
    await stop(gateway);
    const { stdout, stderr } = await gateway.ended;
    const issued = JSON.stringify(portal.control.issuedTokens()).match(/sim-[ar]t-[\w-]+/g) ?? [];
    const token = String((await home.json(['gateway', 'token'])).value['token']);
    expect(issued.length).toBeGreaterThan(1);
    for (const secret of [...issued, token, 'ocgw-wrong']) expect(stdout + stderr).not.toContain(secret);
  });
});

describe('env', () => {
  it('points a shell at the gateway, with the token fetched and not printed', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const { stdout } = await home.run(['env', 'claude-code'], { OPENCLAW_GATEWAY_PORT: '18999' });
    const token = String((await home.json(['gateway', 'token'])).value['token']);
    expect(stdout).not.toContain(token);
    expect(stdout).toContain('export ANTHROPIC_BASE_URL=http://127.0.0.1:18999');
    const { spawnSync } = await import('node:child_process');
    const shell = spawnSync('sh', ['-c', `${stdout}\nprintf '%s' "$ANTHROPIC_AUTH_TOKEN"`], {
      env: home.env,
      encoding: 'utf8',
    });
    expect(shell.stdout).toBe(token);
  });
});
