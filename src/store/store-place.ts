// The store's folder and files: who owns them, who may read them, and that nothing else stands in their place.
// Files are looked at with lstat only: POSIX drops SQLite's locks when this process opens and closes a file of its own.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import type { Stats } from 'node:fs';
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { cleanText } from '../platform/text.ts';
import { syncFolder } from '../platform/sync-folder.ts';
import { insecureKeyFile } from '../vault/key-file.ts';
import { storeFailure, unreadable } from './store-failure.ts';

export type StorePlace = {
  readonly folder: string;
  readonly file: string;
  /** Tells one file from another that took its name; undefined when there is none. Throws STORE_UNREADABLE. */
  identity(): string | undefined;
  /** Whether a transaction may have been cut off that is to be rolled back: of a store that was copied by SQLite itself. */
  hasJournal(): boolean;
  /** Refuses what is not ours and closes what is open to others. Throws STORE_UNREADABLE. */
  secure(): void;
  /** Makes the folders, 0700. */
  prepare(): void;
  /** Has `build` make the store under another name and moves it into place, whole. The caller holds the lock. */
  install(build: (file: string) => void): void;
  /** Has `build` copy the store into an empty file beside it, whose path it returns. Leaves none when `build` throws. */
  copyAside(build: (file: string) => void): string;
  /** Moves store and unprotected key into a new folder beside them. The caller holds the lock. */
  setAside(): string;
  /** Copies and former stores that were kept in the folder. */
  keptCopies(): string[];
  lockFile(name: string): string;
  /** Of all locks that were ever taken here. */
  lockFiles(): string[];
};

const folderMode = 0o700;
const fileMode = 0o600;

