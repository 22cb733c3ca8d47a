// Load and mock upstream in one process, on bare sockets, so that they cost little beside the proxy between them.
// Told by IPC what to run: { port, path, connections, bodyBytes, durationMs }; answers with requests and latencies.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type LoadJob = {
  port: number;
  path: string;
  connections: number;
  bodyBytes: number;
  durationMs: number;
};

export type LoadResult = {
  requests: number;
  seconds: number;
  medianUs: number;
  firstByteUs: number;
  failed: number;
};

const headEnd = Buffer.from('\r\n\r\n');
const lastChunk = Buffer.from('\r\n0\r\n\r\n');

const commonHead = [
  'date: Mon, 01 Jan 2024 00:00:00 GMT',
  'request-id: req_0123456789',
  'connection: keep-alive',
];

/** The answers by the `case` in the request's query. */
const answers: Readonly<Record<string, Buffer>> = {
  '1k': plainAnswer(1_024),
  '100k': plainAnswer(100 * 1_024),
  burst: burstAnswer(50),
};

function plainAnswer(bytes: number): Buffer {
  const frame = '{"type":"message","content":[{"type":"text","text":""}]}';
  const body = frame.replace('""', `"${'x'.repeat(bytes - frame.length)}"`);
  const head = ['HTTP/1.1 200 OK', 'content-type: application/json', `content-length: ${body.length}`];
  return Buffer.from(`${[...head, ...commonHead].join('\r\n')}\r\n\r\n${body}`);
}

function burstAnswer(count: number): Buffer {
  const event = `event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"word"}}\n\n`;
  const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
  const head = ['HTTP/1.1 200 OK', 'content-type: text/event-stream', 'transfer-encoding: chunked'];
  return Buffer.from(`${[...head, ...commonHead].join('\r\n')}\r\n\r\n${chunk.repeat(count)}0\r\n\r\n`);
}

/** Reads requests whose length is declared. */
function serveUpstream(socket: Socket): void {
  socket.setNoDelay(true);
  let head: Buffer = Buffer.alloc(0);
  let bodyLeft = 0;
  let answer: Buffer | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    let rest = data;
    while (rest.length > 0) {
      if (answer === undefined) {
        head = head.length === 0 ? rest : Buffer.concat([head, rest]);
        const end = head.indexOf(headEnd);
        if (end === -1) return;
        const text = head.toString('latin1', 0, end);
        bodyLeft = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        answer = answers[/case=(\w+)/.exec(text)?.[1] ?? '1k'];
        rest = head.subarray(end + 4);
        head = Buffer.alloc(0);
      }
      const taken = Math.min(bodyLeft, rest.length);
      bodyLeft -= taken;
      rest = rest.subarray(taken);
      if (bodyLeft === 0 && answer !== undefined) {
        socket.write(answer);
        answer = undefined;
      }
    }
  });
}

function requestBytes(job: LoadJob): Buffer {
  const frame = '{"model":"bench-model","max_tokens":1024,"messages":[{"role":"user","content":""}]}';
  const body = frame.replace('""', `"${'y'.repeat(Math.max(0, job.bodyBytes - frame.length))}"`);
  const head = [
    `POST ${job.path} HTTP/1.1`,
    `host: 127.0.0.1:${job.port}`,
    'content-type: application/json',
    'accept: application/json',
    'user-agent: bench/1.0',
    'anthropic-version: 2023-06-01',
    'x-api-key: bench-token',
    `content-length: ${body.length}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

async function run(job: LoadJob): Promise<LoadResult> {
  const bytes = requestBytes(job);
  const latencies: number[] = [];
  const firstBytes: number[] = [];
  let failed = 0;
  const startedAtMs = performance.now();
  const endsAtMs = startedAtMs + job.durationMs;

  const drive = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connect(job.port, '127.0.0.1');
      socket.setNoDelay(true);
      let sentAtMs = 0;
      let first = true;
      let bodyLeft = -1;
      let tail: Buffer = Buffer.alloc(0);
      const next = (): void => {
        const nowMs = performance.now();
        if (sentAtMs !== 0) latencies.push(nowMs - sentAtMs);
        if (nowMs >= endsAtMs) {
          socket.destroy();
          resolve();
          return;
        }
        sentAtMs = nowMs;
        first = true;
        bodyLeft = -1;
        tail = Buffer.alloc(0);
        socket.write(bytes);
      };
      socket.on('connect', next);
      socket.on('error', () => {
        failed += 1;
        resolve();
      });
      socket.on('data', (data: Buffer) => {
        if (first) firstBytes.push(performance.now() - sentAtMs);
        first = false;
        if (bodyLeft === -1) {
          tail = tail.length === 0 ? data : Buffer.concat([tail, data]);
          const end = tail.indexOf(headEnd);
          if (end === -1) return;
          const text = tail.toString('latin1', 0, end);
          if (!text.startsWith('HTTP/1.1 200')) failed += 1;
          const length = /content-length: *(\d+)/i.exec(text)?.[1];
          bodyLeft = length === undefined ? -2 : Number(length) - (tail.length - end - 4);
        } else if (bodyLeft >= 0) bodyLeft -= data.length;
        else tail = Buffer.concat([tail.subarray(-lastChunk.length), data]);
        if (bodyLeft === 0 || (bodyLeft === -2 && tail.subarray(-lastChunk.length).equals(lastChunk))) next();
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

function middle(values: number[]): number {
  return values.sort((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const upstream = createServer(serveUpstream);
upstream.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (upstream.address() as AddressInfo).port });
});
process.on('message', (job: LoadJob) => {
  void run(job).then((result) => process.send?.(result));
});
process.on('disconnect', () => process.exit(0));
