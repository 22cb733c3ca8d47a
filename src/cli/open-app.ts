// An application for one command, from what the command was given.
import { createApp, type App } from '../app.ts';
import { silentLog, type Log } from '../platform/log.ts';
import type { KeychainPerson } from '../vault/child-keychain.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import { mayAsk, type CommandContext, type OutputOptions } from './command-context.ts';
import { createPassphrasePrompt } from './ui/passphrase-prompt.ts';

export function openApp(
  context: CommandContext,
  options: OutputOptions & { nonInteractive?: boolean },
  given: { log?: Log; askPassphrase?: AskPassphrase | undefined; isKeychainQuiet?: boolean } = {},
): App {
  const app = createApp({
    env: context.env,
    homeDir: context.homeDir,
    installation: context.installation,
    clock: context.clock,
    log: silentLog,
    askPassphrase: createPassphrasePrompt(context, options),
    keychainPerson: describeKeychainPerson(context, options),
    ...given,
  });
  context.unfinished.add(() => app.settled());
  return app;
}

/** Long enough to find the window and the password. */
const keychainWaitMs = 60_000;

/** undefined where nobody sees the keychain's prompt. */
function describeKeychainPerson(
  { terminal }: CommandContext,
  options: { json?: boolean; nonInteractive?: boolean },
): KeychainPerson | undefined {
  if (!mayAsk({ terminal }, options)) return undefined;
  return {
    waitMs: keychainWaitMs,
    tell: () =>
      terminal.writeErr('Unlock the keychain in the window that opened (waiting up to a minute) …\n'),
  };
}
