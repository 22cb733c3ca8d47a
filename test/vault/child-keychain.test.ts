// The keychain port over helper processes that answer, fail, crash, babble or hang; and the real helper without a keychain.
import { writeFileSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Keychain } from '../../src/platform/keychain.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import type { ChildKeychainDeps } from '../../src/vault/child-keychain.ts';
import { keychainErrorCode } from '../../src/vault/keychain-failure.ts';
import { canary } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A keychain whose helper is this program; `request` is the parsed request line. */
function keychainOver(program: string, deps: Partial<ChildKeychainDeps> = {}): Keychain {
  const file = join(tempFolder(), 'child.mjs');
  const reader = `
    import { createInterface } from 'node:readline';
    const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
    const request = JSON.parse((await lines.next()).value);
    const answer = (message) => process.stdout.write(JSON.stringify(message), () => process.exit(0));
  `;
  writeFileSync(file, `${reader}\n${program}`);
  return createChildKeychain({
    env: {},
    clock: systemClock,
    random: systemRandom,
    deadlineMs: 20_000,
    childUrl: pathToFileURL(file),
    ...deps,
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    // A zombie that nobody has waited for yet is dead.
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

async function untilDead(pid: number): Promise<void> {
  while (isAlive(pid)) await delay(5);
}

describe('a call to the keychain', () => {
  it('passes request and answer', async () => {
    const keychain = keychainOver(`answer({ ok: true, value: JSON.stringify(request) });`);
    expect(JSON.parse((await keychain.get('an account')) ?? '')).toEqual({
      driver: 'napi-keyring',
      op: 'get',
      service: 'openclaw',
      account: 'an account',
      deadlineMs: 20_000,
    });
    expect(await keychainOver('answer({ ok: true });').get('a')).toBeUndefined();
    expect(await keychainOver('answer({ ok: true, deleted: true });').delete('a')).toBe(true);
    expect(await keychainOver('answer({ ok: true, deleted: false });').delete('a')).toBe(false);
  });

  it('hands over only what a keychain needs, and the secret by stdin alone', async () => {
    const out = join(tempFolder(), 'seen.json');
    const keychain = keychainOver(
      `import { writeFileSync } from 'node:fs';
       const seen = { env: process.env, argv: process.argv, execArgv: process.execArgv, value: request.value };
       writeFileSync(request.account, JSON.stringify(seen));
       answer({ ok: true });`,
      {
        env: {
          HOME: '/home/someone',
          DBUS_SESSION_BUS_ADDRESS: 'unix:path=/none',
          MINIMAX_API_KEY: 'other',
          NODE_OPTIONS: '--no-warnings',
        },
      },
    );
    await keychain.set(out, canary);
    const seen = JSON.parse(readFileSync(out, 'utf8')) as Record<string, unknown>;
    expect(seen['value']).toBe(canary);
    expect(seen['env']).toMatchObject({ HOME: '/home/someone', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/none' });
    for (const name of ['MINIMAX_API_KEY', 'NODE_OPTIONS', 'PATH'])
      expect(seen['env']).not.toHaveProperty(name);
    expect(JSON.stringify([seen['env'], seen['argv'], seen['execArgv']])).not.toContain(canary);
  });

  it.each([
    ['an add-on that is not there', 'add-on', 'Cannot find package\nRequire stack', 'KEYCHAIN_UNAVAILABLE'],
    ['no bus', 'call', 'Platform failure: DBus error: Failed to connect', 'KEYCHAIN_UNAVAILABLE'],
    ['a locked keychain', 'call', 'Secret Service: unlock prompt was dismissed', 'KEYCHAIN_LOCKED'],
    ['a keychain that forgets', 'readback', 'did not come back', 'KEYCHAIN_UNAVAILABLE'],
  ])('reports %s', async (_, stage, message, code) => {
    const keychain = keychainOver(`answer(${JSON.stringify({ ok: false, stage, message })});`);
    await expect(keychain.probe()).rejects.toMatchObject({
      code,
      message: expect.not.stringContaining('\n') as string,
    });
  });

  it.each([
    ['ends without a word', 'process.exit(0);', /exit code 0/],
    ['fails', 'process.exit(7);', /exit code 7/],
    ['crashes', "process.kill(process.pid, 'SIGSEGV');", /SIGSEGV/],
    ['talks rubbish', 'process.stdout.write("Segmentation fault", () => process.exit(0));', /exit code 0/],
    ['answers with something else', 'process.stdout.write("null", () => process.exit(0));', /exit code 0/],
    ['never stops talking', 'for (;;) process.stdout.write("x".repeat(4096));', /SIGKILL/],
  ])('is a failure and no absence when the helper %s', async (_, program, detail) => {
    await expect(keychainOver(program).get('a')).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringMatching(detail) as string,
    });
  });

  it('is a failure when the helper is not there', async () => {
    const childUrl = pathToFileURL(join(tempFolder(), 'none.js'));
    await expect(keychainOver('', { childUrl }).get('a')).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
    });
  });

  it('repeats no secret that the add-on repeats', async () => {
    const keychain = keychainOver(
      `answer({ ok: false, stage: 'call', message: 'cannot store ' + request.value });`,
    );
    await expect(keychain.set('a', canary)).rejects.toThrow(/cannot store \[redacted\]/);
  });

  it('is over at its deadline, and so is the helper, even one that blocks', async () => {
    const pidFile = join(tempFolder(), 'pid');
    const fake = createFakeClock();
    const keychain = keychainOver(
      `import { writeFileSync } from 'node:fs';
       writeFileSync(request.account, String(process.pid));
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
      { clock: fake, deadlineMs: 3_000 },
    );
    const outcome = expect(keychain.get(pidFile)).rejects.toMatchObject({
      code: 'KEYCHAIN_LOCKED',
      message: expect.stringContaining('no answer within 3 s') as string,
    });
    const pid = await untilWritten(pidFile);
    expect(isAlive(pid)).toBe(true);
    await fake.advance(3_000);
    await outcome;
    await untilDead(pid);
  });

  it('leaves no timer behind', async () => {
    const fake: Clock & { timerCount(): number } = createFakeClock();
    await keychainOver('answer({ ok: true });', { clock: fake }).get('a');
    expect(fake.timerCount()).toBe(0);
  });
});

async function untilWritten(path: string): Promise<number> {
  for (;;) {
    try {
      const text = readFileSync(path, 'utf8');
      if (text !== '') return Number(text);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    await delay(5);
  }
}

describe('the helper itself', () => {
  const deps = { clock: systemClock, random: systemRandom, deadlineMs: 20_000 };

  it('says when it has no such driver', async () => {
    const keychain = createChildKeychain({ ...deps, env: {}, driver: 'none' });
    await expect(keychain.get('a')).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringMatching(/add-on \(none\) could not be loaded/) as string,
    });
  });

  it('finds no Secret Service where there is no bus', async (context) => {
    if (process.platform !== 'linux') return context.skip('the Secret Service is of Linux');
    const buses = [{}, { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(tempFolder(), 'bus')}` }];
    for (const bus of buses) {
      const keychain = createChildKeychain({ ...deps, env: bus });
      await expect(keychain.probe()).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
      await expect(keychain.get('a')).rejects.toMatchObject({ code: 'KEYCHAIN_UNAVAILABLE' });
    }
  });
});

