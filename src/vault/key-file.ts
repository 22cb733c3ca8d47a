// Reads and writes the key as a file: what counts as a key, and who else may be able to read it.
// Which file is used is decided by the ladder of key sources.
import { accessSync, closeSync, constants, fsyncSync, openSync, readFileSync, renameSync } from 'node:fs';
import { lstatSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import { syncFolder } from '../platform/sync-folder.ts';
import { cleanText } from '../platform/text.ts';
import { keyLength } from './key-record.ts';

/** The unprotected key of a store that lies in `authDir`. */
export function insecureKeyFile(authDir: string): string {
  return join(authDir, 'insecure.key');
}

/** Far more than any encoding of a key. */
const largestFile = 4_096;

export type KeyFileFacts = {
  readonly isFile: boolean;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  /** Whether this process could write it; false also for root on a read-only mount. */
  readonly writable: boolean;
  /** Effective user of this process; undefined on Windows, where modes say nothing. */
  readonly self: number | undefined;
  /** systemd's credentials folder is private by itself, and the modes within it vary. */
  readonly isPrivateFolder: boolean;
};

/**
 * Why a file is not fit to hold the key, or undefined.
 * Nobody else may write it. Nobody else may read it either, except where a container runtime mounts secrets as root's
 * files, readable for all (Docker and Kubernetes do): allowed when this process cannot write the file.
 */
export function keyFileFault(facts: KeyFileFacts): string | undefined {
  if (!facts.isFile) return 'is not a regular file';
  if (facts.size > largestFile) return `is ${facts.size} bytes long, which no key is`;
  if (facts.self === undefined || facts.isPrivateFolder) return undefined;
  const mode = `mode ${(facts.mode & 0o777).toString(8).padStart(4, '0')}`;
  if (facts.uid !== facts.self && facts.uid !== 0 && facts.self !== 0) return 'belongs to another user';
  if ((facts.mode & 0o022) !== 0) return `can be written by other users (${mode})`;
  const isMountedSecret = facts.uid === 0 && !facts.writable;
  if ((facts.mode & 0o044) !== 0 && !isMountedSecret) return `can be read by other users (${mode})`;
  return undefined;
}

/** The 32 bytes that a file's content stands for: raw, 64 hex digits, or base64 or base64url; or why it has none. */
export function parseKey(content: Buffer): Buffer | { readonly fault: string } {
  const text = content.toString('latin1').trim();
  if (content.length === keyLength && !/^[ -~]*$/.test(text)) return Buffer.from(content);
  if (text === '') return { fault: 'is empty' };
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const base64url = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const decoded = Buffer.from(base64url, 'base64url');
  if (decoded.length === keyLength && decoded.toString('base64url') === base64url) return decoded;
  return { fault: 'holds no key: 32 random bytes are needed, raw, as 64 hex digits or as base64' };
}

/** Throws KEY_FILE_INVALID naming file and reason; undefined when there is no file. Follows links: mounts use them. */
export function readKeyFile(path: string, options: { isPrivateFolder?: boolean } = {}): Buffer | undefined {
  const content = readPrivateFile(path, 'key file', options);
  if (content === undefined) return undefined;
  const key = parseKey(content);
  if ('fault' in key) throw keyFileInvalid(path, key.fault);
  return key;
}

type SecretFile = 'key file' | 'passphrase file';

/** The bytes of a file that only this user can read; errors as of readKeyFile, which calls it `what`. */
export function readPrivateFile(
  path: string,
  what: SecretFile,
  options: { isPrivateFolder?: boolean } = {},
): Buffer | undefined {
  const invalid = (fault: string, remedy?: string): OpenClawError =>
    keyFileInvalid(path, fault, remedy, what);
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return undefined;
    const fault = keyFileFault({
      isFile: stat.isFile(),
      size: stat.size,
      mode: stat.mode,
      uid: stat.uid,
      writable: isWritable(path),
      self: process.geteuid?.(),
      isPrivateFolder: options.isPrivateFolder ?? false,
    });
    if (fault !== undefined) {
      throw invalid(
        fault,
        fault.includes('by other users') ? 'Close it to others: chmod 600 {place}' : undefined,
      );
    }
    return readFileSync(path);
  } catch (error) {
    if (isOpenClawError(error)) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    // Moved away between the look and the reading.
    if (code === 'ENOENT') return undefined;
    if (code === 'ENOTDIR' || code === 'ELOOP') throw invalid('cannot be reached by this path');
    if (code === 'EACCES' || code === 'EPERM') {
      throw invalid('is not readable for this user', 'Give this user the right to read {place}.');
    }
    throw invalid(`cannot be read (${code})`, 'See whether the disk that holds {place} is in order.');
  }
}

/**
 * Writes the key as hex, mode 0600, whole or not at all; what is there already is kept as `former`. The caller has made
 * sure that nobody else writes it. Throws KEY_FILE_INVALID.
 */
export function writeKeyFile(path: string, key: Buffer, former: string): void {
  const unfinished = `${path}.new`;
  try {
    rmSync(unfinished, { force: true });
    const file = openSync(unfinished, 'wx', 0o600);
    try {
      writeSync(file, `${key.toString('hex')}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) renameSync(path, former);
    renameSync(unfinished, path);
    syncFolder(dirname(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw keyFileInvalid(path, `cannot be written (${code})`, 'See whether its disk is full or read-only.');
  }
}

export function keyFileInvalid(
  path: string,
  fault: string,
  remedy?: string,
  what: SecretFile = 'key file',
): OpenClawError {
  const place = cleanText(path, 300);
  return new OpenClawError({
    code: 'KEY_FILE_INVALID',
    message: `The ${what} ${place} ${fault}`,
    ...(remedy === undefined ? usualRemedy[what] : { remedy }),
    data: { place },
  });
}

const usualRemedy: Readonly<Record<SecretFile, { readonly remedy?: string }>> = {
  'key file': {},
  'passphrase file': {
    remedy:
      'Put the passphrase into the first line of a file that only this user can read, and name that file in OPENCLAW_PASSPHRASE_FILE.',
  },
};

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    // The answer is the throw itself: EACCES, EPERM or EROFS.
    return false;
  }
}
