// Makes what happened to the names in a folder durable: a rename is on disk when its folder is.
import { closeSync, fsyncSync, openSync } from 'node:fs';

/** Windows cannot open folders, and needs no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
