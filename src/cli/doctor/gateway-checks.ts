// The gateway: whether it runs and can serve, with which settings, who has its port, what one that ended has left, and whom
// it answers. Its service and its token have checks of their own.
import { rmSync } from 'node:fs';
import { configuredGatewayToken } from '../../app.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isOpenClawError } from '../../errors.ts';
import { isLoopbackHost } from '../../gateway/authority.ts';
import { version } from '../../version.ts';
import { gatewayUrl, resolveListening, resolvePort } from '../gateway-address.ts';
import type { Health } from '../gateway-probe.ts';
import { gatewayFiles, lockIn, type GatewayRecord } from '../gateway-record.ts';
import { formatRelative } from '../ui/duration.ts';
import { apiKeyProviders } from '../../providers/api-key.ts';
import type { Check, DoctorPorts, GatewayStanding } from './check.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';
import { findLost, judgeLost } from './lost-gateway.ts';
import { servesFromMemory, type PortStanding, type TakenPort } from './port-standing.ts';

export const gatewayCheck: Check = {
  name: 'the gateway',
  deadlineMs: 4_500,
  async run(ports) {
    let found: GatewayStanding;
    try {
      found = await ports.gateway();
    } catch (error) {
      return [findingOf('gateway.files', error)];
    }
    const loaded = isOpenClawError(ports.config) ? undefined : ports.config;
    if (found.running !== undefined) {
      return [
        ...judgeRunning(found.running, found.health ?? 'silent'),
        ...(loaded === undefined ? [] : judgeSettings(found.running, loaded)),
      ];
    }
    const lost = await findLost(found.last, ports);
    if (lost !== undefined) return [judgeLost(lost)];
    const ended = judgeEnded(found.last, ports);
    if (loaded === undefined) return [await judgeAbsence(ports), ...ended];
    const port = await ports.port();
    const absence =
      servesFromMemory(port) === true
        ? ok('gateway.running', 'one that keeps everything in memory')
        : await judgeAbsence(ports);
    return [absence, ...ended, judgePort(port)];
  },
};

export function judgeRunning(record: GatewayRecord, health: Health | 'silent' | 'other'): Finding[] {
  const at = record.url ?? 'no address yet';
  const findings: Finding[] = [];
  const logs = 'See why: `openclaw gateway logs`.';
  if (record.state === 'starting' || record.state === 'stopping') {
    findings.push({
      id: 'gateway.running',
      severity: 'info',
      text: `The gateway (process ${record.pid}) is ${record.state}.`,
      remedy: 'Look again: `openclaw gateway status`.',
    });
  } else if (health === 'silent' || health === 'other') {
    findings.push({
      id: 'gateway.running',
      severity: 'error',
      text: `The gateway (process ${record.pid}) does not answer at ${at}${health === 'other' ? '; something else does' : ''}.`,
      remedy: `Start it anew: \`openclaw gateway restart\`. One that hangs does not hear that: \`openclaw gateway stop --force --timeout 5\`, then \`openclaw gateway start\`. ${logs}`,
    });
  } else if (!health.ready) {
    findings.push({
      id: 'gateway.running',
      severity: 'error',
      text: `The gateway at ${at} cannot serve: ${shown(health.reason ?? '')}`,
      remedy: 'See how the logins are: `openclaw auth status`.',
    });
  } else
    findings.push(ok('gateway.running', `${at}, process ${record.pid}, version ${shown(record.version)}`));
  if (record.restartError !== null) {
    findings.push({
      id: 'gateway.files',
      severity: 'warning',
      text: `Its last restart failed, and the former process goes on: ${shown(record.restartError)}`,
      remedy: `Try again: \`openclaw gateway restart\`. ${logs}`,
    });
  } else findings.push(ok('gateway.files', 'its record is its own'));
  return findings;
}

export function judgeSettings(
  record: GatewayRecord,
  config: LoadedConfig,
  program: string = version,
): Finding[] {
  const differences: string[] = [];
  const isOther = record.version !== program;
  if (isOther) differences.push(`version ${shown(record.version)}, the program has ${program}`);
  if (record.port !== null) {
    try {
      const port = resolvePort(undefined, config);
      const isElsewhere = record.url !== null && record.url !== gatewayUrl(config, record.port);
      if (port !== 0 && port !== record.port)
        differences.push(`port ${record.port}, the settings say ${port}`);
      if (isElsewhere)
        differences.push(`address ${record.url}, the settings say ${gatewayUrl(config, port)}`);
    } catch (error) {
      return [findingOf('gateway.settings', error, 'warning')];
    }
  }
  if (differences.length === 0) return [ok('gateway.settings', 'it runs with what is set now')];
  return [
    {
      id: 'gateway.settings',
      // A port can have been given for this one alone, and a restart keeps it then.
      severity: isOther ? 'warning' : 'info',
      text: `The gateway runs with ${differences.join('; ')}.`,
      remedy: isOther
        ? 'Bring it up to date, without a gap: `openclaw gateway restart`.'
        : 'Unless it was started with --port on purpose, bring it up to date: `openclaw gateway restart`.',
    },
  ];
}

