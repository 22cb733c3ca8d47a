// The terminal as a port: what it can do, the two streams, the keyboard. Results go to stdout, everything else to stderr.
import type { Env } from './env.ts';
import { envFlag } from './env.ts';
import { raiseSignal, readKeysFrom, type KeyEvent } from './key-reader.ts';

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
  rows(): number;
  /** The window has another size; returns the function that stops listening. */
  onResize(listener: () => void): () => void;
  /**
   * Single keys and pastes in raw mode, while `interactive`; nothing happens elsewhere. Returns the function that stops
   * it and leaves stdin to whoever asks next. One reader at a time.
   */
  readKeys(listener: (event: KeyEvent) => void): () => void;
  writeOut(text: string): void;
  writeErr(text: string): void;
  /** Whoever read stdout has left, which shows when it is written to. Absent: nobody can tell. */
  outIsGone?(): boolean;
};

export function createTerminal(
  env: Env,
  streams: { stdin: NodeJS.ReadStream; stdout: NodeJS.WriteStream; stderr: NodeJS.WriteStream },
): Terminal {
  const { stdout, stderr } = streams;
  const outIsTty = stdout.isTTY;
  const errIsTty = stderr.isTTY;
  // Reading a stream off `process` opens it: stdin is not touched where nobody can be asked anyway.
  const interactive = errIsTty && !envFlag(env, 'CI') && env['TERM'] !== 'dumb' && streams.stdin.isTTY;
  const writeErr = (text: string): void => void stderr.write(text);
  return {
    interactive,
    outIsTty,
    errIsTty,
    outColours: colours(env, outIsTty),
    errColours: colours(env, errIsTty),
    hyperlinks: errIsTty && knowsHyperlinks(env),
    columns: () => stderr.columns || stdout.columns || 80,
    rows: () => stderr.rows || stdout.rows || 24,
    onResize(listener) {
      stderr.on('resize', listener);
      return () => void stderr.off('resize', listener);
    },
    readKeys: (listener) =>
      interactive
        ? readKeysFrom({ stdin: streams.stdin, write: writeErr, process, raise: raiseSignal }, listener)
        : () => undefined,
    writeOut: (text) => void stdout.write(text),
    outIsGone: () => stdout.destroyed || stdout.errored !== null,
    writeErr,
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
