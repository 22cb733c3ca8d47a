// A file system of its own and of a size that can be filled, mounted over a folder while a test runs. Needs Linux and
// the right to mount.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

export type SmallDisk = {
  /** Takes all the space that is left. */
  fill(): void;
  free(): void;
  setReadOnly(): void;
  setWritable(): void;
};

/** Why there can be none here, or undefined. */
export function noSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux, to mount a small disk';
  return process.geteuid?.() === 0 ? undefined : 'needs the right to mount a small disk (root)';
}

/** A reason instead of a disk where mounting is not permitted, as in most containers. */
export function mountSmallDisk(folder: string, kilobytes: number): SmallDisk | string {
  const reason = noSmallDisk();
  if (reason !== undefined) return reason;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    mount('-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'none', folder);
  } catch {
    return 'needs the right to mount a small disk (CAP_SYS_ADMIN)';
  }
  onTestFinished(() => void execFileSync('umount', ['-l', folder], { stdio: 'ignore' }));
  const filler = join(folder, 'filler');
  return {
    fill() {
      for (let size = kilobytes * 1024; size >= 1; size = Math.floor(size / 2)) {
        try {
          // In many pieces, as a full disk is: what is left is less than a page.
          writeFileSync(filler, Buffer.alloc(size), { flag: 'a' });
          size *= 2;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        }
      }
    },
    free: () => rmSync(filler),
    setReadOnly: () => mount('-o', 'remount,ro', folder),
    setWritable: () => mount('-o', 'remount,rw', folder),
  };
}

function mount(...args: string[]): void {
  execFileSync('mount', args, { stdio: 'ignore' });
}
