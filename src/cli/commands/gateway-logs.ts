// `gateway logs`: what the gateway in the background has logged. With --json one document; with -f too, a JSON line each.
import { OpenClawError } from '../../errors.ts';
import { quotedText } from '../../platform/text.ts';
import { sleep } from '../../platform/clock.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { followLog, lastLines, shownLine, sizeOf } from '../gateway-log.ts';
import { findGateway, gatewayFiles, type GatewayRecord } from '../gateway-record.ts';
import { openApp } from '../open-app.ts';

const defaultCount = 100;
const lookMs = 200;

export async function gatewayLogs(
  context: CommandContext,
  options: OutputOptions & { follow?: boolean; lines?: string },
): Promise<number> {
  const output = createOutput(context, options);
  const { terminal, clock, signal } = context;
  const files = gatewayFiles(openApp(context, options).paths.runDir);
  const count = readCount(options.lines);
  const { running } = await findGateway(files, clock);
  const elsewhere = running?.logFile === null ? describeElsewhere(running) : undefined;
  if (elsewhere !== undefined) output.note(elsewhere, { event: 'elsewhere', reason: elsewhere });
  if (sizeOf(files.log) === 0 && options.follow !== true) {
    output.note(`There is no log yet (${files.log}).`);
    output.result({ file: files.log, lines: [] });
    return 0;
  }
  const follower = options.follow === true ? followLog(files.log) : undefined;
  const lines = lastLines(files.log, count);
  const print = (line: string): void =>
    terminal.writeOut(`${output.json ? asJson(line) : shownLine(line)}\n`);
  if (follower === undefined) {
    for (const line of lines) output.line(shownLine(line));
    output.result({ file: files.log, lines: lines.map((line): unknown => JSON.parse(asJson(line))) });
    return 0;
  }
  try {
    lines.forEach(print);
    while (!signal.aborted) {
      follower.next().forEach(print);
      await sleep(clock, lookMs, signal).catch(() => undefined);
    }
    // Ctrl-C is how one leaves it.
    return 0;
  } finally {
    follower.close();
  }
}

/** What is no JSON (Node's own words at a crash) as an object too. */
function asJson(line: string): string {
  try {
    return JSON.stringify(JSON.parse(line));
  } catch (error) {
    if (error instanceof SyntaxError) return JSON.stringify({ text: shownLine(line) });
    throw error;
  }
}

function describeElsewhere({ mode, pid }: GatewayRecord): string {
  return mode === 'service'
    ? `The gateway (pid ${pid}) runs as a service and logs to the journal: journalctl --user -f _PID=${pid}`
    : `The gateway (pid ${pid}) logs where it was started.`;
}

function readCount(text: string | undefined): number {
  if (text === undefined) return defaultCount;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new OpenClawError({
    code: 'USAGE',
    message: `--lines: ${quotedText(text, 20)} is no number of lines.`,
    remedy: 'For example: `openclaw gateway logs -n 50`.',
  });
}
