// The gateway: whether it runs and can serve, with which settings, who has its port, what one that ended has left, whom it
// answers, and whether the file of its service leads anywhere.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { configuredGatewayToken } from '../../app.ts';
import type { LoadedConfig } from '../../config/load.ts';
import { isOpenClawError } from '../../errors.ts';
import { isLoopbackHost } from '../../gateway/authority.ts';
import { version } from '../../version.ts';
import { gatewayUrl, resolveListening, resolvePort } from '../gateway-address.ts';
import { probeGateway, type Health } from '../gateway-probe.ts';
import { findGateway, gatewayFiles, lockIn, type GatewayRecord } from '../gateway-record.ts';
import { describeService } from '../gateway-service-file.ts';
import { formatRelative } from '../ui/duration.ts';
import { lowerFirst } from '../ui/sentence.ts';
import type { Check, DoctorPorts } from './check.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';
import { findPortHolder, type PortHolder } from './port-holder.ts';

export const gatewayCheck: Check = {
  name: 'the gateway',
  deadlineMs: 4_500,
  async run(ports) {
    const { paths, clock, config } = ports;
    const files = gatewayFiles(paths.runDir);
    let found: Awaited<ReturnType<typeof findGateway>>;
    try {
      found = existsSync(files.folder) ? await findGateway(files, clock) : {};
    } catch (error) {
      return [findingOf('gateway.files', error)];
    }
    const loaded = isOpenClawError(config) ? undefined : config;
    if (found.running !== undefined) {
      const { url } = found.running;
      const health = url === null ? 'silent' : await probeGateway(url);
      return [
        ...judgeRunning(found.running, health),
        ...(loaded === undefined ? [] : judgeSettings(found.running, loaded)),
      ];
    }
    return [
      ...judgeEnded(found.last, ports),
      ...(loaded === undefined ? [] : await judgePort(loaded, ports)),
    ];
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

function judgeEnded(last: GatewayRecord | undefined, { paths, clock }: DoctorPorts): Finding[] {
  const notRunning = ok('gateway.running', 'it does not run: openclaw gateway start');
  if (last === undefined || last.state === 'stopped') {
    return [notRunning, ok('gateway.files', 'none was left behind')];
  }
  const files = gatewayFiles(paths.runDir);
  return [
    notRunning,
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
          if (unlock === undefined) return 'a gateway runs again: its record stays';
          try {
            rmSync(files.record, { force: true });
            return 'the record of the gateway that is gone is removed';
          } finally {
            unlock();
          }
        },
      },
    },
  ];
}

async function judgePort(config: LoadedConfig, ports: DoctorPorts): Promise<Finding[]> {
  let port: number;
  let url: string;
  try {
    port = resolvePort(undefined, config);
    url = gatewayUrl(config, port);
  } catch (error) {
    return [findingOf('gateway.port', error)];
  }
  if (port === 0 || !(await isTaken(new URL(url).hostname, port, ports))) {
    return [ok('gateway.port', port === 0 ? 'any free port' : `${port} is free`)];
  }
  // First: what does not answer may be gone when it has been waited for.
  const holder = ports.platform === 'linux' ? findPortHolder(port) : undefined;
  const health = await probeGateway(url);
  return [judgeHolder(port, health, holder)];
}

export function judgeHolder(
  port: number,
  health: Health | 'silent' | 'other',
  holder: PortHolder | undefined,
): Finding {
  const isGateway = typeof health === 'object';
  const who =
    holder === undefined
      ? 'a program that this user may not see'
      : `${holder.program === '' ? 'a program' : holder.program} (process ${holder.pid})`;
  const what = isGateway ? `a gateway of another state folder or user: ${who}` : who;
  const next = port < 65_535 ? port + 1 : port - 1;
  return {
    id: 'gateway.port',
    severity: 'error',
    text: `Port ${port} of the gateway is taken by ${what}.`,
    remedy: `Stop that one, or choose another port: \`openclaw gateway start --port ${next}\`; for good: \`openclaw config set gateway.port ${next}\`.`,
  };
}

const connectWithinMs = 1_000;

function isTaken(hostname: string, port: number, { clock }: DoctorPorts): Promise<boolean> {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (taken: boolean): void => {
      cancel();
      socket.destroy();
      resolve(taken);
    };
    const cancel = clock.setTimer(() => finish(false), connectWithinMs);
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
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

export const serviceCheck: Check = {
  name: 'the service',
  run({ platform, homeDir, processEnv, installation }) {
    const service = describeService(platform, {
      homeDir,
      env: processEnv,
      node: process.execPath,
      main: installation.main,
    });
    if (service === undefined || !existsSync(service.path))
      return [ok('gateway.service', 'none is installed')];
    return [judgeService(service, readFileSync(service.path, 'utf8'))];
  },
};

export function judgeService(
  service: { readonly path: string; readonly text: string; readonly kind: 'systemd' | 'launchd' },
  text: string,
): Finding {
  const remedy = 'Write it anew: `openclaw gateway install`, then do what that prints.';
  const place = shown(service.path);
  const gone = programsIn(service.kind, text).find((path) => !existsSync(path));
  if (gone !== undefined) {
    return {
      id: 'gateway.service',
      severity: 'error',
      text: `${place} starts ${shown(gone)}, which is not there.`,
      remedy,
    };
  }
  if (text === service.text) return ok('gateway.service', place);
  return {
    id: 'gateway.service',
    severity: 'info',
    text: `${place} is not what would be written now: it was changed by hand, or made with other settings or by another version.`,
    remedy: `If you have not changed it: ${lowerFirst(remedy)}`,
  };
}

/** The absolute paths of the command line: Node's and the program's. */
function programsIn(kind: 'systemd' | 'launchd', text: string): string[] {
  if (kind === 'launchd') {
    const words = /<key>ProgramArguments<\/key>\s*<array>([^]*?)<\/array>/.exec(text)?.[1] ?? '';
    return [...words.matchAll(/<string>(\/[^<]*)<\/string>/g)].map((match) =>
      (match[1] ?? '').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    );
  }
  const line = /^ExecStart=(.*)$/m.exec(text)?.[1] ?? '';
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)]
    .map((match) =>
      (match[1] ?? match[2] ?? '').replaceAll(/\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'),
    )
    .filter((word) => word.startsWith('/'));
}
