// The OS keychain as a port: one small secret an item, named by an account under this program's service.

/** The service name of every item that this program keeps. */
export const keychainService = 'openclaw';

/**
 * Errors of every call: KEYCHAIN_UNAVAILABLE (no service, no add-on), KEYCHAIN_LOCKED (locked, or no answer before
 * the deadline), KEYCHAIN_DENIED. A timeout is never reported as an absence.
 */
export type Keychain = {
  /** undefined means that the keychain answered and has no such item. */
  get(account: string): Promise<string | undefined>;
  set(account: string, value: string): Promise<void>;
  /** False when there was nothing to delete. */
  delete(account: string): Promise<boolean>;
  /** A full round trip with an item of its own; resolves when the keychain can be relied on. */
  probe(): Promise<void>;
};
