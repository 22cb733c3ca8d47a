// The activity file: made when something is written, begun anew when it is damaged, shared by connections, and never in
// the way of what does not need it.
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openActivityDatabase, type ActivityDatabaseOptions } from '../../src/store/activity-database.ts';
import { createActivityStore, type ActivityStore } from '../../src/store/activity-store.ts';
import { mountSmallDisk } from '../support/small-disk.ts';
import { tempFolder } from '../support/temp-folder.ts';

const row = { profileId: 'p:default', model: 'M', reason: 'quota', failures: 1, sinceMs: 1, untilMs: 2 };
const change = { cooldowns: [row], ended: [], uses: [{ profileId: 'p:default', lastUsedAtMs: 5.5 }] };

function open(
  stateDir: string | undefined,
  mode: ActivityDatabaseOptions['mode'] = 'keep',
): ActivityStore & { warnings: string[]; close: () => void } {
  const warnings: string[] = [];
  const database = openActivityDatabase(stateDir, { mode, warn: (message) => warnings.push(message) });
  onTestFinished(() => database.close());
  return { ...createActivityStore(database), warnings, close: () => database.close() };
}

const fileOf = (stateDir: string): string => join(stateDir, 'activity.sqlite');

describe('what is written', () => {
  it('is there for the next one who opens it; reading and removing make no file', () => {
    const stateDir = join(tempFolder(), 'state');
    const first = open(stateDir);
    expect(first.read()).toEqual({ cooldowns: [], uses: [], orders: new Map() });
    expect([first.setOrder('p', undefined), first.clearCooldowns(undefined), first.changeMark()]).toEqual([
      false,
      [],
      'none',
    ]);
    expect(existsSync(fileOf(stateDir))).toBe(false);
    first.write(change);
    expect(first.setOrder('p', ['p:b', 'p:a'])).toBe(true);
    first.close();
    const written = { cooldowns: [row], uses: change.uses, orders: new Map([['p', ['p:b', 'p:a']]]) };
    expect(open(stateDir).read()).toEqual(written);
    expect(open(stateDir, 'look').read()).toEqual(written);
  });

  it('is readable for this user only, its log too', () => {
    const stateDir = tempFolder();
    open(stateDir).write(change);
    const modes = (): number[] =>
      readdirSync(stateDir).map((name) => statSync(join(stateDir, name)).mode & 0o777);
    expect(new Set(modes())).toEqual(new Set([0o600]));
    chmodSync(fileOf(stateDir), 0o644);
    open(stateDir).read();
    expect(statSync(fileOf(stateDir)).mode & 0o777).toBe(0o600);
  });

  it('of others shows in the mark; one’s own does not', () => {
    const stateDir = tempFolder();
    const [one, other] = [open(stateDir), open(stateDir)];
    one.write(change);
    other.read();
    const mark = one.changeMark();
    one.write({ ...change, cooldowns: [{ ...row, untilMs: 3 }] });
    expect(one.changeMark()).toBe(mark);
    expect(other.clearCooldowns('p:other')).toEqual([]);
    expect(other.clearCooldowns('p:default')).toEqual([{ ...row, untilMs: 3 }]);
    expect(one.changeMark()).not.toBe(mark);
    expect(one.read().cooldowns).toEqual([]);
  });

  it('keeps the later of two uses', () => {
    const store = open(undefined);
    const use = (lastUsedAtMs: number) => ({ ...change, uses: [{ profileId: 'p:default', lastUsedAtMs }] });
    store.write(use(7));
    store.write(use(6));
    expect(store.read().uses).toEqual([{ profileId: 'p:default', lastUsedAtMs: 7 }]);
  });

  it('waits for nobody: a file that is being written is an error', () => {
    const stateDir = tempFolder();
    const store = open(stateDir);
    store.write(change);
    const other = new DatabaseSync(fileOf(stateDir));
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    expect(() => store.write(change)).toThrow(expect.objectContaining({ code: 'STORE_BUSY' }) as Error);
    expect(store.read().cooldowns).toEqual([row]);
    other.exec('ROLLBACK');
    store.write(change);
  });
});

describe('a file that cannot be used', () => {
  const spoilt: [string, (file: string) => void][] = [
    ['no database', (file) => writeFileSync(file, 'x'.repeat(5_000))],
    [
      'a database of another program',
      (file) => {
        const db = new DatabaseSync(file);
        db.exec('CREATE TABLE other (a)');
        db.close();
      },
    ],
    [
      'pages that are broken',
      (file) => {
        const store = open(join(file, '..'));
        store.write(change);
        store.close();
        const db = new DatabaseSync(file);
        db.exec('PRAGMA journal_mode = DELETE');
        db.close();
        const bytes = readFileSync(file);
        writeFileSync(file, bytes.fill(0x5a, 4_096));
      },
    ],
  ];
  it.each(spoilt)('%s: is begun anew with one warning, and kept aside', (_name, spoil) => {
    const stateDir = tempFolder();
    spoil(fileOf(stateDir));
    const looking = open(stateDir, 'look');
    expect(() => looking.read()).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }) as Error);
    const store = open(stateDir);
    expect(store.read().cooldowns).toEqual([]);
    store.write(change);
    expect(store.read().cooldowns).toEqual([row]);
    expect(store.warnings).toHaveLength(1);
    expect(existsSync(`${fileOf(stateDir)}.damaged`)).toBe(true);
  });

  it('a link is not followed, and a newer file is left alone', () => {
    const stateDir = tempFolder();
    const elsewhere = join(tempFolder(), 'target');
    writeFileSync(elsewhere, '');
    symlinkSync(elsewhere, fileOf(stateDir));
    for (const mode of ['keep', 'look'] as const) {
      expect(() => open(stateDir, mode).read()).toThrow(
        expect.objectContaining({ code: 'STORE_UNREADABLE' }) as Error,
      );
    }
    expect(statSync(elsewhere).size).toBe(0);

    const newer = tempFolder();
    open(newer).write(change);
    const db = new DatabaseSync(fileOf(newer));
    db.exec('PRAGMA user_version = 2');
    db.close();
    expect(() => open(newer).write(change)).toThrow(
      expect.objectContaining({ code: 'STORE_NEWER' }) as Error,
    );
  });

  it('a file that takes its name while it is open is the one that counts', () => {
    const stateDir = tempFolder();
    const store = open(stateDir);
    store.write(change);
    const damaged = open(stateDir);
    damaged.read();
    damaged.close();
    for (const name of readdirSync(stateDir)) writeFileSync(join(stateDir, name), 'x'.repeat(5_000));
    const other = open(stateDir);
    other.write({ ...change, cooldowns: [{ ...row, failures: 9 }] });
    expect(store.read().cooldowns).toEqual([{ ...row, failures: 9 }]);
  });
});

describe('a disk that is read-only', () => {
  it('is read, and written to no more than it lets', (context) => {
    const stateDir = join(tempFolder(), 'disk');
    const disk = mountSmallDisk(stateDir, 1_024);
    if (typeof disk === 'string') return context.skip(disk);
    const store = open(stateDir);
    store.write(change);
    store.close();
    disk.setReadOnly();
    expect(open(stateDir, 'look').read().cooldowns).toEqual([row]);
    expect(() => open(stateDir).write(change)).toThrow(
      expect.objectContaining({ code: 'STORE_UNREADABLE' }) as Error,
    );
    disk.setWritable();
  });
});
