// Whether a path lies on a disk that is mounted read-only, which SQLite and Node's mkdir tell in words that mean anything.
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

/** Of what is not there the folder that it would lie in counts. */
export function isOnReadOnlyDisk(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && dirname(path) !== path) return isOnReadOnlyDisk(dirname(path));
    return code === 'EROFS';
  }
}
