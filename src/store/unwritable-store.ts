// Reads a store that cannot be opened as it is meant to be, because its disk is full or read-only and has no room for
// the log's index: as it lies there, without a lock and without a trace. What was read counts only where nobody has
// written meanwhile. Nothing is ever written this way; whoever wants to write is told what stands in the way.
import { DatabaseSync } from 'node:sqlite';
import { lstatSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isDiskFault } from './store-failure.ts';

/** SQLITE_BUSY: to be tried again. */
const busy = 5;

/**
 * `check` looks through the file before it is believed. Throws `cause`, why it could not be opened, where that is not
 * the disk, or where a log lies beside the store: without it the file may be an older state.
 */
export function readUnwritable<T>(
  file: string,
  cause: unknown,
  check: (connection: DatabaseSync) => void,
  work: (connection: DatabaseSync) => T,
): T {
  if (!isDiskFault(cause)) throw cause;
  const before = markOf(file);
  if (before === undefined) throw cause;
  const address = pathToFileURL(file);
  // SQLite's own way to read what nobody changes: https://www.sqlite.org/uri.html#uriimmutable
  address.search = '?mode=ro&immutable=1';
  const db = new DatabaseSync(address, { readOnly: true });
  try {
    check(db);
    const result = work(db);
    if (markOf(file) !== before)
      throw Object.assign(new Error('it was written meanwhile'), { errcode: busy });
    return result;
  } finally {
    db.close();
  }
}

/** Changes with every write; undefined when a log holds what the file may lack, or a journal what it had before. */
function markOf(file: string): string | undefined {
  for (const ending of ['-wal', '-journal']) {
    const log = lstatSync(`${file}${ending}`, { bigint: true, throwIfNoEntry: false });
    if (log !== undefined && log.size > 0n) return undefined;
  }
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}
