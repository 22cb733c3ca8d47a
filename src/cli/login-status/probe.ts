// One free call for each login and key, all at once and each within its time: whether it works now. It renews nothing and
// changes nothing; a login whose token is over is named instead of being renewed. For logins the call is the plan's usage,
// which brings the plan along; for keys it is the one of the provider that proves a key.
import type { App } from '../../app.ts';
import { callBounded, noAnswerWithin } from '../../auth/bounded-wait.ts';
import { OpenClawError } from '../../errors.ts';
import { describeNetworkError } from '../../oauth/network-error.ts';
import { loadFetch } from '../../platform/fetch.ts';
import { cleanText } from '../../platform/text.ts';
import { apiKeyOf, apiKeyProviders, storedKeyAuth, type KeyProvider } from '../../providers/api-key.ts';
import { builtinOf } from '../../providers/builtin-providers.ts';
import type { KeyVerdict } from '../../providers/key-check.ts';
import { askLmStudio } from '../../providers/lmstudio-models.ts';
import { askPlanOf, isLost, type PlanUsage } from '../plan-usage.ts';
import type { Entry } from './describe.ts';

export type Probe =
  | { readonly kind: 'works'; readonly tookMs: number }
  /** The service does not know it; `reason` says what helps. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It is sealed with a key that is gone or another one: nothing was asked. */
  | { readonly kind: 'closed'; readonly reason: string }
  /** No answer, or one that says nothing of the login. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'not_probed'; readonly reason: string };

export type Asked = {
  readonly probe: Probe;
  /** Absent where there is no plan, or nothing was asked. */
  readonly plan?: PlanUsage;
};

export type Asking = {
  /** Plans alone: logins and keys without one are not asked. */
  readonly isPlanOnly: boolean;
  readonly signal: AbortSignal;
};

const answerTimeoutMs = 5_000;

/** By the entry's id; without those that nothing can be asked of. Rejects with the signal's reason and nothing else. */
export async function askEntries(
  app: App,
  entries: readonly Entry[],
  asking: Asking,
): Promise<ReadonlyMap<string, Asked>> {
  const asked = await Promise.all(
    entries.map(async (entry): Promise<[string, Asked] | undefined> => {
      const answer = await askEntry(app, entry, asking);
      return answer === undefined ? undefined : [entry.id, answer];
    }),
  );
  return new Map(asked.filter((answer) => answer !== undefined));
}

async function askEntry(app: App, entry: Entry, asking: Asking): Promise<Asked | undefined> {
  const { record, use } = entry;
  if (use.kind === 'idle')
    return asking.isPlanOnly ? undefined : { probe: notProbed('nothing uses it: see above') };
  if (entry.origin?.kind === 'gateway')
    return asking.isPlanOnly ? undefined : { probe: notProbed('the gateway alone has this key') };
  if (record !== undefined) {
    const plan = await askPlanOf(app, record, asking.signal);
    if (plan !== undefined) return { plan, probe: probeOfPlan(plan) };
    if (asking.isPlanOnly) return undefined;
    if (record.type !== 'api_key')
      return { probe: notProbed(`${cleanText(record.provider, 60)} has no free call that shows it`) };
  }
  return asking.isPlanOnly ? undefined : { probe: await probeKey(app, entry, asking.signal) };
}

function probeOfPlan({ outcome, trouble = '', tookMs = 0 }: PlanUsage): Probe {
  switch (outcome) {
    case 'answered':
      return { kind: 'works', tookMs };
    case 'refused':
      return { kind: 'refused', reason: trouble };
    case 'no_answer':
      return { kind: 'unreachable', reason: trouble };
    case 'closed':
      return { kind: 'closed', reason: trouble };
    case 'not_asked':
      return notProbed(trouble);
  }
}

function notProbed(reason: string): Probe {
  return { kind: 'not_probed', reason };
}

type KeyInUse = { readonly key: string | undefined } & Pick<KeyProvider, 'baseUrl' | 'ifRefused'>;

async function probeKey(app: App, entry: Entry, signal: AbortSignal): Promise<Probe> {
  const provider = builtinOf(entry.provider);
  const isLocal = provider?.listsModels === true;
  if (provider === undefined || (provider.loadKeyCheck === undefined && !isLocal))
    return notProbed(`${cleanText(entry.provider, 60)} has no free call that shows it`);
  const sent: string[] = [];
  try {
    const found = await keyInUse(app, entry);
    if (found === undefined) return notProbed('it is gone');
    const { baseUrl, key, ifRefused } = found;
    if (key !== undefined) sent.push(key);
    const check = await provider.loadKeyCheck?.();
    // Not a part of the server's time.
    await loadFetch();
    const sentAtMs = app.clock.monotonicMs();
    const verdict = await callBounded(
      (either) =>
        check === undefined || key === undefined
          ? askLocal(app, { baseUrl, key }, either)
          : check({ fetch: app.fetch, baseUrl, key, signal: either }),
      {
        clock: app.clock,
        limitMs: answerTimeoutMs,
        signal,
        tooLong: () => noAnswerWithin(answerTimeoutMs, new URL(baseUrl).host),
      },
    );
    if (verdict.kind === 'works')
      return { kind: 'works', tookMs: Math.round(app.clock.monotonicMs() - sentAtMs) };
    if (verdict.kind === 'unknown') return { kind: 'unreachable', reason: verdict.reason };
    const reason = `${new URL(baseUrl).host} does not know the key.`;
    return { kind: 'refused', reason: ifRefused === undefined ? reason : `${reason} ${ifRefused}` };
  } catch (error) {
    signal.throwIfAborted();
    return describeFailure(error, sent);
  }
}

/** What a fetch throws has its reason in its cause. */
function describeFailure(error: unknown, sent: readonly string[]): Probe {
  if (error instanceof OpenClawError) {
    const reason = cleanText(error.message);
    if (isLost(error.code)) return { kind: 'closed', reason };
    return error.code.startsWith('PORTAL_') ? { kind: 'unreachable', reason } : notProbed(reason);
  }
  return { kind: 'unreachable', reason: cleanText(describeNetworkError(error, sent).reason) };
}

async function askLocal(
  app: App,
  place: { baseUrl: string; key: string | undefined },
  signal: AbortSignal,
): Promise<KeyVerdict> {
  const { fetch, clock } = app;
  const answer = await askLmStudio({ fetch, clock }, place, answerTimeoutMs, signal);
  return answer.kind === 'models' ? { kind: 'works' } : { kind: 'unknown', reason: answer.reason };
}

/** undefined: logged out, or taken out of the configuration, meanwhile. */
async function keyInUse(app: App, { id, provider, record }: Entry): Promise<KeyInUse | undefined> {
  const config = app.config();
  if (record === undefined) {
    const found = apiKeyProviders(config).find((each) => each.provider === provider);
    return found === undefined ? undefined : { ...found, key: apiKeyOf(provider, config) };
  }
  const stored = await app.store().readProfile(id);
  if (stored?.credential.type !== 'api_key') return undefined;
  const { key, region } = stored.credential;
  const used = storedKeyAuth(id, provider, key, config, region);
  return used?.baseUrl === undefined ? undefined : { ...used, baseUrl: used.baseUrl, key: key.trim() };
}
