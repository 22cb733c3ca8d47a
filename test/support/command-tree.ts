// Every command of the program with what its definition says, and the lines of the program within a text.
import type { Command } from 'commander';
import { pathOf } from '../../src/cli/usage/command-tree.ts';
import { describeCommand, type CommandDescription } from '../../src/cli/help/command-description.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { createFakeContext } from './fake-context.ts';

export type DescribedCommand = {
  readonly command: Command;
  readonly path: readonly string[];
  readonly description: CommandDescription;
};

/** In the order of the help; those that are hidden are left out. */
export function everyCommand(): DescribedCommand[] {
  return below(buildProgram(createFakeContext().context, () => undefined));
}

function below(command: Command): DescribedCommand[] {
  const own = { command, path: pathOf(command), description: describeCommand(command) };
  return [own, ...command.createHelp().visibleCommands(command).flatMap(below)];
}

/** `eval "$(openclaw env codex)" && codex` -> `openclaw env codex` */
export function programLines(text: string): string[] {
  return [...text.matchAll(/(?:^|\$\(|<\(|&& )(openclaw(?: [^)&|;<>\n]*)?)/gm)].map((match) =>
    (match[1] ?? '').trim(),
  );
}
