// The one home of each login, as an interface: profiles in clear columns, their secrets sealed, and the locks that keep
// two processes from spending one refresh token. A driver keeps its SQL to itself; every driver passes one contract suite.
// Reading and listing never write.
import type { OpenClawError } from '../errors.ts';
import type { Credential } from '../plugin-sdk/credential.ts';
import type { KeyRecord } from '../vault/key-record.ts';

export type { KeyRecord } from '../vault/key-record.ts';

export type KeyMove = {
  readonly from: KeyRecord;
  readonly to: KeyRecord;
  /** Why the old key could not be removed; it opens nothing any more, and the next move tries again. */
  readonly leftover?: string;
};

/** Where a key is to be kept from now on, as typed; the files default to what the environment names. */
export type KeyTarget = {
  readonly kind: string;
  readonly keyFile?: string | undefined;
  readonly passphraseFile?: string | undefined;
  /** Leaves the old key where it is: backups need it. */
  readonly keepOldKey?: boolean | undefined;
};

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
  /** Rises with every credential that is saved under this id, also over logout, a new login and a restored backup. */
  readonly generation: number;
  /** When somebody logged in; a refresh keeps it. */
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
  /** The store was brought back from an older copy: it has held this newer generation, and holds it no more. */
  readonly restored?: { readonly newestGeneration: number };
  /** The row is not what was written: nothing but its id counts, and `readProfile` refuses it. A new login mends it. */
  readonly damaged?: true;
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

  /**
   * A new login: replaces what was under this id, clears `dead`, `intent` and `lastRefresh`. What was there and does not
   * open is kept in a copy of the store first.
   */
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
  /**
   * Saves `credential`, which is or came of the one that `held` describes, over an older copy of the same login (see
   * older-copy.ts), with a generation above both. `superseded` when what is stored is no such copy, or none.
   */
  replaceOlderCopy(held: ProfileRecord, credential: Credential): Promise<ProfileRecord | 'superseded'>;
  /** Durable before it resolves. False when the stored generation is another, or the login is dead or gone. */
  recordIntent(id: string, generation: number): Promise<boolean>;
  /** A refresh that failed and may pass: clears the intent, remembers the reason, keeps the credential. */
  recordTransient(id: string, generation: number, reason: string): Promise<void>;
  /** The server called this generation dead: the row is kept and marked. False when another generation is stored. */
  markDead(id: string, generation: number, reason: string): Promise<boolean>;
  deleteProfile(id: string): Promise<boolean>;

  /** A small secret that is not a login, such as the gateway's token. */
  readSecret(name: string): Promise<string | undefined>;
  /** Writes only if there is none yet, or one that does not open, and resolves with what is stored then. */
  createSecret(name: string, value: string): Promise<string>;
  /** Writes whatever was there. */
  replaceSecret(name: string, value: string): Promise<void>;
  /** False when there is none. Never needs the key. */
  deleteSecret(name: string): Promise<boolean>;
  /** Names that begin so, in order. Never needs the key. */
  listSecrets(prefix: string): Promise<readonly string[]>;

  /** How the store was made; undefined while there is none. Never needs the key. */
  readKeyRecord(): Promise<KeyRecord | undefined>;
  /**
   * Loads the key, or chooses where to keep one and makes it: called before a login, so that one that could not be
   * saved fails before a person has approved it. A key that has sealed nothing yet gives way to one that is wanted
   * elsewhere. Adds STORAGE_CONFLICT, INPUT_REQUIRED and USAGE to the errors.
   */
  unlock(): Promise<KeyRecord>;
  /**
   * To be called before `unlock` for a login that somebody is to approve, and let go when it is saved or given up:
   * meanwhile no other process takes the key away that has sealed nothing yet. Throws STORE_BUSY.
   */
  holdForLogin(): Promise<() => void>;
  /** Loads the key that there is, and makes none. undefined while the store has none. */
  openKey(): Promise<KeyRecord | undefined>;
  /**
   * After a first login that came to nothing: takes away the key that `unlock` has made in this process, unless a login
   * or a secret is, or was, sealed with it. Another process that has it open makes one of its own when it saves.
   */
  dropUnusedKey(): Promise<void>;
  /**
   * Seals everything anew with a key of another place, in one transaction, and removes the old key if this program made
   * it and no copy beside the store needs it. `quiesce` is called once all is asked and known, and keeps refreshes away
   * until its result is called. Adds NO_PROFILE (no store yet) to the errors of `unlock`.
   */
  moveKey(target: KeyTarget, quiesce: () => Promise<() => void>): Promise<KeyMove>;
  /**
   * Why nothing can be written to the store that the last read found (a disk that is full or read-only), as the error
   * that a write would throw; undefined: nothing was in the way of reading, which is no promise for writing.
   */
  whyUnwritable(): OpenClawError | undefined;
  /** Looks at every page, and writes and removes as much as a login takes. Leaves alone what is not there yet. */
  prove(): Promise<void>;
  /** Tells the store that lies there now from one that takes its place; undefined while there is none on disk. */
  identity(): string | undefined;
  /**
   * Moves store and unprotected key, opened or not, into a folder of their own, and resolves with it; undefined when
   * what lies there is not `identity` (any more). Only when a person wants to begin anew; the caller sees to it that no
   * refresh runs.
   */
  setAside(identity: string): Promise<string | undefined>;
  /** A number that rises after any process has changed anything; one PRAGMA, no table is read. 0: no store yet. */
  changeCounter(): number;
  /**
   * The mutex for `name` over all processes (over this one, when the store is in memory). Released by the returned
   * function, and by the operating system when its holder dies. Rejects with STORE_BUSY after `timeoutMs`, or with the
   * signal's reason.
   */
  lock(name: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<() => void>;
  /** Every lock that any process has taken here so far; for when it is not known which there are. */
  lockAll(options: { timeoutMs: number }): Promise<() => void>;
  close(): void;
};
