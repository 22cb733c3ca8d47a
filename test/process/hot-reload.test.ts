// What one process does with a login is seen by a gateway that runs, soon and without a restart: shown by what
// the gateway answers.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createHome, onboardArgs, startPortal } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { sendJson, startServer } from '../support/loopback-server.ts';

/** A busy machine may take longer than the second that is promised; that a tick is enough is seen by the resolver's tests. */
const soon = { timeout: 15_000, interval: 20 };
const timeout = 30_000;
const choice = ['--auth-choice', 'minimax-portal', '--region', 'global'];

describe('a gateway that runs', () => {
  it('sees a login and a logout of another process', { timeout }, async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig(portal.config);
    expect((await home.json(onboardArgs)).code).toBe(0);
    const gateway = await startGateway(home);
    expect((await gateway.ask()).status).toBe(200);
    for (const _again of [1, 2]) {
      expect((await home.json(['auth', 'logout'])).code).toBe(0);
      await expect.poll(async () => [401, 404].includes((await gateway.ask()).status), soon).toBe(true);
      expect((await home.json(['auth', 'login', '--no-browser', '--non-interactive', ...choice])).code).toBe(
        0,
      );
      await expect.poll(async () => (await gateway.ask()).status, soon).toBe(200);
    }
  });

  it('sees a refresh of another process, and sends the new token', { timeout }, async () => {
    const portal = await startPortal({ resourceUrlStyle: 'none' });
    const used: (string | undefined)[] = [];
    const api = await startServer((request, response) => {
      used.push(request.headers.authorization);
      sendJson(response, 200, { type: 'message', content: [] });
    });
    onTestFinished(api.close);
    const home = createHome();
    const endpoints = { accountUrl: portal.accountUrl, apiUrl: api.url };
    const plugin = { enabled: true, config: { allowLoopbackHttp: true, regions: { global: endpoints } } };
    home.writeConfig({ plugins: { entries: { 'minimax-portal-auth': plugin } } });
    expect((await home.json(onboardArgs)).code).toBe(0);
    const gateway = await startGateway(home);
    for (const generation of [2, 3, 4]) {
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation });
      const newest = `Bearer ${portal.control.issuedTokens().access.at(-1)}`;
      const lastUsed = async (): Promise<string | undefined> => {
        await gateway.ask();
        return used.at(-1);
      };
      await expect.poll(lastUsed, soon).toBe(newest);
    }
    expect(portal.control.state().counters).toMatchObject({ refreshes: 3 });
  });
});
