// Under which name a login is kept that would take the place of another one which works. Which name it is to have shows
// only when it is approved, where the site is chosen on the way; by then its account is known too.
import type { AuthPrompter } from '../plugin-sdk/index.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import { isOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import { isWorking } from './login-target.ts';

export type NameDeps = {
  readonly prompter: Pick<AuthPrompter, 'select' | 'text'>;
  readonly records: () => Promise<readonly ProfileRecord[]>;
  readonly nowMs: () => number;
  /** Throws USAGE, with what is wrong with it, for what is no name of a login of this provider. */
  readonly check: (profileId: string) => void;
  readonly tell: (text: string) => void;
};

/** The same account is a login renewed: nobody is asked. A question that is cancelled takes nothing away. */
export async function nameBeside(deps: NameDeps, profileId: string, credential: Credential): Promise<string> {
  const records = await deps.records();
  const former = records.find(({ id }) => id === profileId);
  if (former === undefined || !isWorking(former, deps.nowMs())) return profileId;
  const account = accountOf(credential);
  if (account !== undefined && cleanText(account) === former.account) return profileId;
  const of = former.account === undefined ? '' : ` (account ${cleanText(former.account, 120)})`;
  const ask = async (): Promise<string> => {
    const answer = await deps.prompter.select({
      message: `${cleanText(profileId, 120)}${of} is there already, and works`,
      options: [
        { value: 'replace', label: 'Put the new login in its place' },
        { value: 'keep', label: 'Keep both: give the new one another name' },
      ],
      flag: '--profile-id',
    });
    return answer === 'keep' ? otherName(deps, profileId) : profileId;
  };
  try {
    return await ask();
  } catch (error) {
    if (!isOpenClawError(error) || error.code !== 'INTERRUPTED') throw error;
    const free = freeName(profileId, await deps.records());
    deps.tell(
      `Not answered: the new login is kept as ${cleanText(free, 120)}, and ${cleanText(profileId, 120)} stays.`,
    );
    return free;
  }
}

/** Whoever leaves the question, or has gone, has approved the login all the same: it is kept beside the other. */
function freeName(profileId: string, records: readonly ProfileRecord[]): string {
  for (let number = 2; ; number += 1) {
    const id = `${profileId}-${number}`;
    if (!records.some((record) => record.id === id)) return id;
  }
}

async function otherName({ prompter, records, check, tell }: NameDeps, profileId: string): Promise<string> {
  const provider = profileId.slice(0, profileId.indexOf(':'));
  for (;;) {
    const typed = await prompter.text({ message: 'A name for the new login', placeholder: 'work' });
    const trimmed = typed.trim();
    const id = trimmed.includes(':') ? trimmed : `${provider}:${trimmed}`;
    try {
      check(id);
      // Another login may have been saved while this one was asked about.
      const taken = await records();
      if (!taken.some((record) => record.id === id)) return id;
      tell(`${cleanText(id, 120)} is there already: give another name.`);
    } catch (error) {
      if (!isOpenClawError(error) || error.code !== 'USAGE') throw error;
      tell(error.message);
    }
  }
}

function accountOf(credential: Credential): string | undefined {
  return credential.type === 'oauth' ? (credential.email ?? credential.accountId) : undefined;
}
