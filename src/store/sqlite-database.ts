// One connection to the store's SQLite file: opened when first needed, looked through by a connection that cannot write
// before it is believed, opened again when another file has taken its name. Bounded, non-blocking waits; transactions.
// What the tables mean is decided in sqlite-store.ts, who may touch the files in store-place.ts.
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { OpenClawError, toOpenClawError } from '../errors.ts';
import { sleep } from '../platform/clock.ts';
import type { Clock } from '../platform/clock.ts';
import type { Random } from '../platform/random.ts';
import { schema, schemaVersion, tables } from './schema.ts';
import { isHeld } from './held-lock.ts';
import { oldestVersion, upgradeStore } from './schema-upgrade.ts';
import { isBusy, storeFailure } from './store-failure.ts';
import type { StorePlace } from './store-place.ts';
import { inTransaction } from './transaction.ts';
import { readUnwritable } from './unwritable-store.ts';

/** Errors of every call: STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_BUSY. */
export type SqliteDatabase = {
  /** Whether there is a store, on disk or in memory. */
  isThere(): boolean;
  isInMemory(): boolean;
  /** Makes the store on disk. The caller holds the lock that keeps others from doing the same. */
  create(): void;
  /** Goes on in memory from here, and leaves the disk alone. */
  createInMemory(): void;
  /** undefined, without calling `work`, when there is no store. Also where the disk is full or read-only. */
  read<T>(work: (connection: DatabaseSync) => T): Promise<T | undefined>;
  /** One transaction, durable when this resolves; what `work` throws rolls it back. May call `work` again. */
  write<T>(work: (connection: DatabaseSync) => T): Promise<T | undefined>;
  /** Why the last read found a store that nothing can be written to; undefined: it can, as far as a read tells. */
  whyUnwritable(): OpenClawError | undefined;
  /** Moves what the log holds into the file and cuts it, as far as other processes let it. */
  forgetLog(): Promise<void>;
  /** See CredentialStore. */
  prove(): Promise<void>;
  /** A copy of the store as it is, damaged rows included, beside it; resolves with its path, when it is durable. */
  copyAside(): Promise<string>;
  /** See CredentialStore. */
  changeCounter(): number;
  close(): void;
};

/** `OCac`, in the file's header: tells a store of this program from any other database. */
const applicationId = 0x4f_43_61_63;
/** How long an operation waits for other processes, in turns that leave the event loop free. */
const busyWaitMs = 5_000;

type Connection = { db: DatabaseSync; identity: string; dataVersion: StatementSync };

export function createSqliteDatabase(deps: {
  readonly place: StorePlace;
  readonly clock: Clock;
  readonly random: Random;
  /** Whatever lies on the disk is no matter of a process that is to write nothing. */
  readonly isInMemoryAlone?: boolean;
}): SqliteDatabase {
  const { place, clock, random, isInMemoryAlone } = deps;
  let current: Connection | undefined;
  let isClosed = false;
  let ownWrites = 0;
  let lastCounter = 0;
  let unwritable: OpenClawError | undefined;

  const isInMemory = (): boolean => current?.identity === memory;

  /** The connection to what lies at the store's place now. */
  const connect = (): Connection | undefined => {
    if (isClosed) throw new OpenClawError({ code: 'INTERNAL', message: 'The store was closed' });
    if (isInMemory()) return current;
    const identity = isInMemoryAlone === true ? undefined : place.identity();
    if (current !== undefined && current.identity !== identity) {
      // Moved aside or restored from a backup while it was open: what lies there now is the store.
      current.db.close();
      current = undefined;
      ownWrites = lastCounter;
    }
    if (identity === undefined) return undefined;
    if (current !== undefined) return current;
    try {
      return (current = open(identity));
    } catch (error) {
      // Gone or exchanged between the look and the opening: what lies there now is the store.
      if (place.identity() === identity) throw error;
      return connect();
    }
  };

  const open = (identity: string): Connection => {
    place.secure();
    if (place.hasJournal()) rollBack(place.file);
    // A connection that can write would move the log into a file that it refuses, when it is closed.
    const reader = new DatabaseSync(place.file, { timeout: 0, readOnly: true });
    try {
      // As of one moment: another process may be bringing it up to date.
      reader.exec('BEGIN');
      lookThrough(reader, identify(reader, place));
    } finally {
      reader.close();
    }
    // Never makes a file: an empty one would stand in the way of the next store.
    const address = pathToFileURL(place.file);
    address.search = '?mode=rw';
    const db = new DatabaseSync(address, { timeout: 0 });
    try {
      if (identify(db, place) < schemaVersion)
        upgrade(db, () => place.lockFiles().some((file) => file !== place.lockFile('key') && isHeld(file)));
      // A store that was copied by SQLite itself comes back without its log.
      db.exec('PRAGMA journal_mode = WAL');
      return configure(db, identity);
    } catch (error) {
      db.close();
      throw error;
    }
  };

  const patiently = async <T>(work: () => T): Promise<T> => {
    const deadlineMs = clock.monotonicMs() + busyWaitMs;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || clock.monotonicMs() >= deadlineMs) throw storeFailure(error, place.file);
      }
      await sleep(clock, 2 + random.fraction() * 10);
    }
  };

  const read = <T>(work: (connection: DatabaseSync) => T): Promise<T | undefined> =>
    patiently(() => {
      unwritable = undefined;
      let connection: Connection | undefined;
      try {
        connection = connect();
      } catch (error) {
        const check = (db: DatabaseSync): void => {
          // An older one would have to be brought up to date first.
          if (identify(db, place) !== schemaVersion) throw error;
          lookThrough(db);
        };
        const result = readUnwritable(place.file, error, check, work);
        unwritable = toOpenClawError(storeFailure(error, place.file));
        return result;
      }
      return connection === undefined ? undefined : work(connection.db);
    });

  const write = <T>(work: (connection: DatabaseSync) => T): Promise<T | undefined> =>
    patiently(() => {
      const connection = connect();
      if (connection === undefined) return undefined;
      const result = inTransaction(connection.db, work);
      ownWrites += 1;
      return result;
    });

  return {
    isThere: () => connect() !== undefined,
    isInMemory,
    create() {
      place.install((file) => {
        const db = new DatabaseSync(file);
        try {
          db.exec('PRAGMA journal_mode = WAL');
          db.exec(`BEGIN IMMEDIATE; ${schema} ${stamp} COMMIT`);
        } finally {
          db.close();
        }
      });
    },
    createInMemory() {
      current?.db.close();
      const db = new DatabaseSync(memory);
      db.exec(`${schema} ${stamp}`);
      current = configure(db, memory);
    },
    read,
    write,
    whyUnwritable: () => unwritable,
    async forgetLog() {
      // A reader in another process keeps its part of the log: SQLite does what it can and reports the rest in a row.
      if (!isInMemory()) await read((db) => db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get());
    },
    async prove() {
      await read(lookThrough);
      if (!isInMemory()) await write(writeAndRemove);
    },
    async copyAside() {
      const copied = await read((db) =>
        place.copyAside((file) => void db.prepare('VACUUM INTO ?').run(file)),
      );
      return copied ?? place.file;
    },
    changeCounter() {
      try {
        const connection = connect();
        if (connection === undefined) return (lastCounter = ownWrites);
        const row = connection.dataVersion.get() as { data_version: number };
        // data_version tells of other connections only; both only rise, and so does their sum.
        lastCounter = ownWrites + row.data_version;
      } catch (error) {
        // Another process recovers or truncates the log: what it changed shows in the next call.
        if (!isBusy(error)) throw storeFailure(error, place.file);
      }
      return lastCounter;
    },
    close() {
      isClosed = true;
      current?.db.close();
      current = undefined;
    },
  };
}

