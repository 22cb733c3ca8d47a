// One run of the program as an operating system process: streams, signals, uncaught errors, exit code.
import module from 'node:module';
import { homedir } from 'node:os';
import v8 from 'node:v8';
import { OpenClawError } from '../errors.ts';
import { systemClock } from '../platform/clock.ts';
import { describeInstallation } from '../platform/installation.ts';
import { createTerminal } from '../platform/terminal.ts';
import { withoutTokens } from '../redaction.ts';
import { formatError } from './ui/error-text.ts';
import { run } from './run.ts';

/** Signals closer together than this are one wish. */
const repeatMs = 1_000;
/** By then a command that is still running has loaded what it needs. */
const cacheFlushMs = 1_500;
/** The longest exchange with a server, and its saving. */
const finishMs = 45_000;

export async function runProcess(args: readonly string[], mainUrl: string): Promise<void> {
  // Otherwise it is written at the end, where a person who has pressed Ctrl-C waits for it.
  setTimeout(() => module.flushCompileCache?.(), cacheFlushMs).unref();
  // Optimising the HTTP parser pays in a gateway alone; elsewhere Ctrl-C would wait for it at the end of the process.
  if (args[0] !== 'gateway') v8.setFlagsFromString('--no-wasm-dynamic-tiering');
  // SQLite is built in and stable enough for us; its notice would be the first line of every command.
  silenceWarning('SQLite is an experimental feature');
  const terminal = createTerminal(process.env, process);
  const unfinished = new Set<() => Promise<void>>();
  const exitNow = createExit(unfinished);
  const interrupt = new AbortController();
  let interruptedAtMs = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = systemClock.monotonicMs();
    if (!interrupt.signal.aborted) {
      interruptedAtMs = nowMs;
      interrupt.abort(
        new OpenClawError({
          code: 'INTERRUPTED',
          message: signal === 'SIGINT' ? 'Stopped by Ctrl-C.' : `Stopped by ${signal}.`,
          data: { unattended: signal === 'SIGHUP' },
        }),
      );
      return;
    }
    // A terminal, npm and a service manager each pass one wish on, some of them twice. A person who presses Ctrl-C
    // again does not want to wait.
    if (signal === 'SIGINT' && nowMs - interruptedAtMs > repeatMs) exitNow(130);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  // A reader that has gone (`openclaw … | head`, a closed terminal) does not stop the work: nobody reads it, that is all.
  // What a full disk did not take is missing where somebody looks for it.
  let isOutputLost = false;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isOutputLost || error.code === 'EPIPE') return;
    isOutputLost = true;
    terminal.writeErr(formatError(outputLost(error), terminal));
    process.exitCode = process.exitCode === 0 ? 1 : process.exitCode;
  });
  const onUncaught = (error: unknown): void => {
    // Not Node's own print, which dumps properties and causes. Plugin code can fail here, with any text.
    terminal.writeErr(withoutTokens(formatError(error, terminal)));
    exitNow(1);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);

  // Nothing is left to wait for and a question is open: the terminal that would have answered it has gone.
  let isDone = false;
  process.on('beforeExit', () => {
    if (isDone) return;
    interrupt.abort(
      new OpenClawError({
        code: 'INTERRUPTED',
        message: 'Nobody can answer any more.',
        data: { unattended: true },
      }),
    );
  });

  const exitCode = await run(args, {
    env: process.env,
    homeDir: homedir(),
    terminal,
    clock: systemClock,
    signal: interrupt.signal,
    unfinished,
    installation: describeInstallation(mainUrl),
  });
  process.exitCode = isOutputLost && exitCode === 0 ? 1 : exitCode;
  isDone = true;
}

function outputLost(error: NodeJS.ErrnoException): OpenClawError {
  return new OpenClawError({
    code: 'OUTPUT_LOST',
    message: `The output could not be written (${error.code ?? error.message}). What the command did is done.`,
  });
}

/** Ends the process, but not between a server's answer and its saving: a refresh that runs gets its time, bounded. */
function createExit(unfinished: ReadonlySet<() => Promise<void>>): (code: number) => void {
  return (code) => {
    const exit = (): never => process.exit(code);
    setTimeout(exit, finishMs);
    void Promise.allSettled([...unfinished].map((finish) => finish())).then(exit);
  };
}

function silenceWarning(text: string): void {
  const original = process.emitWarning.bind(process) as (...values: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes(text)) original(warning, ...rest);
  };
}
