// Which login a command means: the one that was named, the only one there is, or the one that a person chooses.
import { OpenClawError } from '../errors.ts';
import { nearestName } from '../platform/nearest.ts';
import { quotedText } from '../platform/text.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import type { CommandContext, OutputOptions } from './command-context.ts';
import { whichLogin } from './login-target.ts';
import { createQuestionPrompt } from './wizard/question-prompt.ts';
import type { WizardStage } from './wizard/setup-walk.ts';

type Asking = {
  readonly context: CommandContext;
  readonly options: OutputOptions;
  readonly stage: Pick<WizardStage, 'ask'>;
  /** `auth logout`, for the remedy. */
  readonly command: string;
  readonly message: string;
};

/** Asks in a terminal. Throws NO_PROFILE, PROFILE_UNKNOWN, INTERRUPTED, or INPUT_REQUIRED where nobody can be asked. */
export async function pickProfile(
  records: readonly ProfileRecord[],
  named: string | undefined,
  { context, options, stage, command, message }: Asking,
): Promise<ProfileRecord> {
  const ids = records.map((record) => record.id).join(', ');
  if (named !== undefined) {
    const found = records.find((record) => record.id === named);
    if (found !== undefined) return found;
    throw new OpenClawError({
      code: 'PROFILE_UNKNOWN',
      message: `There is no login ${quotedText(named, 80)}. ${
        ids === ''
          ? 'There is none at all.'
          : `${didYouMean(
              named,
              records.map((record) => record.id),
            )}There is: ${ids}.`
      }`,
    });
  }
  const [only, second] = records;
  if (only === undefined) throw new OpenClawError({ code: 'NO_PROFILE', message: 'There is no login yet.' });
  if (second === undefined) return only;
  if (stage.ask !== undefined || (context.terminal.interactive && options.json !== true)) {
    const reply = await (stage.ask ?? createQuestionPrompt(context))(whichLogin(message, records), false);
    const chosen = records.find(({ id }) => reply.kind === 'value' && id === reply.value);
    if (chosen !== undefined) return chosen;
  }
  throw new OpenClawError({
    code: 'INPUT_REQUIRED',
    message: `There are several logins: ${ids}.`,
    remedy: `Name one of them: \`openclaw ${command} ${only.id}\`.`,
  });
}

/** `Did you mean …? ` for a name without its provider, or with a slip in it; nothing where no name comes close. */
export function didYouMean(typed: string, ids: readonly string[]): string {
  const withoutProvider = ids.find((id) => id.slice(id.indexOf(':') + 1) === typed);
  const near = withoutProvider ?? nearestName(typed, ids);
  return near === undefined ? '' : `Did you mean ${near}? `;
}
