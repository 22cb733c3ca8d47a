// How replies reach the wire, whole or mangled: lengths, `Date`, event streams with back-pressure, and the ways a
// connection can go wrong (reset, break-off, drip, a gzip bomb). Decides bytes only; what is said, and when something
// goes wrong, is decided before.
import type { ServerResponse } from 'node:http';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import type { SimulatorClock } from './clock.ts';
import type { EventStream, Reply } from './exchange.ts';
import type { OpenRecord } from './journal.ts';

const BOMB_BLOCK_BYTES = 1 << 20;
const BOMB_BLOCKS = 200;

export interface Transmitter {
  send(reply: Reply): Promise<void>;
  /** The head at once, then one byte per `delayMs`. */
  drip(reply: Reply, delayMs: number): Promise<void>;
  /** Part of the body, then the connection closes: half of it, or after so many events. */
  cut(reply: Reply, afterEvents: number | undefined): Promise<void>;
  /** About 200 KB that unpack to 200 MB of white space around an empty object. */
  bomb(): Promise<void>;
  /** A TCP reset, without a byte of answer. */
  reset(): void;
  /** False when the client left meanwhile. */
  wait(delayMs: number): Promise<boolean>;
  /** Waits for a callback; false when the client left first. */
  waitFor(subscribe: (callback: () => void) => () => void): Promise<boolean>;
}

/** One compressed block that stands for itself can be repeated at will, so the bomb costs next to nothing to build. */
export function createGzipBomb(): Buffer {
  const block = Buffer.alloc(BOMB_BLOCK_BYTES, ' ');
  const end = Buffer.from('{}');
  const packed = deflateRawSync(block, { finishFlush: constants.Z_FULL_FLUSH });
  let checksum = 0;
  for (let index = 0; index < BOMB_BLOCKS; index += 1) checksum = crc32(block, checksum);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(end, checksum), 0);
  trailer.writeUInt32LE(BOMB_BLOCKS * BOMB_BLOCK_BYTES + end.length, 4);
  const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  const blocks = Array.from({ length: BOMB_BLOCKS }, () => packed);
  return Buffer.concat([head, ...blocks, deflateRawSync(end), trailer]);
}

function wholeText(body: string | EventStream): string {
  return typeof body === 'string' ? body : body.chunks.join('');
}

export function createTransmitter(deps: {
  response: ServerResponse;
  clock: SimulatorClock;
  record: OpenRecord;
  serverNowMs: () => number;
}): Transmitter {
  const { response, clock, record } = deps;

  function isGone(): boolean {
    return response.destroyed || response.socket === null || response.socket.destroyed;
  }

  function head(status: number, headers: Readonly<Record<string, string>>): void {
    response.sendDate = false;
    response.writeHead(status, { date: new Date(deps.serverNowMs()).toUTCString(), ...headers });
    record.answered(status);
  }

  function waitFor(subscribe: (callback: () => void) => () => void): Promise<boolean> {
    if (isGone()) return Promise.resolve(false);
    return new Promise((resolve) => {
      const left = (): void => {
        cancel();
        resolve(false);
      };
      const cancel = subscribe(() => {
        response.off('close', left);
        resolve(true);
      });
      response.once('close', left);
    });
  }

  const wait = (delayMs: number): Promise<boolean> =>
    waitFor((callback) => clock.setTimer(callback, delayMs));

  /** Resolves once the client can take more; false when it left. */
  async function write(text: string): Promise<boolean> {
    if (isGone()) return false;
    if (response.write(text)) return true;
    return waitFor((callback) => {
      response.once('drain', callback);
      return () => response.off('drain', callback);
    });
  }

  async function writeAll(chunks: readonly string[], delayMs: number): Promise<boolean> {
    for (const [index, chunk] of chunks.entries()) {
      if (index > 0 && delayMs > 0 && !(await wait(delayMs))) return false;
      if (!(await write(chunk))) return false;
    }
    return true;
  }

  async function hold(reply: Reply): Promise<boolean> {
    return reply.delayMs === 0 ? !isGone() : wait(reply.delayMs);
  }

  return {
    wait,
    waitFor,
    async send(reply) {
      if (!(await hold(reply))) return;
      if (typeof reply.body === 'string') {
        head(reply.status, { ...reply.headers, 'content-length': `${Buffer.byteLength(reply.body)}` });
        response.end(reply.body);
        return;
      }
      head(reply.status, reply.headers);
      if (await writeAll(reply.body.chunks, reply.body.delayMs)) response.end();
      else reply.body.onAbort();
    },
    async drip(reply, delayMs) {
      if (!(await hold(reply))) return;
      head(reply.status, reply.headers);
      response.flushHeaders();
      if (await writeAll(Array.from(wholeText(reply.body)), delayMs)) response.end();
    },
    async cut(reply, afterEvents) {
      if (!(await hold(reply))) return;
      const pieces = typeof reply.body === 'string' ? Array.from(reply.body) : reply.body.chunks;
      const kept = pieces.slice(0, afterEvents ?? Math.floor(pieces.length / 2));
      const promised =
        typeof reply.body === 'string' ? { 'content-length': `${Buffer.byteLength(reply.body)}` } : {};
      head(reply.status, { ...reply.headers, ...promised });
      response.flushHeaders();
      const text = kept.join('');
      await new Promise<void>((resolve) => {
        response.once('close', () => resolve());
        response.write(text, () => response.socket?.destroy());
      });
    },
    async bomb() {
      if (isGone()) return;
      const bytes = createGzipBomb();
      head(200, {
        'content-type': 'application/json',
        'content-encoding': 'gzip',
        'content-length': `${bytes.length}`,
      });
      await new Promise<void>((resolve) => {
        response.once('close', () => resolve());
        response.end(bytes, () => resolve());
      });
    },
    reset() {
      response.socket?.resetAndDestroy();
    },
  };
}
