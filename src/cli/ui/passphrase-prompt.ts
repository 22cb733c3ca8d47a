// Asks a person for the passphrase of the store: once to open it, twice for a new one.
import { Secret } from '../../platform/secret.ts';
import { passphraseFault, type AskPassphrase } from '../../vault/passphrase.ts';
import { createOutput, mayAsk, type CommandContext, type OutputOptions } from '../command-context.ts';

/** Answers to open with what was typed in this command before; asks when that was wrong, or nothing was typed yet. */
export function rememberPassphrase(ask: AskPassphrase): AskPassphrase {
  let typed: Secret | undefined;
  return async (request) => {
    if (typed !== undefined && request.purpose === 'open' && request.again !== true) return typed.reveal();
    const answer = await ask(request);
    typed = new Secret(answer);
    return answer;
  };
}

/** undefined where nobody can be asked. */
export function createPassphrasePrompt(
  context: CommandContext,
  options: OutputOptions & { nonInteractive?: boolean },
): AskPassphrase | undefined {
  if (!mayAsk(context, options)) return undefined;
  const output = createOutput(context, options);
  const askFor = async (message: string): Promise<string> => {
    const { createPrompter } = await import('./prompter.ts');
    return createPrompter(context, output, { interactive: true }).text({ message, secret: true });
  };

  return async ({ purpose, reason, again }) => {
    if (purpose === 'open') {
      if (again === true) output.note('That is not the passphrase.');
      return askFor('Passphrase of the stored logins');
    }
    if (reason !== undefined) {
      output.note(
        `${reason}.\nA passphrase can protect the logins instead. It is asked for whenever they are opened: once at the start of a\n` +
          'gateway, and by `openclaw auth refresh`. Ctrl-C goes back; `openclaw onboard --help` names other places.',
      );
    }
    for (;;) {
      const first = await askFor('New passphrase, at least 8 characters');
      const fault = passphraseFault(first);
      if (fault !== undefined) output.note(`It ${fault}.`);
      else if ((await askFor('The same again')) === first) return first;
      else output.note('They differ.');
    }
  };
}
