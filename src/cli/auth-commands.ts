// The commands of `openclaw auth` and their flags; what each does is loaded when it is called.
import type { Command } from 'commander';
import type { AddCommand } from './add-command.ts';
import { withLogin } from './login-flags.ts';

export function addAuthCommands(auth: Command, command: AddCommand): void {
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
}
