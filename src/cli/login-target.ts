// Which login a command line means, as far as names tell: a profile id names its provider, and with it the ways that can
// lead there. What a person is asked beyond that, and whether a name may be taken, is for those who call.
import type { SetupChoice } from '../app.ts';
import { cleanText } from '../platform/text.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import type { Question } from './wizard/questions.ts';

type NamedChoice = Pick<SetupChoice, 'provider' | 'choiceId' | 'pluginId'> & { readonly region?: string };

/**
 * The ways that can make a login of this name, and the one that needs no question: the only one, or the one that asks for
 * the rest by itself. All of them where the name is absent, or is of a provider that nobody brings.
 */
export function waysTo<Choice extends NamedChoice>(
  choices: readonly Choice[],
  { profileId, region }: { readonly profileId?: string; readonly region?: string },
): { readonly choices: readonly Choice[]; readonly only: Choice | undefined } {
  const provider = profileId?.split(':', 1)[0];
  const own = choices.filter((choice) => choice.provider === provider);
  if (own.length === 0) return { choices, only: undefined };
  const atSite = own.filter(
    (choice) =>
      choice.pluginId !== undefined ||
      region === undefined ||
      choice.region === undefined ||
      choice.region === region,
  );
  const [first, second] = atSite;
  const general = own.find(({ choiceId, pluginId }) => pluginId !== undefined && choiceId === provider);
  return {
    choices: atSite.length === 0 ? own : atSite,
    only: general ?? (second === undefined ? first : undefined),
  };
}

/** The name of a login to which none was given: one for each site. */
export function usualName(choice: SetupChoice, region: string | undefined): string {
  if (choice.pluginId === undefined) return choice.profileId;
  const isCn = (region ?? choice.choiceId).split('-').includes('cn');
  return `${choice.provider}:${isCn ? 'cn' : 'default'}`;
}

/** Whether a new login of the same name would take something away that works. */
export function isWorking(record: ProfileRecord, nowMs: number): boolean {
  const hasEnded = record.expiresAtMs !== undefined && record.expiresAtMs <= nowMs && !record.refreshable;
  return record.dead === undefined && !hasEnded;
}

/** A list of logins; `more` comes after them. */
export function whichLogin(
  message: string,
  records: readonly ProfileRecord[],
  more: readonly { readonly value: string; readonly label: string }[] = [],
): Question {
  const options = records.map(({ id, region, account, dead }) => {
    const hint = dead === undefined ? account : 'needs a new login';
    return {
      value: id,
      label: `${cleanText(id, 120)}${region === undefined ? '' : ` (${cleanText(region, 40)})`}`,
      ...(hint === undefined ? {} : { hint: cleanText(hint, 80) }),
    };
  });
  return {
    step: 'login',
    kind: 'select',
    message,
    options: [...options, ...more],
    flag: 'the name of one of them',
  };
}
