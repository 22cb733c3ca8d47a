// Disks that are full or read-only, and stores of another user, as really as the machine allows.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import {
  createHome,
  loggedIn,
  onboardArgs,
  startPortal,
  type Ended,
  type Home,
  type Portal,
} from '../support/cli-process.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';

const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';

/** Skips where `ready` is a reason. */
function orSkip<T extends object>(context: TestContext, ready: T | string): T {
  if (typeof ready !== 'string') return ready;
  if (isRequired) throw new Error(ready);
  return context.skip(ready);
}

type OnDisk = { home: Home; portal: Portal; disk: SmallDisk; file: string };

/** A login whose state folder is a disk of its own. */
async function onSmallDisk(
  context: TestContext,
  options: Parameters<typeof startPortal>[0] = {},
): Promise<OnDisk> {
  const portal = await startPortal(options);
  const home = createHome();
  const disk = orSkip(context, mountSmallDisk(home.stateDir, 1_024));
  home.writeConfig(portal.config);
  expect(await home.json(onboardArgs)).toMatchObject({ code: 0 });
  return { home, portal, disk, file: join(home.stateDir, 'auth', 'credentials.sqlite') };
}

function failure(ended: Ended): { code: string; message: string; remedy: string } {
  expect(ended.code).toBe(1);
  return (JSON.parse(ended.stdout) as { error: { code: string; message: string; remedy: string } }).error;
}

const fullRemedy = /Free space on the disk that holds|full or failing/;

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

/** The logins are shown, with what stands in the way of keeping the next token. */
async function expectShown(home: Home, remedy: RegExp): Promise<void> {
  const { code, value } = await home.json(['auth', 'status', '--check']);
  expect({ code, value }).toMatchObject({
    code: 2,
    value: {
      profiles: [{ id: 'minimax-portal:default', state: 'ok', use: 'active' }],
      storage: {
        kind: 'key-file',
        unwritable: {
          code: 'STORE_UNREADABLE',
          message: expect.stringContaining(join(home.stateDir, 'auth')) as string,
          remedy: expect.stringMatching(remedy) as string,
        },
      },
    },
  });
}

describe('a disk that is read-only', () => {
  it('is named by every command, nothing is asked of the server, and it is as it was', async (context) => {
    const { home, portal, disk, file } = await onSmallDisk(context);
    const before = fs.readFileSync(file);
    disk.setReadOnly();
    const { refreshes, deviceRequests } = portal.control.state().counters;
    await expectShown(home, /writable/);
    for (const args of [['auth', 'refresh'], onboardArgs]) {
      const { code, value } = await home.json(args);
      expect([args[1], code]).toEqual([args[1], 1]);
      expect(value['error']).toMatchObject({
        code: 'STORE_UNREADABLE',
        message: expect.stringContaining(join(home.stateDir, 'auth')) as string,
        remedy: expect.stringMatching(/writable/) as string,
      });
    }
    expect(failure(await home.run(['gateway', 'run', '--json']))).toMatchObject({
      message: expect.stringMatching(
        /gateway\.lock cannot be written: its disk is mounted read-only/,
      ) as string,
    });
    expect(portal.control.state().counters).toMatchObject({ refreshes, deviceRequests });
    expect(fs.readFileSync(file).equals(before)).toBe(true);
    disk.setWritable();
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
  });
});

describe('a disk without a store yet', () => {
  it.for([
    [
      'full',
      (disk: SmallDisk) => disk.fill(),
      (disk: SmallDisk) => disk.free(),
      /Free space|full or failing/,
    ],
    [
      'read-only',
      (disk: SmallDisk) => disk.setReadOnly(),
      (disk: SmallDisk) => disk.setWritable(),
      /Mount it writable/,
    ],
  ] as const)(
    'that is %s is named before anybody is asked to approve',
    async ([, spoil, mend, remedy], context) => {
      const portal = await startPortal();
      const home = createHome();
      const disk = orSkip(context, mountSmallDisk(home.stateDir, 1_024));
      home.writeConfig(portal.config);
      spoil(disk);
      const { value } = await home.json(onboardArgs);
      expect(value['error']).toMatchObject({
        code: 'STORE_UNREADABLE',
        message: expect.stringContaining(home.stateDir) as string,
        remedy: expect.stringMatching(remedy) as string,
      });
      expect(portal.control.state().counters.deviceRequests).toBe(0);
      expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
      mend(disk);
      expect(await home.json(onboardArgs)).toMatchObject({ code: 0 });
    },
  );
});

