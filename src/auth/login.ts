// A login from the approved method to the saved profile: the place for the secret is proved before anybody is asked to
// approve, a free call proves the token, and what was saved is read back. A failure leaves the former login as it was.
import { OpenClawError, isOpenClawError, toOpenClawError, type ErrorCode } from '../errors.ts';
import { callBounded, noAnswerWithin } from './bounded-wait.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type {
  AuthContext,
  AuthMethod,
  AuthResult,
  ProviderPlugin,
  UsageSnapshot,
} from '../plugin-sdk/index.ts';
import { refreshLockName } from './refresh.ts';
import type { CredentialStore, KeyRecord, ProfileRecord, StoredProfile } from '../store/credential-store.ts';

export type LoginDeps = {
  store: CredentialStore;
  clock: Clock;
  /** Refuses a store that ends with this process before anybody is asked to approve. */
  requirePersistence: boolean;
  onStep?: (step: LoginStep) => void;
  /** The name that it is to have in place of the one that its method gave it. What it throws ends the login unsaved. */
  nameFor?: (profileId: string, credential: Credential) => Promise<string>;
  /** The approved login cannot be written at the moment; it is tried again for a minute. */
  onUnsaved?: (error: OpenClawError) => void;
};

export type LoginStep = 'approved' | 'verified' | 'saved';

export type LoginReport = {
  readonly record: ProfileRecord;
  readonly key: KeyRecord;
  readonly verified: boolean;
  /** What the free call told of the plan. */
  readonly usage?: UsageSnapshot;
  /** Why the free call said nothing, when it did not work for a reason that is not the token's. */
  readonly verifyTrouble?: string;
  readonly notes: readonly string[];
  readonly defaultModel?: string;
};

const verifyTimeoutMs = 10_000;
const saveForMs = 60_000;
const saveAgainMs = 1_000;

/**
 * `obtain` runs the method. Rejects with what it, the key source or the store says; with what the provider has to say, or
 * LOGIN_REJECTED, when the server refuses the new token.
 */
export async function performLogin(
  deps: LoginDeps,
  provider: ProviderPlugin,
  obtain: () => Promise<AuthResult>,
  signal: AbortSignal,
): Promise<LoginReport> {
  const letGo = await deps.store.holdForLogin();
  try {
    return await approveAndSave(deps, provider, obtain, signal);
  } finally {
    letGo();
  }
}

async function approveAndSave(
  deps: LoginDeps,
  provider: ProviderPlugin,
  obtain: () => Promise<AuthResult>,
  signal: AbortSignal,
): Promise<LoginReport> {
  const { kind } = await deps.store.unlock();
  if (kind === 'memory' && deps.requirePersistence) {
    throw new OpenClawError({
      code: 'STORAGE_NOT_PERSISTENT',
      message: 'There is no place here to keep a login: it would be lost when this command ends.',
    });
  }
  const result = await obtain();
  const profile = result.profiles[0];
  if (profile === undefined) {
    throw new OpenClawError({
      code: 'LOGIN_REJECTED',
      message: `${provider.label} finished without a login.`,
    });
  }
  deps.onStep?.('approved');
  let verification: Awaited<ReturnType<typeof verify>>;
  let record: ProfileRecord;
  const { credential } = profile;
  try {
    verification = await verify(deps, provider, profile.profileId, credential, signal);
    if (verification.verified) deps.onStep?.('verified');
    const profileId = (await deps.nameFor?.(profile.profileId, credential)) ?? profile.profileId;
    record = await save(deps, profileId, credential, signal);
  } catch (error) {
    // Nobody will ever use what was granted: it is not left alive at the server.
    const mayBeStored = isOpenClawError(error) && error.data['mayBeStored'] === true;
    if (!mayBeStored) await revokeQuietly(deps, provider, profile.credential);
    throw error;
  }
  deps.onStep?.('saved');
  return {
    record,
    // Not that of the beginning: a key that had sealed nothing may have given way to another one since.
    key: await deps.store.unlock(),
    ...verification,
    notes: result.notes ?? [],
    ...(result.defaultModel === undefined ? {} : { defaultModel: result.defaultModel }),
  };
}

/** Without a terminal a method is run in the way that never asks. Throws INPUT_REQUIRED where it has none. */
export function runMethod(
  method: AuthMethod,
  context: AuthContext,
  interactive: boolean,
): Promise<AuthResult> {
  if (interactive) return method.run(context);
  if (method.runNonInteractive === undefined) {
    throw new OpenClawError({
      code: 'INPUT_REQUIRED',
      message: `${method.label} has to ask, and there is no terminal.`,
      data: { flag: 'another choice' },
    });
  }
  return method.runNonInteractive(context);
}

async function verify(
  deps: LoginDeps,
  provider: ProviderPlugin,
  profileId: string,
  credential: Credential,
  signal: AbortSignal,
): Promise<Pick<LoginReport, 'verified' | 'usage' | 'verifyTrouble'>> {
  const ask = provider.fetchUsageSnapshot?.bind(provider);
  if (ask === undefined) return { verified: false };
  try {
    const snapshot = await callBounded((either) => ask({ profileId, credential, signal: either }), {
      clock: deps.clock,
      limitMs: verifyTimeoutMs,
      signal,
      tooLong: () => noAnswerWithin(verifyTimeoutMs),
    });
    if (snapshot.error === 'unauthorized') {
      throw (
        provider.explainRefusal?.({ profileId, credential }) ??
        new OpenClawError({
          code: 'LOGIN_REJECTED',
          message: `The approval went through, but ${provider.label} refuses the new token for ${profileId}.`,
        })
      );
    }
    return snapshot.error === undefined
      ? { verified: true, usage: snapshot }
      : { verified: false, verifyTrouble: snapshot.error };
  } catch (error) {
    signal.throwIfAborted();
    const failure = toOpenClawError(error);
    if (failure.code === 'LOGIN_REJECTED' || failure.code === 'LOGIN_WRONG_REGION') throw failure;
    return { verified: false, verifyTrouble: failure.message };
  }
}

