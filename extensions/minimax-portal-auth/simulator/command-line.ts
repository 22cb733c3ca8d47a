// The simulator's flags: what they are called, what they accept, and what the one line on stdout says. Pure; the
// process around it is main.ts.
import { parseArgs } from 'node:util';
import type { Addresses } from './portal-state.ts';
import type { SimulatorOptions } from './simulator.ts';
import type { Region } from './token-families.ts';

export const HELP = `Plays MiniMax's account and API hosts on loopback.

Usage: npm run --silent simulator -- [flags]

  --port <n>             port of the account host (default 0: any free one)
  --api-port <n>         port of the API host (default 0)
  --region <name>        global or cn (default global)
  --access-ttl <time>    lifetime of access tokens (default 1h)
  --code-ttl <time>      lifetime of user codes (default 5m)
  --auto-approve <time>  approve every login by itself after this time
  --poll-interval <time> interval between polls (default 3s)
  --legacy <mode>        redirect or serve: what the old OAuth paths do (default redirect)
  --help                 this text

Times are written 500ms, 20s, 5m or 1h. Once both hosts listen, one line of JSON on stdout says where; its "config"
can be saved as openclaw.json. The approve page is on the account host, the control API under "controlUrl".
`;

export interface Command {
  readonly ports: { readonly account: number; readonly api: number };
  readonly region: Region;
  readonly options: SimulatorOptions;
}

/** A flag that cannot be followed; the message is one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const UNIT_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 365 * 86_400_000;

/** @throws UsageError */
export function parseDuration(flag: string, text: string): number {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const durationMs = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN);
  if (!(durationMs <= LONGEST_MS)) {
    throw new UsageError(`--${flag} takes a time such as 500ms, 20s, 5m or 1h, not "${text}"`);
  }
  return durationMs;
}

function parsePort(flag: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) throw new UsageError(`--${flag} takes a port from 0 to 65535, not "${text}"`);
  return port;
}

function oneOf<const Name extends string>(flag: string, names: readonly Name[], text: string): Name {
  const name = names.find((candidate) => candidate === text);
  if (name === undefined) throw new UsageError(`--${flag} takes ${names.join(' or ')}, not "${text}"`);
  return name;
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        port: { type: 'string', default: '0' },
        'api-port': { type: 'string', default: '0' },
        region: { type: 'string', default: 'global' },
        'access-ttl': { type: 'string' },
        'code-ttl': { type: 'string' },
        'auto-approve': { type: 'string' },
        'poll-interval': { type: 'string' },
        legacy: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const firstLine = reason.split(/\n|\. /, 1)[0] ?? reason;
    throw new UsageError(firstLine, { cause: error });
  }
}

/** @throws UsageError */
export function parseCommand(argv: readonly string[]): Command | 'help' {
  const flags = readFlags(argv);
  if (flags.help === true) return 'help';
  const duration = (
    flag: 'access-ttl' | 'code-ttl' | 'auto-approve' | 'poll-interval',
  ): number | undefined => {
    const text = flags[flag];
    return text === undefined ? undefined : parseDuration(flag, text);
  };
  const positive = (flag: 'access-ttl' | 'code-ttl'): number | undefined => {
    const durationMs = duration(flag);
    if (durationMs === 0) throw new UsageError(`--${flag} must be longer than nothing`);
    return durationMs;
  };
  const region = oneOf('region', ['global', 'cn'], flags.region);
  return {
    ports: { account: parsePort('port', flags.port), api: parsePort('api-port', flags['api-port']) },
    region,
    options: {
      region,
      accessTtlMs: positive('access-ttl'),
      codeTtlMs: positive('code-ttl'),
      autoApproveMs: duration('auto-approve'),
      pollIntervalMs: duration('poll-interval'),
      legacy: flags.legacy === undefined ? undefined : oneOf('legacy', ['redirect', 'serve'], flags.legacy),
    },
  };
}

/** The one line on stdout. `url` and `accountUrl` are the same; `config` stands as an openclaw.json. */
export function describeSimulator(region: Region, addresses: Addresses): string {
  const { accountUrl, apiUrl } = addresses;
  const endpoints = { accountUrl, apiUrl, authorizationUrl: `${accountUrl}/oauth2/authorize` };
  const plugin = { enabled: true, config: { allowLoopbackHttp: true, regions: { [region]: endpoints } } };
  return JSON.stringify({
    url: accountUrl,
    region,
    accountUrl,
    apiUrl,
    controlUrl: `${accountUrl}/__control`,
    config: { plugins: { entries: { 'minimax-portal-auth': plugin } } },
  });
}
