// `gateway stop`: asks the gateway of this state folder to end, and waits while it finishes what runs. With --force one
// that does not is killed: a lock goes with its holder, and what it had not renewed the next gateway renews.
import type { App } from '../../app.ts';
import { observeRefresh } from '../../auth/running-refresh.ts';
import { isOpenClawError, OpenClawError } from '../../errors.ts';
import { quotedText } from '../../platform/text.ts';
import { sleep } from '../../platform/clock.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { gatewayUrl, resolvePort } from '../gateway-address.ts';
import { probeGateway } from '../gateway-probe.ts';
import { findGateway, gatewayFiles } from '../gateway-record.ts';
import { askToStop, killNow } from '../gateway-succession.ts';
import { openApp } from '../open-app.ts';
import { formatDuration } from '../ui/duration.ts';

/** The gateway itself cuts requests after 30 s, and gives a refresh that runs 45 s. */
const defaultWaitMs = 60_000;
const lookMs = 100;
/** Whoever is killed between a server's answer and its saving takes the new token along. */
const refreshMs = 45_000;

export async function gatewayStop(
  context: CommandContext,
  options: OutputOptions & { timeout?: string; force?: boolean },
): Promise<number> {
  const output = createOutput(context, options);
  const { clock, signal } = context;
  const app = openApp(context, options);
  const files = gatewayFiles(app.paths.runDir);
  const waitMs = readWait(options.timeout);
  const { running: first } = await findGateway(files, clock);
  if (first === undefined) {
    const elsewhere = await whoAnswers(app);
    if (elsewhere === null) output.line('No gateway runs.');
    else {
      output.line('This state folder has no gateway that runs.');
      output.line(
        `  A gateway of another state folder, or of one that was moved, answers on ${elsewhere}. From there it is stopped so:`,
      );
      output.line('    OPENCLAW_STATE_DIR=<its folder> openclaw gateway stop   (one in a terminal: Ctrl-C)');
    }
    output.result({ stopped: false, running: false, pid: null, cut_requests: 0, forced: false, elsewhere });
    return 0;
  }
  const { pid } = first;
  const beganMs = clock.monotonicMs();
  askToStop(pid);
  output.note(`Stopping the gateway (pid ${pid}) …`, { event: 'stopping', pid });
  let said = 0;
  let isKilled = false;
  let refreshUntilMs: number | undefined;
  for (;;) {
    const { running, last } = await findGateway(files, clock);
    if (running?.pid !== pid) {
      const took = formatDuration(clock.monotonicMs() - beganMs);
      // One that was killed wrote nothing any more: its last word is the best that there is.
      const cut = last?.pid === pid && (isKilled || last.state === 'stopped') ? last.active : 0;
      const requests = `${cut} that took too long ${cut === 1 ? 'was' : 'were'} cut`;
      output.line(
        isKilled
          ? `${output.style.warn('!')} Ended by force after ${took}; requests that ran were cut.`
          : `${output.style.good('✓')} Stopped after ${took}; ${cut === 0 ? 'all requests were finished' : requests}.`,
      );
      output.result({ stopped: true, running: false, pid, cut_requests: cut, forced: isKilled });
      return 0;
    }
    if (running.state === 'stopping' && running.active !== said) {
      said = running.active;
      output.note(`  ${said} ${said === 1 ? 'request runs' : 'requests run'} …`, {
        event: 'draining',
        active_requests: said,
      });
    }
    if (clock.monotonicMs() - beganMs >= waitMs && options.force === true) {
      if (refreshUntilMs === undefined && (await isRefreshing(app))) {
        output.note('  It renews a login: what it gets is waited for.', { event: 'refreshing' });
      }
      refreshUntilMs ??= clock.monotonicMs() + refreshMs;
      if (!isKilled && (clock.monotonicMs() >= refreshUntilMs || !(await isRefreshing(app)))) {
        isKilled = killNow(pid);
      }
    } else if (clock.monotonicMs() - beganMs >= waitMs) {
      throw new OpenClawError({
        code: 'GATEWAY_STILL_STOPPING',
        message: `The gateway (pid ${pid}) still runs after ${formatDuration(waitMs)}, with ${running.active} active requests`,
      });
    }
    await sleep(clock, lookMs, signal);
  }
}

/** A store that cannot be read says nothing: it does not stand in the way of a person's wish. */
async function isRefreshing(app: App): Promise<boolean> {
  try {
    const store = app.store();
    const observed = (await store.listProfiles()).map((record) => observeRefresh(store, record));
    return (await Promise.all(observed)).some(({ isRefreshing: runs }) => runs === true);
  } catch (error) {
    if (isOpenClawError(error)) return false;
    throw error;
  }
}

/** Where the configuration says that a gateway is, and one answers that this folder knows nothing of; null: none does. */
async function whoAnswers(app: App): Promise<string | null> {
  try {
    const config = app.config();
    const url = gatewayUrl(config, resolvePort(undefined, config));
    return typeof (await probeGateway(url)) === 'string' ? null : url;
  } catch (error) {
    // Without a configuration that loads there is no address to ask, and nothing to stop either.
    if (isOpenClawError(error)) return null;
    throw error;
  }
}

function readWait(text: string | undefined): number {
  if (text === undefined) return defaultWaitMs;
  const seconds = Number(text);
  if (/^\d{1,5}$/.test(text)) return seconds * 1000;
  throw new OpenClawError({
    code: 'USAGE',
    message: `--timeout: ${quotedText(text, 20)} is no number of seconds.`,
    remedy: 'For example: `openclaw gateway stop --timeout 30`.',
  });
}
