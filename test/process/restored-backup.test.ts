// A store that somebody has brought back from a backup: recognised, named, and mended where the newer tokens are still
// in the memory of a gateway that runs.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loggedIn, startPortal, type Home, type Portal } from '../support/cli-process.ts';
import { logged, startGateway, type GatewayProcess } from '../support/gateway-process.ts';
import { tokenRequests } from '../support/refresh-holds.ts';

const id = 'minimax-portal:default';
const timeout = 30_000;

/** By a process of its own: opening the files here would drop SQLite's locks. */
const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to]);

const refreshTo = async (home: Home, generation: number): Promise<void> =>
  expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation });

async function shown(home: Home): Promise<Record<string, unknown> & { text: string }> {
  const { value } = await home.json(['auth', 'status']);
  const [profile] = value['profiles'] as Record<string, unknown>[];
  return { ...profile, text: (await home.run(['auth', 'status'])).stdout };
}

const named =
  'The store was restored from an older copy (generation 2 of 4), and its refresh token may have been used already';

describe('a backup that is put back while nothing runs', () => {
  async function restored(options: Parameters<typeof startPortal>[0] = {}, onlyTheFile = false) {
    const portal = await startPortal(options);
    const home = await loggedIn(portal);
    await refreshTo(home, 2);
    const [auth, backup] = [join(home.stateDir, 'auth'), join(home.folder, 'backup')];
    copy(auth, backup);
    await refreshTo(home, 3);
    await refreshTo(home, 4);
    if (onlyTheFile) {
      expect(existsSync(join(auth, 'credentials.sqlite-wal'))).toBe(false);
      copy(join(backup, 'credentials.sqlite'), join(auth, 'credentials.sqlite'));
    } else {
      rmSync(auth, { recursive: true });
      copy(backup, auth);
    }
    portal.control.reset();
    return { portal, home };
  }

  it.each([false, true])(
    'is named in the status, and as the likely cause when the server has seen its token (only the file: %s)',
    { timeout },
    async (onlyTheFile) => {
      const { portal, home } = await restored({}, onlyTheFile);
      expect(await shown(home)).toMatchObject({
        generation: 2,
        state: 'ok',
        restored: { generation: 2, newest: 4 },
        text: expect.stringContaining(`Backup   ${named}`),
      });
      for (const _again of [1, 2]) {
        expect((await home.json(['auth', 'refresh'])).value).toMatchObject({
          error: {
            code: 'LOGIN_DEAD',
            message: expect.stringContaining(`${named}; that is the likely cause.`),
          },
        });
      }
      expect(tokenRequests(portal)).toEqual([400]);
      expect((await shown(home)).text).toContain(`Why      ${new URL(portal.accountUrl).host} no longer`);
      await home.json(['auth', 'login', '--no-browser', '--non-interactive']);
      expect(await shown(home)).toMatchObject({ generation: 5, state: 'ok', restored: null });
      await refreshTo(home, 6);
    },
  );

  it('is mended by a refresh that the server grants, with a number above all', { timeout }, async () => {
    const { home } = await restored({ rotate: false });
    await refreshTo(home, 5);
    expect(await shown(home)).toMatchObject({ generation: 5, state: 'ok', restored: null });
  });

  it('is named once in the log of a gateway that starts on it', { timeout }, async () => {
    const { home } = await restored();
    const gateway = await startGateway(home);
    expect((await gateway.ask()).status).toBe(200);
    gateway.child.kill('SIGTERM');
    const { stderr } = await gateway.ended;
    expect(logged(stderr, 'store_restored')).toMatchObject([
      { profile: id, generation: 2, newest: 4, reason: `${named}.` },
    ]);
  });
});

describe('a backup that is put back under a gateway that runs', () => {
  /** The gateway itself refreshes, so that it has the newest pair in memory. */
  async function renewBy(gateway: GatewayProcess, portal: Portal): Promise<void> {
    portal.control.revokeAccess();
    expect((await gateway.ask()).status).toBe(200);
  }

  it.each([
    ['the store', ['auth']],
    ['the store with its marks', ['auth', 'auth-high-water']],
  ])('%s: the gateway saves its newer tokens over it, and goes on', { timeout }, async (_name, folders) => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    for (const folder of folders) copy(join(home.stateDir, folder), join(home.folder, folder));
    const gateway = await startGateway(home);
    await renewBy(gateway, portal);
    expect(await shown(home)).toMatchObject({ generation: 2 });
    for (const folder of folders) {
      execFileSync('mv', [join(home.stateDir, folder), join(home.folder, `${folder}.former`)]);
      execFileSync('mv', [join(home.folder, folder), join(home.stateDir, folder)]);
    }
    await gateway.line('stderr', /"older_copy_replaced"/);
    expect(await shown(home)).toMatchObject({ generation: 3, state: 'ok', restored: null });
    await refreshTo(home, 4);
    expect((await gateway.ask()).status).toBe(200);
    expect(portal.control.state()).toMatchObject({ counters: { refreshReuses: 0 }, violations: [] });
    gateway.child.kill('SIGTERM');
    const { stderr } = await gateway.ended;
    expect(logged(stderr, 'store_restored')).toMatchObject([{ profile: id, generation: 1, newest: 2 }]);
  });

  it('a logout is not undone, and a login of its own is not overwritten', { timeout }, async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    copy(join(home.stateDir, 'auth'), join(home.folder, 'before'));
    await home.json(['auth', 'login', '--no-browser', '--non-interactive']);
    const gateway = await startGateway(home);
    await renewBy(gateway, portal);
    // Back to the first login, which is still good at the server: somebody wants it so.
    execFileSync('mv', [join(home.stateDir, 'auth'), join(home.folder, 'former')]);
    execFileSync('mv', [join(home.folder, 'before'), join(home.stateDir, 'auth')]);
    await gateway.line('stderr', /"store_restored"/);
    expect(await shown(home)).toMatchObject({ generation: 1, restored: { generation: 1, newest: 3 } });
    await refreshTo(home, 4);
    await home.json(['auth', 'logout']);
    // Without a login first, and then without a model that somebody serves.
    await expect
      .poll(async () => [401, 404].includes((await gateway.ask()).status), { timeout: 5_000 })
      .toBe(true);
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
  });
});
