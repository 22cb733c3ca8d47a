// Bytes to a loopback port and what comes back until the connection ends: for requests that no HTTP client would send.
import { connect, type Socket } from 'node:net';

export type RawAnswer = {
  readonly status: number;
  /** Lower-case names; of repeated ones the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Resolves with everything that came when the server has closed; the status is 0 when nothing came. */
export function sendRaw(origin: string, bytes: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(origin);
  return exchange(connect(Number(port), hostname.replace(/^\[|\]$/g, '')), bytes);
}

/** As a browser does it for a person who opens an address. */
export function visit(address: string, lines: readonly string[] = []): Promise<RawAnswer> {
  const { origin, host, pathname, search } = new URL(address);
  const navigation = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document', 'Sec-Fetch-Site: none'];
  return getRaw(origin, `${pathname}${search}`, [`Host: ${host}`, ...navigation, ...lines]);
}

function exchange(socket: Socket, bytes: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A server that refuses may close before it has read all; what it said has arrived by then.
    socket.on('error', (error) => (chunks.length === 0 ? reject(error) : undefined));
    socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString('utf8'))));
    socket.write(bytes);
  });
}

/** A connection that is open before anything is sent on it. */
export async function openRaw(origin: string): Promise<{
  send(bytes: string): Promise<RawAnswer>;
  leave(): void;
  readonly left: Promise<unknown>;
}> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return {
    send: (bytes) => exchange(socket, bytes),
    leave: () => void socket.destroy(),
    left: new Promise((resolve) => socket.once('close', resolve)),
  };
}

/** A GET with these header lines, `Host` included only when given. */
export function getRaw(origin: string, target: string, lines: readonly string[]): Promise<RawAnswer> {
  return sendRaw(origin, [`GET ${target} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
}

function parse(text: string): RawAnswer {
  const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s, 2);
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const [name = '', value = ''] = line.split(/:\s*(.*)/s, 2);
      return [name.toLowerCase(), value];
    }),
  );
  return { status: Number(first.split(' ')[1] ?? 0), headers, body };
}
