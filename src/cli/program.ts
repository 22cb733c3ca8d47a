// The commands and their flags; what each does is loaded when it is called.
import { Command } from 'commander';
import { version } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import { addGatewayCommands, type Action } from './gateway-commands.ts';

export function buildProgram(context: CommandContext, setExitCode: (code: number) => void): Command {
  const program = new Command('openclaw');
  program
    .description('Log in to MiniMax once, and let every tool use it through a local gateway.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw onboard --auth-choice minimax-portal    log in, once
  $ openclaw gateway start                           serve on http://127.0.0.1:18789, in the background
  $ eval "$(openclaw env claude-code)" && claude     use it

Files: ~/.openclaw/openclaw.json (configuration), ~/.openclaw/auth (sealed logins).
Exit codes: 0 ok, 1 error, 2 wrong usage, 130 interrupted.`,
    );

  /** Adds what every command has, and runs it with the options that were parsed. */
  const command = <Options, Args extends readonly unknown[]>(
    parent: Command,
    spec: string,
    description: string,
    load: () => Promise<Action<Options, Args>>,
  ): Command => {
    const made = parent
      .command(spec)
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

  const auth = group('auth', 'the logins: state, login, logout, refresh, order');
  command(
    auth,
    'status',
    'every login with its state, expiry, last refresh and where it is kept',
    async () => (await import('./commands/auth-status.ts')).authStatus,
  )
    .option(
      '--check',
      'exit 1 when the login in use is missing or dead, 2 when it will end and cannot be refreshed',
    )
    .addHelpText('after', '\nReads the store only: no network, no keychain.');
  withLogin(
    command(
      auth,
      'login',
      'log in again or with another account',
      async () => (await import('./commands/auth-login.ts')).authLogin,
    ),
  );
  command(
    auth,
    'logout [profile]',
    'revoke and delete a login',
    async () => (await import('./commands/auth-logout.ts')).authLogout,
  ).option('--all', 'every login');
  command(
    auth,
    'refresh [profile]',
    'refresh a login now',
    async () => (await import('./commands/auth-refresh.ts')).authRefresh,
  );

  const order = auth
    .command('order')
    .description('which logins of a provider serve requests, and in which order')
    .helpCommand(false);
  command(
    order,
    'get [provider]',
    'the order that counts, and where it comes from',
    async () => (await import('./commands/auth-order.ts')).authOrderGet,
  );
  command(
    order,
    'set <provider> <profiles...>',
    'use these logins alone, in this order',
    async () => (await import('./commands/auth-order.ts')).authOrderSet,
  ).addHelpText(
    'after',
    `
Example:
  $ openclaw auth order set minimax-portal minimax-portal:work minimax-portal:default`,
  );
  command(
    order,
    'clear <provider>',
    'back to the order of the configuration, or of use',
    async () => (await import('./commands/auth-order.ts')).authOrderClear,
  );
  command(
    auth,
    'clear-cooldown [profile]',
    'try logins again at once that are left alone after a failure',
    async () => (await import('./commands/auth-cooldown.ts')).authClearCooldown,
  );

  const storage = auth
    .command('storage')
    .description('where the key that opens the logins is kept')
    .helpCommand(false);
  command(
    storage,
    'show',
    'where it is kept, and since when',
    async () => (await import('./commands/auth-storage.ts')).authStorageShow,
  );
  command(
    storage,
    'migrate <kind>',
    'move it, in one step; every login stays',
    async () => (await import('./commands/auth-storage.ts')).authStorageMigrate,
  )
    .option('--key-file <path>', 'for key-file: the new key, instead of OPENCLAW_AUTH_KEY_FILE')
    .option(
      '--passphrase-file <path>',
      'for passphrase: a file with the new one, instead of OPENCLAW_PASSPHRASE_FILE or a question',
    )
    .option('--keep-old-key', 'leave the old key where it is: backups of the store need it')
    .option('--non-interactive', 'never ask')
    .addHelpText(
      'after',
      `
Kinds: keychain, passphrase, key-file, credentials-directory (systemd), insecure-file (a plain file beside the store).

Examples:
  $ openclaw auth storage migrate passphrase
  $ openclaw auth storage migrate key-file --key-file /run/secrets/openclaw
  $ openclaw auth storage migrate keychain`,
    );

  const plugins = group('plugins', 'the plugins that bring logins');
  command(
    plugins,
    'list',
    'what there is, whether it is enabled, and why it failed',
    async () => (await import('./commands/plugins.ts')).pluginsList,
  );
  command(
    plugins,
    'enable <id>',
    'enable a plugin',
    async () => (await import('./commands/plugins.ts')).pluginsEnable,
  );
  command(
    plugins,
    'disable <id>',
    'disable a plugin; its logins are kept',
    async () => (await import('./commands/plugins.ts')).pluginsDisable,
  );

  const models = group('models', 'the models that the gateway serves');
  command(
    models,
    'list',
    'every model that can be used now',
    async () => (await import('./commands/models.ts')).modelsList,
  )
    .option('--provider <id>', 'of one provider only')
    .option('--plain', 'refs only, one a line');
  command(
    models,
    'set <ref>',
    'set the default model',
    async () => (await import('./commands/models.ts')).modelsSet,
  );

  addGatewayCommands(group('gateway', 'the local gateway'), command);

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

  prepare(program, context);
  return program;
}

function withLogin(command: Command): Command {
  return command
    .option('--auth-choice <choice>', 'how to log in: minimax-portal, minimax-global-oauth, minimax-cn-oauth')
    .option('--region <region>', 'the MiniMax site of the account: global or cn')
    .option('--profile-id <id>', 'the name of the login, provider:name')
    .option(
      '--flow <flow>',
      'auto, device (a code, approved on any device) or loopback (led by the browser of this machine)',
    )
    .option('--no-browser', 'print the address only')
    .option('--non-interactive', 'never ask; name the missing flag instead')
    .option(
      '--storage <kind>',
      'where the key is kept: keychain, passphrase, key-file, credentials-directory',
    )
    .option('--insecure-storage', 'keep the key in a plain file beside the store')
    .option(
      '--set-aside-store',
      'when the store cannot be opened any more: keep it aside and begin a new one',
    );
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
  for (const child of command.commands) prepare(child, context);
}
