// `auth status`: what is known of every login, from the store's clear columns. No key, no network, no plugin code.
import { describeOlderCopy } from '../../auth/doubt.ts';
import { orderProfiles, type OrderReason } from '../../auth/order.ts';
import { observeRefresh, type ObservedRecord } from '../../auth/running-refresh.ts';
import { checkExitCode, describeLogin, type LoginState, type LoginStatus } from '../../auth/status.ts';
import type { LoadedConfig } from '../../config/load.ts';
import type { KeyRecord, ProfileRecord } from '../../store/credential-store.ts';
import { isOpenClawError } from '../../errors.ts';
import { openApp } from '../open-app.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { formatDuration, formatRelative } from '../ui/duration.ts';
import { describeStorage, storageToJson } from '../ui/storage-text.ts';

type Row = {
  record: ProfileRecord;
  status: LoginStatus;
  /** Used for requests to its provider now, and why. */
  active: OrderReason | undefined;
};

export async function authStatus(
  context: CommandContext,
  options: OutputOptions & { check?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const config = readConfigOrExplain(() => app.config(), output);
    const store = app.store();
    const listed = await store.listProfiles();
    const records = await Promise.all(listed.map((record) => observeRefresh(store, record)));
    const key = await store.readKeyRecord();
    const nowMs = context.clock.nowMs();
    const rows = describeRows(records, config, nowMs);
    const inUse = rows.filter((row) => row.active !== undefined);
    const check = Math.max(
      0,
      ...(inUse.length === 0 ? [1] : inUse.map((row) => checkExitCode([row.status]))),
    );
    output.result({
      storage: key === undefined ? null : storageToJson(key),
      stateDir: app.paths.stateDir,
      check,
      profiles: rows.map((row) => toJson(row, key)),
    });
    print(output, rows, key, nowMs);
    return options.check === true ? check : 0;
  } finally {
    app.close();
  }
}

/** A broken configuration changes which login comes first, not what the logins are: they are shown all the same. */
function readConfigOrExplain(read: () => LoadedConfig, output: Output): LoadedConfig | undefined {
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
  nowMs: number,
): Row[] {
  const records = observed.map(({ record }) => record);
  const active = new Map<string, OrderReason>();
  for (const provider of new Set(records.map((record) => record.provider))) {
    const order = orderProfiles(
      records.filter((record) => record.provider === provider),
      config?.config.auth?.order?.[provider],
    );
    const first = order.ids[0];
    if (first !== undefined) active.set(first, order.reason);
  }
  const rows = observed.map(({ record, isRefreshing }) => ({
    record,
    status: describeLogin(record, nowMs, isRefreshing),
    active: active.get(record.id),
  }));
  return rows.sort((a, b) => Number(b.active !== undefined) - Number(a.active !== undefined));
}

function toJson({ record, status, active }: Row, key: KeyRecord | undefined): Record<string, unknown> {
  const time = (atMs: number | undefined): string | null =>
    atMs === undefined ? null : new Date(atMs).toISOString();
  return {
    id: record.id,
    provider: record.provider,
    type: record.type,
    region: record.region ?? null,
    account: record.account ?? null,
    state: status.state,
    detail: status.detail ?? null,
    expiresAt: time(record.expiresAtMs),
    expiresAtMs: record.expiresAtMs ?? null,
    refreshable: record.refreshable,
    lastRefresh:
      record.lastRefresh === undefined
        ? null
        : {
            at: time(record.lastRefresh.atMs),
            outcome: record.lastRefresh.outcome,
            reason: record.lastRefresh.reason ?? null,
          },
    loggedInAt: time(record.createdAtMs),
    generation: record.generation,
    restored:
      record.restored === undefined
        ? null
        : { generation: record.generation, newest: record.restored.newestGeneration },
    storage: key === undefined ? null : key.kind,
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

function printRow(output: Output, { record, status, active }: Row, nowMs: number): void {
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
    `${style.bold(record.id)}  ${colour[state](words[state])}${active === undefined ? '' : style.dim(`  in use (${active})`)}`,
  );
  const facts = [
    record.region === undefined ? undefined : `region ${record.region}`,
    record.account === undefined ? undefined : `account ${record.account}`,
    `${record.type === 'oauth' ? 'OAuth login' : record.type} at ${record.provider}`,
  ];
  output.line(
    `  Login    ${facts.filter((fact) => fact !== undefined).join(', ')}, ${formatDuration(nowMs - record.createdAtMs)} old`,
  );
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
  if (state === 'needs_login') {
    output.line(
      `  Next     openclaw auth login --profile-id ${record.id}${record.region === undefined ? '' : ` --region ${record.region}`}`,
    );
  }
  output.line();
}
