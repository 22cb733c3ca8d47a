// What the command line of the endurance run may say: flags, their defaults, and what is a mistake.
import { parseArgs } from 'node:util';

/** Who starts the gateway anew: one that is told of the main process, as systemd, or one that waits for its child. */
export type Manager = 'systemd' | 'parent';

export type EnduranceOptions = {
  readonly seconds: number;
  readonly connections: number;
  readonly manager: Manager;
  readonly seed: number;
  readonly json: boolean;
};

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `npm run endurance [-- flags]
  --seconds N      how long the load lasts (180)
  --connections N  how many clients keep a connection each (64)
  --manager NAME   systemd: told which process is the main one; parent: waits for its own child (systemd)
  --seed N         repeats the choice of requests, not their timing (chosen and printed)
  --json           one JSON document on stdout instead of tables`;

/** @throws UsageError */
export function parseOptions(argv: readonly string[], freshSeed: () => number): EnduranceOptions | 'help' {
  const flags = readFlags(argv);
  if (flags.help === true) return 'help';
  const { manager } = flags;
  if (manager !== 'systemd' && manager !== 'parent')
    throw new UsageError('--manager must be systemd or parent');
  return {
    // A shorter one has no room for three interruptions and a life between them.
    seconds: number('seconds', flags.seconds, { low: 20, high: 86_400 }),
    connections: number('connections', flags.connections, { low: 1, high: 1_000 }),
    manager,
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
        seconds: { type: 'string', default: '180' },
        connections: { type: 'string', default: '64' },
        manager: { type: 'string', default: 'systemd' },
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
