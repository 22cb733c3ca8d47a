// The tree of commands as somebody looks for something in it: by words, by name, by flag. Hidden commands are
// taken by their name, and never listed.
import type { Command, Option } from 'commander';

/** The names from the outermost group to the command, without the program's. */
export function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** The command that the first words name, and what follows them. */
export function commandOf(
  program: Command,
  args: readonly string[],
): { command: Command; rest: readonly string[] } {
  let command = program;
  let index = 0;
  for (; index < args.length; index += 1) {
    const next = childOf(command, args[index] ?? '');
    if (next === undefined) break;
    command = next;
  }
  return { command, rest: args.slice(index) };
}

export function childOf(command: Command, name: string): Command | undefined {
  return command.commands.find((child) => child.name() === name);
}

/** Without those that only other programs call. */
export function visible(command: Command): readonly Command[] {
  return command.createHelp().visibleCommands(command);
}

export function everyCommand(command: Command): Command[] {
  return [command, ...visible(command).flatMap(everyCommand)];
}

export function lineOf(command: Command, further: readonly string[] = []): string {
  return `\`${['openclaw', ...pathOf(command), ...further].join(' ')}\``;
}

export function helpOf(command: Command): string {
  return `See ${lineOf(command, ['--help'])}.`;
}

export function findOption(command: Command, word: string): Option | undefined {
  const flag = word.split('=', 1)[0] ?? '';
  return command.options.find((option) => option.long === flag || option.short === flag);
}
