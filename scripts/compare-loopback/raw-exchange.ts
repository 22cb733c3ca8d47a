// One HTTP exchange written byte by byte, as a browser would not: any Host, absolute-form, headers without an end. What
// an answer means is for the probes.
import { connect } from 'node:net';

export type RawAnswer = {
  /** `answered`, or what came in its place. */
  readonly kind: 'answered' | 'refused' | 'reset' | 'closed' | 'timeout';
  /** 0 where no status line came. */
  readonly status: number;
  /** Names in lower case; of a repeated one the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** From the connection to the last byte or the end. */
  readonly elapsedMs: number;
};

export type RawRequest = {
  host: string;
  port: number;
  /** Written at once. */
  bytes: string;
  /** Written after that, a byte each `everyMs`, until the other side closes. */
  drip?: { bytes: string; everyMs: number };
  timeoutMs?: number;
};

/** Never rejects: every way in which an exchange ends is an answer. */
export function exchange(request: RawRequest): Promise<RawAnswer> {
  const startedMs = performance.now();
  return new Promise((resolve) => {
    let received = Buffer.alloc(0);
    let isConnected = false;
    const socket = connect({ host: request.host, port: request.port });
    const timer = setTimeout(() => finish('timeout'), request.timeoutMs ?? 5_000);
    const drip = request.drip;
    let dripped = 0;
    const dripTimer =
      drip === undefined
        ? undefined
        : setInterval(() => {
            if (isConnected) socket.write(drip.bytes[dripped++ % drip.bytes.length] ?? '');
          }, drip.everyMs);
    const finish = (ending: RawAnswer['kind']): void => {
      clearTimeout(timer);
      clearInterval(dripTimer);
      socket.destroy();
      const read = readAnswer(received);
      const kind = read.status === 0 ? ending : 'answered';
      resolve({ ...read, kind, elapsedMs: performance.now() - startedMs });
    };
    socket.on('connect', () => {
      isConnected = true;
      socket.write(request.bytes, 'latin1');
    });
    socket.on('data', (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      if (isWhole(received)) finish('closed');
    });
    socket.on('end', () => finish('closed'));
    socket.on('close', () => finish('closed'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      finish(error.code === 'ECONNREFUSED' ? 'refused' : 'reset');
    });
  });
}

/** Status 0 without a whole head; the body as far as it came, chunks joined. */
export function readAnswer(received: Buffer): Pick<RawAnswer, 'status' | 'headers' | 'body'> {
  const text = received.toString('latin1');
  const headEnd = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (headEnd === -1 || status === undefined) return { status: 0, headers: new Map(), body: '' };
  const headers = new Map<string, string>();
  for (const line of text.slice(0, headEnd).split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const raw = text.slice(headEnd + 4);
  const body = headers.get('transfer-encoding') === 'chunked' ? joinChunks(raw) : raw;
  return { status: Number(status), headers, body: Buffer.from(body, 'latin1').toString('utf8') };
}

function isWhole(received: Buffer): boolean {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd === -1) return false;
  const { headers } = readAnswer(received);
  const length = headers.get('content-length');
  if (length !== undefined) return received.length >= headEnd + 4 + Number(length);
  return headers.get('transfer-encoding') === 'chunked' && received.subarray(-5).equals(lastChunk);
}

const lastChunk = Buffer.from('0\r\n\r\n');

function joinChunks(raw: string): string {
  let rest = raw;
  let joined = '';
  for (;;) {
    const line = /^([0-9a-f]+)[^\r]*\r\n/i.exec(rest);
    const size = Number.parseInt(line?.[1] ?? '0', 16);
    if (line === null || size === 0) return joined;
    joined += rest.slice(line[0].length, line[0].length + size);
    rest = rest.slice(line[0].length + size + 2);
  }
}
