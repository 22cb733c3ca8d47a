// Parses a command line as the CLI would, without running it: for the commands that texts and errors name.
import { CommanderError, type Command } from 'commander';
import { buildProgram } from '../../src/cli/program.ts';
import { createFakeContext } from './fake-context.ts';

/** undefined when the line parses; otherwise what is wrong with it. */
export async function complaintAbout(line: string): Promise<string | undefined> {
  const program = buildProgram(createFakeContext().context, () => undefined);
  silence(program);
  const words = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^["']|["']$/g, ''));
  try {
    await program.parseAsync(words.slice(1), { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    return error instanceof Error ? error.message : String(error);
  }
}

function silence(command: Command): void {
  if (command.commands.length === 0) command.action(() => undefined);
  for (const child of command.commands) silence(child);
}
