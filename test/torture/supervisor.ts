// One torture from its beginning to its end: a server, a door before it, one store with one login, processes that use
// it, disturbances, and at last a calm in which everybody has to have recovered. Returns what was written down.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createApp, type App } from '../../src/app.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeInstallation } from '../../src/platform/installation.ts';
import { silentLog } from '../../src/platform/log.ts';
import { startCrew, type Crew, type StoreSight } from './crew.ts';
import { startDisturbances } from './disturbances.ts';
import { openDoor, tokenHash } from './door.ts';
import type { TortureEvent } from './events.ts';
import { createLoginKeeper, type LoginKeeper } from './login-keeper.ts';
import type { ServerName } from './options.ts';
import { startOidcSide } from './oidc-side.ts';
import { createPlanner } from './plan.ts';
import { createSeededRandom } from './seeded-random.ts';
import { startSimulatorSide } from './simulator-side.ts';
import { timelineMs } from './timeline.ts';
import type { FromWorker } from './worker-messages.ts';

export type TortureRun = {
  readonly server: ServerName;
  readonly seconds: number;
  readonly processes: number;
  readonly seed: number;
  /** Ends it early; everything is cleaned up. Rejects with the signal's reason then. */
  readonly signal?: AbortSignal;
  /** Called now and then with what was written down so far. */
  readonly onProgress?: (serverName: string, events: readonly TortureEvent[]) => void;
};

const usersEach = 2;
const progressEachMs = 5_000;
const settleMs = 500;
const tickMs = 10;

export async function torture(run: TortureRun): Promise<{ serverName: string; events: TortureEvent[] }> {
  const events: TortureEvent[] = [];
  const record = (event: TortureEvent): void => void events.push(event);
  const random = createSeededRandom(run.seed);
  const planner = createPlanner(random, timelineMs);
  await using ends = new AsyncDisposableStack();
  const server = await (run.server === 'oidc' ? startOidcSide() : startSimulatorSide());
  ends.defer(() => server.stop());
  const home = makeHome();
  ends.defer(() => home.remove());
  let crew: Crew | undefined;
  const door = await openDoor({
    targetOrigin: server.tokenOrigin,
    plan: () => planner.next(),
    kill: (pid) => crew?.kill(pid, true),
    record,
  });
  ends.defer(() => door.close());
  writeFileSync(join(home.stateDir, 'openclaw.json'), JSON.stringify(server.config(door.url)));
  const app = openApp(home.env, home.folder);
  ends.defer(() => app.close());

  const profileId = `${server.provider}:default`;
  const keeper = createLoginKeeper({
    store: app.store(),
    server,
    profileId,
    record,
    beforeLogin: async () => crew?.settled(),
  });
  ends.defer(() => keeper.stop());
  await keeper.start();
  const finishes = new Map<number, (message: FromWorker & { kind: 'finished' }) => void>();
  const loaded = new Set<number>();
  let hasBegun = false;
  crew = startCrew({
    size: run.processes,
    env: home.env,
    orders: {
      provider: server.provider,
      model: 'MiniMax-M3',
      profileId,
      probe: server.probe,
      users: usersEach,
    },
    lockFolder: join(home.stateDir, 'auth'),
    record,
    look: () => lookAt(app, profileId),
    onMessage(pid, message) {
      if (message.kind === 'loaded') {
        loaded.add(pid);
        if (hasBegun) crew?.send(pid, { kind: 'go' });
      } else if (message.kind === 'finished') finishes.get(pid)?.(message);
      else record({ ...message, pid });
    },
  });
  const begun = crew;
  ends.defer(() => begun.end());
  await allLoaded(crew, loaded, run.signal);
  hasBegun = true;
  for (const pid of crew.running()) crew.send(pid, { kind: 'go' });
  const stopDisturbances = startDisturbances({ random, crew, planner, record });
  ends.defer(stopDisturbances);
  ends.defer(watchMachine(record));
  const progress = setInterval(() => run.onProgress?.(server.name, events), progressEachMs);
  ends.defer(() => clearInterval(progress));

  await sleep(run.seconds * 1_000, run.signal);

  stopDisturbances();
  planner.calm();
  crew.resumeAll();
  for (const pid of crew.running()) {
    crew.send(pid, { kind: 'clock', offsetMs: 0 });
    crew.send(pid, { kind: 'die_before_post', wanted: false });
  }
  // Who was about to be killed, or to kill itself, is replaced before anybody is asked.
  await sleep(settleMs, run.signal);
  await crew.settled();
  const asked = { crew, loaded, finishes, keeper, record };
  await recover(asked, run.signal);
  record({
    kind: 'server_count',
    atMs: timelineMs(),
    reuses: server.reuses(),
    broken: server.brokenRules(),
  });
  return { serverName: server.name, events };
}

