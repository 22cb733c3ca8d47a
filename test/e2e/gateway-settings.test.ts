// A gateway that runs follows the `.env` beside the configuration: keys of providers, and the token that clients send.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createHome } from '../support/cli-process.ts';
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

  writeFileSync(dotenv, 'LOCAL_KEY=first-key\n', { mode: 0o600 });
  await gateway.line('stderr', /\.env.*config_reloaded/);
  expect(await ask(made)).toEqual([200, '{"key":"first-key"}']);

  const own = 'a-token-of-my-own-choice';
  writeFileSync(dotenv, `LOCAL_KEY=first-key\nOPENCLAW_GATEWAY_TOKEN=${own}\n`);
  await gateway.line('stderr', /gateway_token_changed/);
  expect((await home.run(['gateway', 'token'])).stdout.trim()).toBe(own);
  expect(await ask(own)).toEqual([200, '{"key":"first-key"}']);
  expect(await ask(made)).toEqual([401, expect.stringContaining('openclaw env')]);

  rmSync(dotenv);
  await expect.poll(async () => (await ask(own))[0], { timeout: 5_000 }).toBe(401);
  expect(await ask(made)).toEqual([404, expect.stringContaining('no credentials')]);
  gateway.child.kill('SIGTERM');
  expect(await gateway.ended).toMatchObject({ code: 0 });
});
