// A gateway that runs follows the `.env` beside the configuration: keys of providers, and the token that clients send.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createHome, loggedIn, startPortal } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { startUpstream } from '../support/gateway-stage.ts';

it('a key and another token are taken up, and given up, without a restart', async () => {
  const { url } = await startUpstream((request, response) => {
    request.resume();
    response.end(JSON.stringify({ key: request.headers['x-api-key'] }));
  });
  const home = createHome();
  home.writeConfig({
    models: {
      providers: {
        local: {
          baseUrl: url,
          apiKey: '${LOCAL_KEY}',
          api: 'anthropic-messages',
          models: [{ id: 'm', name: 'M' }],
        },
      },
    },
    gateway: { bind: 'loopback' },
  });
  const dotenv = join(home.stateDir, '.env');
  const gateway = await startGateway(home);
  const ask = async (token: string): Promise<[number, string]> => {
    const answer = await fetch(`${gateway.url}/v1/messages`, {
      method: 'POST',
      headers: { 'x-api-key': token, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'local/m', max_tokens: 1, messages: [] }),
    });
    return [answer.status, await answer.text()];
  };
  const made = (await home.run(['gateway', 'token'])).stdout.trim();
  expect(await ask(made)).toEqual([404, expect.stringContaining('no credentials')]);

  const keys = async (env?: Record<string, string>): Promise<unknown> =>
    (await home.json(['auth', 'status'], env)).value['keys'];
  expect(await keys({ LOCAL_KEY: 'of-this-shell' })).toMatchObject([
    { id: 'local:key', active: false, unusedBecause: 'not_in_gateway' },
  ]);

  writeFileSync(dotenv, 'LOCAL_KEY=first-key\n', { mode: 0o600 });
  await gateway.line('stderr', /\.env.*config_reloaded/);
  expect(await ask(made)).toEqual([200, '{"key":"first-key"}']);

  expect(await keys()).toMatchObject([{ id: 'local:key', active: true, from: '.env' }]);

  const own = 'a-token-of-my-own-choice';
  writeFileSync(dotenv, `LOCAL_KEY=first-key\nOPENCLAW_GATEWAY_TOKEN=${own}\n`);
  await gateway.line('stderr', /gateway_token_changed/);
  expect((await home.run(['gateway', 'token'])).stdout.trim()).toBe(own);
  expect(await ask(own)).toEqual([200, '{"key":"first-key"}']);
  expect(await ask(made)).toEqual([401, expect.stringContaining('openclaw env')]);

  rmSync(dotenv);
  await expect.poll(async () => (await ask(own))[0], { timeout: 10_000 }).toBe(401);
  expect(await ask(made)).toEqual([404, expect.stringContaining('no credentials')]);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});

it('a plugin that does not work is named by readiness, and to whoever asks for its models', async () => {
  const home = await loggedIn(await startPortal());
  const gateway = await startGateway(home, 'default');
  const readiness = async (): Promise<unknown> => (await fetch(`${gateway.url}/readyz`)).json();
  expect(await readiness()).toEqual({ status: 'ready' });
  const settings = 'plugins.entries.minimax-portal-auth.config';
  expect((await home.run(['config', 'set', `${settings}.foo`, '1'])).code).toBe(0);
  await expect.poll(readiness, { timeout: 5_000 }).toEqual({
    status: 'not_ready',
    reason: 'the plugin minimax-portal-auth does not work: openclaw plugins inspect minimax-portal-auth',
  });
  expect(await gateway.ask()).toMatchObject({
    status: 503,
    text: expect.stringContaining('plugin minimax-portal-auth, which does not work') as string,
  });
  expect((await home.run(['config', 'unset', `${settings}.foo`])).code).toBe(0);
  await expect.poll(readiness, { timeout: 5_000 }).toEqual({ status: 'ready' });
  expect(await gateway.ask()).toMatchObject({ status: 200 });
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});

it('a cooldown that has just begun is ended by a command, and the next request is served', async () => {
  let isBusy = true;
  const { url } = await startUpstream((request, response) => {
    request.resume();
    response.writeHead(isBusy ? 429 : 200, { 'retry-after': '60' }).end('{}');
  });
  const home = createHome();
  home.writeConfig({
    models: {
      providers: {
        local: { baseUrl: url, apiKey: 'k', api: 'anthropic-messages', models: [{ id: 'm', name: 'M' }] },
      },
    },
  });
  const gateway = await startGateway(home, 'local/m');
  expect((await gateway.ask()).status).toBe(429);
  isBusy = false;
  expect((await gateway.ask()).text).toContain('openclaw auth clear-cooldown');
  const { stdout } = await home.start(['auth', 'clear-cooldown', '--json']).ended;
  expect(JSON.parse(stdout)).toMatchObject({ cleared: [{ profile: 'local:key', reason: 'rate_limit' }] });
  expect((await gateway.ask()).status).toBe(200);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});
