// The person's clipboard as a port: the desktop's own program where there is a desktop, else the terminal, which may
// sit on another machine. What is copied is the caller's choice: never a secret.
import { spawn } from 'node:child_process';
import type { Clock } from './clock.ts';
import type { Env } from './env.ts';
import { plainEnvironment } from './plain-environment.ts';
import type { Terminal } from './terminal.ts';

/** `sent`: the terminal was asked (OSC 52), and nothing tells whether it did. */
export type CopyOutcome = 'copied' | 'sent' | 'failed';

export type Clipboard = { copy(text: string): Promise<CopyOutcome> };

export type ClipboardDeps = {
  env: Env;
  terminal: Pick<Terminal, 'errIsTty' | 'writeErr'>;
  clock: Clock;
  platform?: NodeJS.Platform;
};

/** A clipboard program that hangs (a display that does not answer) must not hold up a key. */
const longestMs = 1_000;

export function createClipboard({
  env,
  terminal,
  clock,
  platform = process.platform,
}: ClipboardDeps): Clipboard {
  return {
    async copy(text) {
      for (const [program = '', ...args] of desktopCommands(env, platform)) {
        if (await feed(program, args, text, env, clock)) return 'copied';
      }
      // tmux keeps such requests to itself unless it is told otherwise; asked by its own name it passes them on.
      const viaTmux =
        isSet(env, 'TMUX') && (await feed('tmux', ['load-buffer', '-w', '-'], text, env, clock));
      if (!terminal.errIsTty || env['TERM'] === 'dumb') return 'failed';
      if (!viaTmux) terminal.writeErr(clipboardSequence(text, isSet(env, 'STY')));
      return 'sent';
    },
  };
}

/** The programs to try, in turn. None in an SSH session: that clipboard is not the one the person pastes from. */
export function desktopCommands(env: Env, platform: NodeJS.Platform): readonly (readonly string[])[] {
  if (['SSH_CONNECTION', 'SSH_TTY', 'SSH_CLIENT'].some((name) => isSet(env, name))) return [];
  if (platform === 'darwin') return [['pbcopy']];
  if (platform === 'win32') return [['clip.exe']];
  const commands: string[][] = [];
  if (isSet(env, 'WSL_DISTRO_NAME')) commands.push(['clip.exe']);
  if (isSet(env, 'WAYLAND_DISPLAY')) commands.push(['wl-copy']);
  if (isSet(env, 'DISPLAY')) {
    commands.push(['xclip', '-selection', 'clipboard'], ['xsel', '--clipboard', '--input']);
  }
  return commands;
}

/** OSC 52; GNU screen passes on what is wrapped in a device control string. */
function clipboardSequence(text: string, inScreen: boolean): string {
  const sequence = `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;
  return inScreen ? `\u001bP${sequence}\u001b\\` : sequence;
}

/** True when the program took the text on its stdin and ended well, in time. */
function feed(
  program: string,
  args: readonly string[],
  text: string,
  env: Env,
  clock: Clock,
): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], env: plainEnvironment(env) });
    child.unref();
    const cancel = clock.setTimer(
      () => {
        child.kill();
        resolve(false);
      },
      longestMs,
      { unref: true },
    );
    const settle = (taken: boolean): void => {
      cancel();
      resolve(taken);
    };
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
    // One that ends without reading says so by its exit code.
    child.stdin.on('error', () => undefined);
    child.stdin.end(text);
  });
}

function isSet(env: Env, name: string): boolean {
  return (env[name] ?? '') !== '';
}
