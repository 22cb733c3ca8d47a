// What a gateway that runs does for its logins behind the requests, seen from outside: refreshes are counted, and a plan
// that is used up is left alone until the time that the plan's own service names.
import { expect, it } from 'vitest';
import { loggedIn, startPortal } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';

it('counts refreshes by their outcome, and leaves a plan alone until it begins anew', async () => {
  const portal = await startPortal();
  const home = await loggedIn(portal);
  const gateway = await startGateway(home);
  const token = String((await home.json(['gateway', 'token'])).value['token']);
  const refreshes = async (): Promise<string[]> => {
    const page = await fetch(`${gateway.url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    return (await page.text()).split('\n').filter((line) => line.startsWith('openclaw_refreshes_total'));
  };
  expect(await refreshes()).toEqual([]);
  portal.control.revokeAccess();
  expect((await gateway.ask()).status).toBe(200);
  expect(await refreshes()).toEqual([
    'openclaw_refreshes_total{provider="minimax-portal",outcome="refreshed"} 1',
  ]);

  const asked = portal.control.state().counters.usageCalls;
  portal.control.set({ planUsedPercent: 100 });
  const windowMs = 5 * 3_600_000;
  const resetAt = new Date(Math.ceil(Date.now() / windowMs) * windowMs).toISOString();
  expect((await gateway.ask()).status).toBe(429);
  const cooldowns = async (): Promise<unknown> => (await home.json(['auth', 'status'])).value['cooldowns'];
  await expect
    .poll(cooldowns, { timeout: 5_000 })
    .toMatchObject([{ model: 'MiniMax-M3', reason: 'quota', until: resetAt }]);
  expect(portal.control.state().counters.usageCalls).toBe(asked + 1);

  expect((await home.json(['auth', 'clear-cooldown'])).value['cleared']).toHaveLength(1);
  portal.control.set({ planUsedPercent: 0 });
  await expect.poll(async () => (await gateway.ask()).status, { timeout: 3_000 }).toBe(200);
});
