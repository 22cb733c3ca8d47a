// One client with one connection that it keeps: asks one thing after the other and writes down how each ended. It never
// repeats what it has sent; a connection that it could not even open, it tries again. What an end means is the judge's.
import { Agent, request } from 'node:http';
import { timelineMs } from '../torture/timeline.ts';
import type { Ask } from './asks.ts';

export type Outcome = {
  readonly kind: string;
  /** The beginning of the try that was sent. */
  readonly startedAtMs: number;
  /** The answer's header; undefined when none came. */
  readonly firstByteAtMs?: number | undefined;
  readonly endedAtMs: number;
  /** `whole`: as it has to be; `left`: by the client itself; `broken`: the connection ended under it. */
  readonly end: 'whole' | 'left' | 'wrong' | 'broken';
  readonly problem?: string;
  /** When connections were refused before it could be sent. */
  readonly refused?: { readonly firstAtMs: number; readonly lastAtMs: number };
};

export type ClientOptions = {
  readonly port: number;
  readonly token: string;
  readonly nextAsk: () => Ask;
  /** Between an answer and the next request. */
  readonly pauseMs: () => number;
  readonly signal: AbortSignal;
  readonly record: (outcome: Outcome) => void;
};

const againMs = 25;
const refusedLimitMs = 60_000;
const answerLimitMs = 30_000;
/** A client that leaves does so after so long, or so many pieces. */
const leaveMs = 5;
const leavePieces = 3;

/** Resolves when the signal has fired and the last request has ended. */
export async function runClient(options: ClientOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (!options.signal.aborted) {
    options.record(await askUntilSent(options, agent, options.nextAsk()));
    await sleep(options.pauseMs());
  }
  agent.destroy();
}

async function askUntilSent(options: ClientOptions, agent: Agent, ask: Ask): Promise<Outcome> {
  let refused: Outcome['refused'];
  for (;;) {
    const outcome = await send(options, agent, ask);
    const isRefused = outcome === 'refused';
    const nowMs = timelineMs();
    if (isRefused) refused = { firstAtMs: refused?.firstAtMs ?? nowMs, lastAtMs: nowMs };
    const seen = refused === undefined ? {} : { refused };
    if (!isRefused) return { ...outcome, ...seen };
    if (nowMs - (refused?.firstAtMs ?? nowMs) > refusedLimitMs) {
      const problem = `refused for ${refusedLimitMs / 1000} s`;
      return { kind: ask.kind, startedAtMs: nowMs, endedAtMs: nowMs, end: 'wrong', problem, ...seen };
    }
    await sleep(againMs);
  }
}

function send({ port, token }: ClientOptions, agent: Agent, ask: Ask): Promise<Outcome | 'refused'> {
  const { kind, leave } = ask;
  const startedAtMs = timelineMs();
  return new Promise((resolve) => {
    let firstByteAtMs: number | undefined;
    let isConnected = false;
    let hasLeft = false;
    const finish = (end: Outcome['end'], problem?: string): void => {
      clearTimeout(timer);
      const more = problem === undefined ? {} : { problem };
      resolve({ kind, startedAtMs, firstByteAtMs, endedAtMs: timelineMs(), end, ...more });
    };
    const go = (): void => {
      hasLeft = true;
      sent.destroy();
      finish('left');
    };
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: ask.path,
        agent,
        headers: {
          'x-api-key': token,
          'anthropic-version': '2023-06-01',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(ask.body),
        },
      },
      (answer) => {
        firstByteAtMs = timelineMs();
        const pieces: Buffer[] = [];
        answer.on('data', (piece: Buffer) => {
          pieces.push(piece);
          if (leave === 'reading' && pieces.length === leavePieces) go();
        });
        answer.once('error', (error) => {
          if (!hasLeft) finish('broken', `after ${Buffer.concat(pieces).length} bytes: ${error.message}`);
        });
        answer.once('end', () => {
          const body = Buffer.concat(pieces).toString();
          const problem =
            answer.statusCode === 200
              ? ask.judge(body)
              : `HTTP ${answer.statusCode} (${String(answer.headers['x-request-id'])}): ${body.slice(0, 300)}`;
          finish(problem === undefined ? 'whole' : 'wrong', problem);
        });
      },
    );
    const timer = setTimeout(() => {
      hasLeft = true;
      sent.destroy();
      finish('wrong', `no end within ${answerLimitMs / 1000} s`);
    }, answerLimitMs);
    sent.once('socket', (socket) => {
      isConnected = !socket.connecting;
      if (isConnected) return;
      socket.once('connect', () => {
        isConnected = true;
      });
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (hasLeft) return;
      if (isConnected) finish('broken', `before the answer: ${error.message}`);
      else {
        clearTimeout(timer);
        resolve('refused');
      }
    });
    if (leave === 'uploading') {
      sent.write(ask.body.slice(0, ask.body.length / 2));
      setTimeout(go, leaveMs);
    } else {
      sent.end(ask.body);
      if (leave === 'waiting') setTimeout(go, leaveMs);
    }
  });
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, delayMs));
}
