// Decides how many connections the gateway keeps open: so many in all, and of those that come from another machine so many
// from one address, so that no neighbour takes the places of the others. Which are too slow or too idle is decided by the
// server's time-outs; a connection over the limit is closed without an answer.
import type { Server, Socket } from 'node:net';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { isLoopbackHost } from './authority.ts';
import { sourceOf } from './token-attempts.ts';

export type ConnectionLimits = {
  readonly maxConnections: number;
  readonly maxConnectionsOfAddress: number;
};

/** One line of the log for so much time. */
const quietMs = 60_000;

export function limitConnections(server: Server, limits: ConnectionLimits, log: Log, clock: Clock): void {
  const open = new Map<string, number>();
  let dropped = 0;
  let loggedAtMs = -Infinity;

  const onDropped = (address: string | undefined): void => {
    dropped += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - loggedAtMs < quietMs) return;
    loggedAtMs = nowMs;
    log.warn('connections dropped', { dropped, address });
    dropped = 0;
  };

  server.maxConnections = limits.maxConnections;
  server.on('drop', (details) => onDropped(details?.remoteAddress));
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    const source = remoteAddress === undefined ? '' : sourceOf(remoteAddress);
    if (isLoopbackHost(source)) return;
    const count = (open.get(source) ?? 0) + 1;
    if (count > limits.maxConnectionsOfAddress) {
      socket.destroy();
      onDropped(remoteAddress);
      return;
    }
    open.set(source, count);
    socket.once('close', () => {
      const left = (open.get(source) ?? 1) - 1;
      if (left === 0) open.delete(source);
      else open.set(source, left);
    });
  });
}
