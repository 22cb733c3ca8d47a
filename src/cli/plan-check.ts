// Whether a model is outside the plan that would pay for it: what the service said lately, what it says now (its free usage
// call, bounded and never an error of the command), and which models some plans have not. The warning is pure.
import type { App } from '../app.ts';
import { callBounded, noAnswerWithin } from '../auth/bounded-wait.ts';
import { toOpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { ModelRoute } from '../providers/model-route.ts';
import type { ModelFacts } from './model-facts.ts';
import { formatRelative } from './ui/duration.ts';

export type PlanFacts = {
  readonly ref: string;
  readonly profileId: string;
  /** When the service refused it as outside the plan, to a request. */
  readonly refusedAtMs?: number | undefined;
  /** The usage call says so. */
  readonly saysNotInPlan: boolean;
  readonly isNotInEveryPlan: boolean;
  /** What the gateway goes on with. */
  readonly fallback?: string | undefined;
  /** A model of the same login that may be in the plan. */
  readonly instead?: string | undefined;
  readonly nowMs: number;
};

export type PlanWarning = {
  readonly certain: boolean;
  readonly message: string;
  readonly remedy: string;
};

const limitMs = 3_000;

/** undefined where nothing speaks against it. */
export function decidePlanWarning(facts: PlanFacts): PlanWarning | undefined {
  const { refusedAtMs, profileId, nowMs } = facts;
  const [ref, login] = [cleanText(facts.ref, 120), cleanText(profileId, 120)];
  const { fallback, instead } = facts;
  const then =
    fallback === undefined
      ? 'the gateway answers "model not in plan" then, for there is no fallback'
      : `the gateway goes on with ${cleanText(fallback, 120)} then`;
  const other =
    instead === undefined
      ? undefined
      : `Take another one: \`openclaw models set ${cleanText(instead, 120)}\``;
  const standIn =
    instead === undefined || fallback !== undefined
      ? undefined
      : `or name one for that case: \`openclaw models fallbacks add ${cleanText(instead, 120)}\``;
  const waysOut = [other, standIn].filter((way) => way !== undefined).join(', ');
  const remedy = `${waysOut === '' ? 'See what there is: `openclaw models list`' : waysOut}.`;
  if (facts.saysNotInPlan) {
    return {
      certain: true,
      message: `${ref} is not in the plan of ${login}, says its service; ${then}.`,
      remedy,
    };
  }
  if (refusedAtMs !== undefined) {
    const when = formatRelative(refusedAtMs, nowMs);
    return {
      certain: true,
      message: `${ref} is not in the plan of ${login}, its service said ${when}; ${then}.`,
      remedy,
    };
  }
  if (!facts.isNotInEveryPlan) return undefined;
  return {
    certain: false,
    message: `${ref} is not in every plan, and whether it is in that of ${login} shows at the first request. If not, ${then}.`,
    remedy,
  };
}

/** undefined too where no plan pays for it. Rejects with the reason of `signal` alone. */
export async function checkPlan(
  app: App,
  facts: ModelFacts,
  route: ModelRoute,
  signal: AbortSignal,
): Promise<PlanWarning | undefined> {
  const { provider, modelId, ref } = route;
  const auth = facts.authOf(provider, modelId);
  const { profileId } = auth;
  if (!facts.plans.has(provider) || profileId === undefined || auth.kind === 'key') return undefined;
  const plugin = facts.plugins.get(provider);
  const told = await modelsNotInPlan(app, facts, profileId, signal);
  const cannot = new Set([...told, ...(plugin?.notInEveryPlan ?? [])]);
  const instead = facts.catalogue
    .list()
    .find(
      (other) =>
        other.provider === provider &&
        other.modelId !== modelId &&
        !cannot.has(other.modelId) &&
        facts.authOf(provider, other.modelId).notInPlan === undefined,
    );
  const fallback = facts.catalogue
    .chain()
    .fallbacks.find((model) => model.trouble === undefined && model.ref !== ref);
  return decidePlanWarning({
    ref,
    profileId,
    refusedAtMs: auth.notInPlan?.sinceMs,
    saysNotInPlan: told.includes(modelId),
    isNotInEveryPlan: plugin?.notInEveryPlan?.includes(modelId) === true,
    fallback: fallback?.ref,
    instead: instead?.ref,
    nowMs: facts.nowMs,
  });
}

/** None where the service cannot be asked: no key that opens the login, no valid token, no answer in time. */
async function modelsNotInPlan(
  app: App,
  { plugins, records, nowMs }: ModelFacts,
  profileId: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const record = records.find(({ id }) => id === profileId);
  const plugin = record === undefined ? undefined : plugins.get(record.provider);
  if (record === undefined || (record.expiresAtMs ?? Infinity) <= nowMs) return [];
  const ask = async (either: AbortSignal): Promise<readonly string[]> => {
    const stored = await app.store().readProfile(profileId);
    if (stored === undefined || either.aborted) return [];
    const { credential } = stored;
    const snapshot = await plugin?.fetchUsageSnapshot?.({ profileId, credential, signal: either });
    return (snapshot?.notInPlan ?? []).filter((id) => typeof id === 'string');
  };
  try {
    return await callBounded(ask, {
      clock: app.clock,
      limitMs,
      signal,
      tooLong: () => noAnswerWithin(limitMs),
    });
  } catch (error) {
    signal.throwIfAborted();
    app.log.warn('plan_not_known', { profile: profileId, reason: toOpenClawError(error).message });
    return [];
  }
}
