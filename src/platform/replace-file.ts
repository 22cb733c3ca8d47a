// Gives a file a new text whole or not at all: a draft in the same folder, on disk before it takes the name. Locks, links
// and what the text is are for those who call.
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncFolder } from './sync-folder.ts';

export type Replacement = {
  /** Whose mode and owner it gets; where there is no such file, it is 0600 and this user's. */
  readonly like: string;
  /** Called right before the draft takes the name; what it throws leaves the file as it was. */
  readonly lastCheck?: () => void;
};

/** Throws the errors of the file system; no draft is left then, but by a process that is killed. */
export function replaceFile(path: string, text: string, { like, lastCheck }: Replacement): void {
  const draft = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    const descriptor = openSync(draft, 'wx', 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const stats = statSync(like, { throwIfNoEntry: false });
    if (stats !== undefined) {
      chmodSync(draft, stats.mode & 0o777);
      if (process.getuid?.() === 0) chownSync(draft, stats.uid, stats.gid);
    }
    lastCheck?.();
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}
