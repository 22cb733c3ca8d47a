// Where the key is kept, as a person meets it: chosen at the login, shown, moved while a gateway serves, and begun anew
// when it is lost.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../support/gateway-process.ts';
import { createHome, follow, loggedIn, onboardArgs, startPortal, type Home } from '../support/cli-process.ts';

const passphrase = 'correct horse battery';
const keyFileOf = (home: Home): string => home.env['OPENCLAW_AUTH_KEY_FILE'] ?? '';
const writePassphrase = (home: Home, text = passphrase): string => {
  const path = join(home.folder, 'passphrase');
  writeFileSync(path, `${text}\n`, { mode: 0o600 });
  return path;
};
const messageIn = (value: Record<string, unknown>) =>
  value['error'] as { code: string; message: string; remedy: string };

/** Waits until a text has been printed so many times. */
function countOf(stream: NodeJS.ReadableStream, text: string) {
  let printed = '';
  let wake = (): void => undefined;
  stream.on('data', (chunk: string) => {
    printed += chunk;
    wake();
  });
  return {
    reaches: (times: number) =>
      new Promise<void>((resolve) => {
        wake = () => {
          if (printed.split(text).length > times) resolve();
        };
        wake();
      }),
  };
}

describe('a passphrase', () => {
  it('from a file seals the first login, and every process after needs it', async () => {
    const portal = await startPortal();
    const home = createHome();
    delete home.env['OPENCLAW_AUTH_KEY_FILE'];
    home.writeConfig(portal.config);
    const file = { OPENCLAW_PASSPHRASE_FILE: writePassphrase(home) };
    const onboarded = await home.json([...onboardArgs, '--storage', 'passphrase'], file);
    expect(onboarded).toMatchObject({ code: 0, value: { storage: 'passphrase' } });
    const shown = await home.json(['auth', 'storage', 'show']);
    expect(shown.value).toMatchObject({
      storage: { kind: 'passphrase', safe: true },
      logins: ['minimax-portal:default'],
    });
    expect(JSON.stringify(shown.value)).not.toContain('scrypt');
    const without = await home.json(['auth', 'refresh']);
    expect(without.code).toBe(1);
    expect(messageIn(without.value)).toMatchObject({
      code: 'PASSPHRASE_REQUIRED',
      remedy: expect.stringContaining('OPENCLAW_PASSPHRASE_FILE') as string,
    });
    expect((await home.json(['auth', 'refresh'], file)).code).toBe(0);
    writePassphrase(home, 'another passphrase');
    const wrong = await home.json(['auth', 'refresh'], file);
    expect(messageIn(wrong.value)).toMatchObject({ code: 'KEY_WRONG' });
    expect(portal.control.state().counters.refreshes).toBe(1);
  }, 20_000);

  it('is asked for in a terminal, until it is right', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const file = writePassphrase(home);
    await home.json(['auth', 'storage', 'migrate', 'passphrase', '--passphrase-file', file]);
    const main = join(import.meta.dirname, '../../src/main.ts');
    // The program under a pseudo terminal of util-linux; what is typed goes to its stdin.
    const child = spawn(
      'script',
      ['-qefc', `stty cols 100 rows 30; exec ${process.execPath} ${main} auth refresh`, '/dev/null'],
      {
        env: { ...home.env, TERM: 'xterm', NO_COLOR: '1' },
        stdio: ['pipe', 'pipe', 'pipe'],
      },
    );
    const running = follow(child);
    const prompts = countOf(child.stdout, 'Passphrase of the stored logins');
    await prompts.reaches(1);
    child.stdin.write('not this one\r');
    // Shown again with what was typed, as dots; then asked anew.
    await prompts.reaches(3);
    child.stdin.write(`${passphrase}\r`);
    const { code, stdout } = await running.ended;
    expect(stdout).toContain('Refreshed: minimax-portal:default');
    expect(stdout).not.toContain('horse');
    expect(code).toBe(0);
  }, 20_000);
});

