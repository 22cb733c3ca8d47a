// What many open streams cost the built gateway: its resident memory while 500 clients read an answer each, after
// requests as small as a question and as large as a coding tool's.
import { setTimeout as delay } from 'node:timers/promises';
import { target, type BenchEntry, type BenchOptions, type BenchReport } from './entry.ts';
import { startLoad, type Load } from './load.ts';
import { rssMb } from './process-figures.ts';
import { createHome, gatewayToken, loginModel, startGateway } from './program.ts';

export const streamsBench: BenchEntry = { name: 'streams', run: measure };

const count = 500;
const limitMb = 150;
const sampleMs = 100;
const sizes = [
  { name: '1 KB', bytes: 1_024 },
  { name: '100 KB', bytes: 102_400 },
] as const;

type Figures = { idleMb: number; openMb: number; mostMb: number; perSecond: number };

async function measure(options: BenchOptions): Promise<BenchReport> {
  const holdMs = options.quick ? 3_000 : 10_000;
  const load = await startLoad();
  try {
    const measured: (Figures & { name: string })[] = [];
    for (const { name, bytes } of sizes) {
      measured.push({ name, ...(await hold(load, options.program(), bytes, holdMs)) });
    }
    return {
      tables: [
        {
          title: `${count} open streams through the built gateway: its resident memory`,
          columns: ['request', 'idle', 'all open', `most within ${holdMs / 1_000} s`, 'pieces read a second'],
          rows: measured.map(({ name, idleMb, openMb, mostMb, perSecond }) => [
            name,
            `${idleMb.toFixed(0)} MB`,
            `${openMb.toFixed(0)} MB`,
            `${mostMb.toFixed(0)} MB`,
            perSecond.toFixed(0),
          ]),
        },
      ],
      targets: measured.map(({ name, mostMb }) =>
        target(
          `gateway RSS, ${count} open streams, requests of ${name}`,
          mostMb,
          { atMost: limitMb },
          ' MB',
          0,
        ),
      ),
    };
  } finally {
    load.end();
  }
}

async function hold(load: Load, program: string, bodyBytes: number, holdMs: number): Promise<Figures> {
  const home = await createHome(load.upstreamPort);
  const gateway = await startGateway(program, home);
  try {
    const idleMb = rssMb(gateway.pid);
    const headers = [`x-api-key: ${gatewayToken}`];
    const path = '/v1/messages?case=slow';
    await load.holdStreams({
      target: { port: gateway.port, path, model: loginModel, headers },
      bodyBytes,
      count,
    });
    const openMb = rssMb(gateway.pid);
    const before = await load.figures();
    let mostMb = openMb;
    for (let passedMs = 0; passedMs < holdMs; passedMs += sampleMs) {
      await delay(sampleMs);
      mostMb = Math.max(mostMb, rssMb(gateway.pid));
    }
    const after = await load.figures();
    if (after.open !== count || after.upstreamOpen !== count) {
      throw new Error(`${after.open} of ${count} streams are open, ${after.upstreamOpen} at the upstream`);
    }
    return { idleMb, openMb, mostMb, perSecond: (after.pieces - before.pieces) / (holdMs / 1_000) };
  } finally {
    await load.closeStreams();
    await gateway.stop();
    home.close();
  }
}
