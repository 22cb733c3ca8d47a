// Whether somebody holds a lock of the store at this moment, without waiting and without keeping it.
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from './store-failure.ts';

/** Throws what SQLite throws for a file that is no lock. */
export function isHeld(lockFile: string): boolean {
  const database = new DatabaseSync(lockFile, { timeout: 0 });
  try {
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw error;
  } finally {
    database.close();
  }
}
