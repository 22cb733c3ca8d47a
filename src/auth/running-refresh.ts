// Whether a refresh that was begun is running still: its mutex is released with the process that held it, its intent is
// not. Takes the mutex for a moment at most, and never waits for it.
import { isOpenClawError } from '../errors.ts';
import type { CredentialStore, ProfileRecord } from '../store/credential-store.ts';
import { refreshLockName } from './refresh.ts';

export type ObservedRecord = {
  readonly record: ProfileRecord;
  /** undefined when it could not be found out. */
  readonly isRefreshing?: boolean;
};

/** The record, read again where a refresh ended meanwhile. Does not reject for a lock that cannot be tried. */
export async function observeRefresh(store: CredentialStore, record: ProfileRecord): Promise<ObservedRecord> {
  if (record.intent === undefined) return { record, isRefreshing: false };
  try {
    const release = await store.lock(refreshLockName(record.id), { timeoutMs: 0 });
    try {
      const settled = await store.readRecord(record.id);
      return { record: settled ?? record, isRefreshing: false };
    } finally {
      release();
    }
  } catch (error) {
    return isOpenClawError(error) && error.code === 'STORE_BUSY'
      ? { record, isRefreshing: true }
      : { record };
  }
}
