// One turn of a client: a shell in a home of its own, bounded in time, with all that it said.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

export type TurnEnd = {
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
};

const turnTimeoutMs = 45_000;

export function playTurn(
  home: string,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<TurnEnd> {
  const project = join(home, 'project');
  mkdirSync(project, { recursive: true, mode: 0o700 });
  const startedAtMs = performance.now();
  // A group of its own: a client's children end with it.
  const child = spawn('/bin/sh', ['-c', script], {
    cwd: project,
    env: { ...env, HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  return new Promise((resolve, reject) => {
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, turnTimeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, timedOut, ...said, durationMs: performance.now() - startedAtMs });
    });
  });
}
