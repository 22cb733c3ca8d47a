// One time for all processes of this machine: the system's monotonic clock, which no wall clock that jumps can move.

/** Milliseconds; the same instant has the same number in every process. */
export function timelineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
