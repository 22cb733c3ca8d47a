// The program under test: the package as it is published, in a folder of its own, with a home that has a login and a
// configuration; and its gateway as a process, with everything on that a user has on.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../src/platform/clock.ts';
import { nodeArgsOfGateway } from '../src/platform/node-settings.ts';
import { systemRandom } from '../src/platform/random.ts';
import { openCredentialStore } from '../src/store/open-store.ts';
import { createChildKeychain } from '../src/vault/child-keychain.ts';

export const root = join(import.meta.dirname, '..');

/** Builds, and copies what is published: the sources may change and be built anew while a bench runs. */
export function buildProgram(folder: string): string {
  const built = spawnSync(process.execPath, [join(root, 'scripts/build.ts')], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`build failed: ${built.stderr}`);
  const program = join(folder, 'program');
  for (const name of ['dist', 'package.json', 'LICENSE', 'README.md', 'CHANGELOG.md']) {
    cpSync(join(root, name), join(program, name), { recursive: true });
  }
  return join(program, 'dist/main.js');
}

export type BenchHome = { env: Record<string, string>; close(): void };

export const gatewayToken = 'bench-token';
/** One model behind a stored login, one behind an API key of the configuration. */
export const loginModel = 'minimax-portal/MiniMax-M3';
export const keyModel = 'bench/bench-model';

/** `upstreamPort`: where both models' providers are, on loopback. */
export async function createHome(upstreamPort?: number): Promise<BenchHome> {
  const home = mkdtempSync(join(tmpdir(), 'openclaw-bench-home-'));
  const keyFile = join(home, 'key');
  writeFileSync(keyFile, systemRandom.bytes(32).toString('hex'), { mode: 0o600 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    OPENCLAW_STATE_DIR: join(home, 'state'),
    OPENCLAW_AUTH_KEY_FILE: keyFile,
    OPENCLAW_GATEWAY_TOKEN: gatewayToken,
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
    access: 'bench-access-token-of-usual-length-0123456789abcdef0123456789abcdef',
    refresh: 'bench-refresh-token',
    expires: nowMs + 86_400_000,
    issuedAt: nowMs,
    region: 'global',
  });
  store.close();
  const config = configFor(upstreamPort);
  writeFileSync(join(env.OPENCLAW_STATE_DIR, 'openclaw.json'), JSON.stringify(config, undefined, 2));
  return { env, close: () => rmSync(home, { recursive: true, force: true }) };
}

function configFor(upstreamPort: number | undefined): unknown {
  if (upstreamPort === undefined) {
    return { plugins: { entries: { 'minimax-portal-auth': { enabled: true } } } };
  }
  const origin = `http://127.0.0.1:${upstreamPort}`;
  const endpoints = { accountUrl: origin, apiUrl: origin };
  const plugin = { enabled: true, config: { allowLoopbackHttp: true, regions: { global: endpoints } } };
  const provider = {
    baseUrl: `${origin}/anthropic`,
    api: 'anthropic-messages',
    apiKey: 'bench-api-key',
    models: [{ id: 'bench-model', name: 'Bench', cost: { input: 0.3, output: 1.2 } }],
  };
  return {
    plugins: { entries: { 'minimax-portal-auth': plugin } },
    models: { providers: { bench: provider } },
  };
}

export type GatewayProcess = {
  child: ChildProcess;
  pid: number;
  port: number;
  /** From the start of the process to the line that says it serves. */
  readyMs: number;
  stop(): Promise<void>;
};

/**
 * As `gateway start` and a service run it. `main` may be the built program's entry, or that of the sources. Its log goes to
 * /dev/null.
 */
export async function startGateway(
  main: string,
  home: BenchHome,
  options: { nodeArgs?: readonly string[]; hasChannel?: boolean } = {},
): Promise<GatewayProcess> {
  const startedAtMs = performance.now();
  const args = [...nodeArgsOfGateway(options.nodeArgs), main, 'gateway', 'run', '--port', '0', '--json'];
  const child = spawn(process.execPath, args, {
    env: home.env,
    stdio: ['ignore', 'pipe', 'ignore', ...(options.hasChannel === true ? (['ipc'] as const) : [])],
  });
  const exited = once(child, 'exit');
  let url: string | undefined;
  if (child.stdout !== null) {
    for await (const line of createInterface({ input: child.stdout })) {
      url = /"url":\s*"([^"]+)"/.exec(line)?.[1];
      if (url !== undefined) break;
    }
  }
  if (url === undefined || child.pid === undefined) throw new Error('the gateway did not start');
  return {
    child,
    pid: child.pid,
    port: Number(new URL(url).port),
    readyMs: performance.now() - startedAtMs,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
