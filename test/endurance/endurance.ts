// One endurance run from its beginning to its end: servers, a home with a login, a service, clients that never stop
// asking, two restarts and one kill at set points, and at last a look at what everybody has seen. Returns the facts; what
// of them is a failure is decided by findings.ts.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createMarkSearch } from '../support/canaries.ts';
import { createSeededRandom } from '../torture/seeded-random.ts';
import { timelineMs } from '../torture/timeline.ts';
import { chatModel, createAsks, responsesModel } from './asks.ts';
import { runClient, type Outcome } from './client.ts';
import { control, measureDepartures, openWatched, watchedModel, type Departure } from './departures.ts';
import { createEnduranceHome, type EnduranceHome } from './home.ts';
import { judge, type Interval, type Verdict } from './judge.ts';
import { watchMemory, type ProcessSize } from './memory.ts';
import type { EnduranceOptions, Manager } from './options.ts';
import { startService, type Kill, type Service } from './service.ts';
import { readUnit, type Unit } from './unit-file.ts';
import type { Upstreams } from './upstreams.ts';

export type Facts = {
  /** When the load began; all times are the timeline's. */
  readonly beganMs: number;
  readonly spanMs: number;
  readonly manager: Manager;
  readonly unit: Unit;
  readonly verdict: Verdict;
  readonly kills: readonly Kill[];
  readonly restarts: readonly Interval[];
  /** What the simulator counted while the load ran. */
  readonly counters: Readonly<Record<string, number>>;
  /** Rules of the protocol that the gateway has broken. */
  readonly broken: readonly string[];
  readonly login: { readonly state: string; readonly canAsk: boolean };
  readonly sizes: readonly ProcessSize[];
  readonly departures: readonly Departure[];
  readonly serviceEnds: readonly string[];
  readonly starts: number;
  /** Warnings and errors of the gateway's log, by event. */
  readonly warnings: Readonly<Record<string, number>>;
  readonly secretsLogged: readonly string[];
  /** The latest timer of the clients' process: a busy machine. */
  readonly machineLateMs: number;
};

export const tokenMs = 5_000;
/** When a restart or a kill comes, as a share of the time. */
const firstRestartAt = 0.25;
const killAt = 0.5;
const secondRestartAt = 0.75;
const mostPauseMs = 60;
const portalModel = 'minimax-portal/MiniMax-M3';

export async function endure(
  options: EnduranceOptions,
  note: (text: string) => void,
  signal: AbortSignal,
): Promise<Facts> {
  await using ends = new AsyncDisposableStack();
  const upstreams = await startUpstreams(ends);
  const watched = await openWatched();
  ends.defer(() => watched.close());
  const home = await createEnduranceHome(configOf(upstreams, watched.url));
  ends.defer(() => home.remove());
  await home.openclaw(
    'onboard',
    '--auth-choice',
    'minimax-portal',
    '--region',
    'global',
    '--no-browser',
    '--non-interactive',
  );
  const unit = readUnit(String((await home.openclaw('gateway', 'install', '--print'))['text']));
  const service = await startService(home, unit, options.manager);
  ends.defer(() => service.stop());
  ends.defer(() => note(`what the gateway said: ${keep(service.journal)}`));
  const token = (await home.print('gateway', 'token')).trim();
  const { controlUrl } = upstreams.portal;
  await control(controlUrl, 'POST', 'reset');
  const memory = watchMemory(() => service.pid());
  ends.defer(() => memory.stop());
  const machine = watchMachine();
  ends.defer(() => machine.stop());

  const outcomes: Outcome[] = [];
  const over = new AbortController();
  const beganMs = timelineMs();
  const clients = startClients(options, { port: home.port, token }, over.signal, outcomes);
  ends.defer(() => over.abort());
  const at = (share: number): Promise<void> =>
    sleep(beganMs + share * options.seconds * 1000 - timelineMs(), signal);
  await at(firstRestartAt);
  const first = await restart(home, note);
  await at(killAt);
  note('killing the gateway');
  const kill = await service.kill();
  await at(secondRestartAt);
  const second = await restart(home, note);
  await at(1);
  over.abort();
  await clients;
  const spanMs = timelineMs() - beganMs;
  memory.stop();
  machine.stop();
  const { counters, violations } = (await control(controlUrl, 'GET', 'state')) as {
    counters: Record<string, number>;
    violations: { rule: string; detail: string }[];
  };
  note(`the load is over: ${outcomes.length} requests; now clients that leave`);
  const login = await lookAtLogin(home, service, token);
  const departures = await measureDepartures({ port: home.port, token, watched, controlUrl, portalModel });
  await service.stop();
  const journal = readFileSync(service.journal);
  return {
    beganMs,
    spanMs,
    manager: options.manager,
    unit,
    verdict: judge({ outcomes, kills: [kill], restarts: [first, second] }),
    kills: [kill],
    restarts: [first, second],
    counters,
    broken: violations.map(({ rule, detail }) => `${rule}: ${detail}`),
    login,
    sizes: memory.sizes,
    departures,
    serviceEnds: service.ends,
    starts: service.starts(),
    warnings: countWarnings(journal.toString()),
    secretsLogged: createMarkSearch()(journal).map(({ secret, spelling }) => `${secret} (${spelling})`),
    machineLateMs: machine.latestMs(),
  };
}

