// From words to an exit code: parses, runs the command, prints what it throws. 0 ok, 1 error, 2 usage, 130 interrupted.
import { CommanderError, type Command } from 'commander';
import { OpenClawError, exitCodeOf } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import { buildProgram } from './program.ts';
import { errorDocument, formatError } from './ui/error-text.ts';

export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  if (args.length === 0) {
    program.outputHelp();
    return 0;
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, args, context, helpFor(program, args));
  }
}

/** The help of the command that was meant, as far as its name was understood. */
function helpFor(program: Command, args: readonly string[]): string {
  const path = ['openclaw'];
  let current: Command = program;
  for (const word of args) {
    const next = current.commands.find((command) => command.name() === word);
    if (next === undefined) break;
    path.push(word);
    current = next;
  }
  return `See \`${path.join(' ')} --help\`.`;
}

function report(error: unknown, args: readonly string[], context: CommandContext, help: string): number {
  const { terminal } = context;
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // A group without a command has printed its help.
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  const failure = error instanceof CommanderError ? toUsageError(error, help) : error;
  const wantsJson = args.includes('--json');
  if (wantsJson) terminal.writeOut(`${JSON.stringify(errorDocument(failure), undefined, 2)}\n`);
  else terminal.writeErr(formatError(failure, terminal));
  return exitCodeOf(failure);
}

/** Commander's words without its prefix; its "(Did you mean …?)" stays. */
function toUsageError(error: CommanderError, help: string): OpenClawError {
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ');
  const text = `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  // Every command has it; the program as a whole has not.
  const misplaced = text.includes("'--json'");
  return new OpenClawError({
    code: 'USAGE',
    message: /[.?)]$/.test(text) ? text : `${text}.`,
    remedy: misplaced ? 'Write it behind the command: `openclaw auth status --json`.' : help,
  });
}
