// Where a login stands, in one line for a terminal: what is being waited for, honestly, and how long the code still lives.
import { fillText } from '../../language/fill-text.ts';
import type { Texts } from '../../language/texts.ts';
import type { DeviceFlowState, DeviceStartState } from '../../oauth/login-phase.ts';
import { cleanText } from '../../platform/text.ts';
import { formatCountdown, formatDuration } from './duration.ts';
import { cutToWidth, textWidth } from './text-width.ts';

/** Columns that are left to a reason in the narrowest window. */
const shortestReason = 6;

/**
 * `passedMs`: since the state was told. With `columns` a long reason is cut, so that what follows it can be seen; where the
 * time would be cut off all the same, it comes first.
 */
export function describeState(
  state: DeviceFlowState | DeviceStartState,
  passedMs: number,
  texts: Texts,
  columns = Number.POSITIVE_INFINITY,
): string {
  const text = inWords(state, passedMs, texts, columns);
  if (state.kind === 'starting') return text;
  const left = formatCountdown(state.remainingMs - passedMs);
  if (cutToWidth(text, columns).includes(left)) return text;
  const what = state.kind === 'trouble' ? cleanText(state.reason) : texts.pageWaiting;
  return `${left}  ${cutToWidth(what, columns - textWidth(left) - 2)}`;
}

function inWords(
  state: DeviceFlowState | DeviceStartState,
  passedMs: number,
  texts: Texts,
  columns: number,
): string {
  const fill = (text: string, values: Record<string, string>, reason: string): string => {
    const whole = fillText(text, { ...values, reason });
    const excess = textWidth(whole) - columns;
    if (excess <= 0) return whole;
    return fillText(text, {
      ...values,
      reason: cutToWidth(reason, Math.max(shortestReason, textWidth(reason) - excess)),
    });
  };
  const left = 'remainingMs' in state ? formatCountdown(state.remainingMs - passedMs) : '';
  switch (state.kind) {
    case 'waiting':
      return fillText(texts.waiting, { left });
    case 'slowed':
      return fillText(texts.slowed, { left, interval: formatDuration(state.intervalMs, texts) });
    case 'trouble': {
      const reason = cleanText(state.reason);
      const retryMs = state.retryInMs - passedMs;
      return retryMs <= 0
        ? fill(texts.retrying, { left }, reason)
        : fill(texts.trouble, { left, retry: formatDuration(retryMs, texts) }, reason);
    }
    case 'starting':
      return fill(
        texts.starting,
        { retry: formatDuration(Math.max(0, state.retryInMs - passedMs), texts) },
        cleanText(state.reason),
      );
  }
}
