// The one home of each login, as an interface: profiles in clear columns, their secrets sealed, and the locks that keep
// two processes from spending one refresh token. A driver keeps its SQL to itself; every driver passes one contract suite.
// Reading and listing never write.
import type { Credential } from '../plugin-sdk/credential.ts';
import type { KeyRecord } from '../vault/key-record.ts';

export type { KeyRecord } from '../vault/key-record.ts';

export type RefreshOutcome = 'refreshed' | 'transient' | 'dead';

/** What may be printed of a profile: no column here is secret, and none needs the key. */
export type ProfileRecord = {
  /** `provider:name`. */
  readonly id: string;
  readonly provider: string;
  readonly type: Credential['type'];
  readonly region?: string;
  /** E-mail or account id, when the provider told. */
  readonly account?: string;
  /** Rises by one with every credential that is saved under this id, also over logout and a new login. */
  readonly generation: number;
  readonly createdAtMs: number;
  /** When the credential of this generation was saved. */
  readonly savedAtMs: number;
  /** Access token: when it was received and when it ends, local clock. */
  readonly issuedAtMs?: number;
  readonly expiresAtMs?: number;
  /** Whether there is a refresh token. */
  readonly refreshable: boolean;
  readonly lastRefresh?: {
    readonly atMs: number;
    readonly outcome: RefreshOutcome;
    readonly reason?: string;
  };
  /** Set when the server has called the login dead; only a new login clears it. */
  readonly dead?: { readonly atMs: number; readonly reason: string };
  /** A refresh that was begun and whose result is not known: written before the request, cleared by its outcome. */
  readonly intent?: { readonly atMs: number; readonly pid: number; readonly generation: number };
};

export type StoredProfile = { readonly record: ProfileRecord; readonly credential: Credential };

/**
 * Errors of every call: STORE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_BUSY; those that open or seal a secret add
 * what the key source throws (KEYCHAIN_…, KEY_MISSING, KEY_WRONG, KEY_FILE_INVALID).
 */
export type CredentialStore = {
  /** In id order. Never needs the key. */
  listProfiles(): Promise<readonly ProfileRecord[]>;
  readRecord(id: string): Promise<ProfileRecord | undefined>;
  readProfile(id: string): Promise<StoredProfile | undefined>;

  /** A new login: replaces what was under this id, clears `dead`, `intent` and `lastRefresh`. */
  saveLogin(id: string, credential: Credential): Promise<ProfileRecord>;
  /**
   * The outcome of a refresh that began with `generation`. Saves the new credential as the next generation and clears
   * the intent, and a dead mark on that generation, which the server has just disproved. `superseded` when another
   * generation is stored by now, or none: nothing is written.
   */
  commitRefresh(
    id: string,
    generation: number,
    credential: Credential,
  ): Promise<ProfileRecord | 'superseded'>;
  /** Durable before it resolves. False when the stored generation is another, or the login is dead or gone. */
  recordIntent(id: string, generation: number): Promise<boolean>;
  /** A refresh that failed and may pass: clears the intent, remembers the reason, keeps the credential. */
  recordTransient(id: string, generation: number, reason: string): Promise<void>;
  /** The server called this generation dead: the row is kept and marked. False when another generation is stored. */
  markDead(id: string, generation: number, reason: string): Promise<boolean>;
  deleteProfile(id: string): Promise<boolean>;

  /** A small secret that is not a login, such as the gateway's token. */
  readSecret(name: string): Promise<string | undefined>;
  /** Writes only if there is none yet, and resolves with what is stored then. */
  createSecret(name: string, value: string): Promise<string>;

  /** How the store was made; undefined while there is none. Never needs the key. */
  readKeyRecord(): Promise<KeyRecord | undefined>;
  /**
   * Loads the key, or chooses where to keep one and makes it: called before a login, so that one that could not be
   * saved fails before a person has approved it. Adds STORAGE_CONFLICT, INPUT_REQUIRED and USAGE to the errors.
   */
  unlock(): Promise<KeyRecord>;
  /** A number that rises after any process has changed anything; one PRAGMA, no table is read. 0: no store yet. */
  changeCounter(): number;
  /**
   * The mutex for `name` over all processes (over this one, when the store is in memory). Released by the returned
   * function, and by the operating system when its holder dies. Rejects with STORE_BUSY after `timeoutMs`, or with the
   * signal's reason.
   */
  lock(name: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<() => void>;
  close(): void;
};
