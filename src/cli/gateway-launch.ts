// Starts a gateway as a process of its own and stays with it until it serves: answers what it asks, and says how it ended
// when it does not come up. Both who starts the first one and a gateway that makes room for the next do it this way.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Server } from 'node:net';
import { OpenClawError, toOpenClawError } from '../errors.ts';
import { nodeArgsOfGateway } from '../platform/node-settings.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import type { CommandContext } from './command-context.ts';
import { toError, type FromGateway, type ToGateway, type Welcome } from './gateway-channel.ts';

export type LaunchSpec = {
  /** Behind the program's name. */
  args: readonly string[];
  welcome: Welcome;
  /** Where its stdout and stderr go. */
  streams: readonly ['ignore' | 'inherit', 'ignore' | 'inherit' | number];
  timeoutMs: number;
  signal: AbortSignal;
  ask?: AskPassphrase | undefined;
  /** The socket to hand on. */
  listener?: () => Server | undefined;
  /** It accepts connections, and waits for the lock. */
  onServing?: () => void;
};

/** A refresh that it has begun is worth so much time. */
const endMs = 10_000;

export type Launched = { url: string; port: number; pid: number; isMain: boolean };

/**
 * Resolves when it serves and is the gateway of its folder; from then on it is on its own. Otherwise it is ended, and the
 * promise rejects with its error, with the signal's reason, or with GATEWAY_START_FAILED.
 */
export function launchGateway(context: CommandContext, spec: LaunchSpec): Promise<Launched> {
  const { signal, welcome } = spec;
  const child: ChildProcess = spawn(
    process.execPath,
    [...nodeArgsOfGateway(process.execArgv), context.installation.main, ...spec.args],
    {
      env: { ...context.env },
      stdio: ['ignore', ...spec.streams, 'ipc'],
      // One in the background outlives the terminal that it was started in.
      detached: welcome.mode === 'background',
    },
  );
  return new Promise<Launched>((resolve, reject) => {
    let failure: OpenClawError | undefined;
    let cancelKill: () => void = () => undefined;
    const finish = (settle: () => void): void => {
      cancel();
      cancelKill();
      signal.removeEventListener('abort', onAbort);
      if (child.connected) child.disconnect();
      child.unref();
      settle();
    };
    /** Rejects when it has ended: nobody is to meet its remains. */
    const end = (error: unknown): void => {
      failure ??= toOpenClawError(error);
      if (child.pid === undefined) finish(() => reject(failure ?? error));
      else {
        child.kill('SIGTERM');
        cancelKill = context.clock.setTimer(() => child.kill('SIGKILL'), endMs);
      }
    };
    const onAbort = (): void => end(signal.reason);
    const cancel = context.clock.setTimer(
      () => end(failed(`The gateway did not come up within ${Math.round(spec.timeoutMs / 1000)} s`)),
      spec.timeoutMs,
    );
    const answer = (message: ToGateway, handle?: Server): void => {
      // It may end at any moment; its end is told by `close`.
      if (child.connected) child.send(message, handle, {}, () => undefined);
    };
    const onMessage = (message: FromGateway): void => {
      if (message.type === 'hello') answer({ type: 'welcome', ...welcome });
      else if (message.type === 'ask') void reply(message).then(answer, end);
      else if (message.type === 'want-socket') answer({ type: 'socket' }, spec.listener?.());
      else if (message.type === 'serving') spec.onServing?.();
      else if (message.type === 'failed') failure ??= toError(message.error);
      else if (failure === undefined) finish(() => resolve({ ...message }));
    };
    const reply = async (request: Extract<FromGateway, { type: 'ask' }>): Promise<ToGateway> => {
      const passphrase = await spec.ask?.(request);
      return { type: 'answer', ...(passphrase === undefined ? {} : { passphrase }) };
    };
    child.on('message', onMessage);
    child.once('error', (error) => end(failed(`The gateway could not be started (${error.message})`)));
    child.once('exit', (code, endedBy) => {
      const how = endedBy === null ? `with exit code ${code}` : `by ${endedBy}`;
      const error = failure ?? failed(`The gateway ended ${how} before it served`);
      finish(() => reject(error));
    });
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function failed(message: string): OpenClawError {
  return new OpenClawError({ code: 'GATEWAY_START_FAILED', message });
}
