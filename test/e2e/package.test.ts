// The published package as it is installed: packed, unpacked elsewhere, started by its bin.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHome, follow, onboardArgs, startPortal } from '../support/cli-process.ts';

const root = join(import.meta.dirname, '../..');

/** With `npm pack`, which builds first; once for all tests. */
function pack(folder: string): { main: string; files: string[] } {
  const done = spawnSync('npm', ['pack', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(done.status, done.stderr).toBe(0);
  const tarball = globSync('*.tgz', { cwd: folder })[0] ?? '';
  const installed = join(folder, 'node_modules', 'openclaw-minimax-portal');
  mkdirSync(installed, { recursive: true });
  expect(
    spawnSync('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']).status,
  ).toBe(0);
  symlinkSync(join(root, 'node_modules/@napi-rs'), join(folder, 'node_modules', '@napi-rs'));
  return { main: join(installed, 'dist/main.js'), files: globSync('**/*', { cwd: installed }) };
}

/** A Node that is too old, if this machine has one. */
function findOldNode(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((file) => existsSync(file))
    .find((file) => {
      const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' });
      return Number(/^v(\d+)/.exec(stdout)?.[1] ?? 99) < 24;
    });
}

describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-package-'));
  let packed: ReturnType<typeof pack> = { main: '', files: [] };
  beforeAll(() => {
    packed = pack(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it(
    'works from its bundle: version, login, status, gateway, keychain child',
    { timeout: 60_000 },
    async () => {
      const { main, files } = packed;
      expect(files).toContain('LICENSE');
      expect(files.filter((file) => /\.ts$|(^|\/)test\//.test(file))).toEqual([]);
      const version = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
      const { version: written } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
        version: string;
      };
      expect(version.stdout).toBe(`${written}\n`);

      const portal = await startPortal();
      const home = createHome();
      home.writeConfig(portal.config);
      const start = (args: string[], env: Record<string, string> = {}) =>
        follow(
          spawn(process.execPath, [main, ...args], {
            env: { ...home.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'],
          }),
        );
      expect(await start([...onboardArgs, '--json']).ended).toMatchObject({ code: 0 });
      expect((await start(['auth', 'status']).ended).stdout).toContain('minimax-portal:default  ok');
      const gateway = start(['gateway', 'run', '--port', '0', '--json']);
      const { url } = JSON.parse(await gateway.line('stdout', /url/)) as { url: string };
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      gateway.child.kill('SIGTERM');
      expect(await gateway.ended).toMatchObject({ code: 0 });

      // Without a bus the child must have run to say so.
      const other = createHome({ OPENCLAW_AUTH_KEY_FILE: '' });
      other.writeConfig(portal.config);
      const none = follow(
        spawn(process.execPath, [main, ...onboardArgs, '--json'], {
          env: other.env,
          stdio: ['ignore', 'pipe', 'pipe'],
        }),
      );
      const { stdout } = await none.ended;
      expect((JSON.parse(stdout) as { error: { code: string } }).error.code).toBe('KEYCHAIN_UNAVAILABLE');
    },
  );

  it('names the Node it needs on an older one, and exits 2', (context) => {
    const oldNode = findOldNode();
    if (oldNode === undefined) return context.skip('needs a Node older than 24 on the PATH');
    const refused = spawnSync(oldNode, [packed.main, 'auth', 'status'], { encoding: 'utf8' });
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('needs Node.js 24 or newer');
  });
});
