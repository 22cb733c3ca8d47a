// Keeps a gateway running as a service manager would, by the unit that the program wrote: starts it, follows the word of
// which process is the main one, and starts it again when that one ends. What the process does is not its matter.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { readRecord } from '../../src/cli/gateway-record.ts';
import { timelineMs } from '../torture/timeline.ts';
import type { EnduranceHome } from './home.ts';
import type { Manager } from './options.ts';
import type { Unit } from './unit-file.ts';

export type Kill = { readonly killedAtMs: number; readonly goneAtMs: number; readonly backAtMs: number };

export type Service = {
  /** The process that serves; undefined while none does. */
  pid(): number | undefined;
  /** Ends the main process without a word, and resolves when another one serves. */
  kill(): Promise<Kill>;
  /** How the processes that were started here ended, but for those that were killed. */
  readonly ends: readonly string[];
  /** How often one was started. */
  starts(): number;
  /** Everything that they printed. */
  readonly journal: string;
  stop(): Promise<void>;
};

const lookMs = 10;
const startLimitMs = 150_000;
const stopLimitMs = 90_000;

/** Resolves when it serves. */
export async function startService(home: EnduranceHome, unit: Unit, manager: Manager): Promise<Service> {
  const journal = join(home.folder, 'journal.log');
  const words = join(home.folder, 'notified');
  const tools = join(home.folder, 'bin');
  mkdirSync(tools);
  writeFileSync(words, '');
  // Node has no datagram sockets of the Unix kind: what would be sent there is written down.
  writeFileSync(join(tools, 'systemd-notify'), `#!/bin/sh\necho "$@" >> '${words}'\n`, { mode: 0o700 });
  const env: Record<string, string> = {
    ...home.env,
    ...unit.environment,
    PATH: `${tools}:${home.env['PATH'] ?? ''}`,
    ...(manager === 'systemd' ? { NOTIFY_SOCKET: words } : {}),
  };
  const ends: string[] = [];
  const everMain = new Set<number>();
  const killed = new Set<number>();
  let child: ChildProcess | undefined;
  let mainPid: number | undefined;
  let starts = 0;
  let isStopping = false;
  let restartTimer: NodeJS.Timeout | undefined;

  const start = (): void => {
    starts += 1;
    writeFileSync(words, '');
    const log = openSync(journal, 'a');
    const [program = '', ...args] = unit.command;
    const started = spawn(program, args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
    child = started;
    mainPid = started.pid;
    started.once('exit', (code, signal) => {
      if (!killed.has(started.pid ?? 0))
        ends.push(signal ?? (code === 0 ? 'exit code 0' : `exit code ${code}`));
      if (manager === 'parent') ended();
    });
  };

  /** The main process is no more. */
  const ended = (): void => {
    mainPid = undefined;
    if (unit.killsRest) for (const pid of everMain) if (isAlive(pid)) killAt(pid);
    if (isStopping || !unit.restarts || restartTimer !== undefined) return;
    restartTimer = setTimeout(() => {
      restartTimer = undefined;
      start();
    }, unit.restartMs);
  };

  const killAt = (pid: number): void => {
    killed.add(pid);
    process.kill(pid, 'SIGKILL');
  };

  const look = (): void => {
    const told = [...readFileSync(words, 'utf8').matchAll(/MAINPID=(\d+)/g)].at(-1)?.[1];
    if (told !== undefined && mainPid !== undefined) mainPid = Number(told);
    if (mainPid === undefined) return;
    everMain.add(mainPid);
    if (manager === 'systemd' && !isAlive(mainPid)) ended();
  };
  const looking = setInterval(look, lookMs);

  const servingPid = (): number | undefined => {
    const record = readRecord(home.files.record);
    return record?.state === 'ready' && isAlive(record.pid) ? record.pid : undefined;
  };
  const until = async (isSo: () => boolean, limitMs: number, what: string): Promise<void> => {
    const deadlineMs = timelineMs() + limitMs;
    while (!isSo()) {
      if (timelineMs() > deadlineMs) throw new Error(`${what}:\n${tail(journal)}`);
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  };
  const serves = (): Promise<void> =>
    until(() => servingPid() !== undefined, startLimitMs, 'the gateway does not come up');

  const stop = async (): Promise<void> => {
    isStopping = true;
    clearTimeout(restartTimer);
    const asked = manager === 'parent' ? child?.pid : mainPid;
    if (asked !== undefined && isAlive(asked)) process.kill(asked, 'SIGTERM');
    const left = (): number[] => [...everMain].filter(isAlive);
    await until(() => left().length === 0, stopLimitMs, 'the gateway does not end').finally(() => {
      clearInterval(looking);
      for (const pid of left()) killAt(pid);
    });
  };

  start();
  try {
    await serves();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    pid: servingPid,
    ends,
    journal,
    starts: () => starts,
    async kill() {
      const pid = servingPid();
      if (pid === undefined) throw new Error('no gateway serves');
      const killedAtMs = timelineMs();
      appendFileSync(journal, `killed ${pid}\n`);
      killAt(pid);
      // Its last thread closes its sockets, when it is long counted as dead: what is sent until then is lost with it.
      while (await isListening(home.port)) await new Promise((resolve) => setImmediate(resolve));
      const goneAtMs = timelineMs();
      await serves();
      return { killedAtMs, goneAtMs, backAtMs: timelineMs() };
    },
    stop,
  };
}

/** One that nobody has waited for yet is dead all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return process.platform !== 'linux';
  try {
    return !/\) Z /.test(readFileSync(stat, 'utf8'));
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-20).join('\n');
}
