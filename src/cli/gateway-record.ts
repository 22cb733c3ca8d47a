// Which gateway serves a state folder. Its lock is the operating system's and goes with its holder, so whether one runs
// is never guessed from a pid; the record beside it says who it is, and is believed only while the lock is held. It also
// carries what the commands wait for: ready, stopping, stopped, a restart that failed.
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { OpenClawError, isOpenClawError } from '../errors.ts';
import { sleep, type Clock } from '../platform/clock.ts';
import { acquireFileLock } from '../platform/file-lock.ts';
import { systemRandom } from '../platform/random.ts';
import { isOnReadOnlyDisk } from '../platform/read-only-disk.ts';
import { cleanText } from '../platform/text.ts';
import { isHeld } from '../store/held-lock.ts';
import { isDamage } from '../store/store-failure.ts';

const recordSchema = z.object({
  pid: z.int().check(z.positive()),
  version: z.string(),
  /** When the first process of this gateway began: a restart hands it on. */
  sinceMs: z.number(),
  /** `service`: systemd was told which process it is. */
  mode: z.enum(['foreground', 'background', 'service']),
  state: z.enum(['starting', 'ready', 'stopping', 'stopped']),
  url: z.nullable(z.string()),
  port: z.nullable(z.int()),
  /** null: it logs to the stderr of whoever started it. */
  logFile: z.nullable(z.string()),
  /** While stopping: requests that still run. When stopped: those that were cut. */
  active: z.int(),
  /** Providers that it serves by a key of its own settings and environment; absent while it starts. Names alone. */
  keyProviders: z.optional(z.array(z.string())),
  /** Restarts that were tried by this process, and why the last of them failed. */
  restartsTried: z.int(),
  restartError: z.nullable(z.string()),
});

export type GatewayRecord = z.output<typeof recordSchema>;
export type GatewayMode = GatewayRecord['mode'];

export type Presence = {
  update(changes: Partial<GatewayRecord>): void;
  /** Lets go of the lock; the record stays. */
  release(): void;
};

export type GatewayFiles = {
  readonly folder: string;
  readonly record: string;
  readonly lock: string;
  /** Held by a command that starts a gateway, so that two such commands start one. */
  readonly startLock: string;
  readonly log: string;
};

export function gatewayFiles(folder: string): GatewayFiles {
  return {
    folder,
    record: join(folder, 'gateway.json'),
    lock: join(folder, 'gateway.lock'),
    startLock: join(folder, 'start.lock'),
    log: join(folder, 'gateway.log'),
  };
}

/** Becomes the gateway of the folder; undefined when another process is it for `timeoutMs`. Throws STORE_UNREADABLE. */
export async function claimGateway(
  files: GatewayFiles,
  first: GatewayRecord,
  options: { clock: Clock; timeoutMs: number },
): Promise<Presence | undefined> {
  const unlock = await lockIn(files, files.lock, options);
  if (unlock === undefined) return undefined;
  let record = first;
  let isHere = true;
  const write = (): void => writeRecord(files.record, record);
  try {
    write();
  } catch (error) {
    unlock();
    throw unusable(error, files.record);
  }
  return {
    update(changes) {
      if (!isHere) return;
      record = { ...record, ...changes };
      write();
    },
    release() {
      isHere = false;
      unlock();
    },
  };
}

/** Whole or not at all; where the disk has no room for another file, over the one that is there. */
function writeRecord(file: string, record: GatewayRecord): void {
  const text = `${JSON.stringify(record)}\n`;
  const draft = `${file}.${record.pid}`;
  try {
    writeFileSync(draft, text, { mode: 0o600 });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['ENOSPC', 'EDQUOT'].includes(code) || !existsSync(file)) throw error;
    const fd = openSync(file, 'r+');
    try {
      ftruncateSync(fd, writeSync(fd, text, 0));
    } finally {
      closeSync(fd);
    }
  }
}

/** undefined when somebody else held the lock for `timeoutMs`. Throws STORE_UNREADABLE. */
export async function lockIn(
  files: GatewayFiles,
  lock: string,
  options: { clock: Clock; timeoutMs: number; signal?: AbortSignal },
): Promise<(() => void) | undefined> {
  try {
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    return await acquireFileLock(lock, { random: systemRandom, ...options });
  } catch (error) {
    throw unusable(error, lock);
  }
}

function isLocked(lock: string): boolean {
  try {
    return existsSync(lock) && isHeld(lock);
  } catch (error) {
    throw unusable(error, lock);
  }
}

/** What the system or SQLite says of a file of the folder, as an error that names it. */
function unusable(error: unknown, place: string): unknown {
  const isTheirs = error instanceof Error && 'code' in error && !isOpenClawError(error);
  if (!isTheirs) return error;
  const shown = cleanText(place, 300);
  if (isOnReadOnlyDisk(place)) {
    return new OpenClawError({
      code: 'STORE_UNREADABLE',
      message: `${shown} cannot be written: its disk is mounted read-only`,
      remedy: 'Mount it writable, or name a folder on another disk in OPENCLAW_STATE_DIR.',
      data: { place: shown },
    });
  }
  return new OpenClawError({
    code: 'STORE_UNREADABLE',
    message: `${shown} cannot be used (${cleanText(error.message, 200)})`,
    remedy: isDamage(error)
      ? `Nothing is kept in it: remove ${shown}, then run the command again.`
      : `See what is at ${shown}, and whether its disk is full or read-only, then run the command again.`,
    data: { place: shown },
  });
}

export type Found = {
  /** The gateway that runs. */
  running?: GatewayRecord;
  /** The last one that ran; unless it is `stopped` it was killed, or has crashed. */
  last?: GatewayRecord;
};

const settleSteps = 10;
const settleStepMs = 50;

/**
 * Looks again for a moment where lock and record do not agree: a gateway that has just begun has not written who it is,
 * and between two that hand over nobody holds the lock.
 */
export async function findGateway(files: GatewayFiles, clock: Clock): Promise<Found> {
  for (let step = 0; ; step += 1) {
    const last = readRecord(files.record);
    const held = isLocked(files.lock);
    const alive = last !== undefined && last.state !== 'stopped' && isAlive(last.pid);
    if (held && alive) return { running: last };
    if ((!held && !alive) || step === settleSteps) return last === undefined ? {} : { last };
    await sleep(clock, settleStepMs);
  }
}

/** undefined when there is none; one that no gateway of this version wrote is as good as none. */
export function readRecord(file: string): GatewayRecord | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable(error, file);
  }
  try {
    const parsed = recordSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Somebody else's process has the pid of a gateway that ended: EPERM counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
