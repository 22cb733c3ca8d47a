// Refreshing one login exactly once over all callers and all processes, so that a rotating refresh token is never spent
// twice: single flight, mutex, re-read, adopt or write the intent, send, commit, and only then use.
// When a refresh is due is for the resolver.
import { OpenClawError, toOpenClawError, type ErrorCode } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { OAuthCredential } from '../plugin-sdk/credential.ts';
import type { CredentialStore, ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { isOlderCopy } from '../store/older-copy.ts';
import { likelyCause, reasonToRecord } from './doubt.ts';
import { createPauses } from './pauses.ts';

export type RefreshDeps = {
  store: CredentialStore;
  /** The provider's own exchange: throws LOGIN_DEAD or REFRESH_FAILED. */
  exchange: (credential: OAuthCredential) => Promise<OAuthCredential>;
  /** Loads what the exchange needs, before the lock is taken: all other processes wait for whoever holds it. */
  warmUp?: () => Promise<void>;
  clock: Clock;
  random: Random;
  log: Log;
  /** Longer than one exchange may take, so that a waiter outlives a slow holder. */
  lockTimeoutMs?: number;
};

export type RefreshOptions = {
  /** Skips the pause that follows a failure: a person asked. */
  ignorePause?: boolean;
  /** No valid token is left and a request waits: pauses are short. */
  urgent?: boolean;
  /** What the caller has in memory: it is saved again where the store holds an older copy of it. */
  held?: StoredProfile;
};

/** `adopted`: somebody else had renewed it. `failed` may pass, and is told once for all who waited for the attempt. */
export type AttemptOutcome = 'refreshed' | 'adopted' | 'failed' | 'dead';

export type RefreshObserver = (profileId: string, outcome: AttemptOutcome) => void;

export type RefreshEngine = {
  /**
   * Resolves with a credential newer than `fromGeneration`, or with another login that has taken its place, whoever got
   * it. Rejects with NO_PROFILE, LOGIN_DEAD, REFRESH_FAILED (nothing is lost), or an error of the
   * store, the last two with `data.profileId` and `data.retryAfterMs`. Callers share one attempt.
   */
  refresh(profileId: string, fromGeneration: number, options?: RefreshOptions): Promise<StoredProfile>;
  /** A failure of this generation was so recent that the next attempt has to wait. */
  isPaused(profileId: string, generation: number, urgent: boolean): boolean;
  /** The last attempt at this generation has failed. */
  hasFailed(profileId: string, generation: number): boolean;
  /** Saves what is held in memory over an older copy of it that has come into the store; false if there is none. */
  bringBack(held: StoredProfile): Promise<boolean>;
  /** The server has rotated, and the new pair is not on disk yet: only this process has it, and goes on trying. */
  isUnsaved(profileId: string): boolean;
  hasUnsaved(): boolean;
  /** Is told from now on how each attempt of this process ends, a pair that is saved late as one more. Must not throw. */
  observe(observer: RefreshObserver): void;
  /** Resolves when no exchange is running and nothing waits to be saved. */
  idle(): Promise<void>;
  /** Gives up what could not be saved. Only when the process ends. */
  close(): void;
};

const defaultLockTimeoutMs = 45_000;
const commitAttempts = 2;

export function createRefreshEngine(deps: RefreshDeps): RefreshEngine {
  const { store, clock, random, log } = deps;
  const running = new Map<string, Promise<StoredProfile>>();
  const bringing = new Set<Promise<boolean>>();
  const pauses = createPauses(clock, random);
  /** What the server has called dead while the store could not note it: never sent again from here. */
  const verdicts = new Map<string, { generation: number; reason: string }>();
  const saving = new Map<string, { work: Promise<void>; error: OpenClawError }>();
  const closing = new AbortController();
  const observers: RefreshObserver[] = [];
  const tell = (profileId: string, outcome: AttemptOutcome): void => {
    for (const observer of observers) observer(profileId, outcome);
  };

  function lock(profileId: string): Promise<() => void> {
    const timeoutMs = deps.lockTimeoutMs ?? defaultLockTimeoutMs;
    return store.lock(refreshLockName(profileId), { timeoutMs });
  }

  async function attempt(
    profileId: string,
    fromGeneration: number,
    { held, ignorePause = false }: RefreshOptions,
  ): Promise<Renewed> {
    await deps.warmUp?.();
    const before = await store.readRecord(profileId);
    const release = await lock(profileId);
    let keepsLock = false;
    try {
      const { stored, wasBroughtBack } = await readNewest(profileId, held);
      const { generation } = stored.record;
      // Rotated, or logged in anew, by somebody else. A copy that has just been replaced is still to be refreshed.
      if (generation !== fromGeneration && !wasBroughtBack) return adopted(stored);
      if (!ignorePause) throwFailureSince(before, stored.record);
      const { credential } = stored;
      if (credential.type !== 'oauth' || credential.refresh === '') throw cannotRefresh(profileId);
      const verdict = verdicts.get(profileId);
      if (verdict?.generation === generation) return adopted(await bury(stored.record, verdict.reason));
      if (!(await store.recordIntent(profileId, generation))) return adopted(await readUsable(profileId));
      let renewed: OAuthCredential;
      try {
        renewed = await deps.exchange(credential);
      } catch (error) {
        return adopted(await afterFailure(stored.record, toOpenClawError(error)));
      }
      try {
        await commit(stored.record, renewed);
      } catch (error) {
        // The server has rotated: only this process knows the pair. The lock stays held, so that nobody spends the
        // old token, until the pair is on disk.
        keepsLock = true;
        keepSaving(stored.record, renewed, release, toOpenClawError(error));
        throw error;
      }
      return { stored: await readUsable(profileId), outcome: 'refreshed' };
    } finally {
      if (!keepsLock) release();
    }
  }

  async function readUsable(profileId: string): Promise<StoredProfile> {
    const stored = await store.readProfile(profileId);
    if (stored === undefined) {
      throw new OpenClawError({
        code: 'NO_PROFILE',
        message: `There is no login ${profileId} any more.`,
        data: { profileId },
      });
    }
    if (stored.record.dead !== undefined) throw deadLogin(profileId, stored.record.dead.reason);
    return stored;
  }

  async function readNewest(
    profileId: string,
    held: StoredProfile | undefined,
  ): Promise<{ stored: StoredProfile; wasBroughtBack: boolean }> {
    const stored = await readUsable(profileId);
    if (held === undefined || !isOlderCopy(stored.record, held.record))
      return { stored, wasBroughtBack: false };
    const wasBroughtBack = await replaceCopy(held);
    return { stored: await readUsable(profileId), wasBroughtBack };
  }

  /** The caller holds the lock. */
  async function replaceCopy({ record, credential }: StoredProfile): Promise<boolean> {
    const outcome = await store.replaceOlderCopy(record, credential);
    if (outcome === 'superseded') return false;
    log.warn('older_copy_replaced', { profile: record.id, generation: outcome.generation });
    return true;
  }

  /** Another process tried while this one waited for the lock: its failure counts here too. */
  function throwFailureSince(
    before: ProfileRecord | undefined,
    { id, generation, ...now }: ProfileRecord,
  ): void {
    if (now.lastRefresh?.outcome !== 'transient' || before?.generation !== generation) return;
    if (now.lastRefresh.atMs === before.lastRefresh?.atMs) return;
    throw new OpenClawError({
      code: 'REFRESH_FAILED',
      message: now.lastRefresh.reason ?? `The refresh of ${id} has just failed in another process.`,
      data: { profileId: id },
    });
  }

  async function afterFailure(record: ProfileRecord, error: OpenClawError): Promise<StoredProfile> {
    if (error.code === 'LOGIN_DEAD') {
      const cause = likelyCause(record);
      return bury(record, cause === undefined ? error.message : `${error.message} ${cause}`);
    }
    try {
      await store.recordTransient(record.id, record.generation, reasonToRecord(record, error));
    } catch (failure) {
      log.error('refresh_not_noted', { profile: record.id, reason: toOpenClawError(failure).message });
    }
    throw error;
  }

  /** Resolves with what is stored when that is another login by now, a newer one: its token is good. */
  async function bury({ id, generation }: ProfileRecord, reason: string): Promise<StoredProfile> {
    verdicts.set(id, { generation, reason });
    let isBuried: boolean;
    try {
      isBuried = await store.markDead(id, generation, reason);
    } catch (error) {
      log.error('login_dead_not_noted', { profile: id, reason: toOpenClawError(error).message });
      throw deadLogin(id, reason);
    }
    verdicts.delete(id);
    if (!isBuried) return readUsable(id);
    log.error('login_dead', { profile: id, reason });
    throw deadLogin(id, reason);
  }

  async function save(from: ProfileRecord, renewed: OAuthCredential): Promise<void> {
    if ((await store.commitRefresh(from.id, from.generation, renewed)) !== 'superseded') return;
    // A newer login or a logout, which stand; or somebody has put a backup in the store's place meanwhile.
    if (await replaceCopy({ record: from, credential: renewed })) return;
    log.warn('refresh_superseded', { profile: from.id });
  }

  async function commit(from: ProfileRecord, renewed: OAuthCredential): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await save(from, renewed);
        return;
      } catch (error) {
        if (tries === commitAttempts) throw error;
        await sleep(clock, 50 * 2 ** tries);
      }
    }
  }

  function keepSaving(
    from: ProfileRecord,
    renewed: OAuthCredential,
    release: () => void,
    error: OpenClawError,
  ): void {
    const profile = from.id;
    const work = (async () => {
      for (let tries = 1; ; tries += 1) {
        await sleep(clock, Math.min(10_000, 500 * tries), closing.signal);
        try {
          await save(from, renewed);
          log.info('refresh_saved_late', { profile, tries });
          tell(profile, 'refreshed');
          pauses.clear(profile);
          release();
          return;
        } catch (error) {
          log.error('refresh_not_saved', { profile, reason: toOpenClawError(error).message });
        }
      }
    })()
      // Only `close` ends it before the pair is saved.
      .catch(() => log.error('refresh_given_up', { profile }))
      .finally(() => saving.delete(profile));
    saving.set(profile, { work, error });
  }

  const engine: RefreshEngine = {
    refresh(profileId, fromGeneration, options = {}) {
      const current = running.get(profileId);
      if (current !== undefined) {
        // What runs may have begun before the caller's own credential came to be.
        return current.then((stored) =>
          stored.record.generation > fromGeneration
            ? stored
            : engine.refresh(profileId, fromGeneration, options),
        );
      }
      const unsaved = saving.get(profileId);
      if (unsaved !== undefined) return Promise.reject(told(profileId, unsaved.error, 1_000));
      const pause = pauses.find(profileId, fromGeneration, options.urgent === true);
      if (pause !== undefined && options.ignorePause !== true)
        return Promise.reject(told(profileId, pause.error, pause.leftMs));
      const startedMs = clock.monotonicMs();
      const work = attempt(profileId, fromGeneration, options).then(
        ({ stored, outcome }) => {
          pauses.clear(profileId);
          tell(profileId, outcome);
          log.info('refreshed', {
            profile: profileId,
            generation: stored.record.generation,
            tookMs: Math.round(clock.monotonicMs() - startedMs),
          });
          return stored;
        },
        (error: unknown) => {
          const failure = toOpenClawError(error);
          if (failure.code !== 'NO_PROFILE')
            tell(profileId, failure.code === 'LOGIN_DEAD' ? 'dead' : 'failed');
          const { calmMs, urgentMs } = pauses.add(profileId, fromGeneration, failure);
          log.warn('refresh_failed', {
            profile: profileId,
            code: failure.code,
            reason: failure.message,
            retryInMs: Math.round(calmMs),
          });
          throw told(profileId, failure, urgentMs);
        },
      );
      const tracked = work.finally(() => running.delete(profileId));
      // Callers handle the rejection of what they were given; this copy only keeps it from being "unhandled".
      tracked.catch(() => undefined);
      running.set(profileId, tracked);
      return tracked;
    },

    isPaused: (profileId, generation, urgent) => pauses.find(profileId, generation, urgent) !== undefined,

    hasFailed: (profileId, generation) => pauses.has(profileId, generation),

    bringBack(held) {
      const work = lock(held.record.id)
        .then((release) => replaceCopy(held).finally(release))
        .finally(() => bringing.delete(work));
      bringing.add(work);
      return work;
    },

    observe: (observer) => void observers.push(observer),

    async idle() {
      while (running.size > 0 || saving.size > 0 || bringing.size > 0) {
        const unsaved = [...saving.values()].map(({ work }) => work);
        await Promise.allSettled([...running.values(), ...unsaved, ...bringing]);
      }
    },

    isUnsaved: (profileId) => saving.has(profileId),

    hasUnsaved: () => saving.size > 0,

    close: () => closing.abort(new Error('closed')),
  };
  return engine;
}

