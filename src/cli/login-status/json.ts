// `auth status` for a program: names and instants, no words to parse, and no secret.
import type { OpenClawError } from '../../errors.ts';
import type { StoredCooldown } from '../../store/activity-store.ts';
import type { ProfileRecord } from '../../store/credential-store.ts';
import { storageToJson } from '../ui/storage-text.ts';
import { isCoolingDown } from './block-text.ts';
import type { StatusFacts } from './collect.ts';
import type { Entry, Use } from './describe.ts';
import type { KeyOrigin } from './key-origin.ts';
import type { Asked, Probe } from './probe.ts';
import type { StatusView } from './text.ts';

export function statusToJson({ facts, report, asked }: StatusView): Record<string, unknown> {
  const logins = report.entries.flatMap((entry) =>
    entry.record === undefined ? [] : [loginToJson(entry, entry.record, facts, asked)],
  );
  const keys = report.entries.flatMap(({ origin, ...entry }) =>
    origin === undefined
      ? []
      : [
          {
            id: entry.id,
            provider: entry.provider,
            from: placeOf(origin),
            variable: origin.kind === 'variable' ? origin.name : null,
            path: origin.kind === 'config' ? origin.path : null,
            state: isCoolingDown(entry) ? 'cooling_down' : entry.status.state,
            ...sharedToJson(entry, asked),
          },
        ],
  );
  const { storage, gateway } = facts;
  return {
    storage:
      storage === undefined
        ? null
        : {
            ...storageToJson(storage),
            keyFileGone: facts.missingKeyFile !== undefined,
            missingKeyFile:
              facts.missingKeyFile === undefined ? null : { variable: null, ...facts.missingKeyFile },
            unwritable: facts.unwritable === undefined ? null : troubleToJson(facts.unwritable),
          },
    stateDir: facts.stateDir,
    check: report.check,
    profiles: logins,
    keys,
    cooldowns: facts.activity.cooldowns.map(cooldownToJson),
    unserved: report.unserved ?? null,
    missingKeys: report.missingKeys,
    troubles: facts.troubles.map(troubleToJson),
    gateway:
      gateway === undefined ? null : { pid: gateway.pid, url: gateway.url, since: isoTime(gateway.sinceMs) },
  };
}

function placeOf(origin: KeyOrigin): string {
  switch (origin.kind) {
    case 'variable':
      return origin.setBy;
    case 'config':
      return 'openclaw.json';
    case 'open':
      return 'none_needed';
    case 'gateway':
      return 'gateway';
  }
}

function loginToJson(
  entry: Entry,
  record: ProfileRecord,
  { storage, gateway }: StatusFacts,
  asked: StatusView['asked'],
): Record<string, unknown> {
  const { status } = entry;
  const isRenewable = record.refreshable && status.state !== 'needs_login' && entry.use.kind !== 'idle';
  return {
    id: record.id,
    provider: record.provider,
    type: record.type,
    region: record.region ?? null,
    account: record.account ?? null,
    state: isCoolingDown(entry) ? 'cooling_down' : status.state,
    detail: status.detail ?? null,
    expiresAt: isoTime(record.expiresAtMs),
    expiresAtMs: record.expiresAtMs ?? null,
    refreshable: record.refreshable,
    renewedBy: isRenewable ? (gateway === undefined ? 'next_gateway' : 'gateway') : null,
    lastRefresh:
      record.lastRefresh === undefined
        ? null
        : {
            at: isoTime(record.lastRefresh.atMs),
            outcome: record.lastRefresh.outcome,
            reason: record.lastRefresh.reason ?? null,
          },
    loggedInAt: isoTime(record.createdAtMs),
    generation: record.generation,
    restored:
      record.restored === undefined
        ? null
        : { generation: record.generation, newest: record.restored.newestGeneration },
    clockBehindMs: status.behindMs ?? null,
    storage: storage === undefined ? null : storage.kind,
    ...sharedToJson(entry, asked),
  };
}

function sharedToJson(
  { id, use, cooldowns, lastUsedAtMs }: Omit<Entry, 'origin'>,
  asked: StatusView['asked'],
): Record<string, unknown> {
  const answer = asked?.get(id);
  return {
    lastUsedAt: isoTime(lastUsedAtMs),
    cooldowns: cooldowns.map(cooldownToJson),
    active: use.kind === 'active',
    activeReason: use.kind === 'active' ? use.reason : null,
    use: use.kind,
    unusedBecause: unusedBecause(use),
    pluginTrouble:
      use.kind === 'idle' && use.idle.kind === 'plugin_failed' ? troubleToJson(use.idle.failure) : null,
    ...(answer?.probe === undefined ? {} : { probe: probeToJson(answer.probe) }),
    ...(answer?.plan === undefined ? {} : { plan: planToJson(answer.plan) }),
  };
}

function troubleToJson({ code, message, remedy }: OpenClawError): Record<string, string> {
  return { code, message, remedy };
}

function unusedBecause(use: Use): string | null {
  if (use.kind === 'idle') return use.idle.kind;
  return use.kind === 'left_out' ? 'left_out_of_order' : null;
}

function probeToJson(probe: Probe): Record<string, unknown> {
  return probe.kind === 'works'
    ? { outcome: probe.kind, ms: probe.tookMs, reason: null }
    : { outcome: probe.kind, ms: null, reason: probe.reason };
}

function planToJson({ name, windows, trouble }: NonNullable<Asked['plan']>): Record<string, unknown> {
  return {
    name,
    windows: windows.map(({ label, period, usedPercent, resetAt }) => ({
      label,
      period: period ?? null,
      usedPercent,
      resetAt: isoTime(resetAt),
    })),
    error: trouble ?? null,
  };
}

function cooldownToJson({ profileId, model, reason, failures, untilMs }: StoredCooldown) {
  return {
    profile: profileId,
    model: model === '' ? null : model,
    reason,
    failures,
    until: isoTime(untilMs),
  };
}

function isoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}
