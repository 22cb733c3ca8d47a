// A login that the server has called dead, over several processes: its token is never sent again by any of them, until
// somebody logs in anew.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { follow, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { startGateway } from '../support/gateway-process.ts';
import { compileCache } from '../support/compile-cache.ts';
import { tokenRequests } from '../support/refresh-holds.ts';

const script = join(import.meta.dirname, '../support/lease-process.ts');

/** A process that leases the login as a gateway would, from a memory that was filled before the login died. */
function startLeaser(home: Home) {
  const env = { ...home.env, ...compileCache };
  const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  return { ...follow(child), go: () => child.stdin.end('go\n') };
}

describe('a dead login', () => {
  it(
    'is asked about once: not by 4 processes, by auth refresh, or after a refused request',
    { timeout: 60_000 },
    async () => {
      const portal = await startPortal({ accessTtlMs: 200 });
      const home = await loggedIn(portal);
      const leasers = Array.from({ length: 4 }, () => startLeaser(home));
      for (const leaser of leasers) await leaser.line('stdout', /loaded/);
      const gateway = await startGateway(home);
      portal.control.revokeFamily();
      portal.control.reset();
      for (const leaser of leasers) leaser.go();
      for (const leaser of leasers) expect((await leaser.ended).stderr).toContain('LOGIN_DEAD');
      expect(tokenRequests(portal)).toEqual([400]);
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ error: { code: 'LOGIN_DEAD' } });
      for (const _again of [1, 2, 3]) {
        expect(await gateway.ask()).toMatchObject({
          status: 401,
          retryAfter: null,
          text: expect.stringContaining('openclaw auth login'),
        });
      }
      expect(tokenRequests(portal)).toEqual([400]);
      portal.control.set({ accessTtlMs: 3_600_000 });
      await home.json(['auth', 'login', '--no-browser', '--non-interactive']);
      await expect.poll(async () => (await gateway.ask()).status, { timeout: 5_000 }).toBe(200);
      expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    },
  );

  it('that is found out by a refused request is dead for the others too', { timeout: 60_000 }, async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const [first, second] = [await startGateway(home), await startGateway(home)];
    portal.control.revokeFamily();
    portal.control.reset();
    // Both have a token that looks valid, and both are refused with it.
    const answers = await Promise.all([first.ask(), second.ask(), first.ask(), second.ask()]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ error: { code: 'LOGIN_DEAD' } });
    expect((await second.ask()).status).toBe(401);
    expect(tokenRequests(portal)).toEqual([400]);
    // Dead it is until the next login, and not for a while.
    for (const gateway of [first, second]) {
      gateway.child.kill('SIGTERM');
      await gateway.ended;
    }
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ cooldowns: [] });
  });
});
