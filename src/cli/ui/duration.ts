// Durations and instants in words that a person reads at a glance.
import { en } from '../../language/en.ts';
import { fillText } from '../../language/fill-text.ts';
import type { Texts } from '../../language/texts.ts';

type Units = Pick<Texts, 'unitSeconds' | 'unitMinutes' | 'unitHours' | 'unitDays' | 'inTime' | 'timeAgo'>;

/** `45 s`, `12 min`, `3 h 20 min`, `4 d 2 h`; English unless told otherwise. */
export function formatDuration(durationMs: number, units: Units = en): string {
  const unit = (text: string, n: number): string => fillText(text, { n });
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 90) return unit(units.unitSeconds, seconds);
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return unit(units.unitMinutes, minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) {
    const rest = minutes % 60 === 0 ? '' : ` ${unit(units.unitMinutes, minutes % 60)}`;
    return `${unit(units.unitHours, hours)}${rest}`;
  }
  const rest = hours % 24 === 0 ? '' : ` ${unit(units.unitHours, hours % 24)}`;
  return `${unit(units.unitDays, Math.floor(hours / 24))}${rest}`;
}

/** `in 12 min` or `3 h ago`. */
export function formatRelative(atMs: number, nowMs: number, units: Units = en): string {
  return atMs >= nowMs
    ? fillText(units.inTime, { time: formatDuration(atMs - nowMs, units) })
    : fillText(units.timeAgo, { time: formatDuration(nowMs - atMs, units) });
}

/** `3 h ago` of what has happened: `0 s ago` where a clock that was set back puts it into the future. */
export function formatAgo(atMs: number, nowMs: number, units: Units = en): string {
  return fillText(units.timeAgo, { time: formatDuration(nowMs - atMs, units) });
}

/** `03:07`, for a countdown. */
export function formatCountdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / 1000));
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
