// Changes the configuration file on disk: under a lock, whole or not at all, with the former text kept beside it.
// What the new text is, `edit-text.ts` decides; which keys are worth setting, the caller.
import {
  accessSync,
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isOpenClawError, OpenClawError } from '../errors.ts';
import type { Clock } from '../platform/clock.ts';
import { acquireFileLock } from '../platform/file-lock.ts';
import type { Random } from '../platform/random.ts';
import { replaceFile } from '../platform/replace-file.ts';
import { cleanText } from '../platform/text.ts';
import { editText, type ConfigEdit } from './edit-text.ts';
import { checkConfigText, readTextFile } from './load.ts';

export type { ConfigEdit } from './edit-text.ts';

export type EditRequest = {
  readonly file: string;
  readonly edits: readonly ConfigEdit[];
  /** Asked after the schema, with the text that would be written; throws to refuse it. */
  readonly validate?: (text: string) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
};

export type EditResult = {
  readonly changed: boolean;
  /** Where the former text is; absent when nothing changed or there was no file. */
  readonly backup?: string;
  /** The file had other names too (hard links), which keep the former text. */
  readonly leftNames?: number;
};

const lockTimeoutMs = 10_000;
const mostLinks = 40;

/**
 * Makes the file (0600) when it is missing; keeps mode and owner when it is there; writes through a symbolic link.
 * Errors: CONFIG_WRITE_REFUSED (the result would not load, somebody else changed the file meanwhile, the folder cannot
 * be written), CONFIG_SYNTAX, CONFIG_INVALID and CONFIG_UNREADABLE for the file as it is. After an error it is untouched.
 */
export async function editConfig(request: EditRequest): Promise<EditResult> {
  const target = await refusing(request.file, async () => targetOf(request.file));
  const folder = dirname(target);
  const release = await refusing(target, async () => {
    refuseReadOnly(target);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return acquireFileLock(join(folder, `.${basename(target)}.lock`), {
      clock: request.clock,
      random: request.random,
      timeoutMs: lockTimeoutMs,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
  });
  if (release === undefined) throw refused(target, 'another program has been editing it for 10 seconds');
  try {
    return await editLocked(target, request);
  } finally {
    release();
  }
}

/** Rejects with CONFIG_WRITE_REFUSED where this user may write nothing; makes nothing. For those who are about to do more. */
export async function proveWritable(file: string): Promise<void> {
  const target = await refusing(file, async () => targetOf(file));
  await refusing(target, async () => {
    refuseReadOnly(target);
    let folder = dirname(target);
    while (statSync(folder, { throwIfNoEntry: false }) === undefined) folder = dirname(folder);
    accessSync(folder, constants.W_OK);
  });
}

async function editLocked(target: string, request: EditRequest): Promise<EditResult> {
  const before = readTextFile(target);
  const after = editText(before ?? '', request.edits, target);
  if (after === (before ?? '')) return { changed: false };
  validate(after, target, request);
  return refusing(target, async () => {
    const others = (statSync(target, { throwIfNoEntry: false })?.nlink ?? 1) - 1;
    if (before !== undefined) replaceFile(`${target}.bak`, before, { like: target });
    replaceFile(target, after, {
      like: target,
      lastCheck: () => {
        // Editors and other programs know nothing of the lock.
        if (readTextFile(target) !== before) throw refused(target, 'another program changed it meanwhile');
      },
    });
    if (before === undefined) return { changed: true };
    return { changed: true, backup: `${target}.bak`, ...(others > 0 ? { leftNames: others } : {}) };
  });
}

function validate(text: string, target: string, request: EditRequest): void {
  try {
    checkConfigText(text, target);
    request.validate?.(text);
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    throw new OpenClawError({
      code: 'CONFIG_WRITE_REFUSED',
      message: `The change was not written, for the result would not load: ${error.message}`,
      data: { ...error.data, place: error.data['place'] ?? target },
    });
  }
}

/** A folder that may be written would let a file be replaced that may not: one of another user, or one locked on purpose. */
function refuseReadOnly(target: string): void {
  const stats = statSync(target, { throwIfNoEntry: false });
  if (stats?.isFile() === true) closeSync(openSync(target, 'r+'));
}

/** Where the links end, also when nothing is there yet: the lock lies there, whichever way an editor came. */
function targetOf(file: string): string {
  let path = resolve(file);
  for (let links = 0; links < mostLinks; links += 1) {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return join(realFolder(dirname(path)), basename(path));
    if (!stats.isSymbolicLink()) return realpathSync(path);
    // A link says where to go from its own folder, which may itself be reached through a link.
    path = resolve(realpathSync(dirname(path)), readlinkSync(path));
  }
  throw circular(file);
}

function realFolder(folder: string): string {
  return statSync(folder, { throwIfNoEntry: false }) === undefined ? folder : realpathSync(folder);
}

function circular(file: string): OpenClawError {
  return refused(
    file,
    'its symbolic links go round in a circle',
    'Remove the link, or name another file in OPENCLAW_CONFIG_PATH. Where it is: `openclaw config path`.',
  );
}

async function refusing<Result>(target: string, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (isOpenClawError(error) || typeof code !== 'string' || code === 'ABORT_ERR') throw error;
    if (code === 'ELOOP') throw circular(target);
    if (code === 'EBUSY' || code === 'EXDEV') {
      throw refused(
        target,
        'the file itself is a mount, which cannot be replaced',
        'Mount its folder in its place, or make the change in the file that is mounted.',
      );
    }
    throw code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
      ? refused(target, `this user may not write ${forbidden(error, target)} (${code})`, mayWrite)
      : refused(target, error instanceof Error ? cleanText(error.message) : code);
  }
}

const mayWrite =
  'The file was left as it was. Run the command as the user whose file it is, let this user write it and its folder (`ls -ld` shows who may), or name another file in OPENCLAW_CONFIG_PATH.';

/** The file itself, or the folder that would take the new one. */
function forbidden(error: unknown, target: string): string {
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return path === target ? 'it' : `its folder ${cleanText(dirname(target), 400)}`;
}

function refused(target: string, reason: string, remedy?: string): OpenClawError {
  const place = cleanText(target, 400);
  return new OpenClawError({
    code: 'CONFIG_WRITE_REFUSED',
    message: `${place} was not changed: ${reason}.`,
    ...(remedy === undefined ? {} : { remedy }),
    data: { place },
  });
}
