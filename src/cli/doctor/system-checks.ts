// The machine below the program: the version of Node, and the disk that the state folder is on.
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Check, DoctorPorts } from './check.ts';
import { ok, shown, type Finding } from './finding.ts';

const neededNode = 24;

export const nodeCheck: Check = { name: 'Node.js', run: () => [judgeNode(process.versions.node)] };

export function judgeNode(version: string): Finding {
  if (Number(version.split('.')[0]) >= neededNode) return ok('node.version', `Node.js ${version}`);
  return {
    id: 'node.version',
    severity: 'error',
    text: `This is Node.js ${shown(version)}, and the program needs ${neededNode} or newer.`,
    remedy: 'Install it from https://nodejs.org, or put the newer one first in PATH.',
  };
}

export const diskCheck: Check = { name: 'the disk', run: (ports) => judgeDisk(readDisk(ports)) };

export type DiskFacts = {
  /** The state folder, or the folder around it that is there. */
  readonly folder: string;
  readonly freeBytes: number;
  /** The magic number of statfs(2) on Linux; undefined elsewhere. */
  readonly type: number | undefined;
  /** EROFS, EACCES … */
  readonly refusal: string | undefined;
};

function readDisk({ paths, platform }: DoctorPorts): DiskFacts {
  let folder = paths.stateDir;
  while (statSync(folder, { throwIfNoEntry: false }) === undefined && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  const { bavail, bsize, type } = statfsSync(folder);
  return {
    folder,
    freeBytes: bavail * bsize,
    type: platform === 'linux' ? type : undefined,
    refusal: refusalOf(folder),
  };
}

function refusalOf(folder: string): string | undefined {
  if (!statSync(folder).isDirectory()) return 'ENOTDIR';
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown error';
  }
}

/** A refresh writes a few pages of the store; a log and a restart need more. */
const fullBytes = 1024 * 1024;
const nearlyFullBytes = 50 * 1024 * 1024;

/** statfs(2): file systems whose other end is another machine, or the host of this one. */
const networkTypes: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x5346414f, 'AFS'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x786f4256, 'a folder shared by VirtualBox'],
]);

export function judgeDisk({ folder, freeBytes, type, refusal }: DiskFacts): Finding[] {
  const place = shown(folder);
  const network = type === undefined ? undefined : networkTypes.get(type >>> 0);
  return [judgeSpace(), judgeWriting(), judgeKind()];

  function judgeSpace(): Finding {
    const free = formatBytes(freeBytes);
    if (freeBytes >= nearlyFullBytes) return ok('disk.space', `${free} free`);
    const isFull = freeBytes < fullBytes;
    return {
      id: 'disk.space',
      severity: isFull ? 'error' : 'warning',
      text: `The disk that holds ${place} has ${free} left${isFull ? ': a new token could not be saved' : ''}.`,
      remedy: 'Free space on it. A token that could not be saved is kept in memory until there is room.',
    };
  }

  function judgeWriting(): Finding {
    if (refusal === undefined) return ok('disk.writable', 'the state folder can be written');
    const whys: Partial<Record<string, string>> = {
      EROFS: 'its disk is mounted read-only',
      ENOTDIR: 'it is no folder',
    };
    const why = whys[refusal] ?? `this user may not write it (${refusal})`;
    return {
      id: 'disk.writable',
      severity: 'error',
      text: `${place} cannot be written: ${why}.`,
      remedy: 'Make it writable for this user, or name a folder on another disk in OPENCLAW_STATE_DIR.',
    };
  }

  function judgeKind(): Finding {
    if (network === undefined) return ok('disk.network', 'the state folder is on a local disk');
    return {
      id: 'disk.network',
      severity: 'warning',
      text: `${place} is on a network file system (${network}): locks do not hold there, and two processes could spend one refresh token.`,
      remedy:
        'Name a folder on a disk of this machine in OPENCLAW_STATE_DIR, then log in: `openclaw onboard`.',
    };
  }
}

/** `512 B`, `12 KiB`, `1.5 GiB`. */
function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${size >= 10 || unit === 0 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}
