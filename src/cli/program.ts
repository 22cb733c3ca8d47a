// The program as a tree of commands: what all of them have, and in which order they are shown. The commands of each group
// and their flags are in the file of the group; what each does is loaded when it is called.
import { Command } from 'commander';
import { version } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import { addAuthCommands } from './auth-commands.ts';
import { addConfigCommands } from './config-commands.ts';
import type { Action } from './add-command.ts';
import { describeCommand } from './help/command-description.ts';
import { formatHelp, usualWidth } from './help/help-text.ts';
import { addGatewayCommands } from './gateway-commands.ts';
import { addModelCommands } from './model-commands.ts';
import { addPluginCommands } from './plugin-commands.ts';
import { addCommandsOfTheProgram, addFirstCommands, addFurtherCommands } from './program-commands.ts';

export function buildProgram(context: CommandContext, setExitCode: (code: number) => void): Command {
  const program = new Command('openclaw');
  program
    .description('Log in to MiniMax once, and let every tool use it through a local gateway.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .addHelpText(
      'after',
      `
Exit status:
  0    done
  1    it failed; the error says what to do
  2    the command line, or a value in it, is not understood
  130  stopped by Ctrl-C or a signal

Examples:
  $ openclaw onboard                             log in, once
  $ openclaw gateway start                       serve, in the background
  $ eval "$(openclaw env claude-code)" && claude   use it
  $ openclaw help auth login                     what a command does`,
    );

  /** Adds what every command has, and runs it with the options that were parsed. */
  const command = <Options, Args extends readonly unknown[]>(
    parent: Command,
    spec: string,
    description: string,
    load: () => Promise<Action<Options, Args>>,
    given: { readonly hidden?: boolean } = {},
  ): Command => {
    const made = parent
      .command(spec, given)
      .description(description)
      .option('--json', 'print JSON and nothing else')
      .action(async (...received: unknown[]) => {
        const self = received.at(-1) as Command;
        const run = await load();
        const args = received.slice(0, -2) as unknown as Args;
        setExitCode(await run(context, self.opts() as Options, ...args));
      });
    return made;
  };
  const group = (spec: string, description: string): Command =>
    program.command(spec).description(description).helpCommand(false);

  addFirstCommands(program, command);
  addAuthCommands(group('auth', 'the logins: state, login, logout, refresh, order'), command);
  addModelCommands(group('models', 'the models that the gateway serves'), command);
  addConfigCommands(group('config', 'read, change and check openclaw.json'), command);
  addPluginCommands(group('plugins', 'the plugins that bring logins'), command);
  addGatewayCommands(group('gateway', 'the local gateway'), command);
  addFurtherCommands(program, command);
  addCommandsOfTheProgram(program, command);

  prepare(program, context);
  return program;
}

/** Applies to every command: errors are thrown to run.ts, and usage is not printed on top of them. */
function prepare(command: Command, context: CommandContext): void {
  const { terminal } = context;
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => terminal.writeOut(text),
    writeErr: (text) => terminal.writeErr(text),
    outputError: () => undefined,
  });
  command.helpOption('-h, --help', 'show help');
  // Also where a group is called without a command: then on stderr, since nothing was done.
  command.outputHelp = (given?: { error?: boolean } | ((text: string) => string)) => {
    const isError = typeof given === 'object' && given.error === true;
    const isTty = isError ? terminal.errIsTty : terminal.outIsTty;
    const text = formatHelp(describeCommand(command), isTty ? terminal.columns() : usualWidth);
    if (isError) terminal.writeErr(text);
    else terminal.writeOut(text);
  };
  for (const child of command.commands) prepare(child, context);
}
