// A name service on loopback that knows no name and remembers each one that was asked for (RFC 1035 section 4.1).
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

export type NameServer = {
  /** Names in the order in which they were first asked for since the last call, with how often. */
  take(): { name: string; times: number }[];
  close(): void;
};

const headerBytes = 12;
const nameError = 3;

/** Needs the right to port 53, as the root of a namespace has it. */
export async function startNameServer(): Promise<NameServer> {
  let asked = new Map<string, number>();
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const name = nameIn(query);
    if (name === undefined) return;
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const answer = Buffer.from(query);
    // A response; recursion wanted and available; no such name; the question alone.
    answer.writeUInt16BE(0x8180 | nameError, 2);
    answer.fill(0, 6, headerBytes);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(53, '127.0.0.1');
  await once(socket, 'listening');
  return {
    take() {
      const names = [...asked].map(([name, times]) => ({ name, times }));
      asked = new Map();
      return names;
    },
    close: () => socket.close(),
  };
}

function nameIn(query: Buffer): string | undefined {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at]; length !== undefined && length > 0; length = query[at]) {
    if (length > 63 || at + 1 + length > query.length) return undefined;
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return labels.length === 0 ? undefined : labels.join('.');
}
