// A conversation with the D-Bus session bus: method calls and signals, over the library dbus-native. It is handed a
// socket that is connected, and so has no part in where the bus lies and no way to start one.
// Decides what a failure is called. Waits as long as the other side does; whoever calls has the deadline.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { ConnectionClosedError, createClient, DBusError } from 'dbus-native';
import DbusBuffer from 'dbus-native/lib/dbus-buffer.js';
import { cleanText } from '../platform/text.ts';

export type DbusMember = {
  readonly path: string;
  readonly interface: string;
  readonly member: string;
};
export type DbusCall = DbusMember & {
  readonly destination: string;
  readonly signature?: string;
  readonly body?: unknown[];
};

export type DbusConnection = {
  /** The answer's values, variants and dictionaries as plain ones; throws a DbusFailure. */
  call(call: DbusCall): Promise<readonly unknown[]>;
  /** Has the signal delivered from when this resolves. */
  watch(signal: DbusMember, listener: (values: readonly unknown[]) => void): Promise<void>;
  close(): void;
};

/** The name of the D-Bus error; `refused`, `unreachable`, `unsendable` and `nameless` are the connection's own. */
export type DbusFailure = Error & { readonly dbusName: string };

export function isDbusFailure(value: unknown): value is DbusFailure {
  return value instanceof Error && 'dbusName' in value;
}

function failure(dbusName: string, message: string): DbusFailure {
  return Object.assign(new Error(cleanText(message)), { dbusName });
}

/** A garbled one may be of any type, or absent. */
function nameOf({ dbusName }: DBusError): string {
  return typeof dbusName === 'string' ? dbusName : 'nameless';
}

const bus = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const;
/** In bytes: paths of the few items that one program keeps. */
const longestMessage = 1024 * 1024;

// A structure without members takes no bytes: the library (0.16.1) would read an array of them for ever. No real bus
// passes one on, but one damaged byte makes one.
const { readStruct } = DbusBuffer.prototype;
DbusBuffer.prototype.readStruct = function readMembers(members) {
  if (members.length === 0) throw new Error('a D-Bus structure has no members');
  return readStruct.call(this, members);
};

/** Throws a DbusFailure. */
export async function connectToBus(sockets: readonly string[]): Promise<DbusConnection> {
  const socket = await reach(sockets);
  // `direct`: the library's own Hello throws into the void when it is answered with an error.
  const client = createClient({
    stream: socket,
    direct: true,
    authMethods: ['EXTERNAL'],
    timeout: 0,
    maxMessageSize: longestMessage,
  });
  let ended: DbusFailure | undefined;
  const end = (error: DbusFailure): void => {
    ended ??= error;
    // Fails the calls that wait.
    socket.destroy();
  };
  client.connection.on('error', (error) => {
    const isRejected = client.connection.state !== 'connected' && !('code' in error);
    end(
      isRejected
        ? failure('refused', 'the session bus does not take this user')
        : failure('unreachable', error.message),
    );
  });
  // Thrown by the library itself over header fields of the wrong type.
  client.connection.on('handlerError', (error) => end(failure('unreachable', error.message)));

  const call = (message: DbusCall): Promise<readonly unknown[]> =>
    new Promise((resolve, reject) => {
      client.invoke({ ...message }, (error, ...values: unknown[]) => {
        if (error === null) resolve(values);
        else if (error instanceof ConnectionClosedError)
          reject(ended ?? failure('unreachable', 'the session bus closed the connection'));
        else if (error instanceof DBusError) reject(failure(nameOf(error), error.message));
        else reject(failure('unsendable', (error as Error).message));
      });
    });

  try {
    await call({ ...bus, member: 'Hello' });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    call,
    async watch(signal, listener) {
      const { path, member } = signal;
      client.signals.on(client.mangle(path, signal.interface, member), (values: unknown) =>
        listener(Array.isArray(values) ? values : []),
      );
      const rule = `type='signal',path='${path}',interface='${signal.interface}',member='${member}'`;
      await call({ ...bus, member: 'AddMatch', signature: 's', body: [rule] });
    },
    close: () => void socket.destroy(),
  };
}

/** Throws a DbusFailure named `unreachable` or `refused`. */
async function reach(sockets: readonly string[]): Promise<Socket> {
  let reason = 'it has no address';
  for (const path of sockets) {
    try {
      const socket = connect(path);
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'EPERM') throw failure('refused', `${path} belongs to another user`);
      reason = message;
    }
  }
  throw failure('unreachable', reason);
}
