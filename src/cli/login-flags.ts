// The flags that every command has which logs in.
import type { Command } from 'commander';

export function withLogin(command: Command): Command {
  return command
    .option(
      '--auth-choice <choice>',
      'a login: minimax-portal, minimax-global-oauth, minimax-cn-oauth; a key: minimax-api, minimax-cn-api, anthropic-api; a server: lmstudio',
    )
    .option('--region <region>', 'the MiniMax site of the account: global or cn')
    .option('--profile-id <id>', 'the name of the login, provider:name')
    .option(
      '--flow <flow>',
      'auto, device (a code, approved on any device) or loopback (led by the browser of this machine)',
    )
    .option('--no-browser', 'print the address only')
    .option(
      '--api-key-env <name>',
      'the key is in this variable and stays there; openclaw.json gets ${NAME} at most',
    )
    .option('--api-key-stdin', 'read the key from standard input, and keep it sealed')
    .option('--base-url <url>', 'for lmstudio: the address of the server (http://127.0.0.1:1234/v1)')
    .option('--non-interactive', 'never ask; name the missing flag instead')
    .option(
      '--storage <kind>',
      'where the key that opens the store is kept: keychain, passphrase, key-file, credentials-directory',
    )
    .option('--insecure-storage', 'keep that key in a plain file beside the store')
    .option(
      '--set-aside-store',
      'when the store cannot be opened any more: keep it aside and begin a new one',
    );
}
