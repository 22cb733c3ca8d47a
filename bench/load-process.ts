// Load and mock upstream in one process beside the proxy between them; does what it is told by IPC, one thing at a time.
import {
  holdStreams,
  leaveStreams,
  runRate,
  type HeldStreams,
  type RateJob,
  type StreamJob,
} from './load-client.ts';
import { createMockUpstream } from './mock-upstream.ts';

export type LoadOrder =
  | { kind: 'rate'; job: RateJob }
  | { kind: 'hold'; job: StreamJob }
  | { kind: 'leave'; job: StreamJob }
  | { kind: 'figures' }
  | { kind: 'close' };

export type LoadFigures = { open: number; pieces: number; upstreamOpen: number; upstreamLeft: number };

const upstream = createMockUpstream();
let held: HeldStreams | undefined;

async function follow(order: LoadOrder): Promise<unknown> {
  switch (order.kind) {
    case 'rate':
      return runRate(order.job);
    case 'hold':
      held = await holdStreams(order.job);
      return {};
    case 'leave':
      await leaveStreams(order.job);
      return {};
    case 'figures': {
      const { open, left } = upstream.streams();
      const { open: clients, pieces } = held?.figures() ?? { open: 0, pieces: 0 };
      return { open: clients, pieces, upstreamOpen: open, upstreamLeft: left } satisfies LoadFigures;
    }
    case 'close':
      held?.close();
      held = undefined;
      return {};
  }
}

process.on('message', (order: LoadOrder) => {
  follow(order).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
process.send?.({ answer: { port: await upstream.listen() } });
