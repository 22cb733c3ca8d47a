// What is asked of every proxy, and how: in rounds, all proxies in each one, so that all of them see the same machine.
import { cpuUs } from './process-figures.ts';
import type { Load } from './load.ts';
import type { AnswerName } from './mock-upstream.ts';
import type { Proxy } from './peers.ts';

export type Scenario = {
  name: string;
  answer: AnswerName;
  connections: number;
  bodyBytes: number;
  /** Of such a one only the time to the first byte counts. */
  isFirstByte?: boolean;
};

const kilobyte = 1_024;

export const scenarios = {
  kb1: { name: '1 KB × 1', answer: '1k', connections: 1, bodyBytes: kilobyte },
  kb16: { name: '1 KB × 16', answer: '1k', connections: 16, bodyBytes: kilobyte },
  kb64: { name: '1 KB × 64', answer: '1k', connections: 64, bodyBytes: kilobyte },
  kb256: { name: '1 KB × 256', answer: '1k', connections: 256, bodyBytes: kilobyte },
  up100: { name: '100 KB up × 16', answer: '1k', connections: 16, bodyBytes: 100 * kilobyte },
  down100: { name: '100 KB down × 16', answer: '100k', connections: 16, bodyBytes: kilobyte },
  mb1: { name: '1 MB up × 16', answer: '1k', connections: 16, bodyBytes: kilobyte ** 2 },
  burst: { name: '50 events at once × 16', answer: 'burst', connections: 16, bodyBytes: kilobyte },
  first1k: {
    name: 'first event, 1 KB × 1',
    answer: 'first',
    connections: 1,
    bodyBytes: kilobyte,
    isFirstByte: true,
  },
  first1m: {
    name: 'first event, 1 MB × 1',
    answer: 'first',
    connections: 1,
    bodyBytes: kilobyte ** 2,
    isFirstByte: true,
  },
} as const satisfies Record<string, Scenario>;

export type Round = {
  requests: number;
  perSecond: number;
  medianUs: number;
  firstByteUs: number;
  /** Of the proxy, for all requests of the round. */
  cpuUs: number;
  failed: number;
};

/** The rounds by the proxy's name, in the same order for each: the first of one was beside the first of another. */
export type Rounds = ReadonlyMap<string, readonly Round[]>;

export async function runScenario(
  load: Load,
  proxies: readonly Proxy[],
  scenario: Scenario,
  counts: { rounds: number; durationMs: number },
): Promise<Rounds> {
  const results = new Map<string, Round[]>(proxies.map((proxy) => [proxy.name, []]));
  for (let round = -1; round < counts.rounds; round += 1) {
    // Every other round the other way about: what one proxy leaves behind must not always meet the same one.
    for (const proxy of round % 2 === 0 ? proxies : proxies.toReversed()) {
      const measured = await runRound(load, proxy, scenario, counts.durationMs);
      // The first one warms up.
      if (round >= 0) results.get(proxy.name)?.push(measured);
    }
  }
  return results;
}

export async function runRound(
  load: Load,
  proxy: Proxy,
  scenario: Scenario,
  durationMs: number,
): Promise<Round> {
  const { answer, connections, bodyBytes } = scenario;
  const beforeUs = proxy.pid === undefined ? 0 : cpuUs(proxy.pid);
  const result = await load.rate({
    target: proxy.target(answer),
    connections,
    bodyBytes,
    isStream: answer === 'burst' || answer === 'first',
    durationMs,
  });
  return {
    requests: result.requests,
    perSecond: result.requests / result.seconds,
    medianUs: result.medianUs,
    firstByteUs: result.firstByteUs,
    cpuUs: (proxy.pid === undefined ? 0 : cpuUs(proxy.pid)) - beforeUs,
    failed: result.failed,
  };
}
