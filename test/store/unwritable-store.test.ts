// What is believed of a store that can only be looked at, because its disk has no room for an index of its log.
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readUnwritable } from '../../src/store/unwritable-store.ts';
import { tempFolder } from '../support/temp-folder.ts';

const cannotOpen = Object.assign(new Error('unable to open database file'), { errcode: 14 });
const unchecked = (): void => undefined;
const count = (db: DatabaseSync): unknown => db.prepare('SELECT count(*) AS n FROM logins').get()?.['n'];
let file = '';

beforeEach(() => {
  file = join(tempFolder(), 'a?b #1.sqlite');
  const db = new DatabaseSync(file);
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE logins (id TEXT); INSERT INTO logins VALUES (1)');
  db.close();
});

it('is read as it lies there, and cannot be written', () => {
  expect(readUnwritable(file, cannotOpen, unchecked, count)).toBe(1);
  expect(() =>
    readUnwritable(file, cannotOpen, unchecked, (db) => db.exec('DELETE FROM logins')),
  ).toThrowError(/readonly/);
});

it('is not read when something else than the disk stands in the way', () => {
  const damaged = Object.assign(new Error('malformed'), { errcode: 11 });
  expect(() => readUnwritable(file, damaged, unchecked, count)).toThrowError(damaged);
});

it('is not read without a log that lies beside it, nor where there is none', () => {
  writeFileSync(`${file}-wal`, '');
  expect(readUnwritable(file, cannotOpen, unchecked, count)).toBe(1);
  writeFileSync(`${file}-wal`, 'frames');
  expect(() => readUnwritable(file, cannotOpen, unchecked, count)).toThrowError(cannotOpen);
  rmSync(file);
  rmSync(`${file}-wal`);
  expect(() => readUnwritable(file, cannotOpen, unchecked, count)).toThrowError(cannotOpen);
});

it('is to be read again when it was written meanwhile', () => {
  const write = (): void => appendFileSync(file, 'x');
  expect(() => readUnwritable(file, cannotOpen, unchecked, write)).toThrowError(
    expect.objectContaining({ errcode: 5 }),
  );
});
