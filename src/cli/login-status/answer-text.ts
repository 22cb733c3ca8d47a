// What the service said of a login or key when it was asked: whether it works, and what is left of its plan.
import { drawPlanBars } from '../ui/plan-bars.ts';
import type { Style } from '../ui/style.ts';
import { windowsOf } from '../plan-windows.ts';
import { foldFact, type Page, type Tint } from './page.ts';
import type { Asked, Probe } from './probe.ts';

const label = '  Plan     ';
const indent = ' '.repeat(label.length);

export function describeAnswer({ probe, plan }: Partial<Asked>, nowMs: number, page: Page): string[] {
  const lines: string[] = [];
  if (probe !== undefined) {
    const { text, tint } = wordsOf(probe, page.style);
    lines.push(...foldFact('  Probe    ', text, page, tint));
  }
  if (plan === undefined) return lines;
  if (plan.trouble !== undefined)
    return [...lines, ...foldFact(label, `not known now: ${plan.trouble}`, page, page.style.warn)];
  if (plan.windows.length === 0) return [...lines, `${label}no limits told`];
  const columns = page.columns === undefined ? undefined : page.columns - label.length;
  const bars = drawPlanBars(windowsOf(plan), { ...page, columns, nowMs });
  return [...lines, ...bars.map((bar, index) => (index === 0 ? label : indent) + bar)];
}

function wordsOf(probe: Probe, style: Style): { text: string; tint: Tint } {
  switch (probe.kind) {
    case 'works':
      return { text: `works (${probe.tookMs} ms)`, tint: style.good };
    case 'refused':
      return { text: `refused: ${probe.reason}`, tint: style.bad };
    case 'unreachable':
      return { text: `not known: ${probe.reason}`, tint: style.warn };
    case 'closed':
      return { text: `cannot be opened: ${probe.reason}`, tint: style.bad };
    case 'not_probed':
      return { text: `not probed: ${probe.reason}`, tint: style.dim };
  }
}
