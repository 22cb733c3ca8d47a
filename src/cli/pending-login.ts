// A login in two steps: begun by one command, finished by another that may run in another process. What was begun is
// kept sealed in the store, until it is decided or its code has expired; one process at a time may finish it.
import { OpenClawError, isOpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { cleanText } from '../platform/text.ts';
import type { StartedLogin } from '../plugin-sdk/index.ts';
import type { CredentialStore } from '../store/credential-store.ts';

export type PendingLogin = {
  readonly choiceId: string;
  readonly region?: string;
  /** What the first step was told to do about the default model. */
  readonly defaultModel: {
    readonly model?: string;
    readonly setDefault?: boolean;
    readonly keepDefault?: boolean;
  };
  readonly profileId: string;
  readonly expiresAtMs: number;
  readonly pending: StartedLogin['pending'];
};

/** Of the sealed secrets that hold them, in front of the profile id. */
export const pendingPrefix = 'pending-login:';

/** The lock is released by the operating system when its holder dies. */
const lockName = (profileId: string): string => `${pendingPrefix}${profileId}`;

/** After this long not even a wrong clock explains that a code should still be good. */
const forgottenAfterMs = 86_400_000;

const isForgotten = (login: PendingLogin, clock: Clock): boolean =>
  login.expiresAtMs + forgottenAfterMs <= clock.nowMs();

/** Removes what nobody came back for. */
export async function dropForgottenLogins(store: CredentialStore, clock: Clock): Promise<void> {
  for (const login of await readPendingLogins(store)) {
    if (isForgotten(login, clock)) await dropPendingLogin(store, login);
  }
}

/** undefined when none is begun under this name, or what was kept of it is damaged. */
export function readPendingLogin(
  store: CredentialStore,
  profileId: string,
): Promise<PendingLogin | undefined> {
  return readPending(store, profileId).catch(ifGone);
}

function ifGone(error: unknown): undefined {
  if (!isOpenClawError(error) || error.code !== 'LOGIN_NOT_STARTED') throw error;
}

/** All that are begun; without what is damaged. Needs the key where there is one. */
export async function readPendingLogins(store: CredentialStore): Promise<readonly PendingLogin[]> {
  const found = await Promise.all((await pendingIds(store)).map((id) => readPendingLogin(store, id)));
  return found.filter((login) => login !== undefined);
}

/** The names of those that are begun. Never needs the key. */
export async function pendingIds(store: CredentialStore): Promise<readonly string[]> {
  return (await store.listSecrets(pendingPrefix)).map((name) => name.slice(pendingPrefix.length));
}

/** Whatever it holds, and without the key. False when none is begun under this name. */
export function forgetPendingLogin(store: CredentialStore, profileId: string): Promise<boolean> {
  return store.deleteSecret(`${pendingPrefix}${profileId}`);
}

/** One a profile: a later start takes the place of an earlier one. */
export async function keepPendingLogin(store: CredentialStore, login: PendingLogin): Promise<void> {
  await store.replaceSecret(`${pendingPrefix}${login.profileId}`, JSON.stringify(login));
}

/**
 * The login that was begun, under a lock until `release`. Throws LOGIN_NOT_STARTED when there is none, LOGIN_EXPIRED when
 * its code is no longer good, USAGE when there are several and none is named, STORE_BUSY when another process finishes it.
 */
export async function claimPendingLogin(
  store: CredentialStore,
  clock: Clock,
  wantedProfileId: string | undefined,
): Promise<{ login: PendingLogin; release: () => void }> {
  const profileId = await pickPending(store, wantedProfileId);
  const release = await lockPending(store, profileId);
  try {
    const login = await readPending(store, profileId);
    if (isForgotten(login, clock)) {
      await dropPendingLogin(store, login);
      throw new OpenClawError({
        code: 'LOGIN_EXPIRED',
        message: `The code for ${profileId} was not approved before it expired.`,
        remedy:
          'Nothing was changed. Start again for a fresh code: `openclaw onboard --non-interactive --start`.',
      });
    }
    return { login, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** What has become of a login that was claimed; one that was begun in its place meanwhile stays. */
export async function updatePendingLogin(
  store: CredentialStore,
  login: PendingLogin,
  pending: PendingLogin['pending'],
): Promise<void> {
  if (await isKept(store, login)) await keepPendingLogin(store, { ...login, pending });
}

/** A login is finished once; one that was begun in its place meanwhile stays. */
export async function dropPendingLogin(store: CredentialStore, login: PendingLogin): Promise<void> {
  if (await isKept(store, login)) await store.deleteSecret(`${pendingPrefix}${login.profileId}`);
}

async function isKept(store: CredentialStore, login: PendingLogin): Promise<boolean> {
  return (await store.readSecret(`${pendingPrefix}${login.profileId}`)) === JSON.stringify(login);
}

async function pickPending(store: CredentialStore, wanted: string | undefined): Promise<string> {
  const ids = await pendingIds(store);
  const [first] = wanted === undefined ? ids : ids.filter((id) => id === wanted);
  if (first === undefined) {
    throw new OpenClawError({
      code: 'LOGIN_NOT_STARTED',
      message:
        wanted === undefined
          ? 'No login has been begun.'
          : `No login has been begun for ${cleanText(wanted, 80)}.`,
      // Only what can be a name is put into the command that is to be copied.
      ...(wanted !== undefined && /^[\w.:@-]{1,80}$/.test(wanted) ? { data: { profileId: wanted } } : {}),
    });
  }
  if (wanted === undefined && ids.length > 1) {
    throw new OpenClawError({
      code: 'USAGE',
      message: `Several logins have been begun: ${ids.join(', ')}.`,
      remedy: `Name one: \`openclaw onboard --non-interactive --complete --profile-id ${first}\`.`,
    });
  }
  return first;
}

async function lockPending(store: CredentialStore, profileId: string): Promise<() => void> {
  try {
    return await store.lock(lockName(profileId), { timeoutMs: 0 });
  } catch (error) {
    if (!isOpenClawError(error) || error.code !== 'STORE_BUSY') throw error;
    throw new OpenClawError({
      code: 'STORE_BUSY',
      message: `Another process waits for the approval of ${profileId} already.`,
      remedy: 'Let that one finish, or stop it first.',
    });
  }
}

async function readPending(store: CredentialStore, profileId: string): Promise<PendingLogin> {
  const name = `${pendingPrefix}${profileId}`;
  const gone = (why: string): OpenClawError =>
    new OpenClawError({
      code: 'LOGIN_NOT_STARTED',
      message: `The login that was begun for ${profileId} ${why}.`,
      data: { profileId },
    });
  try {
    const text = await store.readSecret(name);
    if (text === undefined) throw gone('has been finished by another process');
    // Sealed by this program: its shape needs no second check here; the method checks its own part.
    return JSON.parse(text) as PendingLogin;
  } catch (error) {
    if (!isOpenClawError(error) || error.code !== 'STORE_CORRUPT') throw error;
    // Five minutes of somebody's time, not worth a store set aside.
    await store.deleteSecret(name);
    throw gone('was damaged on the disk');
  }
}
