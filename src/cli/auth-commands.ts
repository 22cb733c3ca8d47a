// The commands of `openclaw auth` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';
import { withLogin } from './login-flags.ts';

export function addAuthCommands(auth: Command, command: AddCommand): void {
  auth.addHelpText(
    'after',
    `
A login is named provider:name, such as minimax-portal:default. \`openclaw onboard\` makes the first one.

Examples:
  $ openclaw auth status   which logins there are, and how they are
  $ openclaw auth login    log in again, or with another account
  $ openclaw auth logout minimax-portal:work`,
  );
  command(
    auth,
    'status',
    'every login and key: its state, when it ends, who renews it, and which one is used now and why',
    async () => (await import('./commands/auth-status.ts')).authStatus,
  )
    .option(
      '--check',
      'tell by the exit status: 1 a login in use is missing or dead, 2 one will end for good, else 0',
    )
    .option('--probe', 'ask each service with one free call whether the login or key works; renews nothing')
    .option('--usage', 'show how much of each plan is used, and when it starts anew')
    .option('--watch', 'look again every second, until Ctrl-C')
    .addHelpText(
      'after',
      `
Reads the store and the configuration only: no network, no keychain, no plugin code. Only --probe and --usage ask a
service, each login at most once and for at most 5 seconds.

With --watch and no terminal there is a line for each change, with --json a document a line. Ctrl-C ends it with 0.
With --check and --probe a login in use that its service refuses, or that no key opens, counts as dead.

Examples:
  $ openclaw auth status
  $ openclaw auth status --check || openclaw auth login
  $ openclaw auth status --probe --usage
  $ openclaw auth status --watch
  $ openclaw auth status --json`,
    );
  withLogin(
    command(
      auth,
      'login',
      'log in again or with another account',
      async () => (await import('./commands/auth-login.ts')).authLogin,
    ),
  ).addHelpText(
    'after',
    `
A login that is there is renewed in place, in the way and the region that it had. Another name makes another login, which
serves beside the first one: \`openclaw auth order get\` tells which one is used. The default model stays as it is. With
several logins, a terminal asks which one.

Examples:
  $ openclaw auth login   the same login again
  $ openclaw auth login --profile-id minimax-portal:work --region global
  $ openclaw auth login --auth-choice minimax-portal --region cn --flow device`,
  );
  command(
    auth,
    'logout [profile]',
    'revoke and delete a login',
    async () => (await import('./commands/auth-logout.ts')).authLogout,
  )
    .option('--all', 'every login')
    .addHelpText(
      'after',
      `
The service is asked to end the login, where it can; the login is deleted here in any case. Others stay. With several
logins, a terminal asks which one.

Examples:
  $ openclaw auth logout minimax-portal:work
  $ openclaw auth logout --all`,
    );
  command(
    auth,
    'refresh [profile]',
    'refresh a login now',
    async () => (await import('./commands/auth-refresh.ts')).authRefresh,
  ).addHelpText(
    'after',
    `
Nobody needs to: a gateway renews its logins by itself, before they end. This is to see whether it can.

Examples:
  $ openclaw auth refresh
  $ openclaw auth refresh minimax-portal:work --json`,
  );

  const order = auth
    .command('order')
    .description('which logins of a provider serve requests, and in which order')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Without an order of yours: logins before tokens before keys, the one that was used longest ago first; those that rest after
a failure come last.

Examples:
  $ openclaw auth order get
  $ openclaw auth order set minimax-portal minimax-portal:work minimax-portal:default`,
    );
  command(
    order,
    'get [provider]',
    'the order that counts, and where it comes from',
    async () => (await import('./commands/auth-order.ts')).authOrderGet,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw auth order get
  $ openclaw auth order get minimax-portal`,
  );
  command(
    order,
    'set <provider> <profiles...>',
    'use these logins alone, in this order',
    async () => (await import('./commands/auth-order.ts')).authOrderSet,
  ).addHelpText(
    'after',
    `
A login that is left out is never used while the order stands. A gateway that runs follows within a second.

Examples:
  $ openclaw auth order set minimax-portal minimax-portal:work minimax-portal:default`,
  );
  command(
    order,
    'clear <provider>',
    'back to the order of the configuration, or of use',
    async () => (await import('./commands/auth-order.ts')).authOrderClear,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw auth order clear minimax-portal`,
  );
  command(
    auth,
    'clear-cooldown [profile]',
    'try logins again at once that are left alone after a failure',
    async () => (await import('./commands/auth-cooldown.ts')).authClearCooldown,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw auth clear-cooldown   all of them
  $ openclaw auth clear-cooldown minimax-portal:work`,
  );

  const storage = auth
    .command('storage')
    .description('where the key that opens the logins is kept')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  $ openclaw auth storage show
  $ openclaw auth storage migrate passphrase`,
    );
  command(
    storage,
    'show',
    'where the key is kept, and since when',
    async () => (await import('./commands/auth-storage.ts')).authStorageShow,
  ).addHelpText(
    'after',
    `
Examples:
  $ openclaw auth storage show`,
  );
  command(
    storage,
    'migrate <kind>',
    'move the key, in one step; every login stays',
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
credentials-directory is that of systemd; insecure-file is a plain file beside the store, which protects from nobody who
can read the disk.

Examples:
  $ openclaw auth storage migrate passphrase
  $ openclaw auth storage migrate key-file --key-file /run/secrets/openclaw
  $ openclaw auth storage migrate keychain`,
    );
}
