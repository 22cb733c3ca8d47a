// Which files and folders are looked at for who owns them and who may use them, and what each of them has to be: closed to
// others, or only not theirs to write. What is wrong with one of them is file-checks.ts'.
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from '../../config/json5-document.ts';
import { isOpenClawError } from '../../errors.ts';
import { gatewayFiles } from '../gateway-record.ts';
import { insecureKeyFile } from '../../vault/key-file.ts';
import type { DoctorPorts } from './check.ts';
import { look, namesIn, unlessHidden } from './file-look.ts';
import { hasPlainSecret, hasQuotedSecret } from './plain-secrets.ts';

export type PrivatePlace = {
  readonly path: string;
  readonly kind: 'folder' | 'file';
  /** `others may not read`: it holds secrets. `others may not write`: what it says decides where logins are sent. */
  readonly rule: 'others may not read' | 'others may not write';
  /** Whoever writes it sends the logins elsewhere: no state to wait in. */
  readonly isTrusted?: boolean;
  /** The owner may leave it to read; what the program writes has to be written. */
  readonly isReadOnlyFit?: boolean;
  /** root's will do: a configuration that is mounted, or laid out by the system. */
  readonly mayBeRoots?: boolean;
};

export function privatePlaces({ paths }: Pick<DoctorPorts, 'paths'>): PrivatePlace[] {
  const store = join(paths.authDir, 'credentials.sqlite');
  const locks = join(paths.authDir, 'locks');
  const marks = join(paths.stateDir, 'auth-high-water');
  const gateway = gatewayFiles(paths.runDir);
  const closed = (kind: PrivatePlace['kind']) => (path: string) =>
    ({ path, kind, rule: 'others may not read' }) as const;
  const [folder, file] = [closed('folder'), closed('file')];
  return [
    // It may be a link to another disk, and a configuration one into a folder of settings; what the program writes may not.
    {
      path: realOf(paths.stateDir),
      kind: 'folder',
      rule: 'others may not write',
      isTrusted: true,
      isReadOnlyFit: true,
    },
    folder(paths.authDir),
    folder(locks),
    ...namesIn(locks).map((name) => file(join(locks, name))),
    { path: marks, kind: 'folder', rule: 'others may not write' },
    folder(paths.runDir),
    ...[gateway.lock, gateway.startLock, gateway.log].map(file),
    file(store),
    file(`${store}-wal`),
    file(`${store}-shm`),
    file(insecureKeyFile(paths.authDir)),
    file(join(paths.stateDir, 'activity.sqlite')),
    ...settingsAt(paths.dotenvFile, look(paths.dotenvFile)?.isSymbolicLink() !== true),
    ...settingsAt(paths.configFile, holdsSecrets(paths.configFile)),
    ...backupsOf(paths.configFile).filter(holdsSecrets).map(file),
  ];
}

/** Where links end; one that ends nowhere is told with the configuration. */
function settingsAt(path: string, isSecret: boolean): PrivatePlace[] {
  const real = realOf(path);
  if (look(real)?.isSymbolicLink() === true) return [];
  const rule = isSecret ? 'others may not read' : 'others may not write';
  return [{ path: real, kind: 'file', rule, isTrusted: true, isReadOnlyFit: true, mayBeRoots: true }];
}

/** A change keeps the former text beside the file, where its links end. */
export function backupsOf(configFile: string): string[] {
  return [...new Set([configFile, realOf(configFile)])].map((path) => `${path}.bak`);
}

function realOf(path: string): string {
  return unlessHidden(() => realpathSync(path), path);
}

/** Only a plain key makes a configuration a secret; it may be a link on purpose, as in dotfiles. */
function holdsSecrets(path: string): boolean {
  if (look(path)?.isFile() !== true) return false;
  // What this user cannot read, nobody else can either, or it is told by the check of the configuration.
  const text = unlessHidden<string | undefined>(() => readFileSync(path, 'utf8'), undefined);
  if (text === undefined) return false;
  try {
    return hasPlainSecret(parseDocument(text, path).value);
  } catch (error) {
    if (isOpenClawError(error)) return hasQuotedSecret(text);
    throw error;
  }
}
