// Turns what SQLite and the file system throw into the errors of the store. Nothing here reads or repairs.
import { dirname } from 'node:path';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { isOnReadOnlyDisk } from '../platform/read-only-disk.ts';
import { cleanText } from '../platform/text.ts';

const readOnlyRemedy =
  'Make {place} writable for this user: its disk may be mounted read-only. Or name a folder on another disk in OPENCLAW_STATE_DIR.';
const mountedReadOnly = 'cannot be written: its disk is mounted read-only';
const remountRemedy = 'Mount it writable, or name a folder on another disk in OPENCLAW_STATE_DIR.';

/** Primary result codes of SQLite: the lower eight bits of an extended one. */
const sqlite = {
  error: 1,
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  schema: 17,
  tooBig: 18,
  constraint: 19,
  mismatch: 20,
  auth: 23,
  notADatabase: 26,
} as const;

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  // PROTOCOL: too many processes opened the write-ahead log at the same instant.
  return code === sqlite.busy || code === sqlite.locked || code === sqlite.protocol;
}

/** What SQLite says of a file that is broken, or none of its own. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === sqlite.corrupt || code === sqlite.notADatabase;
}

/** The disk is full, failing or read-only; what lies there may be sound. */
export function isDiskFault(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === sqlite.readOnly || code === sqlite.cannotOpen || code === sqlite.io || code === sqlite.full;
}

/** `place` is the file or folder that a person would mend. */
export function storeFailure(error: unknown, place: string): unknown {
  if (isOpenClawError(error)) return error;
  const shown = cleanText(place, 300);
  const detail = cleanText(error instanceof Error ? error.message : String(error), 200);
  if (isBusy(error)) {
    return new OpenClawError({ code: 'STORE_BUSY', message: `The store ${shown} is busy` });
  }
  switch (isOutOfRange(error) ? sqlite.corrupt : sqliteCode(error)) {
    case sqlite.corrupt:
    case sqlite.notADatabase:
    // Every statement fits the schema, and every value its column: what does not fit is the file.
    case sqlite.error:
    case sqlite.schema:
    case sqlite.tooBig:
    case sqlite.constraint:
    case sqlite.mismatch:
      return new OpenClawError({
        code: 'STORE_CORRUPT',
        message: `The store ${shown} is damaged (${detail})`,
        // The whole folder is what one moves aside: a database without its log is half a store.
        data: { place: dirname(shown) },
      });
    case sqlite.readOnly:
    case sqlite.cannotOpen:
      if (isOnReadOnlyDisk(place)) return unreadable(shown, mountedReadOnly, remountRemedy);
      if (sqliteCode(error) === sqlite.cannotOpen)
        return unreadable(shown, `cannot be opened for reading and writing (${detail})`);
      return unreadable(shown, `cannot be written (${detail})`, readOnlyRemedy);
    case sqlite.perm:
    case sqlite.auth:
      return unreadable(shown, `cannot be opened for reading and writing (${detail})`);
    case sqlite.full:
      return diskFull(shown, detail);
    case sqlite.io:
      return new OpenClawError({
        code: 'STORE_UNREADABLE',
        message: `The store ${shown} cannot be used (${detail})`,
        remedy: `See whether the disk that holds ${shown} is full or failing, then run the command again.`,
        data: { place: shown },
      });
    default:
  }
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(shown, detail);
  if (code === 'EROFS') return unreadable(shown, mountedReadOnly, remountRemedy);
  return code !== undefined && /^E[A-Z]+$/.test(code)
    ? unreadable(shown, `cannot be used (${detail})`)
    : error;
}

export function unreadable(place: string, reason: string, remedy?: string): OpenClawError {
  const shown = cleanText(place, 300);
  return new OpenClawError({
    code: 'STORE_UNREADABLE',
    message: `The store ${shown} ${reason}`,
    ...(remedy === undefined ? {} : { remedy }),
    data: { place: shown },
  });
}

/**
 * A login whose row is not what this program wrote, while the store around it is sound: only that login is lost, and a
 * new one under its name keeps a copy of the store before it takes its place.
 */
export function damagedRow(id: string, known: { place?: string; detail?: OpenClawError }): OpenClawError {
  const name = cleanText(id, 120);
  const shown = cleanText(known.place ?? '', 300);
  return new OpenClawError({
    code: 'STORE_CORRUPT',
    message:
      known.detail?.message ??
      `The stored login ${name} is damaged: its row in ${shown} does not match its checksum`,
    remedy: `Nothing was overwritten. Restore {place} from a backup, or log in again, which keeps a copy of the store: \`openclaw auth login --profile-id ${name}\`.`,
    data: { place: dirname(shown), ...known.detail?.data, profileId: name },
  });
}

/** Where the key is kept is not known any more; no guess is made, and no second key. */
export function damagedKeyRecord(place: string): OpenClawError {
  const shown = cleanText(place, 300);
  return new OpenClawError({
    code: 'STORE_CORRUPT',
    message: `The store ${shown} is damaged: the row that tells where its key is kept is gone or is not what was written`,
    data: { place: dirname(shown) },
  });
}

function diskFull(shown: string, detail: string): OpenClawError {
  return new OpenClawError({
    code: 'STORE_UNREADABLE',
    message: `The store ${shown} could not be written (${detail})`,
    remedy: `Free space on the disk that holds ${shown}, then run the command again.`,
    data: { place: shown },
  });
}

/** An integer that no number of JavaScript holds; the store writes none. */
function isOutOfRange(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ERR_OUT_OF_RANGE';
}

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
