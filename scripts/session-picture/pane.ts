// One pane of a tmux of its own, used as a person uses a terminal: text is typed, and the next thing waits for the prompt.
// A question of the program is answered with Enter, which takes what it proposes.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export type Pane = {
  /** Types a command, and resolves when the prompt is back. */
  run(command: string): Promise<void>;
  /** What is on the screen, with its colours. */
  capture(): string;
  close(): void;
};

const lookAgainMs = 100;
const longestMs = 60_000;

export async function openPane(options: {
  socket: string;
  columns: number;
  rows: number;
  /** Of the shell, and of nothing else. */
  env: Readonly<Record<string, string>>;
  folder: string;
  prompt: string;
}): Promise<Pane> {
  const tmux = (...args: string[]): string => {
    const { status, stdout, stderr } = spawnSync('tmux', ['-S', options.socket, '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' },
    });
    if (status !== 0) throw new Error(`tmux ${args[0] ?? ''}: ${stderr}`);
    return stdout;
  };
  const shell = [
    'env',
    '-i',
    ...Object.entries(options.env).map(([name, value]) => `${name}=${value}`),
    'bash',
    '--norc',
    '--noprofile',
  ];
  const size = ['-x', String(options.columns), '-y', String(options.rows)];
  tmux('new-session', '-d', ...size, '-c', options.folder, ...shell);
  tmux('set-option', '-g', 'status', 'off');

  const lines = (): string[] =>
    tmux('capture-pane', '-p')
      .split('\n')
      .filter((line) => line.trim() !== '');
  const isAtPrompt = (): boolean => lines().at(-1)?.trimEnd() === options.prompt.trimEnd();
  const untilPrompt = async (): Promise<void> => {
    let before = '';
    for (let waitedMs = 0; waitedMs < longestMs; waitedMs += lookAgainMs) {
      if (isAtPrompt()) return;
      const now = lines().join('\n');
      // Twice the same, with an open question: it waits for an answer.
      if (now === before && /^◆ /m.test(now)) tmux('send-keys', 'Enter');
      before = now;
      await sleep(lookAgainMs);
    }
    throw new Error(`the prompt did not come back:\n${lines().join('\n')}`);
  };
  await untilPrompt();
  return {
    async run(command) {
      for (const line of command.split('\n')) {
        tmux('send-keys', '-l', line);
        tmux('send-keys', 'Enter');
        await sleep(lookAgainMs);
      }
      await untilPrompt();
    },
    capture: () => tmux('capture-pane', '-p', '-e'),
    close: () => void tmux('kill-server'),
  };
}
