// A program in a terminal of its own (`script` of util-linux), driven as a person drives it: keys go in, what the
// terminal was sent comes out. It is searched for secrets.
import { spawn, spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { sweepOutput } from './canary-sweep.ts';

export type PseudoTerminal = {
  /** All that the terminal was sent. */
  output(): string;
  press(keys: string): void;
  /** Resolves with what has come since the last call, as soon as it matches; rejects when the program ends before. */
  until(wanted: RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
  /** Nobody types any more. */
  hangUp(): void;
  ended: Promise<void>;
};

export const terminalPackages = 'bsdutils, coreutils';

export function hasPseudoTerminals(): boolean {
  return process.platform === 'linux' && spawnSync('script', ['--version']).status === 0;
}

/** `command` is for a shell; its signals from the keyboard end the program and not the shell. */
export function startInTerminal(
  command: string,
  env: Readonly<Record<string, string>>,
  size = { columns: 60, rows: 40 },
): PseudoTerminal {
  const script = `trap : INT; tty; stty cols ${size.columns} rows ${size.rows}; ${command}`;
  const child = spawn('script', ['-qefc', script, '/dev/null'], {
    env: { TERM: 'xterm-256color', ...env, SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  let seen = 0;
  let finished = false;
  let wake: () => void = () => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    wake();
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => {
      finished = true;
      resolve();
      wake();
    });
  });
  onTestFinished(async () => {
    if (!finished) child.kill('SIGTERM');
    await ended;
    sweepOutput(`the terminal of ${command}`, output);
  });
  return {
    output: () => output,
    press: (keys) => void child.stdin.write(keys),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const fresh = output.slice(seen);
          const found = wanted.exec(fresh);
          if (found !== null) {
            wake = () => undefined;
            seen += found.index + found[0].length;
            resolve(fresh.slice(0, found.index + found[0].length));
          } else if (finished) reject(new Error(`ended without ${String(wanted)}: ${output}`));
        };
        wake = look;
        look();
      }),
    resize(columns, rows) {
      const device = /\/dev\/pts\/\d+/.exec(output)?.[0];
      if (device === undefined) throw new Error(`the terminal has not told its name: ${output}`);
      spawnSync('stty', ['-F', device, 'cols', String(columns), 'rows', String(rows)]);
    },
    hangUp: () => child.stdin.end(),
    ended,
  };
}
