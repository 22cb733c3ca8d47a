// Dates as a person compares them with a clock or a log: UTC, as everywhere in this program, and no longer than needed.

/** `18:43:05 UTC`, with the date in front of it where that is not today's. */
export function formatInstant(atMs: number, nowMs: number): string {
  const text = formatDateTime(atMs);
  const day = text.indexOf(' ');
  return text.slice(0, day) === formatDateTime(nowMs).slice(0, day) ? text.slice(day + 1) : text;
}

/** `2026-11-21 18:43:05 UTC`. */
export function formatDateTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -5).replace('T', ' ')} UTC`;
}
