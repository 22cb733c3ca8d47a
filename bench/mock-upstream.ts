// An Anthropic API on bare sockets, so that it costs little beside the proxy in front of it. What it answers is chosen by
// `case=<name>` anywhere in the request's header: its path, or its query.
import { createServer, type AddressInfo, type Socket } from 'node:net';

/**
 * `1k`, `100k`: one JSON body. `burst`: fifty chunks of a stream at once. `first`: the first event at once, the others
 * later. `slow`: events for as long as somebody reads.
 */
export type AnswerName = '1k' | '100k' | 'burst' | 'first' | 'slow';

export type MockUpstream = {
  listen(): Promise<number>;
  /** Slow streams that are open, and those that were left. */
  streams(): { open: number; left: number };
};

const headEnd = Buffer.from('\r\n\r\n');
const restAfterMs = 2;
/** About as fast as a model speaks, gathered as a server does. */
const eventEveryMs = 200;

const commonHead = [
  'date: Mon, 01 Jan 2024 00:00:00 GMT',
  'request-id: req_0123456789',
  'connection: keep-alive',
];
const streamHead = httpHead(['content-type: text/event-stream', 'transfer-encoding: chunked']);

const usage = { input_tokens: 310, output_tokens: 205, cache_read_input_tokens: 0 };
const message = { id: 'msg_bench', type: 'message', role: 'assistant', model: 'bench-model' };
const start = chunk({ type: 'message_start', message: { ...message, content: [], usage } });
const blockStart = chunk({
  type: 'content_block_start',
  index: 0,
  content_block: { type: 'text', text: '' },
});
const delta = chunk({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text: 'a word or two' },
});
const closing =
  chunk({ type: 'content_block_stop', index: 0 }) +
  chunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }) +
  chunk({ type: 'message_stop' });
const streamEnd = '0\r\n\r\n';

const bodies = {
  '1k': plainAnswer(1_024),
  '100k': plainAnswer(100 * 1_024),
  burst: Buffer.from(streamHead + start + blockStart + delta.repeat(45) + closing + streamEnd),
};
const first = Buffer.from(streamHead + start);
const rest = Buffer.from(blockStart + delta.repeat(10) + closing + streamEnd);
const deltaBytes = Buffer.from(delta);

export function createMockUpstream(): MockUpstream {
  const slow = new Set<Socket>();
  let left = 0;
  setInterval(() => {
    for (const socket of slow) socket.write(deltaBytes);
  }, eventEveryMs).unref();

  const answer = (socket: Socket, name: AnswerName): void => {
    if (name === 'first') {
      socket.write(first);
      setTimeout(() => socket.write(rest), restAfterMs);
    } else if (name === 'slow') {
      socket.write(first);
      slow.add(socket);
      socket.once('close', () => {
        left += 1;
        slow.delete(socket);
      });
    } else socket.write(bodies[name]);
  };

  const server = createServer((socket) => serve(socket, answer));
  return {
    listen: () =>
      new Promise((resolve) => {
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
      }),
    streams: () => ({ open: slow.size, left }),
  };
}

/** Reads requests whose length is declared. */
function serve(socket: Socket, answer: (socket: Socket, name: AnswerName) => void): void {
  socket.setNoDelay(true);
  let head: Buffer = Buffer.alloc(0);
  let bodyLeft = 0;
  let wanted: AnswerName | undefined;
  socket.on('error', () => socket.destroy());
  socket.on('data', (data: Buffer) => {
    let unread = data;
    while (unread.length > 0) {
      if (wanted === undefined) {
        head = head.length === 0 ? unread : Buffer.concat([head, unread]);
        const end = head.indexOf(headEnd);
        if (end === -1) return;
        const text = head.toString('latin1', 0, end);
        bodyLeft = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        wanted = answerIn(text);
        unread = head.subarray(end + 4);
        head = Buffer.alloc(0);
      }
      const taken = Math.min(bodyLeft, unread.length);
      bodyLeft -= taken;
      unread = unread.subarray(taken);
      if (bodyLeft === 0 && wanted !== undefined) {
        answer(socket, wanted);
        wanted = undefined;
      }
    }
  });
}

function answerIn(head: string): AnswerName {
  const name = /case=(\w+)/.exec(head)?.[1];
  return name === '100k' || name === 'burst' || name === 'first' || name === 'slow' ? name : '1k';
}

function httpHead(lines: readonly string[]): string {
  return `${['HTTP/1.1 200 OK', ...lines, ...commonHead].join('\r\n')}\r\n\r\n`;
}

function plainAnswer(bytes: number): Buffer {
  const make = (text: string): string =>
    JSON.stringify({ ...message, content: [{ type: 'text', text }], stop_reason: 'end_turn', usage });
  const body = make('x'.repeat(bytes - make('').length));
  return Buffer.from(httpHead(['content-type: application/json', `content-length: ${body.length}`]) + body);
}

function chunk(event: Readonly<Record<string, unknown>> & { type: string }): string {
  const text = `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
}
