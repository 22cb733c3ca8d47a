// Where the key that opens the sealed columns can be kept, and the record of the choice that was made for a store.

export const keyKinds = [
  'keychain',
  'credentials-directory',
  'key-file',
  'passphrase',
  'insecure-file',
  'memory',
] as const satisfies readonly string[];

export type KeyKind = (typeof keyKinds)[number];

/** Where the key that opens the sealed columns is kept; recorded once, then obeyed by every process. */
export type KeyRecord = {
  readonly kind: KeyKind;
  /** Names the key in the additional data of every sealed value. */
  readonly keyId: string;
  /** Keychain account, file path, or how a passphrase becomes the key (see passphrase.ts); absent for memory. */
  readonly location?: string;
  readonly createdAtMs: number;
};

/** Length of the key in bytes (AES-256). */
export const keyLength = 32;
