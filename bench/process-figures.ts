// What Linux says of a process: CPU time and memory. NaN where there is no /proc.
import { existsSync, readFileSync } from 'node:fs';

const tickUs = 10_000;

/** User and system time used so far by all its threads, µs, in steps of 10 ms. */
export function cpuUs(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const text = readFileSync(file, 'utf8');
  // The name in parentheses may hold anything: the fields are counted from behind it, state being the third.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

/** Resident memory, MB of 1 048 576 bytes. */
export function rssMb(pid: number): number {
  const file = `/proc/${pid}/status`;
  if (!existsSync(file)) return Number.NaN;
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}