export function createStorePlace(
  stateDir: string,
  clock: Pick<Clock, 'nowMs'>,
  warn: (message: string) => void,
): StorePlace {
  const folder = join(stateDir, 'auth');
  const file = join(folder, 'credentials.sqlite');
  const locks = join(folder, 'locks');

  const secureOne = (path: string, kind: 'folder' | 'file'): void => {
    const stat = look(path);
    if (stat === undefined) return;
    const fault = placeFault(stat, kind, process.geteuid?.());
    if (fault !== undefined) throw unreadable(path, fault.is, fault.remedy);
    if (process.platform === 'win32' || (stat.mode & 0o077) === 0) return;
    const mode = kind === 'folder' ? folderMode : fileMode;
    chmodSync(path, mode);
    const was = (stat.mode & 0o777).toString(8).padStart(4, '0');
    const isClosed = ((look(path)?.mode ?? 0) & 0o077) === 0;
    warn(
      isClosed
        ? `${cleanText(path, 300)} was open to other users (mode ${was}); it is closed now`
        : `${cleanText(path, 300)} is open to other users (mode ${was}), and its file system keeps it so`,
    );
  };

  return {
    folder,
    file,
    identity() {
      try {
        const stat = look(file);
        return stat === undefined ? undefined : `${stat.dev}:${stat.ino}`;
      } catch (error) {
        throw storeFailure(error, file);
      }
    },
    hasJournal: () => (look(`${file}-journal`)?.size ?? 0) > 0,
    secure() {
      try {
        secureOne(folder, 'folder');
        for (const ending of ['', '-wal', '-shm', '-journal']) secureOne(`${file}${ending}`, 'file');
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    prepare() {
      try {
        makeFolder(stateDir);
        for (const path of [folder, locks]) {
          makeFolder(path);
          secureOne(path, 'folder');
        }
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    install(build) {
      const unfinished = `${file}.new`;
      try {
        for (const ending of ['', '-wal', '-shm', '-journal'])
          rmSync(`${unfinished}${ending}`, { force: true });
        closeSync(openSync(unfinished, 'ax', fileMode));
        build(unfinished);
        // The log of a store that was moved away without it would be replayed into the new one.
        for (const ending of ['-wal', '-shm', '-journal']) {
          if (look(`${file}${ending}`) === undefined) continue;
          renameSync(`${file}${ending}`, `${file}.aside-${clock.nowMs()}${ending}`);
        }
        renameSync(unfinished, file);
        syncFolder(folder);
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    setAside() {
      const key = insecureKeyFile(folder);
      try {
        const stamp = new Date(clock.nowMs()).toISOString().replaceAll(/[-:]|\.\d+/g, '');
        const aside = mkdtempSync(join(folder, `aside-${stamp}-`));
        // The key is there before the store that it opens, and leaves after it: whoever is cut off leaves it with both.
        const hasKey = look(key)?.isFile() === true;
        if (hasKey) {
          const copy = join(aside, basename(key));
          copyFileSync(key, copy, constants.COPYFILE_EXCL);
          syncFile(copy);
          syncFolder(aside);
        }
        // The database first: without its log it is an older state, and a log without its database is nothing.
        for (const ending of ['', '-wal', '-shm', '-journal']) moveInto(aside, `${file}${ending}`);
        syncFolder(aside);
        syncFolder(folder);
        if (hasKey) rmSync(key, { force: true });
        return aside;
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    copyAside(build) {
      const copy = unusedName(`${file}.aside-${clock.nowMs()}`);
      closeSync(openSync(copy, 'ax', fileMode));
      try {
        build(copy);
        syncFile(copy);
        syncFolder(folder);
        return copy;
      } catch (error) {
        rmSync(copy, { force: true });
        throw storeFailure(error, folder);
      }
    },
    keptCopies() {
      const isKept = (name: string): boolean => /^(credentials\.sqlite\.)?aside-/.test(name);
      try {
        return readdirSync(folder)
          .filter(isKept)
          .map((name) => join(folder, name));
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    lockFiles() {
      if (look(locks) === undefined) return [];
      return readdirSync(locks)
        .filter((name) => /^[0-9a-f]{24}\.sqlite$/.test(name))
        .map((name) => join(locks, name));
    },
    lockFile(name) {
      const digest = createHash('sha256').update(name).digest('hex').slice(0, 24);
      return join(locks, `${digest}.sqlite`);
    },
  };
}

type PlaceFault = { readonly is: string; readonly remedy: string };

/** Why a path cannot be trusted as ours, or undefined. */
function placeFault(stat: Stats, kind: 'folder' | 'file', self: number | undefined): PlaceFault | undefined {
  if (stat.isSymbolicLink()) {
    return {
      is: 'is a symbolic link, which is not followed',
      remedy: `Put the ${kind} itself at {place} in place of the link, or name the state folder that it lies in with OPENCLAW_STATE_DIR.`,
    };
  }
  const isOfKind = kind === 'folder' ? stat.isDirectory() : stat.isFile();
  if (!isOfKind) {
    return {
      is: kind === 'folder' ? 'is not a folder' : 'is not a regular file',
      remedy: 'Move {place} away, then run the command again. Nothing in it was touched.',
    };
  }
  if (self !== undefined && stat.uid !== self) {
    return {
      is: `belongs to user ${stat.uid}, and this is user ${self}`,
      remedy: `Run openclaw as the user whose logins these are, or take them over: \`chown -R ${self} {place}\`.`,
    };
  }
  return undefined;
}

/** One by one: a recursive mkdir says ENOENT of a disk that is read-only, and takes a link for a folder. */
function makeFolder(path: string): void {
  if (look(path) !== undefined) return;
  if (dirname(path) !== path) makeFolder(dirname(path));
  try {
    mkdirSync(path, { mode: folderMode });
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What is not there is left out: the last process to close a database removes its log. */
function moveInto(target: string, path: string): void {
  try {
    renameSync(path, join(target, basename(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function unusedName(path: string): string {
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? path : `${path}-${count}`;
    if (look(name) === undefined) return name;
  }
}

/** For a file that SQLite has made and closed, and no other connection has open. */
function syncFile(path: string): void {
  const handle = openSync(path, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
