// What is said of a login that is done: to a person in their language, and to a program.
import { fillText } from '../language/fill-text.ts';
import type { Texts } from '../language/texts.ts';
import type { LoginReport } from '../auth/login.ts';
import type { UsageSnapshot } from '../plugin-sdk/index.ts';
import type { Output } from './command-context.ts';
import { formatRelative } from './ui/duration.ts';
import { labelColumn } from './ui/label-column.ts';
import { describeStorage } from './ui/storage-text.ts';

export type ReportedLogin = { readonly report: LoginReport; readonly choice: { readonly choiceId: string } };

export function reportToJson({ report, choice }: ReportedLogin): Record<string, unknown> {
  const { record, key, usage } = report;
  return {
    profile: {
      id: record.id,
      provider: record.provider,
      region: record.region ?? null,
      account: record.account ?? null,
      expiresAt: record.expiresAtMs === undefined ? null : new Date(record.expiresAtMs).toISOString(),
      refreshable: record.refreshable,
    },
    authChoice: choice.choiceId,
    storage: key.kind,
    verified: report.verified,
    verifyTrouble: report.verifyTrouble ?? null,
    plan:
      usage === undefined
        ? null
        : usage.windows.map(({ label, usedPercent, resetAt }) => ({
            label,
            usedPercent,
            resetAt: resetAt === undefined ? null : new Date(resetAt).toISOString(),
          })),
    notes: report.notes,
  };
}

export function reportColumn(texts: Texts): (label: string) => string {
  return labelColumn([
    texts.accountLabel,
    texts.planLabel,
    texts.noteLabel,
    texts.accessLabel,
    texts.keptLabel,
    texts.checkedLabel,
    texts.modelLabel,
    texts.configLabel,
  ]);
}

export function printReport(
  output: Output,
  { report }: Pick<ReportedLogin, 'report'>,
  texts: Texts,
  nowMs: number,
): void {
  const { style } = output;
  const { record, key } = report;
  const storage = describeStorage(key, texts);
  const column = reportColumn(texts);
  const region =
    record.region === undefined ? '' : ` (${fillText(texts.regionFact, { region: record.region })})`;
  output.line();
  output.line(`${style.good('✓')} ${fillText(texts.loggedIn, { profile: style.bold(record.id) })}${region}`);
  if (record.account !== undefined) output.line(`  ${column(texts.accountLabel)}${record.account}`);
  for (const [index, window] of (report.usage?.windows ?? []).entries()) {
    const label = column(index === 0 ? texts.planLabel : '');
    output.line(`  ${label}${describeWindow(window, texts, nowMs)}`);
  }
  for (const note of report.notes) output.line(`  ${column(texts.noteLabel)}${note}`);
  if (record.expiresAtMs !== undefined) {
    const when = formatRelative(record.expiresAtMs, nowMs, texts);
    const text = record.refreshable
      ? fillText(texts.accessRenewed, { when })
      : style.warn(fillText(texts.accessNotRenewed, { when }));
    output.line(`  ${column(texts.accessLabel)}${text}`);
  }
  output.line(`  ${column(texts.keptLabel)}${storage.safe ? storage.text : style.bad(storage.text)}`);
  if (report.verified) output.line(`  ${column(texts.checkedLabel)}${texts.checkedWorks}`);
  else if (report.verifyTrouble !== undefined) {
    const reason = fillText(texts.checkedNotYet, { reason: report.verifyTrouble });
    output.line(`  ${column(texts.checkedLabel)}${style.warn(reason)}`);
  }
}

/** `25 % of this window used (starts anew in 2 h)`. */
function describeWindow(window: UsageSnapshot['windows'][number], texts: Texts, nowMs: number): string {
  const used = fillText(texts.planUsed, { percent: window.usedPercent, window: nameWindow(window, texts) });
  if (window.resetAt === undefined || window.resetAt <= nowMs) return used;
  return `${used} (${fillText(texts.planReset, { when: formatRelative(window.resetAt, nowMs, texts) })})`;
}

function nameWindow({ period, label }: UsageSnapshot['windows'][number], texts: Texts): string {
  if (period === 'window') return texts.planWindow;
  return period === 'week' ? texts.planWeek : label;
}