/** Also of the key: it may just be moving to another place. */
const mayPass: ReadonlySet<ErrorCode> = new Set([
  'STORE_BUSY',
  'STORE_UNREADABLE',
  'STORAGE_CONFLICT',
  'KEYCHAIN_UNAVAILABLE',
  'KEYCHAIN_LOCKED',
  'KEYCHAIN_DENIED',
  'KEY_MISSING',
  'KEY_WRONG',
  'KEY_FILE_INVALID',
  'PASSPHRASE_REQUIRED',
]);

/** As it was given, or renewed by a gateway that has seen it already. */
function isSaved(read: StoredProfile | undefined, saved: ProfileRecord, credential: Credential): boolean {
  if (read?.record.createdAtMs !== saved.createdAtMs) return false;
  return read.record.generation > saved.generation || sameSecret(read.credential, credential);
}

/** An approval is somebody's effort: a store that is busy or full is tried again before it is given up. */
async function save(
  deps: LoginDeps,
  profileId: string,
  credential: Credential,
  signal: AbortSignal,
): Promise<ProfileRecord> {
  const { store, clock } = deps;
  const deadlineMs = clock.monotonicMs() + saveForMs;
  let told = false;
  let saved: ProfileRecord | undefined;
  for (;;) {
    try {
      // Once only: by the time of another try a gateway may have renewed it, and this pair would be a spent one.
      saved ??= await store.saveLogin(profileId, credential);
      const read = await store.readProfile(profileId);
      if (isSaved(read, saved, credential)) return read?.record ?? saved;
      throw new OpenClawError({
        code: 'LOGIN_NOT_SAVED',
        message: `The login ${profileId} could not be read back from the store after it was saved.`,
        data: { profileId },
      });
    } catch (error) {
      const failure = toOpenClawError(error);
      if (!mayPass.has(failure.code)) throw failure;
      if (clock.monotonicMs() >= deadlineMs || signal.aborted) {
        throw new OpenClawError({
          code: 'LOGIN_NOT_SAVED',
          message:
            saved === undefined
              ? `The login was approved, but could not be saved: ${failure.message}.`
              : `The login was saved, but could not be read back: ${failure.message}.`,
          ...(saved === undefined
            ? {}
            : { remedy: 'It is kept. Mend the store, then see whether it works: `openclaw auth status`.' }),
          data: { profileId, mayBeStored: saved !== undefined },
        });
      }
      if (!told) deps.onUnsaved?.(failure);
      told = true;
      await sleep(clock, saveAgainMs);
    }
  }
}

async function revokeQuietly(
  deps: LoginDeps,
  provider: ProviderPlugin,
  credential: Credential,
): Promise<boolean> {
  try {
    return await revoke(deps.clock, provider, credential, 5_000);
  } catch {
    // Best effort: the error that led here is the one to tell.
    return false;
  }
}

async function revoke(
  clock: Clock,
  provider: ProviderPlugin | undefined,
  credential: Credential | undefined,
  limitMs: number,
): Promise<boolean> {
  const tell = provider?.revokeOAuth?.bind(provider);
  if (credential?.type !== 'oauth' || tell === undefined) return false;
  return callBounded((signal) => tell(credential, { signal }), {
    clock,
    limitMs,
    signal: undefined,
    tooLong: () => noAnswerWithin(limitMs),
  });
}

function sameSecret(a: Credential, b: Credential): boolean {
  if (a.type === 'oauth' && b.type === 'oauth') return a.access === b.access && a.refresh === b.refresh;
  if (a.type === 'api_key' && b.type === 'api_key') return a.key === b.key;
  return a.type === 'token' && b.type === 'token' && a.token === b.token;
}

/** Why the store does not open. A person who is asked for its passphrase takes their time, and may think better of it. */
async function openFirst(store: CredentialStore, profileId: string): Promise<string | undefined> {
  try {
    await store.readProfile(profileId);
    return undefined;
  } catch (error) {
    const failure = toOpenClawError(error);
    if (failure.code === 'INTERRUPTED') throw failure;
    return failure.message;
  }
}

/**
 * Deletes the login unless a person interrupts at the passphrase (INTERRUPTED); the server is told if it answers within `timeoutMs`. A refresh that runs is waited for
 * as long, so that what is revoked is the token that is good and not the one that was just spent.
 */
export async function performLogout(
  deps: { store: CredentialStore; clock: Clock; timeoutMs?: number },
  provider: ProviderPlugin | undefined,
  profileId: string,
): Promise<{ revoked: boolean; trouble?: string }> {
  const timeoutMs = deps.timeoutMs ?? 5_000;
  let revoked = false;
  let trouble = await openFirst(deps.store, profileId);
  let release: () => void = () => undefined;
  try {
    release = await deps.store.lock(refreshLockName(profileId), { timeoutMs }).catch(() => () => undefined);
    const stored = trouble === undefined ? await deps.store.readProfile(profileId) : undefined;
    revoked = await revoke(deps.clock, provider, stored?.credential, timeoutMs);
  } catch (error) {
    trouble = toOpenClawError(error).message;
  }
  try {
    await deps.store.deleteProfile(profileId);
  } finally {
    release();
  }
  return { revoked, ...(trouble === undefined ? {} : { trouble }) };
}
