// Reading the log of a gateway: its end, and what is added, across a file that was set aside.
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { followLog, lastLines, shownLine } from '../../src/cli/gateway-log.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('lastLines', () => {
  it('gives the last ones whole, however long the file', () => {
    const file = join(tempFolder(), 'log');
    const lines = Array.from({ length: 5_000 }, (_, at) => `${at} ${'ü'.repeat(at % 60)}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    expect(lastLines(file, 3_000)).toEqual(lines.slice(-3_000));
    expect(lastLines(file, 9_000)).toEqual(lines);
    expect([lastLines(file, 0), lastLines(`${file}.none`, 5)]).toEqual([[], []]);
  });

  it('looks no further back than it is told', () => {
    const file = join(tempFolder(), 'log');
    writeFileSync(file, 'old\nnew\n');
    expect(lastLines(file, 9, 4)).toEqual(['new']);
  });
});

describe('followLog', () => {
  it('gives whole lines as they come, of the file that was set aside and of the next', () => {
    const file = join(tempFolder(), 'log');
    writeFileSync(file, 'before\n');
    const follower = followLog(file);
    expect(follower.next()).toEqual([]);
    appendFileSync(file, 'one\ntw');
    expect(follower.next()).toEqual(['one']);
    appendFileSync(file, 'o ü\nthree\n');
    renameSync(file, `${file}.1`);
    writeFileSync(file, 'four\n');
    expect(follower.next()).toEqual(['two ü', 'three', 'four']);
    follower.close();
  });

  it('waits for a file that is yet to come', () => {
    const file = join(tempFolder(), 'log');
    const follower = followLog(file);
    expect(follower.next()).toEqual([]);
    writeFileSync(file, 'first\n');
    expect(follower.next()).toEqual(['first']);
    follower.close();
  });
});

describe('shownLine', () => {
  it.each([
    [
      '{"level":"info","time":"2026-01-02T03:04:05.678Z","status":200,"event":"request"}',
      '03:04:05 info request status=200',
    ],
    ['{"level":"info" cut', '{"level":"info" cut'],
    ['FATAL ERROR: \u001b[31mheap\u0007', 'FATAL ERROR: heap'],
  ])('of %j', (line, shown) => {
    expect(shownLine(line)).toBe(shown);
  });
});
