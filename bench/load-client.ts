// Clients on bare sockets: so many connections that ask again as soon as they are answered, and streams that are held
// open, or left after their first event. What is measured is theirs; what it means is not.
import { connect, type Socket } from 'node:net';

export type LoadTarget = {
  port: number;
  path: string;
  model: string;
  /** Lines of the header beside the usual ones. */
  headers: readonly string[];
};

/** Ends after `durationMs`, or when `requests` have been answered. */
export type RateJob = {
  target: LoadTarget;
  connections: number;
  bodyBytes: number;
  isStream: boolean;
  durationMs?: number;
  requests?: number;
};

export type RateResult = {
  requests: number;
  seconds: number;
  medianUs: number;
  /** To the first byte of a body. */
  firstByteUs: number;
  failed: number;
};

export type StreamJob = { target: LoadTarget; bodyBytes: number; count: number };

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');
const isOk = /^HTTP\/1\.1 200/;
const atOnce = 64;

export async function runRate(job: RateJob): Promise<RateResult> {
  const bytes = requestBytes(job.target, job.bodyBytes, job.isStream);
  const latencies: number[] = [];
  const firstBytes: number[] = [];
  let failed = 0;
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + (job.durationMs ?? Infinity);
  let toAsk = job.requests ?? Infinity;

  const drive = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connectTo(job.target.port);
      let sentAtMs = 0;
      let isFirst = true;
      let bodyLeft = unknownYet;
      let tail: Buffer = Buffer.alloc(0);
      let isOver = false;
      const next = (): void => {
        const nowMs = performance.now();
        if (sentAtMs !== 0) latencies.push(nowMs - sentAtMs);
        if (nowMs >= endsAtMs || toAsk <= 0) {
          isOver = true;
          socket.destroy();
          return;
        }
        toAsk -= 1;
        sentAtMs = nowMs;
        isFirst = true;
        bodyLeft = unknownYet;
        tail = Buffer.alloc(0);
        socket.write(bytes);
      };
      socket.on('connect', next);
      socket.on('close', () => {
        if (!isOver) failed += 1;
        resolve();
      });
      socket.on('data', (data: Buffer) => {
        let body = data.length;
        if (bodyLeft === unknownYet) {
          tail = tail.length === 0 ? data : Buffer.concat([tail, data]);
          const end = tail.indexOf(headEnd);
          if (end === -1) return;
          const text = tail.toString('latin1', 0, end);
          if (!isOk.test(text)) failed += 1;
          const length = /content-length: *(\d+)/i.exec(text)?.[1];
          body = tail.length - end - headEnd.length;
          bodyLeft = length === undefined ? chunked : Number(length) - body;
        } else if (bodyLeft >= 0) bodyLeft -= data.length;
        else if (data.length >= lastChunk.length) tail = data;
        else tail = Buffer.concat([tail.subarray(-lastChunk.length), data]);
        if (isFirst && body > 0) {
          firstBytes.push(performance.now() - sentAtMs);
          isFirst = false;
        }
        const isEnd = bodyLeft === chunked && tail.subarray(-lastChunk.length).equals(lastChunk);
        if (bodyLeft === 0 || isEnd) next();
      });
    });

  await Promise.all(Array.from({ length: job.connections }, drive));
  return {
    requests: latencies.length,
    seconds: (performance.now() - startedAtMs) / 1_000,
    medianUs: middle(latencies) * 1_000,
    firstByteUs: middle(firstBytes) * 1_000,
    failed,
  };
}

const unknownYet = -1;
const chunked = -2;

export type HeldStreams = {
  /** Streams whose first event has come, and pieces of streams since. */
  figures(): { open: number; pieces: number };
  close(): void;
};

/** Resolves when each of them has its first event. */
export async function holdStreams(job: StreamJob): Promise<HeldStreams> {
  const bytes = requestBytes(job.target, job.bodyBytes, true);
  const sockets: Socket[] = [];
  let pieces = 0;
  const open = new Set<Socket>();
  const openOne = async (): Promise<void> => {
    const socket = await firstEvent(job.target.port, bytes);
    sockets.push(socket);
    open.add(socket);
    socket.on('data', () => (pieces += 1));
    socket.on('close', () => open.delete(socket));
  };
  await eachAtOnce(job.count, openOne);
  return {
    figures: () => ({ open: open.size, pieces }),
    close: () => sockets.forEach((socket) => socket.destroy()),
  };
}

/** Opens streams and leaves each one after its first event. */
export async function leaveStreams(job: StreamJob): Promise<void> {
  const bytes = requestBytes(job.target, job.bodyBytes, true);
  await eachAtOnce(job.count, async () => {
    const socket = await firstEvent(job.target.port, bytes);
    socket.destroy();
  });
}

async function eachAtOnce(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await work();
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
}

/** A connection whose request is answered by a stream that has begun. Rejects when it is not. */
function firstEvent(port: number, bytes: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTo(port);
    let text = '';
    const refuse = (): void => reject(new Error(`no stream: ${text.slice(0, 200)}`));
    const look = (data: Buffer): void => {
      text += data.toString('latin1');
      if (!text.includes('message_start')) return;
      socket.off('data', look);
      socket.off('close', refuse);
      resolve(socket);
    };
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', look);
    socket.on('close', refuse);
  });
}

/** What goes wrong with it shows in its close. */
function connectTo(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  return socket;
}

function requestBytes(target: LoadTarget, bytes: number, isStream: boolean): Buffer {
  const make = (content: string): string =>
    JSON.stringify({
      model: target.model,
      max_tokens: 1_024,
      stream: isStream,
      messages: [{ role: 'user', content }],
    });
  const body = make('y'.repeat(Math.max(0, bytes - make('').length)));
  const head = [
    `POST ${target.path} HTTP/1.1`,
    `host: 127.0.0.1:${target.port}`,
    'content-type: application/json',
    'accept: application/json',
    'user-agent: bench/1.0',
    'anthropic-version: 2023-06-01',
    ...target.headers,
    `content-length: ${body.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function middle(values: number[]): number {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}
