// One run of the program as an operating system process: streams, signals, uncaught errors, exit code.
import module from 'node:module';
import { homedir } from 'node:os';
import { OpenClawError } from '../errors.ts';
import { systemClock } from '../platform/clock.ts';
import { describeInstallation } from '../platform/installation.ts';
import { createTerminal } from '../platform/terminal.ts';
import { formatError } from './ui/error-text.ts';
import { run } from './run.ts';

export async function runProcess(args: readonly string[], mainUrl: string): Promise<void> {
  module.enableCompileCache?.();
  // SQLite is built in and stable enough for us; its notice would be the first line of every command.
  silenceWarning('SQLite is an experimental feature');
  const terminal = createTerminal(process.env, process);
  const interrupt = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    // The second time somebody means it.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new OpenClawError({ code: 'INTERRUPTED', message: `Stopped by ${signal}.` }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  process.on('SIGHUP', onSignal);
  // A reader that has gone (`openclaw … | head`) is not an error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
  });
  const onUncaught = (error: unknown): void => {
    // Not Node's own print, which dumps properties and causes.
    process.stderr.write(formatError(error, terminal));
    process.exit(1);
  };
  process.on('uncaughtException', onUncaught);
  process.on('unhandledRejection', onUncaught);

  process.exitCode = await run(args, {
    env: process.env,
    homeDir: homedir(),
    terminal,
    clock: systemClock,
    signal: interrupt.signal,
    installation: describeInstallation(mainUrl),
  });
}

function silenceWarning(text: string): void {
  const original = process.emitWarning.bind(process) as (...values: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    if (!String(warning).includes(text)) original(warning, ...rest);
  };
}
