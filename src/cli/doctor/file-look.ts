// Looks at files that may be gone or closed to this user: what is not to be seen is nothing here, and what is wrong with
// the folder around it is said where that folder is judged.
import { lstatSync, readdirSync, type Stats } from 'node:fs';

/** Of a link itself; undefined for what is not there or not to be seen. */
export function look(path: string): Stats | undefined {
  return unlessHidden(() => lstatSync(path), undefined);
}

/** None for what is no folder. */
export function namesIn(folder: string): string[] {
  return unlessHidden(() => readdirSync(folder), []);
}

const hidden: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP']);

export function unlessHidden<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (hidden.has((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
    throw error;
  }
}
