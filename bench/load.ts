// The load process as its parent sees it: started, told what to do, and ended by its own handle.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RateJob, RateResult, StreamJob } from './load-client.ts';
import type { LoadFigures, LoadOrder } from './load-process.ts';

export type Load = {
  /** Where its mock upstream listens, on 127.0.0.1. */
  upstreamPort: number;
  rate(job: RateJob): Promise<RateResult>;
  /** Resolves when all are open; they stay so until `closeStreams`. */
  holdStreams(job: StreamJob): Promise<void>;
  leaveStreams(job: StreamJob): Promise<void>;
  closeStreams(): Promise<void>;
  figures(): Promise<LoadFigures>;
  end(): void;
};

export async function startLoad(): Promise<Load> {
  const child = fork(fileURLToPath(new URL('load-process.ts', import.meta.url)), []);
  const answer = async (): Promise<unknown> => {
    const [message] = (await once(child, 'message')) as [{ answer?: unknown; error?: string }];
    if (message.error !== undefined) throw new Error(message.error);
    return message.answer;
  };
  const ask = (order: LoadOrder): Promise<unknown> => {
    child.send(order);
    return answer();
  };
  const { port } = (await answer()) as { port: number };
  return {
    upstreamPort: port,
    rate: (job) => ask({ kind: 'rate', job }) as Promise<RateResult>,
    async holdStreams(job) {
      await ask({ kind: 'hold', job });
    },
    async leaveStreams(job) {
      await ask({ kind: 'leave', job });
    },
    async closeStreams() {
      await ask({ kind: 'close' });
    },
    figures: () => ask({ kind: 'figures' }) as Promise<LoadFigures>,
    end: () => child.disconnect(),
  };
}
