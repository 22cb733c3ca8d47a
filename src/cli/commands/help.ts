// `help [command...]`: what `--help` prints, also as data.
import type { Command } from 'commander';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { describeCommand, type CommandDescription } from '../help/command-description.ts';
import { wordsTaken } from '../usage/explain.ts';

type Described = CommandDescription & { readonly children: readonly Described[] };

/** Throws USAGE for a command that there is not. */
export function help(
  context: CommandContext,
  options: OutputOptions,
  program: Command,
  names: readonly string[],
): number {
  const output = createOutput(context, options);
  const command = wordsTaken(program, names);
  if (!output.json) command.outputHelp();
  output.result(describeAll(command));
  return 0;
}

function describeAll(command: Command): Described {
  const children = command.createHelp().visibleCommands(command);
  return { ...describeCommand(command), children: children.map(describeAll) };
}
