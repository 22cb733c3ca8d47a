// How large each gateway process is while it serves: looked at once a second, where the system tells it.
import { readFileSync } from 'node:fs';
import { timelineMs } from '../torture/timeline.ts';

export type ProcessSize = {
  readonly pid: number;
  readonly sinceMs: number;
  /** When it has loaded what it needs, bytes. */
  firstBytes: number;
  lastBytes: number;
  mostBytes: number;
};

export type MemoryWatch = { readonly sizes: readonly ProcessSize[]; stop(): void };

const lookMs = 1_000;
/** The first seconds are compilation and first use. */
const warmMs = 5_000;

/** `pid`: the process that serves at the moment. */
export function watchMemory(pid: () => number | undefined): MemoryWatch {
  const sizes: ProcessSize[] = [];
  const look = (): void => {
    const present = pid();
    const bytes = present === undefined ? undefined : residentBytes(present);
    if (present === undefined || bytes === undefined) return;
    const nowMs = timelineMs();
    let size = sizes.find((one) => one.pid === present);
    if (size === undefined) {
      size = { pid: present, sinceMs: nowMs, firstBytes: bytes, lastBytes: bytes, mostBytes: bytes };
      sizes.push(size);
    }
    if (nowMs - size.sinceMs <= warmMs) size.firstBytes = bytes;
    size.lastBytes = bytes;
    size.mostBytes = Math.max(size.mostBytes, bytes);
  };
  look();
  const timer = setInterval(look, lookMs);
  return { sizes, stop: () => clearInterval(timer) };
}

/** undefined where there is no /proc, and of a process that has gone. */
function residentBytes(pid: number): number | undefined {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
