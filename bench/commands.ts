// How long the built program takes to answer, against a bare `node -e 0` in the same run, and what a gateway that
// waits costs in memory. Needs no network.
import { spawnSync } from 'node:child_process';
import { median, target, type BenchEntry, type BenchOptions, type BenchReport } from './entry.ts';
import { rssMb } from './process-figures.ts';
import { createHome, startGateway, type BenchHome } from './program.ts';

export const commandsBench: BenchEntry = { name: 'commands', run: measure };

async function measure(options: BenchOptions): Promise<BenchReport> {
  const main = options.program();
  const home = await createHome();
  try {
    const node: number[] = [];
    const version: number[] = [];
    const status: number[] = [];
    for (let run = 0; run <= (options.quick ? 7 : 20); run += 1) {
      const bareMs = timeRun(['-e', '0'], home);
      const versionMs = timeRun([main, '--version'], home);
      const statusMs = timeRun([main, 'auth', 'status'], home);
      // The first one fills the caches of the disk.
      if (run === 0) continue;
      node.push(bareMs);
      version.push(versionMs);
      status.push(statusMs);
    }
    const ready: number[] = [];
    const rss: number[] = [];
    for (let run = 0; run < (options.quick ? 3 : 7); run += 1) {
      const gateway = await startGateway(main, home);
      ready.push(gateway.readyMs);
      rss.push(rssMb(gateway.pid));
      await gateway.stop();
    }
    const bareMs = median(node);
    const row = (what: string, values: readonly number[]): string[] => [
      what,
      `${median(values).toFixed(0)} ms`,
      `${(median(values) / bareMs).toFixed(2)} ×`,
    ];
    return {
      tables: [
        {
          title: 'Commands of the built package, medians; ratios to a bare `node -e 0`',
          columns: ['what', 'median', 'ratio'],
          rows: [
            row('node -e 0', node),
            row('openclaw --version', version),
            row('openclaw auth status', status),
            row('openclaw gateway run, to ready', ready),
            ['gateway, idle RSS', `${median(rss).toFixed(0)} MB`, ''],
          ],
        },
      ],
      targets: [
        target('gateway run to ready', median(ready), { atMost: 400 }, ' ms', 0),
        target('gateway, idle RSS', median(rss), { atMost: 110 }, ' MB', 0),
        target('openclaw --version, to node -e 0', median(version) / bareMs, { atMost: 1.5 }, ' ×'),
        target('openclaw auth status', median(status), { atMost: 300 }, ' ms', 0),
      ],
    };
  } finally {
    home.close();
  }
}

function timeRun(args: string[], home: BenchHome): number {
  const startedMs = performance.now();
  const run = spawnSync(process.execPath, args, { env: home.env, stdio: 'ignore' });
  if (run.status !== 0) throw new Error(`${args.join(' ')} ended with ${run.status}`);
  return performance.now() - startedMs;
}
