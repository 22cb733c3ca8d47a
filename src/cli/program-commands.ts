// The commands that belong to no group, and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';
import { withLogin } from './login-flags.ts';

/** Those that a person meets first. */
export function addFirstCommands(program: Command, command: AddCommand): void {
  withLogin(
    command(
      program,
      'onboard',
      'log in, choose the default model and say what to do next',
      async () => (await import('./commands/onboard.ts')).onboard,
    ),
  )
    .option('--set-default', 'make the model of the new login the default, also over another one')
    .option('--keep-default', 'leave the default model as it is')
    .option('--model <ref>', 'the default model, provider/model')
    .option('--start', 'print code and address and end; --complete finishes')
    .option('--complete', 'wait for the approval of what --start began, and save')
    .option('--timeout <seconds>', 'with --complete: wait no longer; the login stays begun')
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw onboard                                        ask for everything
  $ openclaw onboard --auth-choice minimax-portal --region cn
  $ openclaw onboard --auth-choice minimax-portal --region global --no-browser --non-interactive
  $ openclaw onboard --non-interactive --start --auth-choice minimax-portal --region global --json
  $ openclaw onboard --non-interactive --complete --timeout 60 --json`,
    );
}

export function addFurtherCommands(program: Command, command: AddCommand): void {
  command(
    program,
    'env [tool]',
    'print the exports that point a tool at the gateway',
    async () => (await import('./commands/env.ts')).env,
  ).addHelpText(
    'after',
    `
Tools: claude-code, codex; anthropic (the default) and openai are the official SDKs and whatever reads their variables.

Examples:
  $ eval "$(openclaw env claude-code)" && claude
  $ eval "$(openclaw env codex)" && codex`,
  );

  command(
    program,
    'usage',
    'tokens and their cost, as the gateway has counted them, and what is left of the plan',
    async () => (await import('./commands/usage.ts')).usage,
  )
    .option('--since <duration>', 'from then on: 7d (the default), 24h, 30m; counted by whole hours')
    .option('--by <grouping>', 'model (the default), day or profile')
    .option('--no-plan', 'leave out the plan, for which the network is asked')
    .addHelpText(
      'after',
      `
Prices are those of the catalogue, or of models.json in the state folder, at the time of each request.

Examples:
  $ openclaw usage
  $ openclaw usage --since 24h --by day --no-plan`,
    );

  command(
    program,
    'demo',
    'the whole story on this machine, against a built-in simulator',
    async () => (await import('./commands/demo.ts')).demo,
  ).addHelpText(
    'after',
    '\nUses a folder of its own, touches no keychain and no account, and cleans up. About half a minute.',
  );
}
