// Which login a command means: the one that was named, or the only one there is.
import { OpenClawError } from '../errors.ts';
import { nearestName } from '../platform/nearest.ts';
import { quotedText } from '../platform/text.ts';
import type { ProfileRecord } from '../store/credential-store.ts';

/** Throws NO_PROFILE, PROFILE_UNKNOWN, or INPUT_REQUIRED when there are several and none was named. */
export function pickProfile(records: readonly ProfileRecord[], named: string | undefined): ProfileRecord {
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
  throw new OpenClawError({
    code: 'INPUT_REQUIRED',
    message: `There are several logins: ${ids}.`,
    data: { flag: 'the name of one of them' },
  });
}

/** `Did you mean …? ` for a name without its provider, or with a slip in it; nothing where no name comes close. */
export function didYouMean(typed: string, ids: readonly string[]): string {
  const withoutProvider = ids.find((id) => id.slice(id.indexOf(':') + 1) === typed);
  const near = withoutProvider ?? nearestName(typed, ids);
  return near === undefined ? '' : `Did you mean ${near}? `;
}
