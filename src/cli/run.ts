// From words to an exit code: parses, runs the command, prints what it throws. 0 ok, 1 error, 2 usage, 130 interrupted.
import { CommanderError, type Command } from 'commander';
import { exitCodeOf } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import { buildProgram } from './program.ts';
import { errorDocument, formatError } from './ui/error-text.ts';
import { commandOf, pathOf } from './usage/command-tree.ts';
import { checkWords, explainUsage } from './usage/explain.ts';
import { version } from '../version.ts';

export async function run(args: readonly string[], context: CommandContext): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(context, (code) => {
    exitCode = code;
  });
  if (args.length === 0) {
    context.terminal.writeOut(welcome());
    return 0;
  }
  if (wantsVersionAsData(args)) {
    context.terminal.writeOut(`${JSON.stringify({ version }, undefined, 2)}\n`);
    return 0;
  }
  try {
    checkWords(program, args);
    await program.parseAsync(helpAsData(program, args) ?? [...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, args, context, program);
  }
}

/** `auth --help --json` is `help auth --json`: with --json there is nothing but JSON. */
function helpAsData(program: Command, args: readonly string[]): string[] | undefined {
  const words = beforeLiterals(args);
  const asksForHelp = words.includes('--help') || words.includes('-h');
  if (!asksForHelp || !words.includes('--json')) return undefined;
  const { command } = commandOf(
    program,
    words.filter((word) => !word.startsWith('-')),
  );
  return ['help', ...pathOf(command), '--json'];
}

/** The parser takes both of its flags behind any command, and prints a bare number. */
function wantsVersionAsData(args: readonly string[]): boolean {
  const words = beforeLiterals(args);
  return words.includes('--json') && (words.includes('--version') || words.includes('-V'));
}

function beforeLiterals(args: readonly string[]): readonly string[] {
  const literal = args.indexOf('--');
  return literal === -1 ? args : args.slice(0, literal);
}

/** For somebody who has just installed it. */
function welcome(): string {
  return `openclaw ${version}: log in to MiniMax once, and let every tool use it.

  openclaw onboard         log in and choose a model
  openclaw gateway start   serve your tools, in the background

All commands: openclaw --help
`;
}

function report(error: unknown, args: readonly string[], context: CommandContext, program: Command): number {
  const { terminal } = context;
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  // A group without a command has printed its help.
  if (error instanceof CommanderError && error.code === 'commander.help') return 2;
  const failure = error instanceof CommanderError ? explainUsage(error, program, args) : error;
  const wantsJson = args.includes('--json');
  if (wantsJson) terminal.writeOut(`${JSON.stringify(errorDocument(failure), undefined, 2)}\n`);
  else terminal.writeErr(formatError(failure, terminal));
  // `eval "$(openclaw env …)" && claude`: a shell knows only what it evaluates, and nothing would be a success.
  if (args[0] === 'env' && !wantsJson) terminal.writeOut('false\n');
  return exitCodeOf(failure);
}
