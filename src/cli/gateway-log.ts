// Reads the log file of a gateway for people: its last lines, and what is added to it, across the moment when a full file
// is set aside. Written it is by platform/rotating-file.ts.
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { readable } from '../platform/json-log.ts';
import type { RotatingFileOptions } from '../platform/rotating-file.ts';
import { cleanText } from '../platform/text.ts';

export const logBounds: RotatingFileOptions = { maxBytes: 5 * 1024 * 1024, keep: 3 };

/** Lines of a file, oldest first; none when there is no file. `from` is an offset in bytes. */
export function lastLines(file: string, count: number, from = 0): string[] {
  const fd = openIfThere(file);
  if (fd === undefined || count <= 0) return [];
  try {
    const size = fstatSync(fd).size;
    let start = size;
    let text = '';
    // One line more than is wanted: the first may be cut.
    while (start > from && text.split('\n').length <= count + 1) {
      const length = Math.min(chunkBytes, start - from);
      start -= length;
      text = readAt(fd, start, length) + text;
    }
    return text
      .split('\n')
      .filter((line) => line !== '')
      .slice(-count)
      .map(fromBytes);
  } finally {
    closeSync(fd);
  }
}

const chunkBytes = 64 * 1024;

export function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

export type LogFollower = {
  /** The whole lines that have come since the last call. */
  next(): string[];
  close(): void;
};

/** Begins at the end of the file, or at the beginning of one that is yet to come. */
export function followLog(file: string): LogFollower {
  let fd = openIfThere(file);
  let at = fd === undefined ? 0 : fstatSync(fd).size;
  let rest = '';
  const drain = (): void => {
    if (fd === undefined) return;
    for (;;) {
      const text = readAt(fd, at, chunkBytes);
      if (text === '') return;
      at += text.length;
      rest += text;
    }
  };
  return {
    next() {
      drain();
      const there = statSync(file, { throwIfNoEntry: false });
      if (there !== undefined && (fd === undefined || fstatSync(fd).ino !== there.ino)) {
        if (fd !== undefined) closeSync(fd);
        fd = openIfThere(file);
        at = 0;
        drain();
      }
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      return lines.filter((line) => line !== '').map(fromBytes);
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

/** For a terminal: nothing in it moves the cursor. What is no log line (a crash of Node) is shown as it is. */
export function shownLine(line: string): string {
  return cleanText(isLogLine(line) ? readable(line) : line, 2_000);
}

function isLogLine(line: string): boolean {
  if (!line.startsWith('{"level"')) return false;
  try {
    JSON.parse(line);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Bytes as they are: a character may be cut by the border of two reads. */
function readAt(fd: number, at: number, length: number): string {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, at)).toString('latin1');
}

function fromBytes(line: string): string {
  return Buffer.from(line, 'latin1').toString('utf8');
}