describe('a move', () => {
  it('goes on under a gateway that serves, which refreshes and saves with the new key', async () => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const gateway = await startGateway(home);
    const ask = async (): Promise<number> => (await gateway.ask()).status;
    expect(await ask()).toBe(200);
    const moved = await home.run(['auth', 'storage', 'migrate', 'insecure-file']);
    expect(moved).toMatchObject({ code: 0 });
    expect(moved.stdout).toContain('INSECURE');
    expect(moved.stdout).toContain(`${keyFileOf(home)} is no longer used`);
    // The server takes the token back: the gateway has to refresh, and to save what it gets.
    portal.control.revokeAccess();
    expect(await ask()).toBe(200);
    const status = (await home.json(['auth', 'status'])).value as { profiles: { generation: number }[] };
    expect(status.profiles[0]?.generation).toBe(2);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
    expect(await ask()).toBe(200);
    gateway.child.kill('SIGTERM');
    expect((await gateway.ended).code).toBe(0);
  }, 20_000);

  it('to where the key is already, and to what there is not, changes nothing', async () => {
    const home = await loggedIn(await startPortal());
    expect(await home.json(['auth', 'storage', 'migrate', 'key-file'])).toMatchObject({
      code: 0,
      value: { changed: false },
    });
    for (const [args, complaint] of [
      [['vault'], 'There is no storage "vault"'],
      [['memory'], 'cannot keep its key in memory'],
      [['keychain', '--key-file', 'x'], '--key-file belongs to'],
      [['insecure-file', '--passphrase-file', 'x'], '--passphrase-file belongs to'],
    ] as const) {
      const { code, value } = await home.json(['auth', 'storage', 'migrate', ...args]);
      expect(code).toBe(2);
      expect(messageIn(value).message).toContain(complaint);
    }
    expect((await home.json(['auth', 'refresh'])).code).toBe(0);
    const empty = createHome();
    expect(messageIn((await empty.json(['auth', 'storage', 'migrate', 'keychain'])).value).code).toBe(
      'NO_PROFILE',
    );
    expect((await empty.run(['auth', 'storage', 'show'])).stdout).toContain('There is no store yet');
    expect(readdirSync(empty.stateDir)).toEqual([]);
  });

  it('names the variables that now say something else', async () => {
    const home = await loggedIn(await startPortal());
    const other = join(home.folder, 'other-key');
    writeFileSync(other, 'ab'.repeat(32), { mode: 0o600 });
    const toOther = await home.run(['auth', 'storage', 'migrate', 'key-file', '--key-file', other]);
    expect(toOther.stdout).toContain(`set it to ${other}, or unset it`);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ error: { code: 'KEY_WRONG' } });
    const env = { OPENCLAW_AUTH_KEY_FILE: other, OPENCLAW_AUTH_STORAGE: 'key-file' };
    expect((await home.json(['auth', 'refresh'], env)).code).toBe(0);
    const plain = await home.run(['auth', 'storage', 'migrate', 'insecure-file'], env);
    expect(plain.stdout).toContain('OPENCLAW_AUTH_STORAGE says key-file');
  });
});

describe('a store that cannot be opened any more', () => {
  const loginArgs = ['auth', 'login', '--no-browser', '--non-interactive'];

  it('is kept aside by a new login that says so, and opens again when the key turns up', async () => {
    const home = await loggedIn(await startPortal());
    const keyFile = keyFileOf(home);
    renameSync(keyFile, `${keyFile}.lost`);
    const refused = await home.json(loginArgs);
    expect(messageIn(refused.value)).toMatchObject({
      code: 'KEY_MISSING',
      remedy: expect.stringContaining('--set-aside-store') as string,
    });
    writeFileSync(keyFile, 'cd'.repeat(32), { mode: 0o600 });
    expect(messageIn((await home.json(loginArgs)).value).code).toBe('KEY_WRONG');
    const auth = join(home.stateDir, 'auth');
    expect(readdirSync(auth).filter((name) => name.startsWith('aside'))).toEqual([]);

    const renewed = await home.run([...loginArgs, '--set-aside-store']);
    expect(renewed).toMatchObject({ code: 0 });
    const aside = readdirSync(auth).find((name) => name.startsWith('aside')) ?? '';
    expect(renewed.stderr).toContain(`The old store is kept in ${join(auth, aside)}`);
    expect((await home.json(['auth', 'refresh'])).code).toBe(0);

    // As it was: the store back in its place, and the key that was lost.
    renameSync(join(auth, 'credentials.sqlite'), join(auth, 'second.sqlite'));
    for (const name of readdirSync(join(auth, aside))) {
      renameSync(join(auth, aside, name), join(auth, name));
    }
    renameSync(`${keyFile}.lost`, keyFile);
    expect((await home.json(['auth', 'refresh'])).code).toBe(0);
  });

  it.each(['onboard', 'auth login'])(
    'is noticed by %s before anybody approves, with its unprotected key',
    async (command) => {
      const portal = await startPortal();
      const home = createHome();
      home.writeConfig(portal.config);
      await home.json([...onboardArgs, '--insecure-storage']);
      const file = join(home.stateDir, 'auth', 'credentials.sqlite');
      writeFileSync(file, 'rubbish '.repeat(1_000));
      const args = [...command.split(' '), ...onboardArgs.slice(1)];
      const before = portal.control.state().counters.deviceRequests;
      const refused = await home.json(args);
      expect(messageIn(refused.value).code).toBe('STORE_CORRUPT');
      expect(portal.control.state().counters.deviceRequests).toBe(before);
      expect((await home.json([...args, '--set-aside-store', '--insecure-storage'])).code).toBe(0);
      const auth = join(home.stateDir, 'auth');
      const aside = readdirSync(auth).find((name) => name.startsWith('aside')) ?? '';
      expect(readdirSync(join(auth, aside)).sort()).toEqual(['credentials.sqlite', 'insecure.key']);
      expect(existsSync(join(auth, 'insecure.key'))).toBe(true);
    },
  );

  it('is not what a locked keychain or a healthy store is taken for', async () => {
    const home = await loggedIn(await startPortal());
    expect((await home.json([...loginArgs, '--set-aside-store'])).code).toBe(0);
    expect(readdirSync(join(home.stateDir, 'auth')).filter((name) => name.startsWith('aside'))).toEqual([]);
    expect((await home.json(['auth', 'refresh'])).value).toMatchObject({ generation: 3 });
  });
});
