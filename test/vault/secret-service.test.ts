// The store with its key in a real gnome-keyring; and a helper process whose call nobody answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import { canary, filesHolding, oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { missingPrograms, secretServicePackages, startSecretService } from '../support/secret-service.ts';
import type { SecretService } from '../support/secret-service.ts';
import { tempFolder } from '../support/temp-folder.ts';

const id = 'minimax-portal:default';
const isRequired = process.env['OPENCLAW_TEST_REQUIRE_SYSTEM'] === '1';
const missing = process.platform === 'linux' ? missingPrograms() : ['Linux'];

const keychainOf = (env: Readonly<Record<string, string>>, deadlineMs = 20_000) =>
  createChildKeychain({ env, clock: systemClock, random: systemRandom, deadlineMs });

describe('with gnome-keyring', () => {
  let started: SecretService | undefined;
  const service = (): SecretService => {
    if (started === undefined)
      throw new Error(`gnome-keyring is not running; missing: ${missing.join(', ')}`);
    return started;
  };
  beforeAll(async () => {
    if (missing.length === 0) started = await startSecretService();
  });
  afterAll(async () => started?.stop());
  beforeEach((context) => {
    if (missing.length > 0 && !isRequired) context.skip(`needs Debian packages ${secretServicePackages}`);
  });

  it('a login is opened by the next process, and after the daemon was restarted', async () => {
    const stateDir = tempFolder();
    const keychain = keychainOf(service().env);
    const store = openTestStore({ stateDir, keychain });
    await store.saveLogin(id, oauthCredential());
    await service().restart();
    const next = openTestStore({ stateDir, keychain });
    expect((await next.readProfile(id))?.credential).toEqual(oauthCredential());
    expect(filesHolding(stateDir, canary)).toEqual([]);
    const found = await service().secretTool(['search', '--all', 'service', 'openclaw']);
    expect(found).toContain((await next.readKeyRecord())?.location);
  });

  it('a locked keyring is told from a missing key, and nothing is changed', async () => {
    const stateDir = tempFolder();
    const keychain = keychainOf(service().env);
    const running = openTestStore({ stateDir, keychain });
    await running.saveLogin(id, oauthCredential());
    await service().lock();
    onTestFinished(() => service().restart());

    const fresh = openTestStore({ stateDir, keychain, env: { CI: 'true' } });
    await expect(fresh.readProfile(id)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    await expect(fresh.saveLogin(id, oauthCredential())).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    await expect(keychain.probe()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
    expect(await fresh.listProfiles()).toMatchObject([{ id, generation: 1 }]);
    // Who had the key before goes on.
    expect(await running.commitRefresh(id, 1, oauthCredential())).toMatchObject({ generation: 2 });
    await service().restart();
    expect(await fresh.readProfile(id)).toMatchObject({ record: { generation: 2 } });
  });
});

// Over a Unix socket the helper asks by itself; a bus on TCP is left to the add-on, whose native call then blocks.
describe.each(['unix', 'tcp'] as const)('with a bus on %s that takes the call and never answers', (kind) => {
  const silentBus = async () => {
    const path = join(tempFolder(), 'bus');
    const server = createServer();
    if (kind === 'unix') server.listen(path);
    else server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    onTestFinished(() => void server.close());
    const { port = 0 } = (server.address() ?? {}) as { port?: number };
    const address = kind === 'unix' ? `unix:path=${path}` : `tcp:host=127.0.0.1,port=${port}`;
    return { env: { DBUS_SESSION_BUS_ADDRESS: address }, connected };
  };
  beforeEach((context) => {
    if (process.platform !== 'linux') context.skip('D-Bus and /proc are of Linux');
  });

  it('the helper shows its secret neither in its arguments nor in its environment', async () => {
    const bus = await silentBus();
    const outcome = expect(keychainOf(bus.env).set('a', canary)).rejects.toMatchObject({
      code: expect.stringMatching(/^KEYCHAIN_/) as string,
    });
    const [connection] = await bus.connected;
    const helper = childOf(process.pid, 'keychain-child');
    const seen = ['cmdline', 'environ'].map((name) => readFileSync(`/proc/${helper}/${name}`, 'latin1'));
    expect(seen[0]).toContain('keychain-child');
    expect(seen[1]).toContain('DBUS_SESSION_BUS_ADDRESS=');
    for (const text of seen) expect(text).not.toContain(canary);
    connection.destroy();
    await outcome;
    await untilGone(helper);
  });

  it('the helper does not outlive the process that started it, though it blocks', async () => {
    const bus = await silentBus();
    const module = (path: string): string =>
      JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../src', path)).href);
    const script = `
      import { createChildKeychain } from ${module('vault/child-keychain.ts')};
      import { systemClock } from ${module('platform/clock.ts')};
      import { systemRandom } from ${module('platform/random.ts')};
      const env = JSON.parse(process.argv[1]);
      void createChildKeychain({ env, clock: systemClock, random: systemRandom, deadlineMs: 600_000 }).get('a');
    `;
    const parent = spawn(
      process.execPath,
      ['--input-type=module', '--eval', script, JSON.stringify(bus.env)],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    onTestFinished(() => void parent.kill('SIGKILL'));
    await bus.connected;
    const helper = childOf(parent.pid ?? 0, 'keychain-child');
    parent.kill('SIGKILL');
    await untilGone(helper);
  });
});

/** The child of `parent` that runs `program`. */
function childOf(parent: number, program: string): number {
  const children = readdirSync(`/proc/${parent}/task`).flatMap((task) =>
    readFileSync(`/proc/${parent}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  const found = children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(program));
  if (found === undefined) throw new Error(`Process ${parent} has no child ${program}`);
  return Number(found);
}

async function untilGone(pid: number): Promise<void> {
  for (;;) {
    try {
      // Z: it has ended, and its parent (or init) has yet to take note.
      if (/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))) return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
      throw error;
    }
    await delay(10);
  }
}
