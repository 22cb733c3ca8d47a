// What an endurance run has shown, for people: a table.
import type { Facts } from './endurance.ts';
import { expectedRefreshes } from './judge.ts';
import type { EnduranceOptions } from './options.ts';

const halfHourMs = 30 * 60_000;
/** MiniMax's tokens live for a quarter of an hour at the least. */
const usualTokenMs = 15 * 60_000;
/** A connection that is busy for half an hour asks as often as its answers and its person let it. */
const busyRequestMs = 5_000;

export function formatReport(options: EnduranceOptions, facts: Facts, tokenMs: number): string {
  const { verdict, counters, unit, login } = facts;
  const expected = expectedRefreshes(facts.spanMs, tokenMs, verdict.gapsMs);
  const seconds = facts.spanMs / 1000;
  const rows: [string, string | number][] = [
    ['requests', `${verdict.asked} (${(verdict.asked / seconds).toFixed(0)} a second)`],
    ...Object.entries(verdict.counts).map(([kind, count]): [string, number] => [`  ${kind}`, count]),
    ['answered whole', verdict.whole],
    [
      'left by the client (in a stream, as its upstream saw it)',
      `${verdict.left} (${counters['streamsAborted'] ?? 0})`,
    ],
    ['in flight at the kill', verdict.cutByKill],
    ['failed', verdict.failed.length],
    ['from the kill to the next answer', `${list(verdict.gapsMs)} (${unit.restartMs} of it RestartSec)`],
    ['refreshes (expected)', `${counters['refreshes'] ?? 0} (${expected.least} to ${expected.most})`],
    ['spent refresh tokens presented', counters['refreshReuses'] ?? 0],
    ['tokens that the upstream refused', counters['messages401'] ?? 0],
    ['the login', `${login.state}, ${login.canAsk ? 'can be asked' : 'cannot be asked'}`],
    ['until an answer begins, p50 / p99', `${ms(verdict.latency.p50Ms)} / ${ms(verdict.latency.p99Ms)}`],
    ['the longest wait around each restart', list(verdict.restartStallsMs)],
    ['the longest wait where nothing happened', stall(verdict.calmStall, facts.beganMs)],
    ['`gateway restart` took', list(facts.restarts.map(({ fromMs, toMs }) => toMs - fromMs))],
    ['latest timer of the clients (a busy machine)', ms(facts.machineLateMs)],
    ...facts.sizes.map(({ firstBytes, lastBytes, mostBytes }, at): [string, string] => [
      `RSS of process ${at + 1}: begin / end / most`,
      [firstBytes, lastBytes, mostBytes].map((bytes) => `${Math.round(bytes / 2 ** 20)} MB`).join(' / '),
    ]),
    ...Object.entries(facts.warnings).map(([event, count]): [string, number] => [`logged: ${event}`, count]),
  ];
  return [
    `${options.connections} connections, ${options.seconds} s, under ${options.manager === 'systemd' ? 'systemd’s rules' : 'a parent'}, two restarts, one kill`,
    compression(facts, tokenMs, options),
    ...table(rows),
    '',
    'A client leaves; the upstream (an upload, a refresh: the gateway) has let go after, median / longest',
    ...table(
      facts.departures.map(({ phase, times, medianMs, maxMs }) => [
        `${phase}, ${times} times`,
        `${medianMs.toFixed(1)} / ${maxMs.toFixed(1)} ms`,
      ]),
    ),
  ].join('\n');
}

/** In what this is half an hour, and in what it is not. */
function compression(
  { spanMs, verdict, counters }: Facts,
  tokenMs: number,
  options: EnduranceOptions,
): string {
  const refreshes = Math.ceil(halfHourMs / usualTokenMs);
  const requests = (options.connections * halfHourMs) / busyRequestMs;
  return (
    `  Half an hour with tokens of 15 min has ${refreshes} refreshes, and ${requests} requests where each connection asks ` +
    `every ${busyRequestMs / 1000} s.\n  Here tokens live ${tokenMs / 1000} s: ${counters['refreshes'] ?? 0} refreshes ` +
    `(${((counters['refreshes'] ?? 0) / refreshes).toFixed(0)} times as many) and ${verdict.asked} requests ` +
    `(${(verdict.asked / requests).toFixed(1)} times as many) in ${Math.round(spanMs / 1000)} s.`
  );
}

function table(rows: readonly (readonly [string, string | number])[]): string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`);
}

function stall(longest: Facts['verdict']['calmStall'], beganMs: number): string {
  if (longest === undefined) return 'none';
  return `${ms(longest.waitMs)} (${longest.kind}, ${((longest.atMs - beganMs) / 1000).toFixed(1)} s after the load began)`;
}

function list(values: readonly number[]): string {
  return values.map(ms).join(', ');
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}
