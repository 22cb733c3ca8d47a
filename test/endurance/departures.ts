// How soon an upstream learns that the client has gone: clients leave a gateway in each phase of a request, and the time
// from there to the upstream's own word of it is taken on one clock, in one process. Where no upstream may be asked at all,
// it is the time until the gateway has let go of the request, and what was asked nevertheless.
import { Agent, createServer, get, request, type ClientRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { timelineMs } from '../torture/timeline.ts';
import { quantile } from './judge.ts';

export const watchedModel = 'watched';

export type Watched = {
  /** Base URL for a provider of the Messages API. */
  readonly url: string;
  /** Calls that it got. */
  calls(): number;
  /** Resolves with what it is being asked next. */
  next(): Promise<{ response: ServerResponse; closed: Promise<number> }>;
  close(): void;
};

export type Departure = {
  readonly phase: string;
  readonly times: number;
  readonly medianMs: number;
  readonly maxMs: number;
  /** Calls that an upstream got though the client had gone before. */
  readonly needless: number;
};

/** An upstream that answers as it is told. */
export async function openWatched(): Promise<Watched> {
  let calls = 0;
  let wake: (asked: { response: ServerResponse; closed: Promise<number> }) => void = () => undefined;
  const server = createServer((incoming, response) => {
    calls += 1;
    incoming.resume();
    const closed = new Promise<number>((resolve) => {
      response.once('close', () => resolve(timelineMs()));
    });
    incoming.once('end', () => wake({ response, closed }));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls: () => calls,
    next: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

export type DepartureDeps = {
  readonly port: number;
  readonly token: string;
  readonly watched: Watched;
  /** The portal's simulator: its control API. */
  readonly controlUrl: string;
  /** A model of the portal, whose token has to be renewed before it can be asked. */
  readonly portalModel: string;
};

const times = 50;
/** Each waits for a token to end. */
const refreshTimes = 3;
const settleMs = 20;
const lookMs = 1;
const limitMs = 20_000;

export async function measureDepartures(deps: DepartureDeps): Promise<Departure[]> {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    return [
      await repeat('waits for the first byte', times, () => leaveWaiting(deps, false)),
      await repeat('waits, on a connection that was used before', times, async () => {
        await wholeCall(deps, kept);
        return leaveWaiting(deps, kept);
      }),
      await repeat('reads a stream', times, () => leaveStream(deps)),
      await repeat('uploads', times, () => leaveUpload(deps)),
      await repeat('waits for a refresh', refreshTimes, () => leaveRefresh(deps)),
    ];
  } finally {
    kept.destroy();
  }
}

type Measured = { ms: number; needless: number };

async function repeat(phase: string, count: number, once: () => Promise<Measured>): Promise<Departure> {
  const measured: Measured[] = [];
  for (let turn = 0; turn < count; turn += 1) measured.push(await once());
  const sorted = measured.map(({ ms }) => ms).sort((a, b) => a - b);
  const needless = measured.reduce((sum, one) => sum + one.needless, 0);
  return {
    phase,
    times: count,
    medianMs: quantile(sorted, 0.5),
    maxMs: sorted.at(-1) ?? Number.NaN,
    needless,
  };
}

function open(deps: DepartureDeps, model: string, agent: Agent | false, bytes?: number): ClientRequest {
  const body = JSON.stringify({ model, max_tokens: 8, messages: [{ role: 'user', content: 'x' }] });
  const sent = request({
    host: '127.0.0.1',
    port: deps.port,
    method: 'POST',
    path: '/v1/messages',
    agent,
    headers: {
      'x-api-key': deps.token,
      'anthropic-version': '2023-06-01',
      'content-type': 'application/json',
      'content-length': bytes ?? Buffer.byteLength(body),
    },
  });
  // It is ended by this program, and says so.
  sent.on('error', () => undefined);
  sent.write(body);
  if (bytes === undefined) sent.end();
  return sent;
}

/** Destroys the socket, and waits until the upstream has heard of it. */
async function leave(sent: ClientRequest, closed: Promise<number>): Promise<Measured> {
  const leftAtMs = timelineMs();
  sent.destroy();
  return { ms: (await within(closed)) - leftAtMs, needless: 0 };
}

async function leaveWaiting(deps: DepartureDeps, agent: Agent | false): Promise<Measured> {
  const asked = deps.watched.next();
  const sent = open(deps, watchedModel, agent);
  const { closed } = await within(asked);
  await sleep(settleMs);
  return leave(sent, closed);
}

async function leaveStream(deps: DepartureDeps): Promise<Measured> {
  const asked = deps.watched.next();
  const sent = open(deps, watchedModel, false);
  const { response, closed } = await within(asked);
  response.setHeader('content-type', 'text/event-stream');
  const timer = setInterval(() => response.write('event: ping\ndata: {"type":"ping"}\n\n'), 2);
  void closed.then(() => clearInterval(timer));
  await within(
    new Promise<void>((resolve) => {
      sent.once('response', (answer) => answer.on('error', () => undefined).once('data', () => resolve()));
    }),
  );
  await sleep(settleMs);
  return leave(sent, closed);
}

async function leaveUpload(deps: DepartureDeps): Promise<Measured> {
  const before = deps.watched.calls();
  const sent = open(deps, watchedModel, false, 1024 * 1024);
  await untilActive(deps, 1);
  const leftAtMs = timelineMs();
  sent.destroy();
  await untilActive(deps, 0);
  return { ms: timelineMs() - leftAtMs, needless: deps.watched.calls() - before };
}

/** The server is slow to renew, the token ends, and one who waits for it leaves. */
async function leaveRefresh(deps: DepartureDeps): Promise<Measured> {
  const { controlUrl } = deps;
  // A token that is used is the one that is renewed.
  open(deps, deps.portalModel, false).once('response', (answer) => answer.resume());
  await untilActive(deps, 0);
  await control(controlUrl, 'POST', 'faults', { target: 'refresh', kind: 'hang', times: 100 });
  const counted = async (): Promise<{ messages: number }> =>
    (await control(controlUrl, 'GET', 'state'))['counters'] as { messages: number };
  const deadlineMs = timelineMs() + limitMs;
  for (;;) {
    const before = await counted();
    const sent = open(deps, deps.portalModel, false);
    const answered = new Promise<boolean>((resolve) => {
      sent.once('response', (answer) => {
        answer.resume();
        resolve(true);
      });
      setTimeout(() => resolve(false), 10 * settleMs);
    });
    const isAnswered = await answered;
    // One that was slow to be answered has been asked, and is no case of this.
    if (isAnswered || (await counted()).messages !== before.messages) {
      sent.destroy();
      if (timelineMs() > deadlineMs) throw new Error('the token does not end');
      continue;
    }
    const leftAtMs = timelineMs();
    sent.destroy();
    await untilActive(deps, 0);
    const ms = timelineMs() - leftAtMs;
    await control(controlUrl, 'DELETE', 'faults');
    await sleep(50 * settleMs);
    return { ms, needless: (await counted()).messages - before.messages };
  }
}

async function wholeCall(deps: DepartureDeps, agent: Agent): Promise<void> {
  const asked = deps.watched.next();
  const sent = open(deps, watchedModel, agent);
  const ended = new Promise<void>((resolve) => {
    sent.once('response', (answer) => void answer.resume().once('end', resolve));
  });
  const { response } = await within(asked);
  response.setHeader('content-type', 'application/json').end('{}');
  await within(ended);
}

/** By the gateway’s own count. */
async function untilActive({ port }: DepartureDeps, wanted: number): Promise<void> {
  const deadlineMs = timelineMs() + limitMs;
  for (;;) {
    const active = await activeRequests(port);
    if (active === wanted) return;
    if (timelineMs() > deadlineMs) throw new Error(`the gateway has ${active} requests, and never ${wanted}`);
    await sleep(lookMs);
  }
}

function activeRequests(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/healthz' }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        body += part;
      });
      answer.once('end', () => resolve((JSON.parse(body) as { active_requests: number }).active_requests));
    }).once('error', reject);
  });
}

export async function control(
  controlUrl: string,
  method: 'GET' | 'POST' | 'DELETE',
  verb: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${controlUrl}/${verb}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`the simulator refused ${verb}: ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}
