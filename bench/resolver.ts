// What a lease costs on the way of a request: nanoseconds from memory, against a bare look-up in a Map, and what of it
// survives a collection of garbage. The resolver and its store are the product's own, with one login.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { homedir } from 'node:os';
import { createApp } from '../src/app.ts';
import { createResolver } from '../src/auth/resolver.ts';
import { systemClock } from '../src/platform/clock.ts';
import { describeInstallation } from '../src/platform/installation.ts';
import { silentLog } from '../src/platform/log.ts';
import { createActivityStore } from '../src/store/activity-store.ts';
import { median, target, type BenchEntry, type BenchOptions, type BenchReport } from './entry.ts';
import { createHome } from './program.ts';

export const resolverBench: BenchEntry = { name: 'resolver', run: measure };

const provider = 'minimax-portal';
const calls = 1_000_000;

async function measure(options: BenchOptions): Promise<BenchReport> {
  const home = await createHome();
  const app = createApp({
    env: home.env,
    homeDir: homedir(),
    installation: describeInstallation(new URL('../src/main.ts', import.meta.url).href),
    clock: systemClock,
    log: silentLog,
  });
  try {
    const resolver = createResolver({
      store: app.store(),
      engine: app.refreshEngine(),
      prepare: (profileId, credential) => app.prepareAuth(profileId, credential),
      activity: createActivityStore(app.activity()),
      explicitOrder: () => undefined,
      clock: app.clock,
      random: app.random,
      log: app.log,
    });
    await resolver.load();
    const map = new Map([[provider, { token: 'x' }]]);
    const rounds = options.quick ? 5 : 15;
    const lease = (): unknown => resolver.lease(provider, 'MiniMax-M3');
    const leaseNs = time(rounds, lease);
    const lookUpNs = time(rounds, () => map.get(provider));
    const survives = survivingBytes(lease);
    return {
      tables: [
        {
          title: 'One lease from memory, and a bare look-up beside it',
          columns: ['what', 'ns', 'bytes that survive'],
          rows: [
            ['resolver.lease', leaseNs.toFixed(0), survives.toFixed(3)],
            ['Map.get', lookUpNs.toFixed(0), ''],
          ],
        },
      ],
      targets: [
        target('resolver.lease from memory', leaseNs, { atMost: 1_000 }, ' ns', 0),
        // Less than one byte in a hundred calls: what V8 itself keeps in a million of them.
        target('bytes of a lease that survive', survives, { atMost: 0.01 }, '', 3),
      ],
    };
  } finally {
    app.close();
    home.close();
  }
}

let kept: unknown;

/** Median over the rounds of the nanoseconds a call takes. */
function time(rounds: number, call: () => unknown): number {
  const perCall: number[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const startedNs = process.hrtime.bigint();
    for (let index = 0; index < calls; index += 1) kept = call();
    // The first round warms up.
    if (round > 0) perCall.push(Number(process.hrtime.bigint() - startedNs) / calls);
  }
  if (kept === undefined) throw new Error('nothing was measured');
  return median(perCall);
}

function survivingBytes(call: () => unknown): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < calls; index += 1) kept = call();
  collect();
  collect();
  return Math.max(0, process.memoryUsage().heapUsed - before) / calls;
}
