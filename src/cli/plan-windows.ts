// The windows of a plan as bars are drawn of them, in English.
import type { PlanUsage } from './plan-usage.ts';
import type { PlanWindow } from './ui/plan-bars.ts';

const names = { window: 'this window', week: 'this week' } as const;

export function windowsOf({ windows }: Pick<PlanUsage, 'windows'>): PlanWindow[] {
  return windows.map(({ label, period, usedPercent, resetAt }) => ({
    label: period === undefined ? label : names[period],
    usedPercent,
    ...(resetAt === undefined ? {} : { resetAtMs: resetAt }),
  }));
}
