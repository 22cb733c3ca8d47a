// The processes that share the login: starts them, kills, stops and resumes them, replaces the dead at once, and tells
// what each was doing when it died.
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TortureEvent } from './events.ts';
import { timelineMs } from './timeline.ts';
import type { FromWorker, ToWorker, WorkerOrders } from './worker-messages.ts';

export type StoreSight = {
  readonly stored: string;
  readonly dead: boolean;
  readonly intentPid: number | undefined;
};

export type CrewDeps = {
  readonly size: number;
  readonly env: Readonly<Record<string, string>>;
  readonly orders: WorkerOrders;
  /** Folder of the store's files: whoever holds a lock in it while stopped holds everybody up. */
  readonly lockFolder: string;
  readonly record: (event: TortureEvent) => void;
  readonly look: () => Promise<StoreSight>;
  readonly onMessage: (pid: number, message: Exclude<FromWorker, { kind: 'dying' }>) => void;
};

export type Crew = {
  /** Those that run now, stopped ones left out. */
  running(): number[];
  kill(pid: number, aimed: boolean): void;
  stop(pid: number, forMs: number): void;
  send(pid: number, message: ToWorker): void;
  /** Lets everybody run who is stopped. */
  resumeAll(): void;
  /** Resolves when every kill so far is written down. */
  settled(): Promise<void>;
  /** Ends all; nobody is replaced any more. */
  end(): Promise<void>;
};

type Member = {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  killed: { atMs: number; aimed: boolean; sight: Promise<StoreSight> } | undefined;
  stopped: { atMs: number; resume: () => void } | undefined;
  isArmed: boolean;
  lastWordsAtMs: number | undefined;
};

const program = join(import.meta.dirname, 'worker.ts');

export function startCrew(deps: CrewDeps): Crew {
  const { record } = deps;
  const members = new Map<number, Member>();
  const deaths = new Set<Promise<void>>();
  let isEnding = false;
  /** A program that cannot start at all is not started for ever. */
  let unasked = 0;

  const hire = (): void => {
    const child = spawn(process.execPath, [program, JSON.stringify(deps.orders)], {
      env: deps.env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const { pid } = child;
    if (pid === undefined) throw new Error('a worker could not be started');
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-2_000);
    });
    // Sending to one who is just dying is no error.
    child.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        bury(pid, `code ${code}, signal ${signal}: ${lastError(stderr)}`)
          .catch((error: unknown) => exited(pid, `and the store could not be read: ${String(error)}`))
          .finally(resolve);
        if (!isEnding && unasked < deps.size * 2) hire();
      });
    });
    const member: Member = {
      child,
      ended,
      killed: undefined,
      stopped: undefined,
      isArmed: false,
      lastWordsAtMs: undefined,
    };
    members.set(pid, member);
    record({ kind: 'spawned', atMs: timelineMs(), pid });
    child.on('message', (message) => {
      const said = message as FromWorker;
      if (said.kind === 'dying') member.lastWordsAtMs = said.atMs;
      else deps.onMessage(pid, said);
    });
  };

  const exited = (pid: number, detail: string): void => {
    unasked += 1;
    record({ kind: 'exited', atMs: timelineMs(), pid, detail });
  };

  const bury = async (pid: number, detail: string): Promise<void> => {
    const member = members.get(pid);
    members.delete(pid);
    if (member === undefined || isEnding) return;
    member.stopped?.resume();
    const goneAtMs = timelineMs();
    const atMs = member.killed?.atMs ?? member.lastWordsAtMs ?? goneAtMs;
    if (member.killed === undefined && !(member.isArmed && detail.includes('SIGKILL'))) {
      exited(pid, detail);
      return;
    }
    const after = await deps.look();
    const atKill = await member.killed?.sight;
    record({
      kind: 'killed',
      atMs,
      pid,
      goneAtMs,
      aimed: member.killed?.aimed ?? true,
      stored: after.stored,
      // Nobody else could have written over it at the moment of an armed death: it wrote the intent itself.
      intended: member.killed === undefined || after.intentPid === pid || atKill?.intentPid === pid,
      dead: after.dead,
    });
  };

  const crew: Crew = {
    running: () => [...members].filter(([, { killed, stopped }]) => !killed && !stopped).map(([pid]) => pid),
    kill(pid, aimed) {
      const member = members.get(pid);
      if (member === undefined || member.killed !== undefined) return;
      const atMs = timelineMs();
      member.child.kill('SIGKILL');
      member.killed = { atMs, aimed, sight: deps.look() };
      deaths.add(member.ended);
      void member.ended.then(() => deaths.delete(member.ended));
    },
    stop(pid, forMs) {
      const member = members.get(pid);
      if (member === undefined || member.stopped !== undefined || member.killed !== undefined) return;
      const atMs = timelineMs();
      member.child.kill('SIGSTOP');
      const resume = (): void => {
        if (member.stopped === undefined) return;
        member.stopped = undefined;
        clearTimeout(timer);
        const holds = holdsLock(pid, deps.lockFolder);
        member.child.kill('SIGCONT');
        record({ kind: 'stopped', atMs, pid, untilMs: timelineMs(), holds });
      };
      const timer = setTimeout(resume, forMs);
      member.stopped = { atMs, resume };
    },
    send(pid, message) {
      const member = members.get(pid);
      if (member === undefined) return;
      if (message.kind === 'die_before_post' && message.wanted) member.isArmed = true;
      // Somebody who dies with the message on its way has nothing to say to it.
      member.child.send(message, () => undefined);
    },
    resumeAll() {
      for (const { stopped } of members.values()) stopped?.resume();
    },
    async settled() {
      while (deaths.size > 0) await Promise.all(deaths);
    },
    async end() {
      isEnding = true;
      const all = [...members.values()];
      for (const { child, stopped } of all) {
        stopped?.resume();
        child.kill('SIGKILL');
      }
      await Promise.all(all.map(({ ended }) => ended));
    },
  };
  for (let count = 0; count < deps.size; count += 1) hire();
  return crew;
}

/** The line of an uncaught error that says what it is. */
function lastError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  return (lines.find((line) => /^\w*Error: /.test(line)) ?? lines.at(-1) ?? 'nothing said').slice(0, 300);
}

/**
 * Whether the process has a file of this folder locked for writing, by the kernel's own list. Where there is none, yes:
 * a stop is then always taken for one that held the others up.
 */
function holdsLock(pid: number, folder: string): boolean {
  let list: string;
  try {
    list = readFileSync('/proc/locks', 'utf8');
  } catch {
    return true;
  }
  const inodes = new Set(
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (name) => statSync(join(folder, name), { throwIfNoEntry: false })?.ino,
    ),
  );
  return list.split('\n').some((line) => {
    const [, , , mode, holder, file] = line.trim().split(/\s+/);
    return mode === 'WRITE' && Number(holder) === pid && inodes.has(Number(file?.split(':')[2]));
  });
}
