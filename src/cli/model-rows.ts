// Which models a table shows, and what it says of each: pure. How a table fits a terminal is ui/model-table.ts's, what is
// known of logins model-auth.ts's.
import type { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import type { CatalogueEntry, ModelCatalogue, NamedModel } from '../providers/catalogue.ts';
import { splitRef } from '../providers/collected-models.ts';
import { authWord, mayServe, type ModelAuth } from './model-auth.ts';

export type ModelRow = {
  readonly ref: string;
  readonly provider: string;
  /** Absent for a name of the configuration that no model has. */
  readonly entry?: CatalogueEntry;
  readonly auth: ModelAuth;
  readonly aliases: readonly string[];
  readonly isDefault: boolean;
  /** From 1. */
  readonly fallback?: number;
  /** A request for it can be sent somewhere. */
  readonly served: boolean;
  /** Why the catalogue has it not, or not with credentials. */
  readonly trouble?: OpenClawError;
  readonly tags: readonly string[];
};

export type RowFacts = {
  readonly catalogue: ModelCatalogue;
  authOf(provider: string, modelId: string): ModelAuth;
  /** Providers whose logins are paid by a plan. */
  readonly plans: ReadonlySet<string>;
  /** Providers that are served on this machine. */
  readonly local: ReadonlySet<string>;
};

/**
 * Without `all`: what can be served now, and what the configuration names or describes though it cannot. In the order of
 * the catalogue, names that nothing has at the end.
 */
export function modelRows(
  facts: RowFacts,
  wanted: { all: boolean; provider?: string | undefined },
): ModelRow[] {
  const { catalogue } = facts;
  const { primary, fallbacks } = catalogue.chain();
  const aliases = catalogue.aliases();
  const named = new Map<string, NamedModel>();
  for (const model of [...(primary === undefined ? [] : [primary]), ...fallbacks])
    named.set(model.ref, model);
  for (const ref of aliases.values()) if (!named.has(ref)) named.set(ref, catalogue.resolve(ref));
  const entries = new Map(catalogue.entries().map((entry) => [entry.ref, entry]));
  const shown = [...entries.values()].filter(
    ({ ref, available, origin, route }) =>
      wanted.all || named.has(ref) || (available && (route !== undefined || origin === 'config')),
  );
  const refs = [...shown.map(({ ref }) => ref), ...[...named.keys()].filter((ref) => !entries.has(ref))];
  const rows = refs.map((ref): ModelRow => {
    const entry = entries.get(ref);
    const { provider = '', modelId } = splitRef(ref);
    const auth = facts.authOf(provider, modelId);
    const index = fallbacks.findIndex((fallback) => fallback.ref === ref);
    const trouble = named.has(ref)
      ? named.get(ref)?.trouble
      : entry !== undefined && (!entry.available || entry.route === undefined)
        ? catalogue.resolve(ref).trouble
        : undefined;
    const row = {
      ref,
      provider,
      ...(entry === undefined ? {} : { entry }),
      auth,
      aliases: [...aliases].filter(([, target]) => target === ref).map(([alias]) => alias),
      isDefault: primary?.ref === ref,
      ...(index < 0 ? {} : { fallback: index + 1 }),
      served: trouble === undefined && mayServe(auth),
      ...(trouble === undefined ? {} : { trouble }),
    };
    return { ...row, tags: tagsOf(row, facts) };
  });
  return rows.filter(({ provider }) => wanted.provider === undefined || provider === wanted.provider);
}

/** What a person reads at a glance; roles first. */
export function tagsOf(
  row: Omit<ModelRow, 'tags'>,
  { plans, local }: Pick<RowFacts, 'plans' | 'local'>,
): string[] {
  const { entry, auth, fallback, provider } = row;
  const isNamed = row.isDefault || fallback !== undefined || row.aliases.length > 0;
  const isPlan = plans.has(provider) && auth.kind !== 'key';
  const notSpoken = entry !== undefined && entry.route === undefined;
  return [
    row.isDefault ? 'default' : '',
    fallback === undefined ? '' : `fallback#${fallback}`,
    ...row.aliases.map((alias) => `alias:${cleanText(alias, 60)}`),
    isPlan ? 'plan' : '',
    entry?.origin === 'config' ? 'configured' : '',
    local.has(provider) ? 'local' : '',
    auth.notInPlan === undefined ? '' : 'not in plan',
    notSpoken ? `api:${cleanText(entry.api, 40)}` : '',
    isNamed && !row.served && !notSpoken ? 'missing' : '',
  ].filter((tag) => tag !== '');
}

/** The cells Model, Input, Ctx, Auth, Tags. */
export function cellsOf({ ref, entry, auth, tags }: ModelRow): string[] {
  const { definition } = entry ?? {};
  return [
    cleanText(ref, 120),
    definition === undefined ? '-' : definition.input.join('+'),
    definition === undefined ? '-' : formatCount(definition.contextWindow),
    authWord(auth),
    tags.join(', '),
  ];
}

/** 204800 -> `205k`, 1000000 -> `1M`. */
export function formatCount(count: number): string {
  if (count >= 999_500) return `${Number((count / 1_000_000).toFixed(1))}M`;
  return count >= 1_000 ? `${Math.round(count / 1_000)}k` : String(count);
}

export function rowToJson(row: ModelRow): Record<string, unknown> {
  const { entry, auth, trouble } = row;
  const { definition } = entry ?? {};
  const { cooldown } = auth;
  return {
    ref: row.ref,
    provider: row.provider,
    id: splitRef(row.ref).modelId,
    name: definition?.name ?? null,
    api: entry?.api ?? null,
    apis: entry?.route === undefined ? [] : [entry.route.api, ...(entry.route.furtherApis ?? [])],
    input: definition?.input ?? null,
    contextWindow: definition?.contextWindow ?? null,
    maxTokens: definition?.maxTokens ?? null,
    cost: definition?.cost ?? null,
    auth: authToJson(auth),
    served: row.served,
    tags: row.tags,
    aliases: row.aliases,
    default: row.isDefault,
    fallback: row.fallback ?? null,
    ...(cooldown === undefined ? {} : { coolingUntil: new Date(cooldown.untilMs).toISOString() }),
    ...(trouble === undefined ? {} : { error: errorToJson(trouble) }),
  };
}

export function authToJson(auth: ModelAuth): Record<string, unknown> {
  const { cooldown } = auth;
  return {
    kind: auth.kind,
    available: mayServe(auth),
    state: auth.state,
    kinds: auth.kinds,
    profile: auth.profileId ?? null,
    keyFrom: auth.keyFrom ?? null,
    cooldown:
      cooldown === undefined
        ? null
        : { reason: cooldown.reason, until: new Date(cooldown.untilMs).toISOString() },
  };
}

export function errorToJson({ code, message, remedy, data }: OpenClawError): Record<string, unknown> {
  return { code, message, remedy, cause: data['cause'] ?? null };
}
