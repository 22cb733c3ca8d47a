// What `gateway start` and a `restart` of nothing share: one gateway in the background, however many ask at once.
import { mkdirSync, closeSync, openSync } from 'node:fs';
import { OpenClawError, isOpenClawError, type ErrorCode } from '../errors.ts';
import type { CommandContext, Output, OutputOptions } from './command-context.ts';
import { launchGateway } from './gateway-launch.ts';
import { lastLines, shownLine, sizeOf } from './gateway-log.ts';
import { probeGateway } from './gateway-probe.ts';
import { findGateway, lockIn, type GatewayFiles, type GatewayRecord } from './gateway-record.ts';
import type { AskPassphrase } from '../vault/passphrase.ts';
import { createPassphrasePrompt } from './ui/passphrase-prompt.ts';

export type StartOptions = OutputOptions & { port?: string; nonInteractive?: boolean };

/** A keychain that asks a person, or a slow disk. */
const startMs = 120_000;
const shownLogLines = 10;

/** Errors: what the gateway said of its failure, else GATEWAY_START_FAILED; INTERRUPTED. */
export async function startInBackground(
  context: CommandContext,
  output: Output,
  files: GatewayFiles,
  options: StartOptions,
  given: { readonly ask?: AskPassphrase | undefined } = {},
): Promise<number> {
  const { clock, signal } = context;
  const unlock = await lockIn(files, files.startLock, { clock, timeoutMs: startMs, signal });
  if (unlock === undefined) {
    throw new OpenClawError({
      code: 'GATEWAY_START_FAILED',
      message: 'Another start has not come to an end',
    });
  }
  try {
    const { running } = await findGateway(files, clock);
    if (running !== undefined) {
      refuseOtherPort(running, options.port);
      return await tell(output, { ...running, isNew: false });
    }
    output.note('Starting the gateway …', { event: 'starting' });
    const launched = await launch(context, output, files, options, given.ask);
    return await tell(output, { ...launched, isNew: true });
  } finally {
    unlock();
  }
}

/** Throws GATEWAY_RUNNING: what was asked for is not what there is. */
function refuseOtherPort({ pid, port, url }: GatewayRecord, wanted: string | undefined): void {
  if (wanted === undefined || port === null || Number(wanted) === port || Number(wanted) === 0) return;
  throw new OpenClawError({
    code: 'GATEWAY_RUNNING',
    message: `This state folder has a gateway already (pid ${pid}, ${url ?? `port ${port}`})`,
    remedy: `To have it on port ${Number(wanted)}: \`openclaw gateway stop\`, then \`openclaw gateway start --port ${Number(wanted)}\`.`,
  });
}

async function launch(
  context: CommandContext,
  output: Output,
  files: GatewayFiles,
  options: StartOptions,
  known: AskPassphrase | undefined,
): ReturnType<typeof launchGateway> {
  const ask = known ?? createPassphrasePrompt(context, options);
  mkdirSync(files.folder, { recursive: true, mode: 0o700 });
  const logFd = openSync(files.log, 'a', 0o600);
  const before = sizeOf(files.log);
  const port = options.port === undefined ? [] : ['--port', options.port];
  try {
    return await launchGateway(context, {
      args: ['gateway', 'run', ...port, '--log-file', '--launched', 'start'],
      welcome: { mode: 'background', canAsk: ask !== undefined },
      // What Node itself says of a crash belongs beside the rest.
      streams: ['ignore', logFd],
      timeoutMs: startMs,
      signal: context.signal,
      ask,
    });
  } catch (error) {
    const lines = isTold(error) ? [] : lastLines(files.log, shownLogLines, before);
    if (lines.length > 0) output.note(`The last lines of ${files.log}:`);
    for (const line of lines) output.note(`  ${shownLine(line)}`, { event: 'log', line: shownLine(line) });
    throw asTyped(error);
  } finally {
    closeSync(logFd);
  }
}

/** Errors that say all there is to say: the log would say it again. */
const told: ReadonlySet<ErrorCode> = new Set(['INTERRUPTED', 'PORT_IN_USE', 'PASSPHRASE_REQUIRED', 'USAGE']);

function isTold(error: unknown): boolean {
  return isOpenClawError(error) && told.has(error.code);
}

/** The process that it comes from is called otherwise than the command that a person has typed. */
function asTyped(error: unknown): unknown {
  if (!isOpenClawError(error) || error.code !== 'PORT_IN_USE') return error;
  const { code, message, data, cause } = error;
  const remedy = error.remedy.replace('openclaw gateway run', 'openclaw gateway start');
  return new OpenClawError({ code, message, remedy, data, cause });
}

type Serving = { url: string | null; port: number | null; pid: number; isNew: boolean };

async function tell(output: Output, { url, port, pid, isNew }: Serving): Promise<number> {
  const { style } = output;
  const health = url === null ? 'silent' : await probeGateway(url);
  const ready = typeof health === 'string' ? false : health.ready;
  const reason = typeof health === 'string' ? 'its port does not answer yet' : health.reason;
  output.line(
    isNew
      ? `${style.good('✓')} The gateway serves on ${style.bold(url ?? '')} in the background (pid ${pid}).`
      : `The gateway runs already: ${url ?? 'it is starting'} (pid ${pid}).`,
  );
  if (!ready) output.line(`  ${style.warn(`It cannot serve yet: ${reason ?? ''}.`)}`);
  if (isNew) output.line('  Point a tool at it: eval "$(openclaw env claude-code)"');
  output.result({ running: true, started: isNew, url, port, pid, ready, reason });
  return 0;
}
