// Which process listens on a TCP port of this machine, or has a file open, as far as this user may see it. Linux only: elsewhere it is not
// known. Of a process only its pid, the name of its program and whether it was given a certain flag are told: arguments can
// hold secrets.
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { cleanText } from '../../platform/text.ts';

export type PortHolder = { readonly pid: number; readonly program: string };

/** undefined when nobody listens there, or it cannot be seen. `proc`: where procfs is mounted. */
export function findPortHolder(port: number, proc = '/proc'): PortHolder | undefined {
  const sockets = new Set(tablesOf(proc).flatMap((table) => listeningSockets(table, port)));
  if (sockets.size === 0) return undefined;
  const pid = findHolder(proc, (target) => {
    const socket = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    return socket !== undefined && sockets.has(socket);
  });
  if (pid === undefined) return undefined;
  const program = basename(linkOrNothing(`${proc}/${pid}/exe`)) || readOrNothing(`${proc}/${pid}/comm`);
  return { pid, program: cleanText(program, 60) };
}

/** Whether it was started with such an argument; undefined where that cannot be seen. */
export function hasArgument(pid: number, argument: string, proc = '/proc'): boolean | undefined {
  const given = readOrNothing(`${proc}/${pid}/cmdline`);
  return given === '' ? undefined : given.split('\0').includes(argument);
}

/** The users whose sockets listen there; none where it cannot be seen. */
export function ownersOfPort(port: number, proc = '/proc'): number[] {
  return tablesOf(proc)
    .flatMap((table) => listening(table, port))
    .flatMap((fields) => (fields[7] === undefined ? [] : [Number(fields[7])]));
}

function tablesOf(proc: string): string[] {
  return ['tcp', 'tcp6'].map((name) => readOrNothing(`${proc}/net/${name}`));
}

/** The process that has a file open; undefined when none has, or it cannot be seen. */
export function findFileHolder(file: string, proc = '/proc'): number | undefined {
  const real = quietly(() => realpathSync(file), file);
  return findHolder(proc, (target) => target === real);
}

/** The first process with a handle whose link in procfs is such a one. */
function findHolder(proc: string, isIt: (target: string) => boolean): number | undefined {
  const pids = listOrNothing(proc).filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) =>
    listOrNothing(`${proc}/${pid}/fd`).some((handle) => isIt(linkOrNothing(`${proc}/${pid}/fd/${handle}`))),
  );
  return found === undefined ? undefined : Number(found);
}

/** Inodes of the listening sockets (state 0A) of a table of proc_net_tcp(5). */
export function listeningSockets(table: string, port: number): string[] {
  return listening(table, port).flatMap((fields) => (fields[9] === undefined ? [] : [fields[9]]));
}

/** Their rows, as fields. */
function listening(table: string, port: number): string[][] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === '0A' && local.endsWith(`:${wanted}`));
}

/** Processes end while one looks, and those of others are closed. */
function readOrNothing(path: string): string {
  return quietly(() => readFileSync(path, 'utf8').trim(), '');
}

function listOrNothing(path: string): string[] {
  return quietly(() => readdirSync(path), []);
}

function linkOrNothing(path: string): string {
  return quietly(() => readlinkSync(path), '');
}

const expected = new Set(['ENOENT', 'EACCES', 'EPERM', 'ESRCH', 'ENOTDIR', 'EINVAL']);

function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (expected.has((error as NodeJS.ErrnoException).code ?? '')) return otherwise;
    throw error;
  }
}
