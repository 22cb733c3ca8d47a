// What `default` leads to now: the default model and its fallbacks, each with what it is served with, and the first that a
// request would reach. Pure; it tells what a gateway would do, by what is known here.
import { describeCooldownReason } from '../auth/candidates.ts';
import { cleanText } from '../platform/text.ts';
import type { NamedModel } from '../providers/catalogue.ts';
import { splitRef } from '../providers/collected-models.ts';
import type { StoredCooldown } from '../store/activity-store.ts';
import { describeWith, mayServe, type ModelAuth } from './model-auth.ts';
import type { RowFacts } from './model-rows.ts';
import { formatRelative } from './ui/duration.ts';
import { formatDateTime } from './ui/instant.ts';

export type ModelLink = NamedModel & {
  readonly auth: ModelAuth;
  readonly served: boolean;
  /** It speaks no API of the default model: a request for that one does not reach it. */
  readonly passedOver: boolean;
};

export type ModelChain = {
  readonly primary?: ModelLink;
  readonly fallbacks: readonly ModelLink[];
  /** Whom a request reaches now; cooling down too, where nothing else is left. Absent: nothing can serve it. */
  readonly now?: ModelLink;
};

export function describeChain({ catalogue, authOf }: Pick<RowFacts, 'catalogue' | 'authOf'>): ModelChain {
  const { primary, fallbacks } = catalogue.chain();
  const apis = apisOf(primary);
  const link = (model: NamedModel): ModelLink => {
    const { provider = '', modelId } = splitRef(model.ref);
    const auth = authOf(provider, modelId);
    const own = apisOf(model);
    const passedOver = apis.length > 0 && own.length > 0 && !own.some((api) => apis.includes(api));
    return { ...model, auth, served: model.trouble === undefined && mayServe(auth), passedOver };
  };
  const first = primary === undefined ? undefined : link(primary);
  const others = fallbacks.map(link);
  // The others stand in for a model that is known, with credentials or without.
  const links = first?.route === undefined ? [] : [first, ...others];
  const reached = links.filter(({ served, passedOver }) => served && !passedOver);
  const now = reached.find(({ auth }) => auth.state === 'ready') ?? reached[0];
  return {
    ...(first === undefined ? {} : { primary: first }),
    fallbacks: others,
    ...(now === undefined ? {} : { now }),
  };
}

function apisOf(model: NamedModel | undefined): readonly string[] {
  const { route } = model ?? {};
  return route === undefined ? [] : [route.api, ...(route.furtherApis ?? [])];
}

/** `served with the login minimax-portal:default, cooling down until …`; for one that is served. */
export function describeService({ auth, passedOver }: ModelLink, nowMs: number): string {
  const { cooldown } = auth;
  return [
    `served ${describeWith(auth)}`,
    ...(cooldown === undefined ? [] : [describeWait(cooldown, nowMs)]),
    ...(passedOver ? ['passed over: it speaks no API of the default model'] : []),
  ].join(', ');
}

/** `cooling down until 2026-11-21 14:03:20 UTC (in 12 min): too many requests` */
function describeWait({ reason, untilMs }: StoredCooldown, nowMs: number): string {
  return `cooling down until ${formatDateTime(untilMs)} (${formatRelative(untilMs, nowMs)}): ${cleanText(describeCooldownReason(reason), 120)}`;
}
