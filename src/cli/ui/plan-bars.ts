// The windows of a plan as bars: how much of each is used, and when it starts anew. One drawing for every command that
// shows a plan. Pure: what the terminal can show is told.
import type { Env } from '../../platform/env.ts';
import { cleanText } from '../../platform/text.ts';
import { formatRelative } from './duration.ts';
import { formatInstant } from './instant.ts';
import type { Style } from './style.ts';
import { padToWidth, textWidth } from './text-width.ts';

export type PlanWindow = {
  readonly label: string;
  /** 0 to 100; undefined: the service does not tell. */
  readonly usedPercent: number | undefined;
  readonly isUnlimited?: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly resetAtMs?: number | undefined;
};

export type BarSpace = {
  /** undefined: nobody folds the lines. */
  readonly columns: number | undefined;
  readonly isUnicode: boolean;
  readonly style: Pick<Style, 'good' | 'warn' | 'bad' | 'dim'>;
  readonly nowMs: number;
};

const widest = 24;
const narrowest = 8;
/** Beyond that a bar says less than the number beside it. */
const warnPercent = 75;
const badPercent = 95;

/** One line a window; without the space in front of it. */
export function drawPlanBars(windows: readonly PlanWindow[], space: BarSpace): string[] {
  const labels = windows.map(({ label }) => cleanText(label, 40));
  const labelWidth = Math.max(0, ...labels.map(textWidth));
  const rows = windows.map((window) => {
    const percent = readPercent(window.usedPercent);
    return { window, percent, said: describeUse(window, percent), when: describeReset(window, space.nowMs) };
  });
  const saidWidth = Math.max(0, ...rows.map(({ said }) => said.length));
  const needed = (when: (row: (typeof rows)[number]) => string): number =>
    labelWidth + 2 + 2 + saidWidth + Math.max(0, ...rows.map((row) => gap(when(row)).length));
  const forms = [
    ({ when }: (typeof rows)[number]) => when.long,
    ({ when }: (typeof rows)[number]) => when.short,
    () => '',
  ];
  const { columns } = space;
  // What matters least goes first: the exact time, then the time, then the bar.
  const form =
    forms.find((each) => columns === undefined || needed(each) + narrowest + 2 <= columns) ?? (() => '');
  const left = columns === undefined ? widest : columns - needed(form) - 2;
  const cells = left < narrowest ? 0 : Math.min(widest, left);
  return rows.map((row, index) => {
    const label = padToWidth(labels[index] ?? '', labelWidth);
    const bar = cells === 0 ? '' : `${drawBar(row.percent, cells, space)}  `;
    return `${label}  ${bar}${row.said.padStart(saidWidth)}${gap(form(row))}`.trimEnd();
  });
}

/** A locale without UTF-8 has no blocks: LC_ALL, LC_CTYPE, LANG, the first that is set counts, as POSIX has it. */
export function showsUnicode(env: Env): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => (value ?? '') !== '');
  if (locale === undefined) return env['TERM'] !== 'linux';
  return /utf-?8/i.test(locale) || !/^(?:C|POSIX)$|\.(?:ascii|iso|koi8|cp|ansi)/i.test(locale);
}

function gap(text: string): string {
  return text === '' ? '' : `  ${text}`;
}

function readPercent(percent: number | undefined): number | undefined {
  return percent === undefined || !Number.isFinite(percent) ? undefined : Math.min(100, Math.max(0, percent));
}

/** Whole numbers, and neither 0 nor 100 before it is so. */
function describeUse({ isUnlimited }: PlanWindow, percent: number | undefined): string {
  if (isUnlimited === true) return 'no limit';
  if (percent === undefined) return 'not told';
  const whole = percent > 0 && percent < 100 ? Math.min(99, Math.max(1, Math.round(percent))) : percent;
  return `${whole} % used`;
}

function describeReset(
  { resetAtMs, isUnlimited }: PlanWindow,
  nowMs: number,
): { readonly long: string; readonly short: string } {
  if (resetAtMs === undefined || isUnlimited === true || !(resetAtMs > nowMs)) return { long: '', short: '' };
  const short = `starts anew ${formatRelative(resetAtMs, nowMs)}`;
  return { short, long: `${short} (${formatInstant(resetAtMs, nowMs)})` };
}

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

function drawBar(percent: number | undefined, cells: number, { isUnicode, style }: BarSpace): string {
  const [full, empty] = isUnicode ? ['█', '░'] : ['#', '-'];
  const framed = (inner: string): string => (isUnicode ? inner : `[${inner}]`);
  const room = isUnicode ? cells : cells - 2;
  if (percent === undefined) return style.dim(framed(empty.repeat(room)));
  const steps = isUnicode ? 8 : 1;
  const exact = Math.round((percent / 100) * room * steps);
  // Something used shows, and so does something left.
  const filled = percent > 0 && percent < 100 ? Math.min(room * steps - 1, Math.max(1, exact)) : exact;
  const whole = Math.floor(filled / steps);
  const part = isUnicode ? (eighths[filled % 8] ?? '') : '';
  const colour = percent >= badPercent ? style.bad : percent >= warnPercent ? style.warn : style.good;
  const rest = empty.repeat(room - whole - part.length);
  return isUnicode
    ? `${colour(full.repeat(whole) + part)}${style.dim(rest)}`
    : framed(`${colour(full.repeat(whole))}${rest}`);
}
