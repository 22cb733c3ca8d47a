// The activity file, `<state folder>/activity.sqlite`: opened when first needed, begun anew when it is damaged, opened
// again when another has taken its name. Calls are synchronous and short; a busy file is an error and not a wait, unless
// asked for. Which tables there are is in activity-schema.ts; no login is in this file, or depends on it.
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, renameSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { OpenClawError } from '../errors.ts';
import { cleanText } from '../platform/text.ts';
import { activityTables, activityVersion } from './activity-schema.ts';
import { isDamage, storeFailure, unreadable } from './store-failure.ts';
import { inTransaction } from './transaction.ts';

export type ActivityDatabaseOptions = {
  /** `look`: reads what is there, and never makes, mends or writes anything. */
  mode: 'look' | 'keep';
  /** How long a call may hold the process while another one writes; 0. */
  busyWaitMs?: number;
  warn: (message: string) => void;
};

/** Errors of every call: STORE_UNREADABLE, STORE_BUSY, STORE_NEWER; not damage, which begins the file anew. */
export type ActivityDatabase = {
  /** undefined, without calling `work`, when there is no file. */
  read<T>(work: (connection: DatabaseSync) => T): T | undefined;
  /** One transaction; makes the file when there is none. What `work` throws rolls it back. May call `work` again. */
  write<T>(work: (connection: DatabaseSync) => T): T;
  /** Changes after any other process, or connection, has written; one lstat and one PRAGMA. */
  changeMark(): string;
  close(): void;
};

/** `OCav`, in the file's header. */
const applicationId = 0x4f_43_61_76;
const fileMode = 0o600;

type Connection = { db: DatabaseSync; identity: string };

/** `stateDir` undefined keeps everything in memory, for a program that writes nothing. Does no I/O by itself. */
export function openActivityDatabase(
  stateDir: string | undefined,
  options: ActivityDatabaseOptions,
): ActivityDatabase {
  const file = stateDir === undefined ? memory : join(stateDir, 'activity.sqlite');
  const timeout = options.busyWaitMs ?? 0;
  let current: Connection | undefined;
  let isClosed = false;
  let lastTried: string | undefined;

  const drop = (): void => {
    current?.db.close();
    current = undefined;
  };

  /** The connection to what lies there now; undefined when nothing does. */
  const connect = (): Connection | undefined => {
    if (isClosed) throw new OpenClawError({ code: 'INTERNAL', message: 'The activity file was closed' });
    if (file === memory) return (current ??= { db: openMemory(), identity: memory });
    const identity = identityOf(look(file));
    if (current?.identity !== identity) drop();
    if (identity === undefined) return undefined;
    lastTried = identity;
    const db =
      current?.db ?? (options.mode === 'look' ? openToLook(file, timeout) : openToKeep(file, timeout));
    return (current ??= { db, identity });
  };

  /** Damage loses what may be lost, once; the second time it is the disk. */
  const mending = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (file === memory || !isDamage(error)) throw storeFailure(error, file);
      if (options.mode === 'look') throw unreadable(file, 'is damaged', damageRemedy);
      drop();
      try {
        // Unless another process has just done the same.
        if (identityOf(look(file)) === lastTried) {
          moveAside(file);
          options.warn(
            `${cleanText(file, 300)} was damaged and is begun anew: cooldowns and usage are lost, no login is`,
          );
        }
        return work();
      } catch (again) {
        throw storeFailure(again, file);
      }
    }
  };

  return {
    read: (work) =>
      mending(() => {
        const connection = connect();
        return connection === undefined ? undefined : work(connection.db);
      }),
    write: (work) =>
      mending(() => {
        if (options.mode === 'look') throw unreadable(file, 'was opened to be read');
        if (connect() === undefined) makeFile(stateDir ?? '.', file);
        const connection = connect();
        if (connection === undefined) throw unreadable(file, 'went away while it was made');
        return inTransaction(connection.db, work);
      }),
    changeMark: () =>
      mending(() => {
        const connection = connect();
        if (connection === undefined) return 'none';
        const row = connection.db.prepare('PRAGMA data_version').get() as { data_version: number };
        return `${connection.identity}:${row.data_version}`;
      }),
    close() {
      isClosed = true;
      drop();
    },
  };
}

const memory = ':memory:';
const damageRemedy =
  'No login is in it, and a gateway that runs begins it anew. To do so now: `openclaw auth clear-cooldown`.';

function openMemory(): DatabaseSync {
  const db = new DatabaseSync(memory);
  db.exec(activityTables);
  return db;
}

/** A disk that is read-only has no room for the log's index: the file is then read as it is, without its log. */
function openToLook(file: string, timeout: number): DatabaseSync {
  if (look(file)?.isFile() !== true) throw unreadable(file, 'is not a regular file');
  try {
    return identified(new DatabaseSync(address(file, 'mode=ro'), { timeout, readOnly: true }), file);
  } catch (error) {
    if (isDamage(error) || error instanceof OpenClawError) throw error;
    return identified(new DatabaseSync(address(file, 'mode=ro&immutable=1'), { readOnly: true }), file);
  }
}

function identified(db: DatabaseSync, file: string): DatabaseSync {
  try {
    identify(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function openToKeep(file: string, timeout: number): DatabaseSync {
  secure(file);
  const db = new DatabaseSync(address(file, 'mode=rw'), { timeout });
  try {
    identify(db, file);
    const found = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string } | undefined;
    if (found !== undefined && found.quick_check !== 'ok') throw damaged(found.quick_check);
    // Losing the last second to a power cut is no loss here; a damaged file after it would be.
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON',
    );
    db.exec(
      `BEGIN IMMEDIATE; ${activityTables} PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${activityVersion}; COMMIT`,
    );
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** An empty file is one that its maker has not finished. */
function identify(db: DatabaseSync, file: string): void {
  const { application_id: id } = db.prepare('PRAGMA application_id').get() as { application_id: number };
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (id === 0 && version === 0 && db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined) return;
  if (id !== applicationId) throw damaged('it was written by another program');
  if (version > activityVersion) {
    throw new OpenClawError({
      code: 'STORE_NEWER',
      message: `${cleanText(file, 300)} has version ${version}, and this program knows version ${activityVersion}`,
    });
  }
}

/** Makes the file before SQLite does: its log and index take over the mode that it has. */
function makeFile(folder: string, file: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(file, 'ax', fileMode));
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** The one copy that is kept of a damaged file takes the place of an older one. */
function moveAside(file: string): void {
  for (const ending of ['', '-wal', '-shm']) {
    try {
      renameSync(`${file}${ending}`, `${file}.damaged${ending}`);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

function secure(file: string): void {
  const stat = look(file);
  if (stat === undefined) return;
  if (!stat.isFile()) throw unreadable(file, 'is not a regular file');
  const self = process.geteuid?.();
  if (self !== undefined && stat.uid !== self && self !== 0)
    throw unreadable(file, 'belongs to another user');
  if ((stat.mode & 0o077) !== 0 && process.platform !== 'win32') chmodSync(file, fileMode);
}

function address(file: string, search: string): URL {
  const url = pathToFileURL(file);
  url.search = `?${search}`;
  return url;
}

function look(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

function identityOf(stat: Stats | undefined): string | undefined {
  return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
}

function damaged(detail: string): Error {
  return Object.assign(new Error(detail), { errcode: 11 });
}
