// What is left of the plans behind the logins, asked of their services: each in its own time limit, none able to fail
// the command that asks. It refreshes nothing: a login that has run out is named instead.
import type { App } from '../app.ts';
import { callBounded } from '../auth/bounded-wait.ts';
import { OpenClawError, toOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { ProviderPlugin, UsageSnapshot } from '../plugin-sdk/index.ts';
import type { ProfileRecord } from '../store/credential-store.ts';

export type PlanUsage = {
  readonly profileId: string;
  /** Cleaned. */
  readonly name: string;
  readonly windows: UsageSnapshot['windows'];
  /** Why there are no windows, in words. */
  readonly trouble?: string;
};

const answerTimeoutMs = 5_000;

/** One for each login whose provider has a plan. Rejects with the reason of `signal`, or as `listProfiles` does. */
export async function fetchPlanUsage(app: App, signal: AbortSignal): Promise<readonly PlanUsage[]> {
  const records = await app.store().listProfiles();
  const plans = await Promise.all(records.map((record) => ofProfile(app, record, signal)));
  return plans.filter((plan) => plan !== undefined);
}

async function ofProfile(
  app: App,
  record: ProfileRecord,
  signal: AbortSignal,
): Promise<PlanUsage | undefined> {
  const base = { profileId: record.id, name: cleanText(record.provider, 60), windows: [] };
  try {
    const provider = await app.plugins().provider(record.provider);
    const fetch = provider?.fetchUsageSnapshot?.bind(provider);
    if (fetch === undefined) return undefined;
    const ended = describeEnd(record, app.clock.nowMs());
    if (ended !== undefined) return { ...base, trouble: ended };
    const stored = await app.store().readProfile(record.id);
    if (stored === undefined) return undefined;
    const snapshot = await ask(app, fetch, record.id, stored.credential, signal);
    const name = cleanText(snapshot.displayName, 60);
    const windows = snapshot.windows.map((window) => ({ ...window, label: cleanText(window.label, 60) }));
    if (snapshot.error === undefined) return { ...base, name, windows };
    const trouble =
      snapshot.error === 'unauthorized'
        ? `the service refuses the token; to renew it: openclaw auth refresh ${record.id}`
        : cleanText(snapshot.error);
    return { ...base, name, trouble };
  } catch (error) {
    signal.throwIfAborted();
    const { message } = toOpenClawError(error);
    return { ...base, trouble: cleanText(message) };
  }
}

function describeEnd(record: ProfileRecord, nowMs: number): string | undefined {
  if (record.dead !== undefined || record.damaged === true)
    return `the login has ended: openclaw auth login --profile-id ${record.id}`;
  if (record.expiresAtMs === undefined || record.expiresAtMs > nowMs) return undefined;
  const next = record.refreshable ? `auth refresh ${record.id}` : `auth login --profile-id ${record.id}`;
  return `its token has expired; to renew it: openclaw ${next}`;
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
    tooLong: () =>
      new OpenClawError({
        code: 'PORTAL_UNREACHABLE',
        message: `no answer within ${answerTimeoutMs / 1_000} s`,
      }),
  });
}
