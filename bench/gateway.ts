// The whole gateway (guard, lease, log on) against the plainest pass-through and against no proxy at all: each proxy in
// a process of its own, load and mock upstream in another, rounds interleaved so that all see the same machine.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median, type BenchEntry, type BenchOptions, type BenchTable } from './entry.ts';
import type { LoadJob, LoadResult } from './gateway-load.ts';

type Scenario = { name: string; answer: string; connections: number; bodyBytes: number };

const scenarios: readonly Scenario[] = [
  { name: '1 KB × 1', answer: '1k', connections: 1, bodyBytes: 1_024 },
  { name: '1 KB × 64', answer: '1k', connections: 64, bodyBytes: 1_024 },
  { name: '100 KB up × 16', answer: '1k', connections: 16, bodyBytes: 102_400 },
  { name: '100 KB down × 16', answer: '100k', connections: 16, bodyBytes: 1_024 },
  { name: '50 events at once × 16', answer: 'burst', connections: 16, bodyBytes: 1_024 },
];

type Proxy = { name: string; port: number; child: ChildProcess | undefined };
type Round = { perSecond: number; medianUs: number; firstByteUs: number; cpuUs: number };

export const gatewayBench: BenchEntry = { name: 'gateway', run: measure };

async function measure(options: BenchOptions): Promise<BenchTable> {
  const rounds = options.quick ? 3 : 7;
  const durationMs = options.quick ? 200 : 350;
  const load = start('gateway-load.ts', []);
  const children = [load];
  try {
    const upstream = (await messageOf(load)) as { port: number };
    const proxies: Proxy[] = [{ name: 'direct', port: upstream.port, child: undefined }];
    for (const name of ['pass-through', 'gateway']) {
      const child = start('gateway-proxy.ts', [name, String(upstream.port)]);
      children.push(child);
      const { port } = (await messageOf(child)) as { port: number };
      proxies.push({ name, port, child });
    }
    // Two seconds of load before V8 has compiled what matters: before that one measures the compiler.
    for (const proxy of proxies.slice(1)) {
      for (const scenario of scenarios)
        await runRound(load, proxy, scenario, scenario.connections === 64 ? 1_500 : 300);
    }
    const rows: string[][] = [];
    let failed = 0;
    for (const scenario of scenarios) {
      const results = new Map<string, Round[]>(proxies.map((proxy) => [proxy.name, []]));
      for (let round = -1; round < rounds; round += 1) {
        // Every other round the other way about: what one proxy leaves behind must not always meet the same one.
        for (const proxy of round % 2 === 0 ? proxies : proxies.toReversed()) {
          const measured = await runRound(load, proxy, scenario, durationMs);
          failed += measured.failed;
          // The first one warms up.
          if (round >= 0) results.get(proxy.name)?.push(measured);
        }
      }
      rows.push(...scenarioRows(scenario, results));
    }
    return {
      title:
        'gateway: requests a second, latency, and CPU of the proxy for a request; ratios to the pass-through',
      columns: ['', 'req/s', 'ratio', 'median µs', 'ratio', 'first byte µs', 'CPU µs', 'ratio'],
      rows,
      notes: [`medians of ${rounds} interleaved rounds of ${durationMs} ms; ${failed} failed requests`],
    };
  } finally {
    for (const child of children) child.kill();
  }
}

async function runRound(
  load: ChildProcess,
  proxy: Proxy,
  scenario: Scenario,
  durationMs: number,
): Promise<Round & { failed: number }> {
  const job: LoadJob = {
    port: proxy.port,
    path: `/v1/messages?case=${scenario.answer}`,
    connections: scenario.connections,
    bodyBytes: scenario.bodyBytes,
    durationMs,
  };
  const before = await cpuOf(proxy.child);
  load.send(job);
  const result = (await messageOf(load)) as LoadResult;
  const after = await cpuOf(proxy.child);
  return {
    perSecond: result.requests / result.seconds,
    medianUs: result.medianUs,
    firstByteUs: result.firstByteUs,
    cpuUs: (after - before) / result.requests,
    failed: result.failed,
  };
}

function scenarioRows(scenario: Scenario, results: ReadonlyMap<string, readonly Round[]>): string[][] {
  const figures = [...results].map(([name, rounds]) => ({
    name,
    perSecond: median(rounds.map((round) => round.perSecond)),
    medianUs: median(rounds.map((round) => round.medianUs)),
    firstByteUs: median(rounds.map((round) => round.firstByteUs)),
    cpuUs: median(rounds.map((round) => round.cpuUs)),
  }));
  const base = figures.find(({ name }) => name === 'pass-through');
  const ratio = (value: number, of: number | undefined): string => (value / (of ?? Number.NaN)).toFixed(2);
  return figures.map((figure) => [
    `${scenario.name}  ${figure.name}`,
    figure.perSecond.toFixed(0),
    ratio(figure.perSecond, base?.perSecond),
    figure.medianUs.toFixed(0),
    ratio(figure.medianUs, base?.medianUs),
    figure.firstByteUs.toFixed(0),
    figure.name === 'direct' ? '' : figure.cpuUs.toFixed(1),
    figure.name === 'direct' ? '' : ratio(figure.cpuUs, base?.cpuUs),
  ]);
}

function start(file: string, args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: process.env['BENCH_NODE_ARGS']?.split(' ') ?? [],
  });
}

async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await once(child, 'message')) as [unknown];
  return message;
}

/** CPU time used so far, µs. */
async function cpuOf(child: ChildProcess | undefined): Promise<number> {
  if (child === undefined) return 0;
  child.send('cpu');
  const { cpu } = (await messageOf(child)) as { cpu: NodeJS.CpuUsage };
  return cpu.user + cpu.system;
}
