// What the command line of the torture may say: flags, their defaults, and what is a mistake.
import { parseArgs } from 'node:util';

export type ServerName = 'simulator' | 'oidc';

export type TortureOptions = {
  readonly seconds: number;
  readonly processes: number;
  readonly servers: readonly ServerName[];
  readonly seed: number;
  readonly json: boolean;
};

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `npm run torture [-- flags]
  --seconds N      how long each server is played against (20)
  --processes N    how many processes share the login (8)
  --server NAME    simulator, oidc or both (both)
  --seed N         repeats the order of disturbances of a run, not its timing (chosen and printed)
  --json           one JSON document on stdout instead of tables`;

/** @throws UsageError */
export function parseOptions(argv: readonly string[], freshSeed: () => number): TortureOptions | 'help' {
  const flags = readFlags(argv);
  if (flags.help === true) return 'help';
  return {
    seconds: number('seconds', flags.seconds, { low: 1, high: 86_400 }),
    processes: number('processes', flags.processes, { low: 1, high: 64 }),
    servers: serversOf(flags.server),
    seed: flags.seed === undefined ? freshSeed() : number('seed', flags.seed, { low: 0, high: 2 ** 32 - 1 }),
    json: flags.json === true,
  };
}

function readFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: false,
      options: {
        seconds: { type: 'string', default: '20' },
        processes: { type: 'string', default: '8' },
        server: { type: 'string', default: 'both' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(reason.split(/\n|\. /, 1)[0] ?? reason, { cause: error });
  }
}

function number(flag: string, text: string, range: { low: number; high: number }): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= range.low && value <= range.high) return value;
  throw new UsageError(`--${flag} must be a whole number from ${range.low} to ${range.high}`);
}

function serversOf(text: string): readonly ServerName[] {
  if (text === 'both') return ['simulator', 'oidc'];
  if (text === 'simulator' || text === 'oidc') return [text];
  throw new UsageError('--server must be simulator, oidc or both');
}
