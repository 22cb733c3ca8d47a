// Whether the built gateway's memory stays flat: over a million requests, then over forty thousand streams that are left
// after their first event. Looked at on the way, before and after a collection of garbage.
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { target, type BenchEntry, type BenchOptions, type BenchReport } from './entry.ts';
import { startLoad, type Load } from './load.ts';
import type { LoadTarget } from './load-client.ts';
import { rssMb } from './process-figures.ts';
import { createHome, gatewayToken, loginModel, startGateway, type GatewayProcess } from './program.ts';

export const memoryBench: BenchEntry = { name: 'memory', run: measure };

const megabyte = 1_024 ** 2;
/** Shares of the work at which it is looked. */
const looks = [0.1, 0.5, 1] as const;
const settleMs = 5_000;

/** MB; all but the first after a forced collection. */
type Look = {
  done: number;
  rss: number;
  rssAfterGc: number;
  heapAfterGc: number;
  heapPages: number;
  external: number;
};
type Memory = { rss: number; heapTotal: number; heapUsed: number; external: number };
type Phase = { name: string; unit: string; looks: Look[] };

async function measure(options: BenchOptions): Promise<BenchReport> {
  const requests = options.quick ? 100_000 : 1_000_000;
  // The allocator takes ten thousand connections to have all it needs, in the plainest proxy too.
  const streams = options.quick ? 4_000 : 40_000;
  const load = await startLoad();
  const home = await createHome(load.upstreamPort);
  const witness = fileURLToPath(new URL('memory-witness.ts', import.meta.url));
  const gateway = await startGateway(options.program(), home, {
    nodeArgs: ['--expose-gc', '--import', witness],
    hasChannel: true,
  });
  try {
    const idle = await lookAt(gateway, 0);
    const ask = (answer: string): LoadTarget => ({
      port: gateway.port,
      path: `/v1/messages?case=${answer}`,
      model: loginModel,
      headers: [`x-api-key: ${gatewayToken}`],
    });
    const phases = [
      await runPhase(gateway, 'requests', 'request', requests, async (count) => {
        const job = {
          target: ask('1k'),
          connections: 64,
          bodyBytes: 1_024,
          isStream: false,
          requests: count,
        };
        const result = await load.rate(job);
        if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
      }),
      await runPhase(gateway, 'streams left', 'stream', streams, async (count) => {
        const { upstreamLeft } = await load.figures();
        await load.leaveStreams({ target: ask('slow'), bodyBytes: 1_024, count });
        await untilLeft(load, upstreamLeft + count);
      }),
    ];
    return {
      tables: [
        {
          title:
            'Memory of the built gateway while it works (all but the first column after a forced collection)',
          columns: ['after', 'RSS', 'RSS, collected', 'heap in use', 'heap pages', 'buffers'],
          rows: [
            row('idle', idle),
            ...phases.flatMap(({ name, looks }) =>
              looks.map((look) => row(`${look.done.toLocaleString('en')} ${name}`, look)),
            ),
          ],
          notes: phases.map(
            ({ unit, looks }) => `Heap, from 50 % to 100 %: ${slope(looks)} bytes for each ${unit}.`,
          ),
        },
      ],
      targets: phases.map((phase) =>
        target(
          `gateway RSS after ${phase.looks.at(-1)?.done.toLocaleString('en')} ${phase.name}, to half of them`,
          // A quick run ends before V8 and the allocator have all that they keep.
          options.quick ? Number.NaN : growth(phase.looks),
          { atMost: 1.05 },
          ' ×',
        ),
      ),
    };
  } finally {
    load.end();
    await gateway.stop();
    home.close();
  }
}

async function runPhase(
  gateway: GatewayProcess,
  name: string,
  unit: string,
  total: number,
  work: (count: number) => Promise<void>,
): Promise<Phase> {
  const seen: Look[] = [];
  let done = 0;
  for (const share of looks) {
    const until = Math.round(total * share);
    await work(until - done);
    done = until;
    seen.push(await lookAt(gateway, done));
  }
  return { name, unit, looks: seen };
}

async function lookAt(gateway: GatewayProcess, done: number): Promise<Look> {
  const rss = rssMb(gateway.pid);
  gateway.child.send('look');
  const [memory] = (await once(gateway.child, 'message')) as [Memory];
  return {
    done,
    rss,
    rssAfterGc: memory.rss / megabyte,
    heapAfterGc: memory.heapUsed / megabyte,
    heapPages: memory.heapTotal / megabyte,
    external: memory.external / megabyte,
  };
}

/** The upstream has seen that nobody reads any more. */
async function untilLeft(load: Load, wanted: number): Promise<void> {
  const endsAtMs = performance.now() + settleMs;
  for (;;) {
    const { upstreamLeft } = await load.figures();
    if (upstreamLeft >= wanted) return;
    if (performance.now() > endsAtMs) {
      throw new Error(`the upstream still writes ${wanted - upstreamLeft} streams that nobody reads`);
    }
    await delay(20);
  }
}

function row(name: string, look: Look): string[] {
  const mb = (value: number): string => `${value.toFixed(1)} MB`;
  return [name, ...[look.rss, look.rssAfterGc, look.heapAfterGc, look.heapPages, look.external].map(mb)];
}

/** From half of the work to its end. */
function growth(looks: readonly Look[]): number {
  const [, half, whole] = looks;
  return (whole?.rssAfterGc ?? Number.NaN) / (half?.rssAfterGc ?? Number.NaN);
}

function slope(looks: readonly Look[]): string {
  const [, half, whole] = looks;
  if (half === undefined || whole === undefined) return '–';
  return (((whole.heapAfterGc - half.heapAfterGc) * megabyte) / (whole.done - half.done)).toFixed(1);
}
