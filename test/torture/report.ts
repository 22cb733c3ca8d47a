// What a torture has shown, for people: a table, and a line that says whether all went well.
import type { Verdict } from './ledger.ts';
import { netExcludes } from './stalls.ts';

export type ServerReport = {
  readonly server: string;
  readonly seconds: number;
  readonly processes: number;
  readonly verdict: Verdict;
};

/** More of the same says nothing new. */
const shownViolations = 20;

export function formatReport({ server, seconds, processes, verdict }: ServerReport): string {
  const { stalls, reuses, lost, kills, faults } = verdict;
  const { unexplained, ...lostInWindows } = lost;
  const rows: [string, string | number][] = [
    ['refreshes (requests)', `${verdict.refreshes} (${verdict.requests})`],
    ['adoptions of another process’s token', verdict.adoptions],
    ['kills', `${sum(kills)} (${verdict.aimedKills} aimed)`],
    ...indented(kills),
    ['stops (of a lock’s holder)', `${verdict.stops} (${verdict.stopsOfHolders})`],
    ['clock jumps', verdict.clockJumps],
    ['server faults', sum(faults)],
    ...indented(faults),
    ['two refreshes in flight at once', verdict.overlaps],
    ['spent tokens presented, explained', reuses.explained],
    ['spent tokens presented, unexplained', reuses.unexplained],
    ['logins lost', sum(lost)],
    ...indented(lostInWindows),
    ['  unexplained', unexplained],
    ['oldest token handed out after a newer one was stored', `${verdict.oldestLeaseMs.toFixed(0)} ms`],
    ['longest wait for a token, raw', `${stalls.rawMs.toFixed(0)} ms`],
    ['longest wait for a token, net', `${(stalls.longest?.netMs ?? 0).toFixed(0)} ms`],
    ['latest timer of the supervisor (a busy machine)', `${verdict.machineLateMs.toFixed(0)} ms`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(10)}`);
  return [`${server}: ${processes} processes, ${seconds} s`, ...lines, `  (${netExcludes})`].join('\n');
}

export function formatOutcome({ server, verdict }: ServerReport): string {
  const { violations } = verdict;
  if (violations.length === 0) return `ok: ${server}`;
  const left = violations.length - shownViolations;
  return [
    ...violations.slice(0, shownViolations).map((violation) => `FAILED: ${server}: ${violation}`),
    ...(left > 0 ? [`FAILED: ${server}: and ${left} more`] : []),
  ].join('\n');
}

function indented(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).map(([name, count]) => [`  ${name}`, count]);
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
