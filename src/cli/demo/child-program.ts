// A program that the demo starts: its JSON lines as they come, its end, and a way to end it.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';

export type ChildProgram = {
  readonly pid: number | undefined;
  /** The first JSON line on the stream that `wanted` accepts. Rejects when the program ends before, or after 20 s. */
  line<T>(stream: 'stdout' | 'stderr', wanted: (value: Record<string, unknown>) => T | undefined): Promise<T>;
  /** Exit code and the whole of stdout. */
  ended: Promise<{ code: number | null; stdout: string }>;
  kill(signal: NodeJS.Signals): Promise<void>;
};

const lineTimeoutMs = 20_000;

export function startChild(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): ChildProgram {
  const child: ChildProcess = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const seen = { stdout: [] as string[], stderr: [] as string[] };
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of watchers) watcher();
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    const source = child[stream];
    if (source === null) continue;
    createInterface({ input: source }).on('line', (line) => {
      seen[stream].push(line);
      wake();
    });
  }
  let exited = false;
  const ended = new Promise<{ code: number | null; stdout: string }>((resolve) => {
    child.once('error', () => {
      exited = true;
      resolve({ code: null, stdout: '' });
      wake();
    });
    child.once('close', (code) => {
      exited = true;
      resolve({ code, stdout: seen.stdout.join('\n') });
      wake();
    });
  });
  const failure = (why: string): OpenClawError =>
    new OpenClawError({
      code: 'DEMO_FAILED',
      message: `${why}. It said: ${cleanText(seen.stderr.slice(-5).join(' '), 600) || 'nothing'}`,
    });
  return {
    pid: child.pid,
    ended,
    line(stream, wanted) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => finish(() => reject(failure('A program did not answer in time'))),
          lineTimeoutMs,
        );
        const finish = (settle: () => void): void => {
          clearTimeout(timer);
          watchers.delete(look);
          settle();
        };
        const look = (): void => {
          for (const line of seen[stream]) {
            const value = parse(line);
            const found = value === undefined ? undefined : wanted(value);
            if (found !== undefined) {
              finish(() => resolve(found));
              return;
            }
          }
          if (exited) finish(() => reject(failure('A program ended early')));
        };
        watchers.add(look);
        look();
      });
    },
    async kill(signal) {
      if (!exited) child.kill(signal);
      await ended;
    },
  };
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
