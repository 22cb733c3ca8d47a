// The commands that belong to no group, and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';
import type { OutputOptions } from './command-context.ts';
import type { ConfigureOptions } from './commands/configure.ts';
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
    .option('--start-gateway', 'start the gateway in the background when all is set up')
    .option('--no-start-gateway', 'do not start it, and do not ask')
    .addHelpText(
      'after',
      `
The first run: shows the ways to log in, waits for the approval or takes a key, proves it with a call that costs nothing,
keeps it sealed, sets the default model and says what to do next. A second run asks whether the login that is there is to be
replaced or another one added, and before the default model changes. Ctrl-C before the approval changes nothing.

Without a terminal nothing is asked: each question has a flag, and the error names the one that is missing. A login of the
same name is replaced then; --profile-id gives another name. A program that cannot wait begins with --start, which prints
address and code, and ends with --complete.

Examples:
  $ openclaw onboard   ask for everything
  $ openclaw onboard --auth-choice minimax-portal --region cn
  $ openclaw onboard --auth-choice minimax-portal --region global --no-browser --non-interactive
  $ openclaw onboard --non-interactive --start --auth-choice minimax-portal --region global --json
  $ openclaw onboard --non-interactive --complete --timeout 60 --json
  $ openclaw onboard --auth-choice minimax-api --api-key-env MINIMAX_API_KEY --non-interactive
  $ openclaw onboard --auth-choice minimax-cn-api --api-key-stdin --non-interactive   the key is piped in
  $ openclaw onboard --auth-choice lmstudio --base-url http://127.0.0.1:1234/v1`,
    );
  withLogin(
    command(
      program,
      'configure',
      'set up provider, login or key, default model and fallbacks, step by step',
      async () => {
        const { configure } = await import('./commands/configure.ts');
        return (context, options: ConfigureOptions) => configure(context, options);
      },
    ),
  )
    .option('--section <section>', 'begin there: model, gateway')
    .option('--keep-login', 'leave logins and keys alone')
    .option('--model <ref>', 'the default model, provider/model')
    .option(
      '--fallback <ref>',
      'a model that answers when the default one fails; several times, in their order',
      (ref: string, others: readonly string[] | undefined) => [...(others ?? []), ref],
    )
    .option('--no-fallbacks', 'no model but the default one')
    .option('--port <number>', 'with --section gateway: the port of the gateway')
    .option('--dry-run', 'show what would be written, and end')
    .addHelpText(
      'after',
      `
Nothing is changed before the last step, Save. What is not asked about stays as it is: openclaw.json is edited key by key.

Examples:
  $ openclaw configure
  $ openclaw configure --section model
  $ openclaw configure --keep-login --model minimax-portal/MiniMax-M2.7 --no-fallbacks --non-interactive
  $ openclaw configure --auth-choice minimax-api --api-key-env MINIMAX_API_KEY --dry-run --non-interactive
  $ openclaw configure --section gateway --port 18790 --non-interactive`,
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
claude-code and codex are those programs; anthropic (the default) and openai are the official SDKs, and whatever reads
their variables. The token is not printed: the shell fetches it. Where something is missing the shell gets \`false\`, so that
what stands behind && is not called.

Examples:
  $ eval "$(openclaw env claude-code)" && claude
  $ eval "$(openclaw env codex)" && codex
  $ eval "$(openclaw env openai)" && python my-script.py
  $ openclaw env anthropic --json`,
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
Prices are those of the catalogue, or of models.json in the state folder, at the time of each request; models of a plan cost
nothing. The ledger is read whether a gateway runs or not. What is left of a plan is asked of its service.

Examples:
  $ openclaw usage
  $ openclaw usage --since 24h --by day --no-plan`,
    );

  command(
    program,
    'doctor',
    'look for everything that can be wrong, and say what mends it',
    async () => (await import('./commands/doctor.ts')).doctor,
  )
    .option('--fix', 'mend what is safe; asks before anything is removed')
    .option(
      '--scrub',
      'with --fix: also remove credentials that other tools, and openclaw.json.bak, hold in plain text; without a question',
    )
    .option('--verbose', 'list what is as it should be, too')
    .option('--non-interactive', 'never ask; with --fix: mend only what is harmless')
    .addHelpText(
      'after',
      `
Looks at files, key, store, logins, network, configuration, plugins, gateway, and at what other tools have left in plain
text. Takes a few seconds. Only the clock check asks anybody beyond this machine: the account host of a login, without any
credential.
Exits with 1 when an error is found, with 0 otherwise. What each id means: docs/doctor.md.

Examples:
  $ openclaw doctor
  $ openclaw doctor --verbose
  $ openclaw doctor --fix
  $ openclaw doctor --fix --non-interactive --json`,
    );

  command(
    program,
    'demo',
    'the whole story on this machine, against a built-in simulator',
    async () => (await import('./commands/demo.ts')).demo,
  ).addHelpText(
    'after',
    `
Uses a folder of its own, touches no keychain and no account, and cleans up. About half a minute.

Examples:
  $ openclaw demo`,
  );
}

/** Those that are about the program itself. */
export function addCommandsOfTheProgram(program: Command, command: AddCommand): void {
  command(
    program,
    'completion [shell]',
    'print the script that completes commands in bash, zsh or fish',
    async () => (await import('./commands/completion.ts')).completion,
  ).addHelpText(
    'after',
    `
Put it where your shell looks for it, once: it asks this program each time, so that no update makes it stale.

Where to put it:
  bash  ~/.local/share/bash-completion/completions/openclaw
        or, without the package bash-completion, at the end of ~/.bashrc:
        eval "$(openclaw completion bash)"
  zsh   a folder of $fpath, as _openclaw; or in ~/.zshrc, behind compinit:
        source <(openclaw completion zsh)
  fish  ~/.config/fish/completions/openclaw.fish

Examples:
  $ eval "$(openclaw completion bash)"   for this shell, now
  $ openclaw completion zsh > ~/.zfunc/_openclaw
  $ openclaw completion fish > ~/.config/fish/completions/openclaw.fish`,
  );
  command(program, 'help [command...]', 'show what a command does, as --help does', async () => {
    const { help } = await import('./commands/help.ts');
    return (context, options: OutputOptions, names: readonly string[]) =>
      Promise.resolve(help(context, options, program, names));
  }).addHelpText(
    'after',
    `
With --json: every command below it, with its arguments, options, their values, and examples.

Examples:
  $ openclaw help auth login
  $ openclaw help --json   the whole program as data`,
  );
  // The shells' scripts call it.
  command(
    program,
    'complete [words...]',
    'what may follow these words',
    async () => {
      const { complete } = await import('./commands/complete.ts');
      return (context, options: OutputOptions, words: readonly string[]) =>
        complete(context, options, program, words);
    },
    { hidden: true },
  );
}
