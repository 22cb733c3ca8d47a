// Counts the connections of a server, for one that leaves its socket to another process: a server whose socket was sent
// there does not count reliably itself (Node adds what it believes the other one has). When it is to end is decided by who
// asks.
import type { Server, Socket } from 'node:net';

export type OpenConnections = {
  /** Calls back once, as soon as none is open. */
  whenNone(callback: () => void): void;
};

export function watchConnections(server: Server): OpenConnections {
  let open = 0;
  let waiting: (() => void) | undefined;
  const onClose = (): void => {
    open -= 1;
    if (open === 0) waiting?.();
  };
  server.on('connection', (socket: Socket) => {
    open += 1;
    socket.once('close', onClose);
  });
  return {
    whenNone(callback) {
      waiting = callback;
      if (open === 0) callback();
    },
  };
}