/** Notes each time that a timer is late by more than any before. */
function watchMachine(record: (event: TortureEvent) => void): () => void {
  let worstMs = 0;
  let dueMs = timelineMs() + tickMs;
  const timer = setInterval(() => {
    const nowMs = timelineMs();
    if (nowMs - dueMs > worstMs) {
      worstMs = nowMs - dueMs;
      record({ kind: 'machine', atMs: nowMs, lateMs: worstMs });
    }
    dueMs = nowMs + tickMs;
  }, tickMs);
  return () => clearInterval(timer);
}

type Asked = {
  readonly crew: Crew;
  readonly loaded: ReadonlySet<number>;
  readonly finishes: Map<number, (message: FromWorker & { kind: 'finished' }) => void>;
  readonly keeper: LoginKeeper;
  readonly record: (event: TortureEvent) => void;
};

const answerLimitMs = 20_000;

/** One after the other first, for a login whose token was lost in the last moments shows only now. */
async function recover(
  { crew, loaded, finishes, keeper, record }: Asked,
  signal?: AbortSignal,
): Promise<void> {
  const ask = (pid: number): Promise<{ ok: boolean; detail: string }> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => resolve({ ok: false, detail: 'no answer' }), answerLimitMs);
      finishes.set(pid, (message) => {
        clearTimeout(timer);
        resolve(message);
      });
      crew.send(pid, { kind: 'finish' });
    });
  await allLoaded(crew, loaded, signal);
  const pids = crew.running();
  const [first] = pids;
  if (first !== undefined) {
    const { ok, detail } = await ask(first);
    if (!ok && detail.startsWith('LOGIN_DEAD')) await keeper.loggedInAgain();
  }
  const answers = await Promise.all(pids.map(async (pid) => ({ pid, ...(await ask(pid)) })));
  for (const { pid, ok, detail } of answers)
    record({ kind: 'finished', atMs: timelineMs(), pid, ok, detail });
}

async function allLoaded(crew: Crew, loaded: ReadonlySet<number>, signal?: AbortSignal): Promise<void> {
  const deadlineMs = timelineMs() + answerLimitMs;
  while (timelineMs() < deadlineMs && crew.running().some((pid) => !loaded.has(pid))) await sleep(20, signal);
}

type TortureHome = {
  readonly folder: string;
  readonly stateDir: string;
  readonly env: Record<string, string>;
  remove(): void;
};

function makeHome(): TortureHome {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'openclaw-torture-')));
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir, { mode: 0o700 });
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    OPENCLAW_STATE_DIR: stateDir,
    OPENCLAW_AUTH_KEY_FILE: keyFile,
    // Whatever is not loopback ends at a closed port.
    HTTPS_PROXY: 'http://127.0.0.1:9',
    HTTP_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
    // Hundreds of processes are started; compiled once, they start in half the time.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  return { folder, stateDir, env, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function openApp(env: Record<string, string>, homeDir: string): App {
  const main = pathToFileURL(join(import.meta.dirname, '../../src/main.ts')).href;
  return createApp({
    env,
    homeDir,
    installation: describeInstallation(main),
    clock: systemClock,
    log: silentLog,
  });
}

async function lookAt(app: App, profileId: string): Promise<StoreSight> {
  const found = await app.store().readProfile(profileId);
  const credential = found?.credential;
  return {
    stored: credential?.type === 'oauth' ? tokenHash(credential.refresh) : 'none',
    dead: found?.record.dead !== undefined,
    intentPid: found?.record.intent?.pid,
  };
}

function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
