// What every command gets: the outside world as ports, and the one way to print a result.
// A command returns its exit code; what it throws is printed and mapped by run.ts.
import type { Clock } from '../platform/clock.ts';
import type { Env } from '../platform/env.ts';
import type { Installation } from '../platform/installation.ts';
import type { Terminal } from '../platform/terminal.ts';
import { createStyle, type Style } from './ui/style.ts';

export type CommandContext = {
  readonly env: Env;
  readonly homeDir: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** Aborts with INTERRUPTED on Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** What must not be cut off when the process has to end at once. */
  readonly unfinished: Set<() => Promise<void>>;
  readonly installation: Installation;
};

export type Output = {
  readonly json: boolean;
  readonly style: Style;
  /** The one JSON document of a `--json` run. */
  result(value: unknown): void;
  /** A line for people on stdout; nothing with `--json`. */
  line(text?: string): void;
  /** Progress and remarks on stderr; with `--json` one JSON object a line. */
  note(text: string, event?: Readonly<Record<string, unknown>>): void;
};

export type OutputOptions = { json?: boolean };

/** A person sits at the terminal and has not said that nothing is to be asked. */
export function mayAsk(
  { terminal }: Pick<CommandContext, 'terminal'>,
  options: OutputOptions & { nonInteractive?: boolean },
): boolean {
  return terminal.interactive && options.nonInteractive !== true && options.json !== true;
}

export function createOutput(context: CommandContext, options: OutputOptions): Output {
  const json = options.json === true;
  const { terminal } = context;
  return {
    json,
    style: createStyle(terminal.outColours && !json),
    result: (value) => {
      if (json) terminal.writeOut(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    line: (text = '') => {
      if (!json) terminal.writeOut(`${text}\n`);
    },
    note: (text, event) => {
      if (!json) terminal.writeErr(`${text}\n`);
      else if (event !== undefined) terminal.writeErr(`${JSON.stringify(event)}\n`);
    },
  };
}
