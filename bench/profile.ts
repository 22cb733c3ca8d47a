// Where the CPU time of one small request goes, under load and alone, in the gateway and in the plain pass-through: both under `node
// --cpu-prof`, from the sources, so that functions show with their files, and by turns on the same machine.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { functionOf, partOf, selfTimes, type CpuProfile, type Window } from './cpu-profile.ts';
import type { BenchEntry, BenchOptions, BenchReport, BenchTable } from './entry.ts';
import { startLoad, type Load } from './load.ts';
import type { LoadTarget } from './load-client.ts';
import { startPassThrough } from './peers.ts';
import { createHome, gatewayToken, loginModel, root, startGateway } from './program.ts';

export const profileBench: BenchEntry = { name: 'profile', run: measure };

const shownFunctions = 25;
const samplingUs = 200;
const warmUpMs = 2_500;
const turnMs = 500;

/** Connections at once. */
const loads = [64, 1] as const;

type Turns = { requests: number; windows: Window[] };
type Measured = { target: LoadTarget; folder: string; turns: Map<number, Turns> };
type Profiled = Measured & { profile: CpuProfile };

async function measure(options: BenchOptions): Promise<BenchReport> {
  const turns = options.quick ? 3 : 10;
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-bench-profile-'));
  const load = await startLoad();
  const home = await createHome(load.upstreamPort);
  try {
    const folders = { gateway: join(folder, 'gateway'), passThrough: join(folder, 'pass-through') };
    const gateway = await startGateway(join(root, 'src/main.ts'), home, {
      nodeArgs: profiling(folders.gateway),
    });
    const proxy = await startPassThrough(load.upstreamPort, profiling(folders.passThrough));
    const own = begin(folders.gateway, {
      port: gateway.port,
      path: '/v1/messages?case=1k',
      model: loginModel,
      headers: [`x-api-key: ${gatewayToken}`],
    });
    const plain = begin(folders.passThrough, proxy.target('1k'));
    for (const { target } of [own, plain]) await drive(load, target, 64, warmUpMs);
    for (let turn = 0; turn < turns; turn += 1) {
      for (const connections of loads) {
        for (const measured of turn % 2 === 0 ? [own, plain] : [plain, own]) {
          await takeTurn(load, measured, connections);
        }
      }
    }
    // Their profiles are written as they end.
    await gateway.stop();
    await proxy.end();
    const profiles = [own, plain].map((measured) => ({ ...measured, profile: readProfile(measured.folder) }));
    const tables = loads.flatMap((connections) =>
      (['part', 'function'] as const).map((by) => table(profiles, connections, by)),
    );
    return { tables, targets: [] };
  } finally {
    load.end();
    home.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function profiling(folder: string): string[] {
  return ['--cpu-prof', '--cpu-prof-dir', folder, '--cpu-prof-interval', String(samplingUs)];
}

function begin(folder: string, target: LoadTarget): Measured {
  return { target, folder, turns: new Map(loads.map((load) => [load, { requests: 0, windows: [] }])) };
}

async function takeTurn(load: Load, measured: Measured, connections: number): Promise<void> {
  const fromUs = nowUs();
  const requests = await drive(load, measured.target, connections, turnMs);
  const turns = measured.turns.get(connections);
  if (turns === undefined) return;
  turns.requests += requests;
  turns.windows.push({ fromUs, toUs: nowUs() });
}

async function drive(
  load: Load,
  target: LoadTarget,
  connections: number,
  durationMs: number,
): Promise<number> {
  const job = { target, connections, bodyBytes: 1_024, isStream: false, durationMs };
  return (await load.rate(job)).requests;
}

/** The clock of profiles. */
function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

function readProfile(folder: string): CpuProfile {
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error('no profile was written');
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
}

function table(profiles: readonly Profiled[], connections: number, by: 'part' | 'function'): BenchTable {
  const [own, plain] = profiles.map(({ profile, turns }) => {
    const { requests, windows } = turns.get(connections) ?? { requests: 0, windows: [] };
    const sums = selfTimes(profile, windows, by === 'part' ? partOf : functionOf);
    return new Map([...sums].map(([place, us]) => [place, us / requests]));
  });
  const places = [...new Set([...(own?.keys() ?? []), ...(plain?.keys() ?? [])])]
    .map((place) => ({ place, own: own?.get(place) ?? 0, plain: plain?.get(place) ?? 0 }))
    .sort((left, right) => Math.max(right.own, right.plain) - Math.max(left.own, left.plain));
  const all = (figures: Map<string, number> | undefined): number =>
    [...(figures?.values() ?? [])].reduce((sum, one) => sum + one, 0);
  const row = (place: string, one: number, other: number): string[] => [
    place,
    one < 0.01 ? '' : one.toFixed(2),
    other < 0.01 ? '' : other.toFixed(2),
  ];
  const shown = by === 'part' ? places : places.slice(0, shownFunctions);
  return {
    title: `CPU µs of one request, 1 KB × ${connections}, by ${by} (\`node --cpu-prof\`)`,
    columns: [by, 'gateway', 'pass-through'],
    rows: [
      ...shown
        .filter(({ own, plain }) => own >= 0.01 || plain >= 0.01)
        .map(({ place, own, plain }) => row(place, own, plain)),
      row('all', all(own), all(plain)),
    ],
  };
}
