// `auth status`: what is known of every login, from the store's clear columns and the activity file. No key, no network,
// no plugin code; activity that cannot be read takes nothing else away. Cooldowns pass by themselves: they are no matter
// for --check.
import { describeCooldownReason } from '../../auth/candidates.ts';
import { isActive, isCooldownReason } from '../../auth/cooldown.ts';
import { describeOlderCopy } from '../../auth/doubt.ts';
import { orderProfiles, type OrderReason } from '../../auth/order.ts';
import { observeRefresh, type ObservedRecord } from '../../auth/running-refresh.ts';
import { checkExitCode, describeLogin, type LoginState, type LoginStatus } from '../../auth/status.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { KeyRecord, ProfileRecord } from '../../store/credential-store.ts';
import {
  createActivityStore,
  type ActivitySnapshot,
  type StoredCooldown,
} from '../../store/activity-store.ts';
import { isOpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { openApp } from '../open-app.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { formatDuration, formatRelative } from '../ui/duration.ts';
import { describeStorage, storageToJson } from '../ui/storage-text.ts';

type Row = {
  record: ProfileRecord;
  status: LoginStatus;
  /** Used for requests to its provider now, and why. */
  active: OrderReason | undefined;
  /** Those that are active now; the one that ends last first. */
  cooldowns: readonly StoredCooldown[];
  lastUsedAtMs: number | undefined;
};

const noActivity: ActivitySnapshot = { cooldowns: [], uses: [], orders: new Map() };
/** A gateway writes for a moment, once a second at most. */
const busyWaitMs = 100;

export async function authStatus(
  context: CommandContext,
  options: OutputOptions & { check?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = readOrExplain(() => app.config(), output);
    const activity =
      readOrExplain(() => createActivityStore(app.activity({ mode: 'look', busyWaitMs })).read(), output) ??
      noActivity;
    const store = app.store();
    const listed = await store.listProfiles();
    const records = await Promise.all(listed.map((record) => observeRefresh(store, record)));
    const key = await store.readKeyRecord();
    const nowMs = context.clock.nowMs();
    const cooldowns = activity.cooldowns.filter((row) => isActiveRow(row, nowMs));
    const rows = describeRows(records, config, { ...activity, cooldowns }, nowMs);
    // Those that would be used if nothing cooled down and nobody had used any.
    const lasting = describeRows(records, config, { ...noActivity, orders: activity.orders }, nowMs);
    const inUse = lasting.filter((row) => row.active !== undefined);
    const check = Math.max(
      0,
      ...(inUse.length === 0 ? [1] : inUse.map((row) => checkExitCode([row.status]))),
    );
    output.result({
      storage: key === undefined ? null : storageToJson(key),
      stateDir: app.paths.stateDir,
      check,
      profiles: rows.map((row) => toJson(row, key)),
      cooldowns: cooldowns.map(cooldownToJson),
    });
    print(output, rows, key, nowMs);
    const ids = new Set(rows.map((row) => row.record.id));
    for (const row of cooldowns.filter(({ profileId }) => isKeyProfile(profileId) && !ids.has(profileId))) {
      output.line(`${cleanText(row.profileId, 120)}  ${output.style.warn(describeCooldown(row, nowMs))}`);
    }
    return options.check === true ? check : 0;
  } finally {
    app.close();
  }
}

function isActiveRow({ reason, ...row }: StoredCooldown, nowMs: number): boolean {
  return isCooldownReason(reason) && isActive({ ...row, reason }, nowMs);
}

/** Keys of the configuration are no logins, and cool down like them. */
function isKeyProfile(profileId: string): boolean {
  return profileId.endsWith(':key');
}

/** A broken configuration or activity file changes which login comes first, not what the logins are: they are shown. */
function readOrExplain<T>(read: () => T, output: Output): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    output.note(`${error.message}\n  ${error.remedy}`, {
      event: 'warning',
      code: error.code,
      message: error.message,
    });
    return undefined;
  }
}

function describeRows(
  observed: readonly ObservedRecord[],
  config: LoadedConfig | undefined,
  { cooldowns, uses, orders }: ActivitySnapshot,
  nowMs: number,
): Row[] {
  const records = observed.map(({ record }) => record);
  const used = new Map(uses.map(({ profileId, lastUsedAtMs }) => [profileId, lastUsedAtMs]));
  const cooldownsOf = (id: string): StoredCooldown[] =>
    cooldowns.filter(({ profileId }) => profileId === id).sort((a, b) => b.untilMs - a.untilMs);
  const active = new Map<string, OrderReason>();
  for (const provider of new Set(records.map((record) => record.provider))) {
    const order = orderProfiles(
      records.filter((record) => record.provider === provider),
      orders.get(provider) ?? config?.config.auth?.order?.[provider],
      {
        lastUsedAtMs: (id) => used.get(id) ?? 0,
        // A model that is not in the plan says nothing of the others.
        isCooling: (id) => cooldownsOf(id).some(({ reason }) => reason !== 'model_unavailable'),
      },
    );
    const first = order.ids[0];
    if (first !== undefined) active.set(first, order.reason);
  }
  const rows = observed.map(({ record, isRefreshing }) => ({
    record,
    status: describeLogin(record, nowMs, isRefreshing),
    active: active.get(record.id),
    cooldowns: cooldownsOf(record.id),
    lastUsedAtMs: used.get(record.id),
  }));
  return rows.sort((a, b) => Number(b.active !== undefined) - Number(a.active !== undefined));
}

