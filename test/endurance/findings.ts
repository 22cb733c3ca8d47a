// Which facts of a run are failures: each of them as a sentence, none when all is well. Pure.
import type { Facts } from './endurance.ts';
import { expectedRefreshes } from './judge.ts';

/** More of the same says nothing new. */
const shownFailures = 20;

export function findFailures(facts: Facts, tokenMs: number): string[] {
  const { verdict, counters, login, broken } = facts;
  const { failed } = verdict;
  const expected = expectedRefreshes(facts.spanMs, tokenMs, verdict.gapsMs);
  const refreshes = counters['refreshes'] ?? 0;
  const found = failed
    .slice(0, shownFailures)
    .map(({ kind, startedAtMs, endedAtMs, end, problem, refused }) => {
      const from = ((startedAtMs - facts.beganMs) / 1000).toFixed(3);
      const why =
        problem ?? (refused === undefined ? end : 'a connection was refused where nobody was killed');
      return `${kind}, asked ${from} s after the load began, ended after ${Math.round(endedAtMs - startedAtMs)} ms: ${why}`;
    });
  if (failed.length > shownFailures) found.push(`${failed.length - shownFailures} more requests failed`);
  if (verdict.whole === 0) found.push('no request was answered');
  if ((counters['refreshReuses'] ?? 0) > 0)
    found.push(`spent refresh tokens presented: ${counters['refreshReuses']}`);
  for (const rule of new Set(broken)) found.push(`the protocol was broken: ${rule}`);
  if (refreshes < expected.least || refreshes > expected.most)
    found.push(`${refreshes} refreshes, expected ${expected.least} to ${expected.most}`);
  if (!login.canAsk) found.push(`the login does not work any more (${login.state})`);
  for (const secret of new Set(facts.secretsLogged)) found.push(`in the log: ${secret}`);
  // One that stands in for the process that served tells its parent of the kill.
  const isTelling = facts.manager === 'parent';
  const told = facts.serviceEnds.filter((end) => isTelling && end === 'exit code 1').length;
  if (told > facts.kills.length) found.push(`the service ended ${told} times with exit code 1`);
  for (const end of facts.serviceEnds)
    if (end !== 'exit code 0' && !(isTelling && end === 'exit code 1'))
      found.push(`a process of the service ended by itself with ${end}`);
  if (facts.starts !== 1 + facts.kills.length) found.push(`the service was started ${facts.starts} times`);
  for (const { phase, needless } of facts.departures)
    if (needless > 0)
      found.push(`a client left (${phase}), and an upstream was asked ${needless} times all the same`);
  return found;
}
