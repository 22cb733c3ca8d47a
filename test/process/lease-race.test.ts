// Several processes, one login that has expired, a portal that revokes the family when a refresh token is used twice.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { follow, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { compileCache } from '../support/compile-cache.ts';
import { until } from '../support/refresh-holds.ts';

const script = join(import.meta.dirname, '../support/lease-process.ts');

function startLeaser(home: Home) {
  const env = { ...home.env, ...compileCache };
  const child = spawn(process.execPath, [script], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  return { ...follow(child), go: () => child.stdin.end('go\n') };
}

type Report = { status: number; generation: number; token: string };

const reportOf = (stdout: string): Report => JSON.parse(stdout.split('\n')[1] ?? '{}') as Report;

describe('8 processes that lease one expired login at once', () => {
  it('R4: make one refresh, and get 8 tokens that work', { timeout: 60_000 }, async () => {
    const portal = await startPortal({ accessTtlMs: 200 });
    const home = await loggedIn(portal);
    const leasers = Array.from({ length: 8 }, () => startLeaser(home));
    for (const leaser of leasers) await leaser.line('stdout', /loaded/);
    portal.control.set({ accessTtlMs: 3_600_000 });
    for (const leaser of leasers) leaser.go();
    const ends = await Promise.all(leasers.map((leaser) => leaser.ended));
    const reports = ends.map(({ stdout }) => reportOf(stdout));
    expect(reports.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
    expect(new Set(reports.map(({ token }) => token)).size).toBe(1);
    const { counters, violations } = portal.control.state();
    expect(counters).toMatchObject({ refreshes: 1, refreshReuses: 0 });
    expect(violations).toEqual([]);
  });

  it(
    'when the one that refreshes is killed before the server answers, another takes over at once',
    { timeout: 60_000 },
    async () => {
      const portal = await startPortal({ accessTtlMs: 200 });
      const home = await loggedIn(portal);
      const [first, second] = [startLeaser(home), startLeaser(home)];
      for (const leaser of [first, second]) await leaser.line('stdout', /loaded/);
      portal.control.set({ accessTtlMs: 3_600_000 });
      portal.control.addFault({ target: 'refresh', kind: 'hang' });
      first.go();
      // The hang holds the request before it is processed: the old token is still unspent.
      await until(() => portal.control.state().waitingFaults === 0);
      second.go();
      first.child.kill('SIGKILL');
      const { stdout } = await second.ended;
      expect(reportOf(stdout)).toMatchObject({ status: 200, generation: 2 });
      expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
      expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
    },
  );

  it(
    'when it is killed after the server answered and before the save, the login is named dead with that cause',
    { timeout: 60_000 },
    async () => {
      const portal = await startPortal({ accessTtlMs: 200 });
      const home = await loggedIn(portal);
      const first = startLeaser(home);
      await first.line('stdout', /loaded/);
      portal.control.addFault({ target: 'refresh', kind: 'late_answer', delayMs: 20_000 });
      first.go();
      await until(() => portal.control.state().counters.refreshes > 0);
      first.child.kill('SIGKILL');
      await first.ended;
      const next = await home.json(['auth', 'refresh']);
      expect(next).toMatchObject({
        code: 1,
        value: { error: { code: 'LOGIN_DEAD', message: expect.stringContaining('cut off') } },
      });
      const status = await home.json(['auth', 'status', '--check']);
      expect(status).toMatchObject({
        code: 1,
        value: { profiles: [{ state: 'needs_login', detail: expect.stringContaining('cut off') }] },
      });
    },
  );
});
