// The person's browser as a port: what may be opened at all, and with which program. Whether it is of any use to open
// one here is the caller's decision, and a login never depends on it.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock, type Clock } from './clock.ts';
import type { Env } from './env.ts';
import { plainEnvironment, withPlainEnvironment } from './plain-environment.ts';

export type Browser = {
  /** False when it may not be opened, or when nothing could be found to open it with. Never rejects. */
  open(url: string): Promise<boolean>;
};

/** Opens nothing: `--no-browser`, or a place without a desktop. */
export const noBrowser: Browser = { open: () => Promise.resolve(false) };

/** A program that still runs by then has found something to show; xdg-open and its like end sooner when they have not. */
const graceMs = 1_500;

export type BrowserOptions = { platform?: NodeJS.Platform; clock?: Clock };

/** `BROWSER` (its own words in browserCommands), else the desktop's default browser. */
export function createBrowser(
  env: Env,
  { platform = process.platform, clock = systemClock }: BrowserOptions = {},
): Browser {
  return {
    async open(url) {
      const href = openableHref(url);
      if (href === undefined || env['BROWSER'] === 'none') return false;
      const commands = browserCommands(env['BROWSER'] ?? '', href, platform);
      for (const [program, ...args] of commands) {
        if (program !== undefined && (await runs(program, args, env, clock))) return true;
      }
      if (commands.length > 0) return false;
      return hasDesktop(env, platform) ? openDefault(href, clock) : false;
    },
  };
}

/**
 * The one form in which an address is handed to a program: a parsed https URL without user name, or plain http at a
 * loopback literal, where a listener of this program is. Anything else (file:, javascript:, a flag) is undefined.
 */
export function openableHref(url: string): string | undefined {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.username !== '' || parsed.password !== '') return undefined;
  const isLoopback = parsed.hostname === '127.0.0.1' || parsed.hostname === '[::1]';
  const mayOpen = parsed.protocol === 'https:' || (parsed.protocol === 'http:' && isLoopback);
  return mayOpen ? parsed.href : undefined;
}

/**
 * `BROWSER` as it is commonly written: programs separated by `:` (not on Windows, where paths hold it), each with
 * arguments, quoted where they hold spaces; `%s` is the address, which otherwise comes last. No shell reads it.
 */
export function browserCommands(value: string, href: string, platform: NodeJS.Platform): string[][] {
  const candidates = platform === 'win32' ? [value] : value.split(':');
  return candidates
    .map((candidate) => (existsSync(candidate.trim()) ? [candidate.trim()] : splitWords(candidate)))
    .filter((words) => words.length > 0)
    .map(([program = '', ...args]) => {
      if (!args.some((word) => word.includes('%s'))) args.push('%s');
      return [program, ...args.map((word) => word.replaceAll('%s', () => href))];
    });
}

function splitWords(text: string): string[] {
  return Array.from(text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g), ([, double, single, bare]) =>
    String(double ?? single ?? bare),
  );
}

/** Without a display xdg-open finds a browser for the terminal at best, which would draw over the login. */
export function hasDesktop(env: Env, platform: NodeJS.Platform): boolean {
  if (platform !== 'linux') return true;
  return ['DISPLAY', 'WAYLAND_DISPLAY', 'WSL_DISTRO_NAME'].some((name) => (env[name] ?? '') !== '');
}

async function openDefault(href: string, clock: Clock): Promise<boolean> {
  try {
    const { default: open } = await import('open');
    const child = await withPlainEnvironment(() => open(href));
    return await hasStarted(child, clock);
  } catch {
    // No opener on this machine: the URL has been printed all the same.
    return false;
  }
}

async function runs(program: string, args: readonly string[], env: Env, clock: Clock): Promise<boolean> {
  try {
    return await hasStarted(
      spawn(program, args, { stdio: 'ignore', detached: true, env: plainEnvironment(env) }),
      clock,
    );
  } catch {
    // What is no name of a program at all (a NUL in it) is thrown, not emitted.
    return false;
  }
}

/** True when it ended well or still runs after a moment; it is left to itself then. */
function hasStarted(child: ChildProcess, clock: Clock): Promise<boolean> {
  // Whoever stops the login meanwhile does not wait for it.
  child.unref();
  return new Promise((resolve) => {
    const settle = (started: boolean): void => {
      cancel();
      resolve(started);
    };
    const cancel = clock.setTimer(() => settle(true), graceMs, { unref: true });
    child.once('error', () => settle(false));
    child.once('exit', (code) => settle(code === 0));
    if (child.exitCode !== null) settle(child.exitCode === 0);
  });
}
