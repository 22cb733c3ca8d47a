// A log file that stays small: appended to, and set aside as `.1`, `.2` … when it has grown to its bound. Several
// processes may write to one such file; whoever finds it replaced goes on in the new one. What the lines say is not its
// matter. A disk that does not take them stops nobody: a log is not worth a request.
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';

export type RotatingFile = { write(lines: string): void };

export type RotatingFileOptions = {
  /** The file is set aside before the write that would make it longer than this. */
  maxBytes: number;
  /** How many older ones are kept beside it. */
  keep: number;
};

/** The file and its folder are for this user alone (0600, 0700); nothing is opened before the first write. */
export function createRotatingFile(path: string, options: RotatingFileOptions): RotatingFile {
  let fd: number | undefined;
  let size = 0;
  const open = (): number => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const opened = openSync(path, 'a', 0o600);
    size = fstatSync(opened).size;
    return opened;
  };
  const reopen = (): number => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    return (fd = open());
  };
  const rotate = (): number => {
    // Another process may have done it already, or a person has taken the file away.
    if (fd !== undefined && isSame(fstatSync(fd), statSync(path, { throwIfNoEntry: false }))) {
      for (let age = options.keep - 1; age >= 1; age -= 1)
        moveIfThere(`${path}.${age}`, `${path}.${age + 1}`);
      moveIfThere(path, `${path}.1`);
    }
    return reopen();
  };
  return {
    write(lines) {
      const bytes = Buffer.from(lines);
      try {
        let target = fd ?? reopen();
        if (size > 0 && size + bytes.length > options.maxBytes) target = rotate();
        size += writeSync(target, bytes);
      } catch {
        // Nowhere is left to say it.
      }
    },
  };
}

function isSame(mine: Stats, there: Stats | undefined): boolean {
  return there !== undefined && mine.ino === there.ino && mine.dev === there.dev;
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
