// How long the built program takes to answer, against a bare `node -e 0` in the same run, and what a gateway that
// waits costs in memory. Builds the package first; needs no network.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { createChildKeychain } from '../src/vault/child-keychain.ts';
import { openCredentialStore } from '../src/store/open-store.ts';
import { systemClock } from '../src/platform/clock.ts';
import { systemRandom } from '../src/platform/random.ts';
import { median, type BenchEntry, type BenchOptions, type BenchTable } from './entry.ts';

export const commandsBench: BenchEntry = { name: 'commands', run: measure };

const root = join(import.meta.dirname, '..');
const main = join(root, 'dist/main.js');

async function measure(options: BenchOptions): Promise<BenchTable> {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`build failed: ${built.stderr}`);
  const home = mkdtempSync(join(tmpdir(), 'openclaw-bench-'));
  try {
    const env = await homeWithLogin(home);
    const runs = options.quick ? 7 : 20;
    const node: number[] = [];
    const version: number[] = [];
    const status: number[] = [];
    for (let run = 0; run <= runs; run += 1) {
      const times = [
        timeRun(['-e', '0'], env),
        timeRun([main, '--version'], env),
        timeRun([main, 'auth', 'status'], env),
      ];
      if (run === 0) continue;
      node.push(times[0] ?? 0);
      version.push(times[1] ?? 0);
      status.push(times[2] ?? 0);
    }
    const ready: number[] = [];
    const rss: number[] = [];
    for (let run = 0; run < (options.quick ? 3 : 7); run += 1) {
      const gateway = await timeGateway(env);
      ready.push(gateway.readyMs);
      rss.push(gateway.rssMb);
    }
    const bare = median(node);
    const row = (what: string, value: number, target: string): string[] => [
      what,
      `${value.toFixed(0)} ms`,
      `${(value / bare).toFixed(2)} ×`,
      target,
    ];
    return {
      title: 'commands of the built package, medians; ratios to a bare `node -e 0`',
      columns: ['what', 'median', 'ratio', 'target'],
      rows: [
        row('node -e 0', bare, ''),
        row('openclaw --version', median(version), '≤ 1.5 ×'),
        row('openclaw auth status', median(status), '≤ 300 ms'),
        row('gateway run to ready', median(ready), '≤ 400 ms'),
        ['gateway, idle RSS', `${median(rss).toFixed(0)} MB`, '', '≤ 110 MB'],
      ],
    };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function timeRun(args: string[], env: Record<string, string>): number {
  const startedMs = performance.now();
  const run = spawnSync(process.execPath, args, { env, stdio: 'ignore' });
  if (run.status !== 0) throw new Error(`${args.join(' ')} ended with ${run.status}`);
  return performance.now() - startedMs;
}

async function timeGateway(env: Record<string, string>): Promise<{ readyMs: number; rssMb: number }> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, [main, 'gateway', 'run', '--port', '0', '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('"url"')) break;
    const readyMs = performance.now() - startedMs;
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    return { readyMs, rssMb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024 };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function homeWithLogin(home: string): Promise<Record<string, string>> {
  const keyFile = join(home, 'key');
  writeFileSync(keyFile, systemRandom.bytes(32).toString('hex'), { mode: 0o600 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, 'state'),
    OPENCLAW_AUTH_KEY_FILE: keyFile,
  };
  const store = openCredentialStore({
    stateDir: env.OPENCLAW_STATE_DIR,
    env,
    clock: systemClock,
    random: systemRandom,
    keychain: createChildKeychain({ env, clock: systemClock, random: systemRandom }),
  });
  const nowMs = Date.now();
  await store.saveLogin('minimax-portal:default', {
    type: 'oauth',
    provider: 'minimax-portal',
    access: 'bench',
    refresh: 'bench',
    expires: nowMs + 86_400_000,
    issuedAt: nowMs,
    region: 'global',
  });
  store.close();
  writeFileSync(
    join(env.OPENCLAW_STATE_DIR, 'openclaw.json'),
    '{ plugins: { entries: { "minimax-portal-auth": { enabled: true } } } }',
  );
  return env;
}