function isoTime(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
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

/** `cooling down until 14:03:20 (in 12 min) for MiniMax-M3: too many requests` */
function describeCooldown({ model, reason, untilMs }: StoredCooldown, nowMs: number): string {
  const at = new Date(untilMs).toISOString().slice(0, 19).replace('T', ' ');
  const scope = model === '' ? '' : ` for ${cleanText(model, 120)}`;
  return `cooling down until ${at} UTC (${formatRelative(untilMs, nowMs)})${scope}: ${describeCooldownReason(reason)}`;
}

/** A login that nothing but a new one helps does not wait for the end of a cooldown. */
function isCoolingNow({ state }: LoginStatus, cooldowns: readonly StoredCooldown[]): boolean {
  return cooldowns.length > 0 && state !== 'needs_login';
}

function toJson(
  { record, status, active, cooldowns, lastUsedAtMs }: Row,
  key: KeyRecord | undefined,
): Record<string, unknown> {
  return {
    id: record.id,
    provider: record.provider,
    type: record.type,
    region: record.region ?? null,
    account: record.account ?? null,
    state: isCoolingNow(status, cooldowns) ? 'cooling_down' : status.state,
    detail: status.detail ?? null,
    expiresAt: isoTime(record.expiresAtMs),
    expiresAtMs: record.expiresAtMs ?? null,
    refreshable: record.refreshable,
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
    storage: key === undefined ? null : key.kind,
    lastUsedAt: isoTime(lastUsedAtMs),
    cooldowns: cooldowns.map(cooldownToJson),
    active: active !== undefined,
    activeReason: active ?? null,
  };
}

const words: Record<LoginState, string> = {
  ok: 'ok',
  refreshing: 'refreshing now',
  expiring: 'ends soon',
  expired: 'expired, renewed at the next use',
  needs_login: 'needs a new login',
};

function print(output: Output, rows: readonly Row[], key: KeyRecord | undefined, nowMs: number): void {
  if (rows.length === 0) {
    output.line('No logins yet.');
    output.line('  Log in: openclaw onboard --auth-choice minimax-portal');
    return;
  }
  for (const row of rows) printRow(output, row, nowMs);
  if (key === undefined) return;
  const storage = describeStorage(key);
  output.line(`Kept     ${storage.safe ? storage.text : output.style.bad(storage.text)}`);
}

function printRow(output: Output, row: Row, nowMs: number): void {
  const { record, status, active, cooldowns, lastUsedAtMs } = row;
  const { style } = output;
  const colour = {
    ok: style.good,
    refreshing: style.good,
    expiring: style.warn,
    expired: style.warn,
    needs_login: style.bad,
  };
  const { state } = status;
  output.line(
    `${style.bold(record.id)}  ${isCoolingNow(status, cooldowns) ? style.warn('cooling down') : colour[state](words[state])}${active === undefined ? '' : style.dim(`  in use (${active})`)}`,
  );
  const facts = [
    record.region === undefined ? undefined : `region ${record.region}`,
    record.account === undefined ? undefined : `account ${record.account}`,
    `${record.type === 'oauth' ? 'OAuth login' : record.type} at ${record.provider}`,
  ];
  output.line(
    `  Login    ${facts.filter((fact) => fact !== undefined).join(', ')}, ${formatDuration(nowMs - record.createdAtMs)} old`,
  );
  if (isCoolingNow(status, cooldowns)) {
    for (const cooldown of cooldowns) output.line(`  Paused   ${describeCooldown(cooldown, nowMs)}`);
    output.line(`  Next     openclaw auth clear-cooldown ${record.id}, to try it now`);
  }
  if (status.detail !== undefined) output.line(`  Why      ${status.detail}`);
  // The reason of a dead login has it already.
  if (record.restored !== undefined && record.dead === undefined)
    output.line(`  Backup   ${style.warn(describeOlderCopy(record))}`);
  if (record.expiresAtMs !== undefined && state !== 'needs_login') {
    const renewed = record.refreshable ? 'renewed by itself' : 'cannot be renewed';
    const verb = record.expiresAtMs >= nowMs ? 'ends' : 'ended';
    output.line(`  Access   ${verb} ${formatRelative(record.expiresAtMs, nowMs)}, ${renewed}`);
  }
  const refresh = record.lastRefresh;
  if (refresh !== undefined) {
    output.line(`  Refresh  ${refresh.outcome}, ${formatRelative(refresh.atMs, nowMs)}`);
  } else if (record.refreshable) output.line('  Refresh  not needed yet');
  if (lastUsedAtMs !== undefined) output.line(`  Used     ${formatRelative(lastUsedAtMs, nowMs)}`);
  if (state === 'needs_login') {
    output.line(
      `  Next     openclaw auth login --profile-id ${record.id}${record.region === undefined ? '' : ` --region ${record.region}`}`,
    );
  }
  output.line();
}
