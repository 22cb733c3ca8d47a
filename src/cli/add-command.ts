// The shape in which commands are added to the program, and what each of them is.
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';

/** Returns the exit code. */
export type Action<Options, Args extends readonly unknown[]> = (
  context: CommandContext,
  options: Options,
  ...args: Args
) => Promise<number>;

/** Adds a command with what every command has. */
export type AddCommand = <Options, Args extends readonly unknown[]>(
  parent: Command,
  spec: string,
  description: string,
  load: () => Promise<Action<Options, Args>>,
  /** Hidden: for other programs; not in the help, never suggested. */
  given?: { readonly hidden?: boolean },
) => Command;
