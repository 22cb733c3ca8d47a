// The program as a person starts it: a real process from its bundle, with a state folder and a home of its own. All that it
// prints is searched for secrets.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  createSimulator,
  type Simulator,
  type SimulatorOptions,
} from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { describeSimulator } from '../../extensions/minimax-portal-auth/simulator/command-line.ts';
import { run } from '../../src/cli/run.ts';
import { systemClock, type Clock } from '../../src/platform/clock.ts';
import { sweepOutput, type SweepOptions } from './canary-sweep.ts';
import { createFakeContext } from './fake-context.ts';
import { programFile } from './program-file.ts';
import { tempFolder } from './temp-folder.ts';

export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };
export type Running = {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** The first stdout or stderr line that matches; rejects when the program ends before. */
  line(stream: 'stdout' | 'stderr', wanted: RegExp): Promise<string>;
};

export type Home = {
  folder: string;
  stateDir: string;
  configFile: string;
  env: Record<string, string>;
  writeConfig(config: unknown): void;
  /** A process of its own; `under` is a program that runs it, with its arguments. */
  start(args: string[], env?: Record<string, string>, under?: readonly string[]): Running;
  /** The same program in this process, with timers that run ten times as fast. */
  run(args: string[], env?: Record<string, string>): Promise<Ended>;
  /** `run` with --json, and what was printed. */
  json(
    args: string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | null; value: Record<string, unknown> }>;
};

/** Keys are kept in a mounted key file, unless `env` says otherwise. */
export function createHome(env: Record<string, string> = {}): Home {
  const folder = tempFolder();
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const base: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_AUTH_KEY_FILE: keyFile,
    // Whatever is not loopback ends at a closed port: no test reaches the internet.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    ...env,
  };
  const home: Home = {
    folder,
    stateDir,
    configFile: join(stateDir, 'openclaw.json'),
    env: base,
    writeConfig: (config) =>
      writeFileSync(
        home.configFile,
        typeof config === 'string' ? config : JSON.stringify(config, undefined, 2),
      ),
    start(args, extra = {}, under = []) {
      const [program = '', ...words] = [...under, process.execPath, programFile(), ...args];
      const child = spawn(program, words, {
        env: { ...base, ...extra },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      return follow(child, args);
    },
    async run(args, extra = {}) {
      const { context, written } = createFakeContext({
        env: { ...base, ...extra },
        homeDir: folder,
        clock: fastClock,
      });
      const code = await run(args, context);
      sweepStreams(args, written.out, written.err);
      return { code, signal: null, stdout: written.out, stderr: written.err };
    },
    async json(args, extra) {
      const { code, stdout, stderr } = await home.run([...args, '--json'], extra);
      try {
        return { code, value: JSON.parse(stdout) as Record<string, unknown> };
      } catch {
        throw new Error(`not one JSON document: ${JSON.stringify(stdout)}; stderr: ${stderr}`);
      }
    },
  };
  return home;
}

const fastClock: Clock = {
  ...systemClock,
  setTimer: (callback, delayMs, options) => systemClock.setTimer(callback, delayMs / 10, options),
};

/** The gateway's token is there to be handed on, by one command alone. */
function sweepStreams(args: readonly string[], stdout: string, stderr: string): void {
  const isHandedOn = args[0] === 'gateway' && args[1] === 'token';
  const what = `of openclaw ${args.join(' ')}`;
  const options: SweepOptions = isHandedOn ? { mayHold: ['ocgw-'] } : {};
  sweepOutput(`stdout ${what}`, stdout, options);
  sweepOutput(`stderr ${what}`, stderr);
}

/** `args`: what the program was told. */
export function follow(child: ChildProcess, args: readonly string[] = []): Running {
  let stdout = '';
  let stderr = '';
  let finished = false;
  const watchers = new Set<() => void>();
  const wake = (): void => watchers.forEach((watcher) => watcher());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    wake();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    wake();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => {
      finished = true;
      resolve({ code, signal, stdout, stderr });
      wake();
    });
  });
  onTestFinished(async () => {
    if (!finished) child.kill('SIGKILL');
    await ended;
    sweepStreams(args, stdout, stderr);
  });
  return {
    child,
    ended,
    line: (stream, wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const text = stream === 'stdout' ? stdout : stderr;
          const found = text
            .split('\n')
            .slice(0, -1)
            .find((line) => wanted.test(line));
          if (found !== undefined) {
            watchers.delete(look);
            resolve(found);
          } else if (finished) reject(new Error(`ended without ${String(wanted)}: ${stdout} ${stderr}`));
        };
        watchers.add(look);
        look();
      }),
  };
}

export type Portal = Simulator & { accountUrl: string; apiUrl: string; config: Record<string, unknown> };

/** A simulator that approves by itself unless told otherwise. */
export async function startPortal(options: SimulatorOptions = {}): Promise<Portal> {
  const simulator = createSimulator({ autoApproveMs: 100, pollIntervalMs: 0, ...options });
  const addresses = await simulator.start();
  onTestFinished(() => simulator.stop());
  const described = JSON.parse(describeSimulator(options.region ?? 'global', addresses)) as {
    config: Record<string, unknown>;
  };
  return Object.assign(simulator, addresses, { config: described.config });
}

export const onboardArgs = [
  'onboard',
  '--auth-choice',
  'minimax-portal',
  '--region',
  'global',
  '--no-browser',
  '--non-interactive',
];

/** A home with a login at the portal. */
export async function loggedIn(portal: Portal): Promise<Home> {
  const home = createHome();
  home.writeConfig(portal.config);
  const { code, value } = await home.json(onboardArgs);
  if (code !== 0) throw new Error(`onboard failed: ${JSON.stringify(value)}`);
  return home;
}
