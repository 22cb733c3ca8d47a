// What is left of the plans behind the logins, asked of their services: each in its own time limit, none able to fail
// the command that asks. It refreshes nothing: a login that has run out is named instead.
import type { App } from '../app.ts';
import { callBounded, noAnswerWithin } from '../auth/bounded-wait.ts';
import { toOpenClawError, type ErrorCode } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { ProviderPlugin, UsageSnapshot } from '../plugin-sdk/index.ts';
import type { ProfileRecord } from '../store/credential-store.ts';
import { loginAgain } from './login-again.ts';

export type PlanUsage = {
  readonly profileId: string;
  /** Cleaned. */
  readonly name: string;
  readonly windows: UsageSnapshot['windows'];
  /** Why there are no windows, in words. */
  readonly trouble?: string;
  /**
   * `closed`: the login cannot be opened. `not_asked`: nothing was sent. `no_answer`: what came, if anything, says nothing
   * of the login.
   */
  readonly outcome: 'answered' | 'refused' | 'no_answer' | 'not_asked' | 'closed';
  /** How long the answer took. */
  readonly tookMs?: number;
};

const answerTimeoutMs = 5_000;

/** One for each login whose provider has a plan. Rejects with the reason of `signal`, or as `listProfiles` does. */
export async function fetchPlanUsage(app: App, signal: AbortSignal): Promise<readonly PlanUsage[]> {
  const records = await app.store().listProfiles();
  const plans = await Promise.all(records.map((record) => askPlanOf(app, record, signal)));
  return plans.filter((plan) => plan !== undefined);
}

/** undefined: its provider tells nothing of a plan. As `fetchPlanUsage`, for one login. */
export async function askPlanOf(
  app: App,
  record: ProfileRecord,
  signal: AbortSignal,
): Promise<PlanUsage | undefined> {
  const base = { profileId: record.id, name: cleanText(record.provider, 60), windows: [] };
  let sentAtMs: number | undefined;
  try {
    const provider = await app.plugins().provider(record.provider);
    const fetch = provider?.fetchUsageSnapshot?.bind(provider);
    if (fetch === undefined) return undefined;
    const ended = describeEnd(record, app.clock.nowMs());
    if (ended !== undefined) return { ...base, trouble: ended, outcome: 'not_asked' };
    const stored = await app.store().readProfile(record.id);
    if (stored === undefined) return undefined;
    const { credential } = stored;
    sentAtMs = app.clock.monotonicMs();
    const snapshot = await ask(app, fetch, record.id, credential, signal);
    const said = { ...base, tookMs: Math.round(app.clock.monotonicMs() - sentAtMs) };
    const name = cleanText(snapshot.displayName, 60);
    if (snapshot.error === undefined)
      return { ...said, name, windows: snapshot.windows.map(cleanWindow), outcome: 'answered' };
    if (snapshot.error !== 'unauthorized')
      return { ...said, name, trouble: cleanText(snapshot.error), outcome: 'no_answer' };
    return { ...said, name, trouble: describeRefusal(record), outcome: 'refused' };
  } catch (error) {
    signal.throwIfAborted();
    const { message, code } = toOpenClawError(error);
    const outcome = sentAtMs !== undefined ? 'no_answer' : isLost(code) ? 'closed' : 'not_asked';
    return { ...base, trouble: cleanText(message), outcome };
  }
}

/** Nobody who runs here could open the login. A keychain may be locked, and a passphrase not asked for, for now. */
export function isLost(code: ErrorCode): boolean {
  return code === 'KEY_MISSING' || code === 'KEY_WRONG' || code === 'STORE_CORRUPT';
}

/** The last date that there is. */
const latestMs = 8.64e15;

function cleanWindow(window: UsageSnapshot['windows'][number]): UsageSnapshot['windows'][number] {
  const { resetAt, ...rest } = window;
  const hasReset = resetAt !== undefined && Math.abs(resetAt) <= latestMs;
  return { ...rest, label: cleanText(window.label, 60), ...(hasReset ? { resetAt } : {}) };
}

/** A login that has never been renewed may be one that has never worked. */
function describeRefusal(record: ProfileRecord): string {
  const { id, refreshable, region, generation, lastRefresh } = record;
  const renew = refreshable
    ? `to renew it: openclaw auth refresh ${id}`
    : `log in again: ${loginAgain(record)}`;
  const isNew = generation === 1 && lastRefresh === undefined && region !== undefined;
  const hint = isNew ? `; if it has never worked, its account may be of another region than ${region}` : '';
  return `the service refuses the token; ${renew}${hint}`;
}

function describeEnd(record: ProfileRecord, nowMs: number): string | undefined {
  if (record.dead !== undefined || record.damaged === true)
    return `the login has ended: ${loginAgain(record)}`;
  if (record.expiresAtMs === undefined || record.expiresAtMs > nowMs) return undefined;
  const next = record.refreshable ? `openclaw auth refresh ${record.id}` : loginAgain(record);
  return `its token has expired; to renew it: ${next}`;
}

function ask(
  app: App,
  fetch: NonNullable<ProviderPlugin['fetchUsageSnapshot']>,
  profileId: string,
  credential: Parameters<typeof fetch>[0]['credential'],
  signal: AbortSignal,
): Promise<UsageSnapshot> {
  return callBounded((either) => fetch({ profileId, credential, signal: either }), {
    clock: app.clock,
    limitMs: answerTimeoutMs,
    signal,
    tooLong: () => noAnswerWithin(answerTimeoutMs),
  });
}
