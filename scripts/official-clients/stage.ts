// The stage of the play: the portal simulator, a login made as a person without a browser makes it, and a gateway that is a
// process of its own, with a recorder in front. Everything lies in one folder, which its owner removes.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeSimulator } from '../../extensions/minimax-portal-auth/simulator/command-line.ts';
import { createSimulator, type Simulator } from '../../extensions/minimax-portal-auth/simulator/simulator.ts';
import { startChild, type ChildProgram } from '../../src/cli/demo/child-program.ts';
import { startRecorder, type Recorder } from './recorder.ts';

export type Stage = {
  /** What a shell of this person has. */
  readonly env: Readonly<Record<string, string>>;
  readonly portal: Simulator;
  readonly recorder: Recorder;
  /** A command of the program, with --json; throws when it fails. */
  openclaw(...args: string[]): Promise<Record<string, unknown>>;
  /** What the gateway has counted is on disk then. */
  stopGateway(): Promise<void>;
  close(): Promise<void>;
};

const onboard = ['onboard', '--auth-choice', 'minimax-portal', '--region', 'global', '--no-browser'];
const main = join(import.meta.dirname, '../../src/main.ts');

/** `bin`: a folder for programs; one called `openclaw` is put there. */
export async function setStage(folder: string, bin: string): Promise<Stage> {
  const portal = createSimulator({ autoApproveMs: 50, pollIntervalMs: 0 });
  const addresses = await portal.start();
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const { config } = JSON.parse(describeSimulator('global', addresses)) as { config: unknown };
  writeFileSync(join(stateDir, 'openclaw.json'), JSON.stringify(config));
  writeProgram(bin, 'openclaw', [process.execPath, main]);

  const env: Record<string, string> = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: folder,
    LANG: 'C.UTF-8',
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_AUTH_KEY_FILE: keyFile,
  };
  const openclaw = async (...args: string[]): Promise<Record<string, unknown>> => {
    const { code, stdout } = await startChild(join(bin, 'openclaw'), [...args, '--json'], env).ended;
    if (code !== 0) throw new Error(`openclaw ${args.join(' ')} ended with ${code}: ${stdout}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  };

  let gateway: ChildProgram | undefined;
  let recorder: Recorder | undefined;
  const stopGateway = async (): Promise<void> => gateway?.kill('SIGTERM');
  const close = async (): Promise<void> => {
    recorder?.close();
    await stopGateway();
    await portal.stop();
  };
  try {
    await openclaw(...onboard, '--non-interactive');
    gateway = startChild(join(bin, 'openclaw'), ['gateway', 'run', '--port', '0', '--json'], env);
    const url = await gateway.line('stdout', ({ url }) => (typeof url === 'string' ? url : undefined));
    recorder = await startRecorder(url);
  } catch (error) {
    await close();
    throw error;
  }
  portal.control.reset();
  // Where the tools are sent to.
  env['OPENCLAW_GATEWAY_PORT'] = String(recorder.port);
  return { env, portal, recorder, openclaw, stopGateway, close };
}

/** A program of a name: a shell that becomes another one. */
export function writeProgram(bin: string, name: string, command: readonly string[]): void {
  const words = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  writeFileSync(join(bin, name), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}