/** Worth a word where there is something that it could serve with. */
async function judgeAbsence({ logins, config }: DoctorPorts): Promise<Finding> {
  const keys = isOpenClawError(config) ? 0 : apiKeyProviders(config).length;
  if (keys === 0 && !(await hasLogin(logins)))
    return ok('gateway.running', 'it does not run, and has nothing to serve with');
  return {
    id: 'gateway.running',
    severity: 'info',
    text: 'No gateway runs.',
    remedy: 'Start it: `openclaw gateway start`.',
  };
}

/** A store that cannot be read is told by its own check. */
async function hasLogin(logins: DoctorPorts['logins']): Promise<boolean> {
  try {
    return (await logins()).length > 0;
  } catch (error) {
    if (isOpenClawError(error)) return false;
    throw error;
  }
}

function judgeEnded(last: GatewayRecord | undefined, { paths, clock }: DoctorPorts): Finding[] {
  if (last === undefined || last.state === 'stopped') return [ok('gateway.files', 'none was left behind')];
  const files = gatewayFiles(paths.runDir);
  return [
    {
      id: 'gateway.files',
      severity: 'warning',
      text: `The last gateway (process ${last.pid}, begun ${formatRelative(last.sinceMs, clock.nowMs())}) ended without saying so: it was killed, has crashed, or the machine went off.`,
      remedy: 'See what it said: `openclaw gateway logs`, then start it: `openclaw gateway start`.',
      fix: {
        kind: 'mend',
        does: 'Remove the record of the gateway that is gone',
        run: async () => {
          const unlock = await lockIn(files, files.lock, { clock, timeoutMs: 0 });
          if (unlock === undefined) return 'A gateway runs again: its record stays';
          try {
            rmSync(files.record, { force: true });
            return 'The record of the gateway that is gone is removed';
          } finally {
            unlock();
          }
        },
      },
    },
  ];
}

export function judgePort(found: PortStanding): Finding {
  if (found.kind === 'unknown') return findingOf('gateway.port', found.error);
  if (found.kind === 'free')
    return ok('gateway.port', found.port === 0 ? 'any free port' : `${found.port} is free`);
  const isServed = servesFromMemory(found);
  if (isServed !== true) return judgeHolder(found, isServed === 'maybe');
  const { port, holder } = found;
  return {
    id: 'gateway.port',
    severity: 'info',
    text: `A gateway that keeps everything in memory serves at port ${port}${holder === undefined ? '' : ` (process ${holder.pid})`}; no other command finds it.`,
    remedy: `It ends where it was started, with Ctrl-C. One beside it needs another port: \`openclaw gateway start --port ${otherPort(port)}\`.`,
  };
}

function judgeHolder({ port, health, holder }: TakenPort, mayBeInMemory: boolean): Finding {
  const isGateway = typeof health === 'object';
  const who =
    holder === undefined
      ? 'a program that this user may not see'
      : `${holder.program === '' ? 'a program' : holder.program} (process ${holder.pid})`;
  const whose = `of another state folder or user${mayBeInMemory ? ', or one that keeps everything in memory' : ''}`;
  const what = isGateway ? `a gateway ${whose}: ${who}` : who;
  const next = otherPort(port);
  return {
    id: 'gateway.port',
    severity: mayBeInMemory ? 'warning' : 'error',
    text: `Port ${port} of the gateway is taken by ${what}.`,
    remedy: `Stop that one, or choose another port: \`openclaw gateway start --port ${next}\`; for good: \`openclaw config set gateway.port ${next}\`.`,
  };
}

function otherPort(port: number): number {
  return port < 65_535 ? port + 1 : port - 1;
}

export const exposureCheck: Check = {
  name: 'whom the gateway answers',
  run({ app, config }) {
    if (isOpenClawError(config)) return [];
    return [judgeExposure(config, configuredGatewayToken(app))];
  },
};

function judgeExposure(config: LoadedConfig, token: string | undefined): Finding {
  try {
    const { host } = resolveListening(config, token);
    if (isLoopbackHost(host)) return ok('gateway.exposed', 'this machine only');
    return {
      id: 'gateway.exposed',
      severity: 'info',
      text: `The gateway answers other machines (${host}): whoever has its token uses your logins, and HTTP is not encrypted.`,
      remedy:
        'If that is not meant: `openclaw config set gateway.bind loopback`, then `openclaw gateway restart`.',
    };
  } catch (error) {
    return findingOf('gateway.exposed', error);
  }
}