describe('a disk that is full', () => {
  it('is named by every command, and no token is spent that could not be replaced', async (context) => {
    const { home, portal, disk } = await onSmallDisk(context);
    disk.fill();
    await expectShown(home, fullRemedy);
    for (const args of [['auth', 'refresh'], onboardArgs]) {
      const { value } = await home.json(args);
      expect(value['error']).toMatchObject({
        code: 'STORE_UNREADABLE',
        message: expect.stringContaining(home.stateDir) as string,
        remedy: expect.stringMatching(fullRemedy) as string,
      });
    }
    expect(portal.control.state().counters.refreshes).toBe(0);
    disk.free();
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
    expect(portal.control.state().counters).toMatchObject({ refreshes: 1, refreshReuses: 0 });
  });

  it('keeps the former login when a new one cannot be saved', { timeout: 60_000 }, async (context) => {
    const { home, portal, disk } = await onSmallDisk(context);
    disk.fill();
    const { deviceRequests } = portal.control.state().counters;
    const { value } = await home.json(onboardArgs);
    expect(value['error']).toMatchObject({ code: 'STORE_UNREADABLE' });
    // Nobody was asked to approve what could not have been kept.
    expect(portal.control.state().counters.deviceRequests).toBe(deviceRequests);
    disk.free();
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
  });

  it(
    'makes no copy of a damaged store by halves, and replaces nothing',
    { timeout: 60_000 },
    async (context) => {
      const { home, disk, file } = await onSmallDisk(context);
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(file);
      db.exec("UPDATE logins SET account = 'somebody'");
      db.close();
      const before = fs.readFileSync(file);
      disk.fill();
      expect((await home.json(onboardArgs)).code).toBe(1);
      expect(fs.readFileSync(file).equals(before)).toBe(true);
      const copies = (): string[] =>
        fs.readdirSync(join(file, '..')).filter((name) => name.includes('.aside-'));
      expect(copies()).toEqual([]);
      disk.free();
      expect((await home.json(onboardArgs)).code).toBe(0);
      expect(copies()).toHaveLength(1);
    },
  );

  it(
    'in the middle of a refresh: a running gateway holds the new pair, saves it when it can, and serves again',
    { timeout: 60_000 },
    async (context) => {
      const { home, portal, disk } = await onSmallDisk(context, { accessTtlMs: 2_000 });
      portal.control.addFault({ target: 'refresh', kind: 'late_answer', delayMs: 700 });
      const gateway = home.start(['gateway', 'run', '--port', '0', '--json']);
      const { url } = JSON.parse(await gateway.line('stdout', /"url"/)) as { url: string };
      const { value } = await home.json(['gateway', 'token']);
      const ask = (): Promise<Response> =>
        fetch(`${url}/v1/messages`, {
          method: 'POST',
          headers: { 'x-api-key': String(value['token']), 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'default',
            max_tokens: 8,
            messages: [{ role: 'user', content: 'hi' }],
          }),
        });
      expect((await ask()).status).toBe(200);
      // The request itself may have had to wait for one.
      const { refreshes } = portal.control.state().counters;
      // The server has rotated, and answers late: the disk fills up in between.
      while (portal.control.state().counters.refreshes === refreshes) await turn();
      disk.fill();
      await gateway.line('stderr', /refresh_not_saved|refresh_failed/);
      // Nobody uses a pair that is not on disk, and the old one is over.
      expect((await ask()).status).toBe(503);
      disk.free();
      await gateway.line('stderr', /refresh_saved_late/);
      while ((await ask()).status !== 200) await turn();
      expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
      expect(portal.control.state().liveFamilies).toBe(1);
      gateway.child.kill('SIGTERM');
      expect(await gateway.ended).toMatchObject({ code: 0 });
      expect((await home.json(['auth', 'refresh'])).code).toBe(0);
      expect(portal.control.state().counters).toMatchObject({ refreshReuses: 0 });
    },
  );

  it('for this process alone (a limit on file sizes) is the same', async (context) => {
    if (process.platform === 'win32') return context.skip('Windows has no such limits');
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const limit = ['sh', '-c', 'trap "" XFSZ; ulimit -f 0; exec "$@"', 'sh'];
    const error = failure(await home.start(['auth', 'refresh', '--json'], {}, limit).ended);
    expect(error).toMatchObject({
      code: 'STORE_UNREADABLE',
      message: expect.stringContaining(join(home.stateDir, 'auth')) as string,
      remedy: expect.stringMatching(/full or failing|Free space/) as string,
    });
    expect(portal.control.state().counters.refreshes).toBe(0);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 2 });
  });
});

describe('a store of another user', () => {
  const nobody = 65_534;
  const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'];

  const setUp = async (context: TestContext) => {
    if (process.platform !== 'linux') return context.skip('needs Linux, to become another user');
    if (process.geteuid?.() !== 0) return context.skip('only root can become another user');
    const portal = await startPortal();
    const home = await loggedIn(portal);
    // Everything but the store itself is in reach.
    for (const folder of [home.folder, home.stateDir]) fs.chmodSync(folder, 0o755);
    fs.chmodSync(home.configFile, 0o644);
    const folder = join(home.stateDir, 'auth');
    return { portal, home, folder, file: join(folder, 'credentials.sqlite') };
  };

  it('is refused by every command and left alone', { timeout: 30_000 }, async (context) => {
    const { portal, home, folder, file } = await setUp(context);
    const before = fs.readFileSync(file);
    const { deviceRequests } = portal.control.state().counters;
    const cases = [
      [0o700, /EACCES|permission/, /readable and writable/],
      [0o755, new RegExp(`belongs to user 0, and this is user ${nobody}`), /Run openclaw as the user/],
    ] as const;
    for (const [mode, says, remedy] of cases) {
      fs.chmodSync(folder, mode);
      for (const args of [['auth', 'status'], ['auth', 'refresh'], onboardArgs]) {
        const error = failure(await home.start([...args, '--json'], {}, asNobody).ended);
        expect(error).toMatchObject({
          code: 'STORE_UNREADABLE',
          message: expect.stringMatching(says) as string,
          remedy: expect.stringMatching(remedy) as string,
        });
        expect(error.message).toContain(folder);
      }
    }
    expect(portal.control.state().counters).toMatchObject({ refreshes: 0, deviceRequests });
    expect(fs.readFileSync(file).equals(before)).toBe(true);
    expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  });
});
