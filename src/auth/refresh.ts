// Refreshing one login exactly once over all callers and all processes, so that a rotating refresh token is never spent
// twice: single flight, mutex, re-read, adopt or write the intent, send, commit, and only then use.
// When a refresh is due is for the resolver.
import { OpenClawError, isOpenClawError, toOpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { Random } from '../platform/random.ts';
import type { OAuthCredential } from '../plugin-sdk/credential.ts';
import type { CredentialStore, ProfileRecord, StoredProfile } from '../store/credential-store.ts';
import { retryDelayMs } from './expiry.ts';

export type RefreshDeps = {
  store: CredentialStore;
  /** The provider's own exchange: throws LOGIN_DEAD or REFRESH_FAILED. */
  exchange: (credential: OAuthCredential) => Promise<OAuthCredential>;
  clock: Clock;
  random: Random;
  log: Log;
  /** Longer than one exchange may take, so that a waiter outlives a slow holder. */
  lockTimeoutMs?: number;
};

export type RefreshEngine = {
  /**
   * Resolves with a credential newer than `fromGeneration`, whoever got it. Rejects with NO_PROFILE, LOGIN_DEAD,
   * REFRESH_FAILED (nothing is lost; `data.retryAfterMs`), or an error of the store. Callers share one attempt.
   * `ignorePause` skips the pause that follows a failure: a person asked.
   */
  refresh(
    profileId: string,
    fromGeneration: number,
    options?: { ignorePause?: boolean },
  ): Promise<StoredProfile>;
  /** A failure was so recent that the next attempt has to wait. */
  isPaused(profileId: string): boolean;
  /** The server has rotated, and the new pair is not on disk yet: only this process has it, and goes on trying. */
  isUnsaved(profileId: string): boolean;
  hasUnsaved(): boolean;
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
  /** Until when, by the monotonic clock: a wall clock that is set back must not keep a login from its refresh. */
  const pauses = new Map<string, { failures: number; untilMs: number; error: OpenClawError }>();
  const saving = new Map<string, { work: Promise<void>; error: OpenClawError }>();
  const closing = new AbortController();

  async function attempt(profileId: string, fromGeneration: number): Promise<StoredProfile> {
    const release = await store.lock(refreshLockName(profileId), {
      timeoutMs: deps.lockTimeoutMs ?? defaultLockTimeoutMs,
    });
    let keepsLock = false;
    try {
      const stored = await readUsable(profileId);
      if (stored.record.generation > fromGeneration) return stored;
      const { credential } = stored;
      if (credential.type !== 'oauth' || credential.refresh === '') throw cannotRefresh(profileId);
      const { generation } = stored.record;
      if (!(await store.recordIntent(profileId, generation))) return await readUsable(profileId);
      let renewed: OAuthCredential;
      try {
        renewed = await deps.exchange(credential);
      } catch (error) {
        return await afterFailure(stored.record, toOpenClawError(error));
      }
      try {
        await commit(profileId, generation, renewed);
      } catch (error) {
        // The server has rotated: only this process knows the pair. The lock stays held, so that nobody spends the
        // old token, until the pair is on disk.
        keepsLock = true;
        keepSaving(profileId, generation, renewed, release, toOpenClawError(error));
        throw error;
      }
      return await readUsable(profileId);
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

  async function afterFailure(record: ProfileRecord, error: OpenClawError): Promise<StoredProfile> {
    const { id, generation } = record;
    const doubt = doubtOf(record);
    if (error.code !== 'LOGIN_DEAD') {
      // The doubt lives on until the server has given a definite answer.
      const reason = doubt === cutOff ? `${error.message} ${cutOff}` : error.message;
      await store.recordTransient(id, generation, reason);
      throw error;
    }
    const reason =
      doubt === undefined ? error.message : `${error.message} ${doubt} That is the likely cause.`;
    if (await store.markDead(id, generation, reason)) {
      log.error('login_dead', { profile: id, reason });
      throw deadLogin(id, reason);
    }
    // Another generation is stored by now: a newer login or refresh won, and its token is good.
    return readUsable(id);
  }

  async function commit(profileId: string, generation: number, renewed: OAuthCredential): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        const outcome = await store.commitRefresh(profileId, generation, renewed);
        if (outcome === 'superseded') log.warn('refresh_superseded', { profile: profileId });
        return;
      } catch (error) {
        if (tries === commitAttempts) throw error;
        await sleep(clock, 50 * 2 ** tries);
      }
    }
  }

  function keepSaving(
    profileId: string,
    generation: number,
    renewed: OAuthCredential,
    release: () => void,
    error: OpenClawError,
  ): void {
    const work = (async () => {
      for (let tries = 1; ; tries += 1) {
        await sleep(clock, Math.min(10_000, 500 * tries), closing.signal);
        try {
          await store.commitRefresh(profileId, generation, renewed);
          log.info('refresh_saved_late', { profile: profileId, tries });
          release();
          return;
        } catch (error) {
          log.error('refresh_not_saved', { profile: profileId, reason: toOpenClawError(error).message });
        }
      }
    })()
      // Only `close` ends it before the pair is saved.
      .catch(() => log.error('refresh_given_up', { profile: profileId }))
      .finally(() => saving.delete(profileId));
    saving.set(profileId, { work, error });
  }

  const engine: RefreshEngine = {
    refresh(profileId, fromGeneration, options) {
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
      if (unsaved !== undefined) return Promise.reject(withRetryAfter(unsaved.error, 1_000));
      const pause = pauses.get(profileId);
      const nowMs = clock.monotonicMs();
      if (pause !== undefined && nowMs < pause.untilMs && options?.ignorePause !== true) {
        return Promise.reject(withRetryAfter(pause.error, pause.untilMs - nowMs));
      }
      const started = clock.monotonicMs();
      const work = attempt(profileId, fromGeneration).then(
        (stored) => {
          pauses.delete(profileId);
          log.info('refreshed', {
            profile: profileId,
            generation: stored.record.generation,
            tookMs: Math.round(clock.monotonicMs() - started),
          });
          return stored;
        },
        (error: unknown) => {
          const failure = toOpenClawError(error);
          const failures = (pauses.get(profileId)?.failures ?? 0) + 1;
          const told = failure.data['retryAfterMs'];
          const delayMs = retryDelayMs(
            failures,
            random.fraction(),
            typeof told === 'number' ? told : undefined,
          );
          pauses.set(profileId, { failures, untilMs: clock.monotonicMs() + delayMs, error: failure });
          log.warn('refresh_failed', {
            profile: profileId,
            code: failure.code,
            reason: failure.message,
            retryInMs: Math.round(delayMs),
          });
          throw failure;
        },
      );
      const tracked = work.finally(() => running.delete(profileId));
      // Callers handle the rejection of what they were given; this copy only keeps it from being "unhandled".
      tracked.catch(() => undefined);
      running.set(profileId, tracked);
      return tracked;
    },

    isPaused: (profileId) => clock.monotonicMs() < (pauses.get(profileId)?.untilMs ?? -Infinity),

    async idle() {
      while (running.size > 0 || saving.size > 0) {
        await Promise.allSettled([...running.values(), ...[...saving.values()].map(({ work }) => work)]);
      }
    },

    isUnsaved: (profileId) => saving.has(profileId),

    hasUnsaved: () => saving.size > 0,

    close: () => closing.abort(new Error('closed')),
  };
  return engine;
}

/** Held by whoever is spending or revoking the login's refresh token. */
export function refreshLockName(profileId: string): string {
  return `refresh:${profileId}`;
}

const cutOff = "An earlier refresh was cut off between the server's answer and its saving.";
const unanswered = 'An earlier refresh got no usable answer, and may have used the token up.';

/** What is not known of the stored refresh token: whether an attempt without a result has spent it. */
function doubtOf({ intent, lastRefresh }: ProfileRecord): string | undefined {
  if (intent !== undefined) return cutOff;
  if (lastRefresh?.outcome !== 'transient') return undefined;
  return lastRefresh.reason?.includes(cutOff) === true ? cutOff : unanswered;
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

function withRetryAfter(error: OpenClawError, retryAfterMs: number): OpenClawError {
  if (!isOpenClawError(error)) return error;
  return new OpenClawError({
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    data: { ...error.data, retryAfterMs: Math.ceil(retryAfterMs) },
  });
}