describe('the name of a failure', () => {
  it.each([
    ["Couldn't access platform storage: Secret Service: no result found", 'KEYCHAIN_UNAVAILABLE'],
    [
      'Platform failure: DBus error: Using X11 for dbus-daemon autolaunch was disabled',
      'KEYCHAIN_UNAVAILABLE',
    ],
    [
      'DBus error: The name org.freedesktop.secrets was not provided by any .service files',
      'KEYCHAIN_UNAVAILABLE',
    ],
    ['Secret Service: locked', 'KEYCHAIN_LOCKED'],
    ['Secret Service: unlock prompt was dismissed', 'KEYCHAIN_LOCKED'],
    ['DBus error: Did not receive a reply. Possible causes include', 'KEYCHAIN_LOCKED'],
    ['User interaction is not allowed.', 'KEYCHAIN_LOCKED'],
    ['The user name or passphrase you entered is not correct.', 'KEYCHAIN_DENIED'],
    ['User canceled the operation.', 'KEYCHAIN_DENIED'],
    ['Access is denied. (os error 5)', 'KEYCHAIN_DENIED'],
    ['An AppArmor policy prevents this sender from sending this message', 'KEYCHAIN_DENIED'],
    ['something never seen before', 'KEYCHAIN_UNAVAILABLE'],
  ])('%s: %s', (message, code) => {
    expect(keychainErrorCode(message)).toBe(code);
  });
});
