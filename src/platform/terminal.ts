// The terminal as a port: what it can do, and the two streams. Results go to stdout, everything else to stderr.
import type { Env } from './env.ts';
import { envFlag } from './env.ts';

export type Terminal = {
  /** A person can be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly outColours: boolean;
  readonly errColours: boolean;
  /** The terminal on stderr understands OSC 8 hyperlinks. */
  readonly hyperlinks: boolean;
  columns(): number;
  writeOut(text: string): void;
  writeErr(text: string): void;
};

export function createTerminal(
  env: Env,
  streams: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream },
): Terminal {
  const { stdin, stdout, stderr } = streams;
  const outIsTty = stdout.isTTY;
  const errIsTty = stderr.isTTY;
  return {
    interactive: stdin.isTTY && errIsTty && !envFlag(env, 'CI') && env['TERM'] !== 'dumb',
    outIsTty,
    errIsTty,
    outColours: colours(env, outIsTty),
    errColours: colours(env, errIsTty),
    hyperlinks: errIsTty && knowsHyperlinks(env),
    columns: () => stderr.columns || stdout.columns || 80,
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(text),
  };
}

/** no-color.org: any non-empty NO_COLOR turns colours off; FORCE_COLOR turns them on without a terminal. */
function colours(env: Env, isTty: boolean): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '') !== '' && env['FORCE_COLOR'] !== '0') return true;
  return isTty && env['TERM'] !== 'dumb';
}

/** OSC 8 has no capability query: known terminals only, and never inside screen. */
function knowsHyperlinks(env: Env): boolean {
  const term = env['TERM'] ?? '';
  if (term === 'dumb' || term.startsWith('screen')) return false;
  const program = env['TERM_PROGRAM'] ?? '';
  const vte = Number(env['VTE_VERSION'] ?? 0);
  return (
    ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper'].includes(program) ||
    term === 'xterm-kitty' ||
    term === 'xterm-ghostty' ||
    vte >= 5000 ||
    (env['WT_SESSION'] ?? '') !== ''
  );
}
