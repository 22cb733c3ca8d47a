// Turns what SQLite and the file system throw into the errors of the store. Nothing here reads or repairs.
import { dirname } from 'node:path';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';

/** Primary result codes of SQLite: the lower eight bits of an extended one. */
const sqlite = {
  perm: 3,
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  protocol: 15,
  auth: 23,
  notADatabase: 26,
} as const;

export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error);
  // PROTOCOL: too many processes opened the write-ahead log at the same instant.
  return code === sqlite.busy || code === sqlite.locked || code === sqlite.protocol;
}

/** `place` is the file or folder that a person would mend. */
export function storeFailure(error: unknown, place: string): unknown {
  if (isOpenClawError(error)) return error;
  const shown = cleanText(place, 300);
  const detail = cleanText(error instanceof Error ? error.message : String(error), 200);
  if (isBusy(error)) {
    return new OpenClawError({ code: 'STORE_BUSY', message: `The store ${shown} is busy` });
  }
  switch (sqliteCode(error)) {
    case sqlite.corrupt:
    case sqlite.notADatabase:
      return new OpenClawError({
        code: 'STORE_CORRUPT',
        message: `The store ${shown} is damaged (${detail})`,
        // The whole folder is what one moves aside: a database without its log is half a store.
        data: { place: dirname(shown) },
      });
    case sqlite.perm:
    case sqlite.readOnly:
    case sqlite.cannotOpen:
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
  return code !== undefined && /^E[A-Z]+$/.test(code)
    ? unreadable(shown, `cannot be used (${detail})`)
    : error;
}

export function unreadable(place: string, reason: string): OpenClawError {
  const shown = cleanText(place, 300);
  return new OpenClawError({
    code: 'STORE_UNREADABLE',
    message: `The store ${shown} ${reason}`,
    data: { place: shown },
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

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}
