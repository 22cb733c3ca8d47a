// The built gateway with everything on (guard, stored login, ledger, metrics, log) beside no proxy at all, the plainest
// pass-through in Node, nginx and Portkey: each in a process of its own, load and mock upstream in another.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  median,
  target,
  type BenchEntry,
  type BenchOptions,
  type BenchReport,
  type BenchTable,
  type Target,
} from './entry.ts';
import { startLoad } from './load.ts';
import { direct, startNginx, startPassThrough, startPortkey, type Proxy } from './peers.ts';
import {
  createHome,
  gatewayToken,
  keyModel,
  loginModel,
  startGateway,
  type GatewayProcess,
} from './program.ts';
import { runRound, runScenario, scenarios, type Round, type Rounds, type Scenario } from './scenarios.ts';

export const gatewayBench: BenchEntry = { name: 'gateway', run: measure };

type ScenarioId = keyof typeof scenarios;
type Results = ReadonlyMap<ScenarioId, Rounds>;

const ids = Object.keys(scenarios) as ScenarioId[];
const gatewayName = 'gateway';
const keyName = 'gateway, API key';
const passThroughName = 'pass-through';

async function measure(options: BenchOptions): Promise<BenchReport> {
  const counts = options.quick ? { rounds: 3, durationMs: 200 } : { rounds: 7, durationMs: 350 };
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-bench-peers-'));
  const load = await startLoad();
  const home = await createHome(load.upstreamPort);
  const proxies: Proxy[] = [direct(load.upstreamPort)];
  const missing: string[] = [];
  try {
    proxies.push(await startPassThrough(load.upstreamPort));
    for (const peer of [await startNginx(load.upstreamPort, folder), await startPortkey(load.upstreamPort)]) {
      if ('missing' in peer) missing.push(`not measured, for it is not installed: ${peer.missing}`);
      else proxies.push(peer);
    }
    const gateway = await startGateway(options.program(), home);
    proxies.push(asProxy(gatewayName, gateway, loginModel), asProxy(keyName, gateway, keyModel));

    // Until V8 has compiled what matters one measures the compiler: on two busy cores it takes a gateway some seconds.
    for (const proxy of proxies.slice(1)) {
      for (const id of ids) await runRound(load, proxy, scenarios[id], id === 'kb64' ? 6_000 : 1_000);
    }
    const results = new Map<ScenarioId, Rounds>();
    for (const id of ids) results.set(id, await runScenario(load, proxies, scenarios[id], counts));
    const names = proxies.map(({ name }) => name);
    const notes = [
      `Medians of ${counts.rounds} interleaved rounds of ${counts.durationMs} ms; failed requests: ${failures(names, results)}.`,
      ...missing,
    ];
    return {
      tables: [rateTable(names, results, notes), firstByteTable(names, results), ratioTable(names, results)],
      targets: targets(results),
    };
  } finally {
    await Promise.all(proxies.map((proxy) => proxy.end()));
    load.end();
    home.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One process may stand for two of them. */
function asProxy(name: string, gateway: GatewayProcess, model: string): Proxy {
  return {
    name,
    pid: gateway.pid,
    target: (answer) => ({
      port: gateway.port,
      path: `/v1/messages?case=${answer}`,
      model,
      headers: [`x-api-key: ${gatewayToken}`],
    }),
    end: () => gateway.stop(),
  };
}

function rateTable(names: readonly string[], results: Results, notes: readonly string[]): BenchTable {
  const measured = ids.filter((id) => !isFirstByte(id));
  return {
    title: 'Requests a second / median µs',
    columns: ['', ...names],
    rows: measured.map((id) => [
      scenarios[id].name,
      ...names.map((name) => {
        const rounds = roundsOf(results, id, name);
        return `${shown(medianOf(rounds, 'perSecond'))} / ${shown(medianOf(rounds, 'medianUs'))}`;
      }),
    ]),
    notes,
  };
}

function firstByteTable(names: readonly string[], results: Results): BenchTable {
  return {
    title: 'First event of a stream, median µs, by the size of the request',
    columns: ['', ...names],
    rows: ids
      .filter(isFirstByte)
      .map((id) => [
        scenarios[id].name,
        ...names.map((name) => shown(medianOf(roundsOf(results, id, name), 'firstByteUs'))),
      ]),
  };
}

/** The gateway to each of the others: requests a second, and its own CPU time for a request. */
function ratioTable(names: readonly string[], results: Results): BenchTable {
  const others = names.filter((name) => name !== gatewayName && name !== keyName && name !== 'direct');
  return {
    title: 'The gateway against the others: requests a second, CPU time of the proxy for a request',
    columns: [
      '',
      ...others.map((name) => `req/s, × ${name}`),
      ...others.map((name) => `CPU, × ${name}`),
      'CPU µs',
    ],
    rows: ids
      .filter((id) => !isFirstByte(id))
      .map((id) => {
        const own = cpuOf(roundsOf(results, id, gatewayName));
        return [
          scenarios[id].name,
          ...others.map((name) => shown(ratio(results, id, name, 'perSecond'), 2)),
          ...others.map((name) => shown(own / cpuOf(roundsOf(results, id, name)), 2)),
          shown(own, 1),
        ];
      }),
  };
}

function targets(results: Results): Target[] {
  const rate = (id: ScenarioId, name: string, atLeast: number): Target =>
    target(
      `requests a second, ${scenarios[id].name}, to ${name}`,
      ratio(results, id, name, 'perSecond'),
      { atLeast },
      ' ×',
    );
  const latency = (name: string): number => medianOf(roundsOf(results, 'kb1', name), 'medianUs');
  const added = (latency(gatewayName) - latency('direct')) / (latency(passThroughName) - latency('direct'));
  const firstByte = (id: ScenarioId): Target =>
    target(
      `${scenarios[id].name}, to ${passThroughName}`,
      ratio(results, id, passThroughName, 'firstByteUs'),
      { atMost: 1.1 },
      ' ×',
    );
  return [
    rate('kb64', passThroughName, 1),
    rate('up100', passThroughName, 1),
    rate('down100', passThroughName, 1),
    rate('burst', passThroughName, 1),
    rate('kb64', 'Portkey', 10),
    rate('up100', 'Portkey', 20),
    rate('mb1', 'Portkey', 14),
    rate('kb64', 'nginx', 0.5),
    target(`added latency, 1 KB × 1, to ${passThroughName}`, added, { atMost: 1.15 }, ' ×'),
    firstByte('first1k'),
    firstByte('first1m'),
  ];
}

function isFirstByte(id: ScenarioId): boolean {
  const scenario: Scenario = scenarios[id];
  return scenario.isFirstByte === true;
}

/** The median of the rounds' own ratios: what disturbed the machine disturbed both. */
function ratio(results: Results, id: ScenarioId, name: string, figure: keyof Round): number {
  const others = roundsOf(results, id, name);
  const own = roundsOf(results, id, gatewayName);
  return median(others.map((other, round) => (own[round]?.[figure] ?? Number.NaN) / other[figure]));
}

/** None when more than one request in a hundred failed: a refusal is quicker than an answer. */
function roundsOf(results: Results, id: ScenarioId, name: string): readonly Round[] {
  const rounds = results.get(id)?.get(name) ?? [];
  return sumOf(rounds, 'failed') > sumOf(rounds, 'requests') / 100 ? [] : rounds;
}

function shown(value: number, digits = 0): string {
  return Number.isNaN(value) ? '–' : value.toFixed(digits);
}

function medianOf(rounds: readonly Round[], figure: keyof Round): number {
  return median(rounds.map((round) => round[figure]));
}

function cpuOf(rounds: readonly Round[]): number {
  return sumOf(rounds, 'cpuUs') / sumOf(rounds, 'requests');
}

function sumOf(rounds: readonly Round[], figure: keyof Round): number {
  return rounds.reduce((sum, round) => sum + round[figure], 0);
}

function failures(names: readonly string[], results: Results): string {
  const failed = names.flatMap((name) => {
    const count = ids.reduce((sum, id) => sum + sumOf(results.get(id)?.get(name) ?? [], 'failed'), 0);
    return count === 0 ? [] : [`${name} ${count}`];
  });
  return failed.length === 0 ? 'none' : failed.join(', ');
}
