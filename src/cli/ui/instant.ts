// Dates as a person compares them with a clock or a log: UTC, as everywhere in this program, and no longer than needed.

/** `18:43:05 UTC`, with the date in front of it where that is not today's. */
export function formatInstant(atMs: number, nowMs: number): string {
  const text = new Date(atMs).toISOString();
  const day = text.slice(0, text.indexOf('T'));
  const time = text.slice(text.indexOf('T') + 1, -5);
  return day === new Date(nowMs).toISOString().slice(0, day.length) ? `${time} UTC` : `${day} ${time} UTC`;
}
