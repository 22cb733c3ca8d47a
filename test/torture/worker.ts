// One process of several that use one login at the same time, as a gateway with a few busy users would: it leases
// without pause, uses the token, asks for another when it is refused, looks at the status and refreshes by hand.
// Its orders are in argv; it tells its supervisor what it was given, and when.
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createApp } from '../../src/app.ts';
import type { Lease } from '../../src/auth/lease.ts';
import { createResolver } from '../../src/auth/resolver.ts';
import { describeLogin } from '../../src/auth/status.ts';
import { toOpenClawError } from '../../src/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { describeInstallation } from '../../src/platform/installation.ts';
import { silentLog } from '../../src/platform/log.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { tokenHash } from './door.ts';
import { timelineMs } from './timeline.ts';
import type { FromWorker, ToWorker, WorkerOrders } from './worker-messages.ts';

const { provider, model, profileId, probe, users } = JSON.parse(process.argv[2] ?? '{}') as WorkerOrders;
const patienceMs = 200;
const reportEachMs = 200;

let offsetMs = 0;
let diesBeforePost = false;
let isFinishing = false;
let requests = 0;
let lastTold = { atMs: 0, generation: 0, failing: false };
let lastFailure = { atMs: 0, code: '' };
let lastProbed = 0;

const clock = { ...systemClock, nowMs: () => Date.now() + offsetMs };
const random = {
  ...systemRandom,
  /** Asked for by the refresh, for its request id, after the intent was written and right before it is sent. */
  uuid() {
    if (diesBeforePost) {
      tell({ kind: 'dying', atMs: timelineMs() });
      process.kill(process.pid, 'SIGKILL');
    }
    requests += 1;
    return `${process.pid}.${requests}`;
  },
};
const app = createApp({
  env: process.env,
  homeDir: process.env['HOME'] ?? '',
  installation: describeInstallation(pathToFileURL(join(import.meta.dirname, '../../src/main.ts')).href),
  clock,
  random,
  log: silentLog,
});
const resolver = createResolver({
  store: app.store(),
  engine: app.refreshEngine(),
  prepare: (id, credential) => app.prepareAuth(id, credential),
  explicitOrder: () => undefined,
  clock,
  random,
  log: silentLog,
});

const tell = (message: FromWorker): void => void process.send?.(message);

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  const order = message as ToWorker;
  if (order.kind === 'clock') offsetMs = order.offsetMs;
  else if (order.kind === 'die_before_post') diesBeforePost = order.wanted;
  else if (order.kind === 'go') for (let user = 0; user < users; user += 1) void use();
  else void finish();
});

await resolver.load();
resolver.start();
tell({ kind: 'loaded' });
// Most are killed, and would leave nothing compiled to the next one.
flushCompileCache();

async function use(): Promise<void> {
  for (;;) {
    if (isFinishing) return;
    const startedAtMs = timelineMs();
    try {
      await request();
    } catch (error) {
      tellFailure(error, startedAtMs);
    }
    await sleep(3 + Math.random() * 30);
  }
}

/** The first of a row, and then now and then. */
function tellFailure(error: unknown, startedAtMs: number): void {
  const atMs = timelineMs();
  const { code, message } = toOpenClawError(error);
  if (lastFailure.code === code && atMs - lastFailure.atMs < reportEachMs) return;
  lastFailure = { atMs, code };
  tell({ kind: 'lease_failed', atMs, startedAtMs, code, message });
}

async function request(): Promise<void> {
  const lease = await timedLease(() => resolver.lease(provider, model));
  const dice = Math.random();
  if (dice < 0.03 || lease.generation !== lastProbed) {
    lastProbed = lease.generation;
    if (await isGood(lease)) lease.report({ kind: 'ok' });
    else await timedLease(() => resolver.lease(provider, model, { rejected: lease }));
  }
  if (dice > 0.97) {
    await timedLease(async () => {
      // One whose clock is behind believes in its token, and would end every pause of the others.
      const ignorePause = offsetMs >= 0;
      await app.refreshEngine().refresh(profileId, lease.generation, { ignorePause });
      return resolver.lease(provider, model);
    });
  }
  if (dice > 0.96)
    for (const record of await app.store().listProfiles()) describeLogin(record, clock.nowMs());
}

async function timedLease(take: () => Lease | Promise<Lease>): Promise<Lease> {
  const startedAtMs = timelineMs();
  const cancel = clock.setTimer(() => {
    tell({ kind: 'lease_failed', atMs: timelineMs(), startedAtMs, code: 'PENDING', message: '' });
    lastTold.failing = true;
  }, patienceMs);
  try {
    const lease = await take();
    const atMs = timelineMs();
    const { generation } = lease;
    const isNews = lastTold.failing || generation !== lastTold.generation || atMs - startedAtMs > 20;
    if (isNews || atMs - lastTold.atMs > reportEachMs) {
      const access = tokenHash((lease.headers['authorization'] ?? '').replace('Bearer ', ''));
      tell({ kind: 'leased', atMs, startedAtMs, access, generation });
      lastTold = { atMs, generation, failing: false };
      lastFailure = { atMs: 0, code: '' };
    }
    return lease;
  } catch (error) {
    lastTold.failing = true;
    throw error;
  } finally {
    cancel();
  }
}

/** What the server says of the token; only a plain refusal counts. */
async function isGood({ baseUrl, headers }: Lease): Promise<boolean> {
  const response =
    probe === 'userinfo'
      ? await fetch(`${baseUrl}/me`, { headers })
      : await fetch(`${baseUrl}/v1/messages`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
          body: JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'hi' }] }),
        });
  await response.arrayBuffer();
  return response.status !== 401;
}

async function finish(): Promise<void> {
  isFinishing = true;
  try {
    const before = await app.store().readRecord(profileId);
    await app.refreshEngine().refresh(profileId, before?.generation ?? 0, { ignorePause: true });
    await resolver.load();
    const lease = await resolver.lease(provider, model);
    tell({ kind: 'finished', ok: await isGood(lease), detail: 'the server refuses its token' });
  } catch (error) {
    const { code, message } = toOpenClawError(error);
    tell({ kind: 'finished', ok: false, detail: `${code}: ${message}` });
  }
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