/** Whoever was killed in the middle of a transaction without a log has left what the file was: only a writer puts it back. */
function rollBack(file: string): void {
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    db.prepare('SELECT count(*) FROM sqlite_schema').get();
  } finally {
    db.close();
  }
}

const memory = ':memory:';
const stamp = `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${schemaVersion};`;

function configure(db: DatabaseSync, identity: string): Connection {
  db.exec(
    'PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; ' +
      'PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; ' +
      // What is saved is in the file itself at once: a backup that leaves out the log, or a log that is lost, loses little.
      'PRAGMA wal_autocheckpoint = 1',
  );
  return { db, identity, dataVersion: db.prepare('PRAGMA data_version') };
}

/** Reads the header only: a file that is not ours, or not yet ours to understand, stays as it is. */
function identify(db: DatabaseSync, place: StorePlace): number {
  const application = db.prepare('PRAGMA application_id').get() as { application_id: number };
  const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (application.application_id !== applicationId) {
    throw new OpenClawError({
      code: 'STORE_CORRUPT',
      message: `The file ${place.file} is empty or was written by another program`,
      data: { place: place.folder },
    });
  }
  if (version < oldestVersion || version > schemaVersion) {
    throw new OpenClawError({
      code: version > schemaVersion ? 'STORE_NEWER' : 'STORE_CORRUPT',
      message: `The store ${place.file} has version ${version}, and this program knows version ${schemaVersion}`,
      data: { place: place.folder },
    });
  }
  return version;
}

function upgrade(db: DatabaseSync, isInUse: () => boolean): void {
  try {
    db.exec('PRAGMA synchronous = FULL; PRAGMA secure_delete = ON');
    upgradeStore(db, isInUse);
  } catch (error) {
    // SQLITE_ERROR: a statement that does not fit the tables that are there.
    throw (error as { errcode?: number }).errcode === 1 ? broken(notOurs) : error;
  }
}

const notOurs = 'its tables are not those of this program';

/** Every page, index and column type, and the tables themselves; a store is a few pages long. Throws what SQLite throws for a broken page. */
function lookThrough(db: DatabaseSync, version = schemaVersion): void {
  const found = db.prepare('PRAGMA integrity_check(1)').get() as { integrity_check: string } | undefined;
  if (found !== undefined && found.integrity_check !== 'ok') throw broken(found.integrity_check);
  const present = new Set(
    db
      .prepare('SELECT sql FROM sqlite_schema')
      .all()
      .map((row) => row['sql']),
  );
  // Also a store of these tables that says it is older: what an upgrade would make of it is nobody's intention.
  const isPresent = tables.every((table) => present.has(table));
  if (isPresent !== (version === schemaVersion)) throw broken(notOurs);
}

/** More than a login takes. What is removed within the transaction is on the disk all the same: as empty pages. */
function writeAndRemove(db: DatabaseSync): void {
  db.exec(`
    INSERT INTO secrets (name, created_at_ms, sealed) VALUES ('space', 0, zeroblob(65536));
    DELETE FROM secrets WHERE name = 'space';
  `);
}

function broken(detail: string): Error {
  return Object.assign(new Error(detail), { errcode: 11 });
}
