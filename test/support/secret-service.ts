// A private D-Bus session with a real gnome-keyring on it, unlocked, whose files lie in a temporary folder.
// Needs the Debian packages dbus, dbus-daemon, gnome-keyring and libsecret-tools.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

export const secretServicePackages = 'dbus dbus-daemon gnome-keyring libsecret-tools';

export type SecretService = {
  /** What a client needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The keyring daemon, for signals. */
  readonly daemonPid: number;
  lock(): Promise<void>;
  /** Ends the keyring daemon and starts another on the same files, unlocked. */
  restart(): Promise<void>;
  secretTool(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
};

/** Names of programs that are not on PATH: what is missing on this machine. */
export function missingPrograms(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = (program: string): boolean =>
    folders.some((folder) => {
      try {
        accessSync(join(folder, program), constants.X_OK);
        return true;
      } catch {
        // Not in this folder.
        return false;
      }
    });
  return ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'].filter(
    (program) => !isThere(program),
  );
}

const password = 'a password for a test';
const startWaitMs = 20_000;

export async function startSecretService(): Promise<SecretService> {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-keyring-'));
  const folderFor = (name: string): string => {
    mkdirSync(join(folder, name), { mode: 0o700 });
    return join(folder, name);
  };
  // No DISPLAY: a prompt must fail rather than wait for a person.
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: folderFor('home'),
    XDG_DATA_HOME: folderFor('data'),
    XDG_RUNTIME_DIR: folderFor('run'),
    XDG_CACHE_HOME: folderFor('cache'),
  };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address'], {
    env: base,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = (await createInterface({ input: bus.stdout })[Symbol.asyncIterator]().next()) as {
    value: string;
  };
  const env = { ...base, DBUS_SESSION_BUS_ADDRESS: address.value };

  const secretTool = (args: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = execFile('secret-tool', [...args], { env, timeout: 5_000 }, (error, out, err) => {
        if (error === null) resolve(out + err);
        else reject(new Error(`secret-tool ${args.join(' ')}: ${error.message}`));
      });
      child.stdin?.end(input);
    });

  const startDaemon = async (): Promise<ChildProcess> => {
    const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    daemon.stdin.end(password);
    // It announces neither readiness nor a wrong password: only a round trip tells.
    for (let waitedMs = 0; ; waitedMs += 20) {
      const roundTrip = secretTool(['store', '--label=ready', 'test', 'ready'], 'x')
        .then(() => secretTool(['lookup', 'test', 'ready']))
        .then((value) => value.trim() === 'x')
        .catch((error: Error) => error);
      const outcome = await roundTrip;
      if (outcome === true) break;
      if (waitedMs > startWaitMs) throw new Error('gnome-keyring did not become ready', { cause: outcome });
      await delay(20);
    }
    await secretTool(['clear', 'test', 'ready']);
    return daemon;
  };
  let daemon = await startDaemon();

  return {
    env,
    get daemonPid() {
      return daemon.pid ?? 0;
    },
    secretTool,
    async lock() {
      const path = '/org/freedesktop/secrets';
      await promisify(execFile)(
        'dbus-send',
        [
          '--session',
          '--print-reply',
          '--dest=org.freedesktop.secrets',
          path,
          'org.freedesktop.Secret.Service.Lock',
          `array:objpath:${path}/collection/login`,
        ],
        { env },
      );
    },
    async restart() {
      await end(daemon);
      daemon = await startDaemon();
    },
    async stop() {
      await end(daemon);
      await end(bus);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // A stopped process cannot act on anything softer.
  child.kill('SIGKILL');
  await exit;
}
