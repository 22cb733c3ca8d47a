// `usage`: tokens and their cost from the gateway's ledger, and what is left of the plans. The ledger is read whether a
// gateway runs or not; a plan that does not answer takes nothing from the rest.
import type { App } from '../../app.ts';
import { OpenClawError, toOpenClawError } from '../../errors.ts';
import {
  groupings,
  reportUsage,
  type Grouping,
  type LedgerGroup,
  type LedgerReport,
} from '../../gateway/ledger-report.ts';
import { readLedgerRows, type LedgerCounts, type LedgerRow } from '../../gateway/ledger-table.ts';
import { cleanText, quotedText } from '../../platform/text.ts';
import { readPrices } from '../../providers/prices.ts';
import { openActivityDatabase } from '../../store/activity-database.ts';
import { createOutput, type CommandContext, type Output, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { fetchPlanUsage, type PlanUsage } from '../plan-usage.ts';
import { windowsOf } from '../plan-windows.ts';
import { drawPlanBars, showsUnicode } from '../ui/plan-bars.ts';
import { formatTable } from '../ui/table.ts';

type UsageOptions = OutputOptions & { since?: string; by?: string; plan?: boolean };

export async function usage(context: CommandContext, options: UsageOptions): Promise<number> {
  const output = createOutput(context, options);
  const nowMs = context.clock.nowMs();
  const sinceMs = nowMs - readDuration(options.since ?? '7d');
  const by = readGrouping(options.by ?? 'model');
  const app = openApp(context, options);
  try {
    const { stateDir, modelsFile } = app.paths;
    for (const { line, column, message } of readPrices(modelsFile).warnings) {
      const place = `${modelsFile}:${line}:${column}`;
      output.note(`Warning: ${place}: ${message}`, { event: 'warning', place, message });
    }
    const rows = readLedger(stateDir, sinceMs, output);
    const report = reportUsage(rows ?? [], by, sinceMs);
    const plans = options.plan === false ? undefined : await askPlans(app, context.signal, output);
    output.result(toJson(report, by, plans));
    printReport(output, report, by, rows !== undefined);
    if (plans !== undefined) printPlans(context, output, plans, nowMs);
    return rows === undefined ? 1 : 0;
  } finally {
    app.close();
  }
}

/** undefined, after a word of why, when it is not known which logins there are. */
async function askPlans(
  app: App,
  signal: AbortSignal,
  output: Output,
): Promise<readonly PlanUsage[] | undefined> {
  try {
    return await fetchPlanUsage(app, signal);
  } catch (error) {
    signal.throwIfAborted();
    const { message } = toOpenClawError(error);
    output.note(`Warning: no plan can be asked: ${message}`, { event: 'warning', message });
    return undefined;
  }
}

/** A gateway may be writing at this moment. */
const busyWaitMs = 1_000;

/** undefined, after a word of why, when what is there cannot be read. */
function readLedger(stateDir: string, sinceMs: number, output: Output): readonly LedgerRow[] | undefined {
  const warn = (message: string): void => {
    output.note(`Warning: the ledger cannot be read: ${message}`, { event: 'warning', message });
  };
  const database = openActivityDatabase(stateDir, { mode: 'look', busyWaitMs, warn });
  try {
    return database.read((db) => readLedgerRows(db, sinceMs)) ?? [];
  } catch (error) {
    warn(toOpenClawError(error).message);
    return undefined;
  } finally {
    database.close();
  }
}

const unitMs: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `7d`, `24h`, `30m`, in milliseconds; USAGE for anything else. */
function readDuration(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const durationMs = Number(digits) * (unitMs[unit] ?? 0);
  if (durationMs > 0 && durationMs <= longestMs) return durationMs;
  throw new OpenClawError({
    code: 'USAGE',
    message: `--since takes a number of days, hours or minutes, up to 400d, not ${quotedText(text, 40)}.`,
    remedy: 'For example: `openclaw usage --since 7d`, `openclaw usage --since 24h`.',
  });
}

/** The ledger keeps no more. */
const longestMs = 400 * 86_400_000;

function readGrouping(text: string): Grouping {
  const found = groupings.find((grouping) => grouping === text);
  if (found !== undefined) return found;
  throw new OpenClawError({
    code: 'USAGE',
    message: `--by takes ${groupings.join(', ')}, not ${quotedText(text, 40)}.`,
    remedy: 'For example: `openclaw usage --by day`.',
  });
}

function printReport(output: Output, report: LedgerReport, by: Grouping, isReadable: boolean): void {
  const { style } = output;
  const since = `${new Date(report.sinceMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (report.groups.length === 0) {
    if (isReadable) output.line(`No requests since ${since}.`);
    return;
  }
  const heads = [titles[by], 'Requests', 'Failed', 'Input', 'Cache read', 'Cache write', 'Output', 'Cost'];
  const rows = [
    heads,
    ...report.groups.map((group) => [cleanText(group.name, 120), ...cellsOf(group)]),
    ['Total', ...cellsOf(report.total)],
  ];
  const widths = heads.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const aligned = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell : cell.padStart(widths[column] ?? 0))),
  );
  const last = aligned.length - 1;
  const styled = aligned.map((row, index) => (index === 0 || index === last ? row.map(style.bold) : row));
  output.line(`Since ${since}`);
  output.line(formatTable(styled).trimEnd());
  const { unmeasured } = report.total;
  if (unmeasured > 0)
    output.line(style.dim(`${group(unmeasured)} of these answers did not tell what they used.`));
}

const titles: Readonly<Record<Grouping, string>> = { model: 'Model', day: 'Day (UTC)', profile: 'Login' };

function cellsOf(counts: LedgerCounts): string[] {
  const { requests, failures, input, cacheRead, cacheWrite, output, costNanoUsd } = counts;
  return [...[requests, failures, input, cacheRead, cacheWrite, output].map(group), formatCost(costNanoUsd)];
}

/** 1234567 -> `1,234,567`, in every locale. */
function group(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `$12.3400`, rounded to a hundredth of a cent; what is less than that does not look like nothing. */
function formatCost(nanoUsd: number): string {
  if (nanoUsd === 0) return '$0';
  const steps = Math.round(nanoUsd / 100_000);
  if (steps === 0) return '<$0.0001';
  return `$${group(Math.floor(steps / 10_000))}.${String(steps % 10_000).padStart(4, '0')}`;
}

function printPlans(
  { terminal, env }: CommandContext,
  output: Output,
  plans: readonly PlanUsage[],
  nowMs: number,
): void {
  const { style } = output;
  const columns = terminal.outIsTty ? terminal.columns() - 2 : undefined;
  const space = { style, columns, isUnicode: showsUnicode(env), nowMs };
  for (const plan of plans) {
    output.line();
    output.line(`${style.bold(plan.name)}  ${plan.profileId}`);
    if (plan.trouble !== undefined) output.line(`  ${style.warn(`not known now: ${plan.trouble}`)}`);
    else if (plan.windows.length === 0) output.line('  no limits told');
    for (const bar of drawPlanBars(windowsOf(plan), space)) output.line(`  ${bar}`);
  }
}

function toJson(
  report: LedgerReport,
  by: Grouping,
  plans: readonly PlanUsage[] | undefined,
): Record<string, unknown> {
  return {
    since: new Date(report.sinceMs).toISOString(),
    by,
    groups: report.groups.map((entry: LedgerGroup) => ({ name: entry.name, ...countsToJson(entry) })),
    total: countsToJson(report.total),
    plans:
      plans?.map(({ profileId, name, windows, trouble }) => ({
        profile: profileId,
        name,
        windows: windows.map(({ label, period, usedPercent, resetAt }) => ({
          label,
          period: period ?? null,
          usedPercent,
          resetAt: resetAt === undefined ? null : new Date(resetAt).toISOString(),
        })),
        error: trouble ?? null,
      })) ?? null,
  };
}

function countsToJson(counts: LedgerCounts): Record<string, unknown> {
  const { requests, failures, unmeasured, input, output, cacheRead, cacheWrite, reasoning } = counts;
  return {
    requests,
    failures,
    unmeasured,
    tokens: { input, output, cacheRead, cacheWrite, reasoning },
    costUsd: counts.costNanoUsd / 1_000_000_000,
    costNanoUsd: counts.costNanoUsd,
  };
}
