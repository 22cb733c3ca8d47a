// `gateway restart`: a new process with the present program and settings takes over the socket of the one that runs, which
// finishes its requests beside it. Nothing is refused meanwhile; when the new one does not come up, the old one stays.
import { OpenClawError } from '../../errors.ts';
import { sleep } from '../../platform/clock.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { findGateway, gatewayFiles, type GatewayFiles, type GatewayRecord } from '../gateway-record.ts';
import { startInBackground } from '../gateway-starting.ts';
import { askToRestart } from '../gateway-succession.ts';
import { openApp } from '../open-app.ts';
import { printConfigWarnings } from '../ui/config-warnings.ts';

/** Somewhat longer than the gateway itself waits for its successor. */
const waitMs = 90_000;
const lookMs = 50;

export async function gatewayRestart(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  printConfigWarnings(output, app.config());
  const files = gatewayFiles(app.paths.runDir);
  const { running } = await findGateway(files, context.clock);
  if (running === undefined) return startInBackground(context, output, files, options);
  const before = await whenReady(context, files, running);
  output.note(`Restarting the gateway (pid ${before.pid}) …`, { event: 'restarting', pid: before.pid });
  if (!askToRestart(before.pid)) throw failed('The gateway ended at this moment', startIt);
  const next = await waitFor(context, files, (record) => {
    if (record.pid !== before.pid) return record.state === 'ready';
    if (record.restartsTried === before.restartsTried) return false;
    throw failed(`The new process failed: ${record.restartError ?? 'it did not say why'}`);
  });
  const { url, port, pid } = next;
  output.line(
    `${output.style.good('✓')} A new process serves on ${output.style.bold(url ?? '')} (pid ${pid}); the former one finishes its requests.`,
  );
  output.result({ running: true, restarted: true, url, port, pid, former_pid: before.pid });
  return 0;
}

/** One that is starting does not listen to the wish yet, one that is stopping never will. */
function whenReady(
  context: CommandContext,
  files: GatewayFiles,
  found: GatewayRecord,
): Promise<GatewayRecord> {
  if (found.state === 'ready') return Promise.resolve(found);
  return waitFor(context, files, (record) => {
    if (record.state === 'starting') return false;
    if (record.state === 'ready') return true;
    throw failed('The gateway is stopping', startIt);
  });
}

async function waitFor(
  context: CommandContext,
  files: GatewayFiles,
  isIt: (record: GatewayRecord) => boolean,
): Promise<GatewayRecord> {
  const { clock, signal } = context;
  const deadlineMs = clock.monotonicMs() + waitMs;
  for (;;) {
    const { running } = await findGateway(files, clock);
    if (running === undefined) throw failed('The gateway ended meanwhile', startIt);
    if (isIt(running)) return running;
    if (clock.monotonicMs() > deadlineMs) throw failed('The gateway did not answer in time', lookAtIt);
    await sleep(clock, lookMs, signal);
  }
}

const startIt = 'Start it when it has ended: `openclaw gateway start`.';
const lookAtIt = 'See what it does: `openclaw gateway status` and `openclaw gateway logs`.';

/** Without a remedy of its own: the former process is known to go on. */
function failed(message: string, remedy?: string): OpenClawError {
  return new OpenClawError({
    code: 'GATEWAY_RESTART_FAILED',
    message,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
