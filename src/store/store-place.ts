// The store's folder and files: who owns them, who may read them, and that nothing else stands in their place.
// Files are looked at with lstat only: POSIX drops SQLite's locks when this process opens and closes a file of its own.
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../platform/clock.ts';
import { cleanText } from '../platform/text.ts';
import { syncFolder } from '../vault/key-file.ts';
import { storeFailure, unreadable } from './store-failure.ts';

export type StorePlace = {
  readonly folder: string;
  readonly file: string;
  /** Tells one file from another that took its name; undefined when there is none. Throws STORE_UNREADABLE. */
  identity(): string | undefined;
  /** Refuses what is not ours and closes what is open to others. Throws STORE_UNREADABLE. */
  secure(): void;
  /** Makes the folders, 0700. */
  prepare(): void;
  /** Has `build` make the store under another name and moves it into place, whole. The caller holds the lock. */
  install(build: (file: string) => void): void;
  lockFile(name: string): string;
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
    if (fault !== undefined) throw unreadable(path, fault);
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
    secure() {
      try {
        secureOne(folder, 'folder');
        for (const ending of ['', '-wal', '-shm']) secureOne(`${file}${ending}`, 'file');
      } catch (error) {
        throw storeFailure(error, folder);
      }
    },
    prepare() {
      try {
        mkdirSync(stateDir, { recursive: true, mode: folderMode });
        for (const path of [folder, locks]) {
          // Two steps, as mkdir with `recursive` would take a link for the folder.
          if (look(path) === undefined) mkdirSync(path, { recursive: true, mode: folderMode });
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
    lockFile(name) {
      const digest = createHash('sha256').update(name).digest('hex').slice(0, 24);
      return join(locks, `${digest}.sqlite`);
    },
  };
}

/** Why a path cannot be trusted as ours, or undefined. */
function placeFault(stat: Stats, kind: 'folder' | 'file', self: number | undefined): string | undefined {
  if (stat.isSymbolicLink()) return 'is a symbolic link, which is not followed';
  if (kind === 'folder' && !stat.isDirectory()) return 'is not a folder';
  if (kind === 'file' && !stat.isFile()) return 'is not a regular file';
  if (self !== undefined && stat.uid !== self) return `belongs to user ${stat.uid}, and this is user ${self}`;
  return undefined;
}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
