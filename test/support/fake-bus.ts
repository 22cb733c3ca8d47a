// A D-Bus session bus made of bytes: it lets everybody in and answers each call with what a test makes of it, be that
// what no real bus would pass on. Messages are put together here after the specification, little-endian, independently
// of the library that reads them.
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tempFolder } from './temp-folder.ts';

/** A call as far as the fake understands it. */
export type FakeCall = {
  readonly serial: number;
  readonly isHello: boolean;
  readonly has: (text: string) => boolean;
};

/** Bytes to send; `undefined` hangs up. */
export type FakeAnswer = (call: FakeCall) => Buffer | undefined;

/** Returns the path of its socket. */
export async function startFakeBus(answer: FakeAnswer, greeting = 'OK 1234'): Promise<string> {
  const path = join(tempFolder(), 'bus');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.includes('AUTH EXTERNAL')) {
        socket.write(`${greeting}\r\n`);
        received = Buffer.alloc(0);
        return;
      }
      const begin = Buffer.from('BEGIN\r\n');
      if (received.indexOf(begin) === 0) received = received.subarray(begin.length);
      for (let length = lengthOf(received); received.length >= length; length = lengthOf(received)) {
        const call = received.subarray(0, length);
        received = received.subarray(length);
        const has = (text: string): boolean => call.includes(text);
        const bytes = answer({ serial: call.readUInt32LE(8), isHello: has('Hello'), has });
        if (bytes === undefined) socket.destroy();
        else socket.write(bytes);
      }
    });
  }).listen(path);
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await once(server, 'listening');
  return path;
}

function lengthOf(message: Buffer): number {
  if (message.length < 16) return Infinity;
  return padded(16 + message.readUInt32LE(12)) + message.readUInt32LE(4);
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;
const padding = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A string or an object path. */
export function text(value: string): Buffer {
  return Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(`${value}\0`)]);
}

export function signature(value: string): Buffer {
  return Buffer.from(`${String.fromCharCode(value.length)}${value}\0`);
}

const types = { call: 1, return: 2, error: 3, signal: 4 } as const;
const fields = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  sender: 7,
  signature: 8,
} as const;

/** `header`: each field with the signature of its variant and its bytes. */
export function message(
  type: keyof typeof types,
  header: Partial<Record<keyof typeof fields, readonly [type: string, value: Buffer]>>,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  let named = Buffer.alloc(0);
  for (const [name, [signed, value]] of Object.entries(header)) {
    const start = Buffer.from([fields[name as keyof typeof fields], ...signature(signed)]);
    named = Buffer.concat([padding(named), start, value]);
  }
  const fixed = Buffer.from([0x6c, types[type], 0, 1]);
  return Buffer.concat([
    padding(Buffer.concat([fixed, u32(body.length), u32(7), u32(named.length), named])),
    body,
  ]);
}

export function reply(call: FakeCall, signed: string, body: Buffer): Buffer {
  return message(
    'return',
    { replySerial: ['u', u32(call.serial)], signature: ['g', signature(signed)] },
    body,
  );
}
