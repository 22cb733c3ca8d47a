// `gateway status`: who serves this state folder, by its lock, and how it is, by asking the address that it has bound. What
// the configuration says by now counts only where no gateway runs, or another port is asked for.
import type { App } from '../../app.ts';
import { isOpenClawError, OpenClawError } from '../../errors.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { gatewayUrl, resolvePort } from '../gateway-address.ts';
import { nextPort } from '../../gateway/listen.ts';
import { probeGateway } from '../gateway-probe.ts';
import { findGateway, gatewayFiles, type GatewayRecord } from '../gateway-record.ts';
import { openApp } from '../open-app.ts';
import { formatDuration, formatRelative } from '../ui/duration.ts';

export async function gatewayStatus(
  context: CommandContext,
  options: OutputOptions & { port?: string },
): Promise<number> {
  const output = createOutput(context, options);
  const { clock } = context;
  const app = openApp(context, options);
  const found = await findGateway(gatewayFiles(app.paths.runDir), clock);
  const { running, url } = whoIsAsked(app, found.running, options.port);
  const health = url === null ? 'silent' : await probeGateway(url);
  if (running === undefined && url !== null && (health === 'silent' || health === 'other')) {
    const silence = url.endsWith(':0') ? 'No gateway runs.' : `Nothing answers on ${url}.`;
    const answer = health === 'silent' ? silence : `Another program answers on ${url}, not the gateway.`;
    const past = options.port === undefined ? describeEnd(found.last, clock.nowMs()) : '';
    const remedy = remedyFor(url, health, found.running);
    throw new OpenClawError({ code: 'GATEWAY_NOT_RUNNING', message: `${answer}${past}`, ...remedy });
  }
  const isHere = typeof health !== 'string';
  const isReady = isHere && health.ready && running?.state !== 'stopping';
  const reason = reasonOf(running, health);

  output.line(url === null ? 'The gateway has no address yet.' : `The gateway runs on ${url}.`);
  output.line(isReady ? '  It can serve.' : `  It cannot serve: ${reason}.`);
  if (running !== undefined) {
    const age = formatDuration(clock.nowMs() - running.sinceMs);
    output.line(`  Process  ${running.pid}, ${placeOf(running)}, version ${running.version}`);
    output.line(`  Since    ${new Date(running.sinceMs).toISOString()} (${age})`);
  } else {
    output.line('  It is not the gateway of this state folder: `stop` and `restart` do not reach it.');
  }
  const active = (isHere ? health.activeRequests : running?.active) ?? null;
  if (active !== null) output.line(`  Active   ${active} ${active === 1 ? 'request' : 'requests'}`);
  if (running?.logFile) output.line(`  Log      ${running.logFile}`);
  if (running?.restartError) output.line(`  The last restart failed: ${running.restartError}`);
  const configError = running === undefined ? undefined : whatConfigSays(app);
  if (configError !== undefined) {
    output.line(
      `  ${output.style.warn('openclaw.json does not load')}: it goes on with the settings that it had.`,
    );
    output.line('  See what is wrong: openclaw config validate');
  }
  output.result({
    running: true,
    url,
    port: url === null ? null : Number(new URL(url).port || 80),
    ready: isReady,
    reason: isReady ? null : reason,
    active_requests: active,
    pid: running?.pid ?? null,
    mode: running?.mode ?? null,
    state: running?.state ?? null,
    version: running?.version ?? null,
    since: running === undefined ? null : new Date(running.sinceMs).toISOString(),
    log_file: running?.logFile ?? null,
    restart_error: running?.restartError ?? null,
    config_error: configError?.message ?? null,
  });
  return isReady ? 0 : 1;
}

/** Why the file as it is would not load: a gateway that runs keeps what it had. */
function whatConfigSays(app: App): OpenClawError | undefined {
  try {
    app.config();
    return undefined;
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    return error;
  }
}

type Asked = { running: GatewayRecord | undefined; url: string | null };

/** A port that is asked for can be that of this folder's own gateway. */
function whoIsAsked(app: App, own: GatewayRecord | undefined, port: string | undefined): Asked {
  if (own !== undefined && port === undefined) return { running: own, url: own.url };
  const config = app.config();
  const url = gatewayUrl(config, resolvePort(port, config));
  return { running: own?.url === url ? own : undefined, url };
}

/** `start` is no help where another program has the port, nor where this folder's gateway runs elsewhere. */
function remedyFor(
  url: string,
  health: 'silent' | 'other',
  own: GatewayRecord | undefined,
): { remedy?: string } {
  if (own !== undefined) {
    return { remedy: 'The gateway of this state folder is another one: `openclaw gateway status`.' };
  }
  if (health === 'silent') return {};
  const port = nextPort(Number(new URL(url).port || 80));
  return {
    remedy: `Stop that program or choose another port: \`openclaw gateway start --port ${port}\`.`,
  };
}

function reasonOf(
  running: GatewayRecord | undefined,
  health: Awaited<ReturnType<typeof probeGateway>>,
): string {
  if (running?.state === 'stopping') return 'it is stopping';
  if (running?.state === 'starting') return 'it is starting';
  if (typeof health === 'string') return 'its port does not answer';
  return health.reason ?? '';
}

function placeOf({ mode }: GatewayRecord): string {
  if (mode === 'service') return 'as a service';
  return mode === 'background' ? 'in the background' : 'in the foreground';
}

/** A gateway that was killed cannot say so itself. */
function describeEnd(last: GatewayRecord | undefined, nowMs: number): string {
  if (last === undefined || last.state === 'stopped') return '';
  const since = formatRelative(last.sinceMs, nowMs);
  return ` The last gateway (pid ${last.pid}, begun ${since}) ended without a word: it was killed, or it crashed.`;
}
