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
import type { ChildKeychainDeps, KeychainPerson } from '../../src/vault/child-keychain.ts';
import { keychainDrivers } from '../../src/vault/keychain-driver.ts';
import { keychainErrorCode, keychainStates, keychainTrouble } from '../../src/vault/keychain-failure.ts';
import { complaintAbout } from '../support/cli-parser.ts';
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
    const waitFor = (waitingFor) => process.stdout.write(JSON.stringify({ waitingFor }) + '\\n');
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
    const out = join(tempFolder({ mayHold: [canary] }), 'seen.json');
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
    ['an add-on that is not there', 'add-on-missing', 'Cannot find package\nRequire stack', 'UNAVAILABLE'],
    ['an item of another add-on', 'other-driver', 'the key was stored with the add-on keytar', 'UNAVAILABLE'],
    ['a keychain that forgets', 'not-kept', 'did not come back', 'UNAVAILABLE'],
    ['no bus', 'no-bus', 'there is no D-Bus session', 'UNAVAILABLE'],
    ['no service', 'no-service', 'was not provided by any .service files', 'UNAVAILABLE'],
    ['no keyring', 'no-collection', 'it has no default keyring', 'UNAVAILABLE'],
    ['a keyring for one session', 'session-collection', 'emptied at logout', 'UNAVAILABLE'],
    ['a locked keyring', 'locked', 'its prompt was dismissed', 'LOCKED'],
    ['a bus of another user', 'refused', 'belongs to another user', 'DENIED'],
  ])('reports %s', async (_, stage, message, code) => {
    const keychain = keychainOver(`answer(${JSON.stringify({ ok: false, stage, message })});`);
    await expect(keychain.probe()).rejects.toMatchObject({
      code: `KEYCHAIN_${code}`,
      message: expect.not.stringContaining('\n') as string,
      data: { state: stage },
    });
  });

  it.each([
    ['no bus', 'Platform failure: DBus error: Failed to connect', 'KEYCHAIN_UNAVAILABLE'],
    ['a locked keychain', 'Secret Service: unlock prompt was dismissed', 'KEYCHAIN_LOCKED'],
  ])('reports what the add-on said of %s', async (_, message, code) => {
    const keychain = keychainOver(`answer(${JSON.stringify({ ok: false, stage: 'call', message })});`);
    await expect(keychain.probe()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  it('gives every state its own remedy, made of commands that parse', async () => {
    const remedies = new Set<string>();
    for (const state of keychainStates) {
      for (const driver of keychainDrivers) {
        const { remedy } = keychainTrouble(state, 'x', driver);
        expect(remedy).not.toMatch(/[{}]/);
        for (const [, command] of remedy.matchAll(/`(openclaw [^`]*)`/g))
          expect(await complaintAbout(command ?? ''), command).toBeUndefined();
      }
      remedies.add(keychainTrouble(state, 'x', 'keytar').remedy);
    }
    expect(remedies.size).toBe(keychainStates.length);
  });

  it.each([
    ['ends without a word', 'process.exit(0);', /exit code 0/],
    ['fails', 'process.exit(7);', /exit code 7/],
    ['crashes', "process.kill(process.pid, 'SIGSEGV');", /SIGSEGV/],
    ['only says what it waits for', 'waitFor("service"); process.exit(0);', /exit code 0/],
    [
      'says more than it was asked',
      'waitFor("rain"); process.stdout.write("{}\\n"); process.exit(0);',
      /exit code 0/,
    ],
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

  it('R11: is over at its deadline, and so is the helper, even one that blocks', async () => {
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

  it.each([
    ['the service', 'service', 'silent', 'does not answer: its service gave no answer within 3 s'],
    ['a person', 'person', 'prompt-unanswered', 'asked for its password and got no answer within 3 s'],
  ])('names what it waited for in vain: %s', async (_, waitingFor, state, text) => {
    const { fake, outcome } = await hangingAfter([waitingFor]);
    const failure = expect(outcome).rejects.toMatchObject({
      code: 'KEYCHAIN_LOCKED',
      message: expect.stringContaining(text) as string,
      data: { state },
    });
    await fake.advance(3_000);
    await failure;
  });

  it('waits longer for a person who is asked, and tells them once', async () => {
    let told = 0;
    const person = { waitMs: 60_000, tell: () => void told++ };
    const { fake, outcome } = await hangingAfter(['service', 'person'], person);
    const failure = expect(outcome).rejects.toMatchObject({
      message: expect.stringContaining('no answer within 60 s') as string,
      data: { state: 'prompt-unanswered' },
    });
    await fake.advance(900);
    expect(told).toBe(0);
    await fake.advance(58_000);
    expect(told).toBe(1);
    await fake.advance(1_100);
    await failure;
    expect(fake.timerCount()).toBe(0);
  });

  it('has no more patience with the service when the person has answered, and tells nobody of a prompt that failed', async () => {
    let told = 0;
    const person = { waitMs: 60_000, tell: () => void told++ };
    const { fake, outcome } = await hangingAfter(['service', 'person', 'service'], person);
    const failure = expect(outcome).rejects.toMatchObject({ data: { state: 'silent' } });
    await fake.advance(3_000);
    await failure;
    expect(told).toBe(0);
  });

  it('allows the helper as much time as a person may take', async () => {
    const person = { waitMs: 60_000, tell: () => undefined };
    const keychain = keychainOver('answer({ ok: true, value: String(request.deadlineMs) });', {
      deadlineMs: 3_000,
      person,
    });
    expect(await keychain.get('a')).toBe('63000');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'])('is interrupted when %s reaches the helper', async (signal) => {
    const keychain = keychainOver(`process.kill(process.pid, '${signal}'); setTimeout(() => {}, 60_000);`);
    await expect(keychain.get('a')).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  it('leaves no timer behind', async () => {
    const fake: Clock & { timerCount(): number } = createFakeClock();
    await keychainOver('answer({ ok: true });', { clock: fake }).get('a');
    expect(fake.timerCount()).toBe(0);
  });
});

/** A call whose helper says these things, then nothing more; resolves when it has said them. */
async function hangingAfter(waits: readonly string[], person?: KeychainPerson) {
  const said = join(tempFolder(), 'said');
  const fake = createFakeClock();
  const keychain = keychainOver(
    `import { writeFileSync } from 'node:fs';
     for (const wait of ${JSON.stringify(waits)}) waitFor(wait);
     // Only what went through the pipe counts as said.
     process.stdout.write('', () => writeFileSync(request.account, String(process.pid)));
     setTimeout(() => {}, 60_000);`,
    { clock: fake, deadlineMs: 3_000, person },
  );
  const outcome = keychain.get(said);
  outcome.catch(() => undefined);
  await untilWritten(said);
  // Its lines lie in the pipe: one turn of the event loop reads them.
  await delay(0);
  await delay(0);
  return { fake, outcome };
}

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

  it('finds no Secret Service where there is no bus', async (context) => {
    if (process.platform !== 'linux') return context.skip('the Secret Service is of Linux');
    const buses = [
      {},
      { DBUS_SESSION_BUS_ADDRESS: 'autolaunch:' },
      { DBUS_SESSION_BUS_ADDRESS: `unix:path=${join(tempFolder(), 'bus')}` },
    ];
    for (const bus of buses) {
      const keychain = createChildKeychain({ ...deps, env: bus });
      const failure = { code: 'KEYCHAIN_UNAVAILABLE', data: { state: 'no-bus' } };
      await expect(keychain.probe()).rejects.toMatchObject(failure);
      await expect(keychain.get('a')).rejects.toMatchObject(failure);
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
