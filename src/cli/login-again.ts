// The command that begins a login again: by the name of one that there is, and as the remedies of one that failed name it.
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

/** Without backticks: `openclaw auth login --profile-id minimax-portal:work --region cn`. */
export function loginAgain({ id, region }: { id: string; region?: string | undefined }): string {
  const site = region === undefined ? '' : ` --region ${cleanText(region, 40)}`;
  return `openclaw auth login --profile-id ${cleanText(id, 120)}${site}`;
}

/** `openclaw onboard`, and the flags behind those of the login itself: empty, or with a space before each. */
export type LoginCommand = { readonly command: string; readonly flags: string };

export const authLoginCommand: LoginCommand = { command: 'openclaw auth login', flags: '' };

type LoginFlags = {
  readonly authChoice?: string;
  readonly region?: string;
  readonly profileId?: string;
};

/** A person is asked for the rest; but for the name that was given, and for the site unless that may be the mistake. */
export function flagsAgain(error: unknown, { profileId, region }: LoginFlags): LoginFlags {
  if (profileId === undefined) return {};
  const isSiteInDoubt = isOpenClawError(error) && error.code === 'LOGIN_REJECTED';
  return { profileId, ...(region === undefined || isSiteInDoubt ? {} : { region }) };
}

/** Without backticks. */
export function commandText(
  { command, flags }: LoginCommand,
  { authChoice, region, profileId }: LoginFlags,
): string {
  const own = Object.entries({ 'auth-choice': authChoice, region, 'profile-id': profileId })
    .map(([name, value]) => (value === undefined ? '' : ` --${name} ${value}`))
    .join('');
  return `${command}${own}${flags}`;
}

/** Where nobody can be asked, the login that a remedy names needs its flags: those of `again` and of this login. */
export function withLoginCommand(error: unknown, again: LoginCommand, login: LoginFlags): unknown {
  if (!isOpenClawError(error)) return error;
  const { profileId } = login;
  const { code, message, data } = error;
  const remedy = error.remedy
    .replaceAll('`openclaw auth login`', () => `\`${commandText(again, login)}\``)
    .replaceAll(/`openclaw auth login (--auth-choice [^`]*)`/g, (_, own: string) => {
      const name =
        profileId === undefined || own.includes('--profile-id') ? '' : ` --profile-id ${profileId}`;
      return `\`${again.command} ${own}${name}${again.flags}\``;
    });
  return remedy === error.remedy
    ? error
    : new OpenClawError({ code, message, data, remedy, cause: error.cause });
}
