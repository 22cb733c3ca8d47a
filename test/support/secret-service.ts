// A private D-Bus session with a real gnome-keyring on it, whose files lie in a temporary folder. Unlocked, unless a
// test wants the state of a session that nobody has unlocked yet; without a display, unless a test wants prompts.
// Needs the Debian packages dbus, dbus-daemon, gnome-keyring and libsecret-tools; for prompts gcr, xvfb and xdotool.
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

export const secretServicePackages = 'dbus dbus-daemon gnome-keyring libsecret-tools';
export const promptPackages = 'gcr xvfb xdotool';

export type SecretService = {
  /** What a client needs to find it. */
  readonly env: Readonly<Record<string, string>>;
  /** The keyring daemon, for signals. */
  readonly daemonPid: number;
  lock(): Promise<void>;
  /** Where new items go: a collection's name. */
  setDefault(collection: string): Promise<void>;
  /** Whether a program of that name is on the bus. */
  hasOwner(name: string): Promise<boolean>;
  /** Ends the keyring daemon and starts another on the same files, unlocked. */
  restart(): Promise<void>;
  /** Ends the keyring daemon. */
  kill(): Promise<void>;
  secretTool(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
};

export type SecretServiceOptions = {
  /** `none`: a bus without any keyring. */
  readonly keyring?: 'unlocked' | 'never unlocked' | 'none';
  /** An X display: prompts are shown there. */
  readonly display?: string;
};

/** Names of programs that are not on PATH: what is missing on this machine. */
export function missingPrograms(
  programs = ['dbus-daemon', 'dbus-send', 'gnome-keyring-daemon', 'secret-tool'],
): string[] {
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
  return programs.filter((program) => !isThere(program));
}

export const keyringPassword = 'a password for a test';
const startWaitMs = 20_000;

/** What is on the bus is started here: without service folders nothing starts by itself behind a test's back. */
const busConfig = (socket: string, activates: boolean): string => `
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  ${activates ? '<standard_session_servicedirs/>' : ''}
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>`;

export async function startSecretService(options: SecretServiceOptions = {}): Promise<SecretService> {
  const { keyring = 'unlocked', display } = options;
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-keyring-'));
  const folderFor = (name: string): string => {
    mkdirSync(join(folder, name), { mode: 0o700 });
    return join(folder, name);
  };
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: folderFor('home'),
    XDG_DATA_HOME: folderFor('data'),
    XDG_RUNTIME_DIR: folderFor('run'),
    XDG_CACHE_HOME: folderFor('cache'),
    // Without a display, a prompt fails rather than wait for a person. No accessibility bus beside it.
    ...(display === undefined ? {} : { DISPLAY: display, NO_AT_BRIDGE: '1' }),
  };
  const configFile = join(folder, 'bus.conf');
  writeFileSync(configFile, busConfig(join(base.XDG_RUNTIME_DIR, 'bus'), display !== undefined));
  const bus = spawn(
    'dbus-daemon',
    ['--nofork', '--nopidfile', '--print-address', '--config-file', configFile],
    {
      env: base,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
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
  const send = async (destination: string, path: string, member: string, args: readonly string[]) => {
    const to = ['--session', '--print-reply', `--dest=${destination}`, path, member];
    return (await promisify(execFile)('dbus-send', [...to, ...args], { env })).stdout;
  };
  const root = '/org/freedesktop/secrets';
  const toService = (member: string, args: readonly string[]) =>
    send('org.freedesktop.secrets', root, `org.freedesktop.Secret.Service.${member}`, args);
  const hasOwner = async (name: string): Promise<boolean> => {
    const answer = await send(
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      'org.freedesktop.DBus.NameHasOwner',
      [`string:${name}`],
    );
    return answer.includes('boolean true');
  };

  /** It announces neither readiness nor a wrong password: only a round trip tells. */
  const isReady = async (): Promise<boolean> => {
    if (!(await hasOwner('org.freedesktop.secrets'))) return false;
    if (keyring === 'never unlocked') return true;
    await secretTool(['store', '--label=ready', 'test', 'ready'], 'x');
    const value = await secretTool(['lookup', 'test', 'ready']);
    await secretTool(['clear', 'test', 'ready']);
    return value.trim() === 'x';
  };
  const startDaemon = async (): Promise<ChildProcess> => {
    const unlock = keyring === 'unlocked' ? ['--unlock'] : [];
    const daemon = spawn('gnome-keyring-daemon', ['--foreground', '--components=secrets', ...unlock], {
      env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    daemon.stdin.end(keyringPassword);
    for (let waitedMs = 0; ; waitedMs += 20) {
      const outcome = await isReady().catch((error: Error) => error);
      if (outcome === true) return daemon;
      if (waitedMs > startWaitMs) throw new Error('gnome-keyring did not become ready', { cause: outcome });
      await delay(20);
    }
  };
  let daemon = keyring === 'none' ? undefined : await startDaemon();

  return {
    env,
    get daemonPid() {
      return daemon?.pid ?? 0;
    },
    secretTool,
    hasOwner,
    async lock() {
      await toService('Lock', [`array:objpath:${root}/collection/login`]);
    },
    async setDefault(collection) {
      await toService('SetAlias', ['string:default', `objpath:${root}/collection/${collection}`]);
    },
    async restart() {
      await end(daemon);
      daemon = await startDaemon();
    },
    kill: () => end(daemon),
    async stop() {
      await end(daemon);
      await end(bus);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A display without a screen. */
export async function startDisplay(): Promise<{ display: string; stop(): Promise<void> }> {
  const server = spawn('Xvfb', ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '640x480x24'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const written = server.stdio[3] as NodeJS.ReadableStream;
  const number = (await createInterface({ input: written })[Symbol.asyncIterator]().next()) as {
    value: string;
  };
  return { display: `:${number.value}`, stop: () => end(server) };
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  // A stopped process cannot act on anything softer.
  child.kill('SIGKILL');
  await exit;
}