type Renewed = { readonly stored: StoredProfile; readonly outcome: 'refreshed' | 'adopted' };

function adopted(stored: StoredProfile): Renewed {
  return { stored, outcome: 'adopted' };
}

/** Held by whoever is spending or revoking the login's refresh token. */
export function refreshLockName(profileId: string): string {
  return `refresh:${profileId}`;
}

export function deadLogin(profileId: string, reason: string): OpenClawError {
  return new OpenClawError({
    code: 'LOGIN_DEAD',
    message: `The login ${profileId} has ended: ${reason}`,
    data: { profileId },
  });
}

function cannotRefresh(profileId: string): OpenClawError {
  return new OpenClawError({
    code: 'LOGIN_DEAD',
    message: `The login ${profileId} has no refresh token and cannot be renewed.`,
    data: { profileId },
  });
}

/** Waiting does not help a login that is over. */
const overForGood = new Set<ErrorCode>(['LOGIN_DEAD', 'NO_PROFILE']);

/** Whoever asked may go on with another login, and may come back. */
function told(profileId: string, error: OpenClawError, retryAfterMs: number): OpenClawError {
  if (overForGood.has(error.code)) return error;
  return new OpenClawError({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    data: { ...error.data, profileId, retryAfterMs: Math.ceil(retryAfterMs) },
  });
}