/** The home does not outlive the run. */
function keep(journal: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'openclaw-endurance-log-')), 'journal.log');
  copyFileSync(journal, file);
  return file;
}

async function startUpstreams(ends: AsyncDisposableStack): Promise<Upstreams> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'upstreams.ts'), String(tokenMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  ends.defer(() => void child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout)) return JSON.parse(line) as Upstreams;
  throw new Error('the servers do not start');
}

function configOf({ portal, echoUrl }: Upstreams, watchedUrl: string): Record<string, unknown> {
  const provider = (id: string, api: string, baseUrl: string) => ({
    baseUrl,
    apiKey: 'none',
    api,
    models: [{ id, name: id }],
  });
  return {
    ...portal.config,
    models: {
      providers: {
        chat: provider(chatModel, 'openai-completions', echoUrl),
        responses: provider(responsesModel, 'openai-responses', echoUrl),
        watched: provider(watchedModel, 'anthropic-messages', watchedUrl),
      },
    },
  };
}

async function startClients(
  { connections, seed }: EnduranceOptions,
  { port, token }: { port: number; token: string },
  signal: AbortSignal,
  outcomes: Outcome[],
): Promise<void> {
  const random = createSeededRandom(seed);
  const clients = Array.from({ length: connections }, (_, index) =>
    runClient({
      port,
      token,
      nextAsk: createAsks(seed + index),
      pauseMs: () => random.between(0, mostPauseMs),
      signal,
      record: (outcome) => void outcomes.push(outcome),
    }),
  );
  await Promise.all(clients);
}

async function restart(home: EnduranceHome, note: (text: string) => void): Promise<Interval> {
  const fromMs = timelineMs();
  const { pid, former_pid: former } = await home.openclaw('gateway', 'restart');
  note(`restarted: ${String(former)} → ${String(pid)}`);
  return { fromMs, toMs: timelineMs() };
}

/** What a person would do: look, and ask once more. */
async function lookAtLogin(home: EnduranceHome, service: Service, token: string): Promise<Facts['login']> {
  const { profiles } = (await home.openclaw('auth', 'status')) as { profiles: { state: string }[] };
  const outcomes: Outcome[] = [];
  const over = new AbortController();
  await runClient({
    port: home.port,
    token,
    nextAsk: createAsks(service.pid() ?? 0),
    pauseMs: () => 0,
    signal: over.signal,
    record(outcome) {
      outcomes.push(outcome);
      if (outcome.end !== 'left' && outcome.kind.startsWith('messages')) over.abort();
    },
  });
  return { state: profiles.map(({ state }) => state).join(', '), canAsk: outcomes.at(-1)?.end === 'whole' };
}

function countWarnings(journal: string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const line of journal.split('\n')) {
    const [, level, event] = /^\{"level":"(warn|error)".*"event":"([^"]*)"/.exec(line) ?? [];
    if (level === undefined || event === undefined) continue;
    counts[`${level} ${event}`] = (counts[`${level} ${event}`] ?? 0) + 1;
  }
  return counts;
}

const tickMs = 10;

function watchMachine(): { latestMs(): number; stop(): void } {
  let latestMs = 0;
  let dueMs = timelineMs() + tickMs;
  const timer = setInterval(() => {
    latestMs = Math.max(latestMs, timelineMs() - dueMs);
    dueMs = timelineMs() + tickMs;
  }, tickMs);
  return { latestMs: () => latestMs, stop: () => clearInterval(timer) };
}

function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
