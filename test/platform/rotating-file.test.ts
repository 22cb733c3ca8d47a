// The log file that stays small, over real files.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRotatingFile } from '../../src/platform/rotating-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const bounds = { maxBytes: 10, keep: 2 };
const read = (path: string): string => readFileSync(path, 'utf8');

describe('createRotatingFile', () => {
  it('sets a full file aside and keeps so many, all for this user alone', () => {
    const path = join(tempFolder(), 'logs', 'a.log');
    const file = createRotatingFile(path, bounds);
    for (const line of ['one\n', 'two\n', 'three\n', 'four\n', 'fifth\n', 'sixth\n']) file.write(line);
    expect([read(path), read(`${path}.1`), read(`${path}.2`)]).toEqual([
      'sixth\n',
      'fifth\n',
      'three\nfour\n'.slice(6),
    ]);
    expect(existsSync(`${path}.3`)).toBe(false);
    expect([path, `${path}.1`].map((name) => statSync(name).mode & 0o777)).toEqual([0o600, 0o600]);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
  });

  it('counts what lies there, and writes a line that is longer than a file whole', () => {
    const path = join(tempFolder(), 'a.log');
    writeFileSync(path, 'before\n');
    const file = createRotatingFile(path, bounds);
    file.write('a line that is longer\n');
    expect([read(`${path}.1`), read(path)]).toEqual(['before\n', 'a line that is longer\n']);
  });

  it('follows when another process, or a person, has moved the file', () => {
    const path = join(tempFolder(), 'a.log');
    const [one, two] = [createRotatingFile(path, bounds), createRotatingFile(path, bounds)];
    one.write('first\n');
    two.write('2nd\n');
    one.write('third\n');
    // The other one still has the file that was set aside, and moves no second one.
    two.write('fourth\n');
    expect([read(`${path}.1`), read(path)]).toEqual(['first\n2nd\n', 'third\nfourth\n']);
    rmSync(path);
    one.write('after it was removed\n');
    expect(read(path)).toBe('after it was removed\n');
  });

  it('goes on without a log where none can be written', () => {
    const folder = join(tempFolder(), 'a.log');
    mkdirSync(folder);
    expect(() => createRotatingFile(folder, bounds).write('x\n')).not.toThrow();
  });
});
