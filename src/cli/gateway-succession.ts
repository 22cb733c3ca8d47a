// How a gateway makes room for the next process without a gap: that one is started beside it, loads everything, gets the
// listening socket, and takes over the lock. Until it has, this one serves as if nothing happened, and goes on serving when
// the new one fails. What then becomes of this process is decided here too: whoever started it in the foreground waits for
// it, so it stays for as long as there is a gateway.
import type { Server } from 'node:net';
import { OpenClawError, toOpenClawError } from '../errors.ts';
import { sleep } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import type { CommandContext } from './command-context.ts';
import type { Welcome } from './gateway-channel.ts';
import { launchGateway, type Launched } from './gateway-launch.ts';
import { findGateway, type GatewayFiles, type GatewayRecord, type Presence } from './gateway-record.ts';

export type SuccessionDeps = {
  context: CommandContext;
  log: Log;
  args: readonly string[];
  welcome: () => Welcome;
  listener: () => Server | undefined;
  presence: () => Presence | undefined;
  /** Becomes the gateway of the folder again. */
  reclaim: () => Promise<void>;
  /** Writes into the record what can be written. */
  note: (changes: Partial<GatewayRecord>) => void;
};

export type Succession = {
  /** Resolves when another process has taken over; failures are logged and recorded. */
  readonly replaced: Promise<Launched>;
  close(): void;
};

/** By then keychain, store and plugins have answered, or never will. */
const takeOverMs = 60_000;

/** SIGUSR2 asks for it: SIGHUP is what a terminal sends when it goes. */
export function awaitSuccession(deps: SuccessionDeps): Succession {
  const { context, log } = deps;
  const { mode } = deps.welcome();
  const closing = new AbortController();
  const onStop = (): void => closing.abort(context.signal.reason);
  context.signal.addEventListener('abort', onStop, { once: true });
  let isTrying = false;
  let tried = 0;
  let settle: (launched: Launched) => void = () => undefined;
  const replaced = new Promise<Launched>((resolve) => {
    settle = resolve;
  });

  const tryOnce = async (): Promise<void> => {
    if (isTrying || closing.signal.aborted) return;
    isTrying = true;
    tried += 1;
    let letGo = false;
    try {
      log.info('gateway_restarting');
      const launched = await launchGateway(context, {
        args: deps.args,
        welcome: deps.welcome(),
        streams: [mode === 'background' ? 'ignore' : 'inherit', 'inherit'],
        timeoutMs: takeOverMs,
        signal: closing.signal,
        listener: deps.listener,
        onServing: () => {
          letGo = true;
          deps.presence()?.release();
        },
      });
      log.info('gateway_replaced', { by: launched.pid });
      process.off('SIGUSR2', onSignal);
      settle(launched);
    } catch (error) {
      const { message, remedy } = toOpenClawError(error);
      log.error('gateway_restart_failed', { reason: message, remedy });
      try {
        if (letGo) await deps.reclaim();
        deps.note({ restartsTried: tried, restartError: `${message}. ${remedy}` });
      } finally {
        isTrying = false;
      }
    }
  };
  const onSignal = (): void =>
    void tryOnce().catch((error: unknown) => {
      log.error('gateway_restart_failed', { reason: toOpenClawError(error).message });
    });
  process.on('SIGUSR2', onSignal);
  return {
    replaced,
    close() {
      process.off('SIGUSR2', onSignal);
      context.signal.removeEventListener('abort', onStop);
      closing.abort(new OpenClawError({ code: 'INTERRUPTED', message: 'The gateway is stopping.' }));
    },
  };
}

const lookMs = 500;

/**
 * Waits until the folder has no gateway any more, and passes on the wish that it stop. Resolves with the exit code:
 * 1 when it ended without being asked to, so that a service manager starts another.
 */
export async function standIn(context: CommandContext, files: GatewayFiles): Promise<number> {
  let isAsked = false;
  for (;;) {
    const { running, last } = await findGateway(files, context.clock);
    if (running === undefined) return last?.state === 'stopped' || isAsked ? 0 : 1;
    if (context.signal.aborted && !isAsked) {
      isAsked = true;
      askToStop(running.pid);
    }
    await (isAsked
      ? sleep(context.clock, lookMs)
      : sleep(context.clock, lookMs, context.signal).catch(() => undefined));
  }
}

/** False when it has gone meanwhile. */
export function askToStop(pid: number): boolean {
  return signalTo(pid, 'SIGTERM');
}

/** Asks nobody: what it has not saved is lost. */
export function killNow(pid: number): boolean {
  return signalTo(pid, 'SIGKILL');
}

export function askToRestart(pid: number): boolean {
  return signalTo(pid, 'SIGUSR2');
}

function signalTo(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
