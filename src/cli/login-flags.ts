// The flags that every command has which logs in.
import type { Command } from 'commander';

export function withLogin(command: Command): Command {
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
