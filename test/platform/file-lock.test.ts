// The lock over real files and a real process that is killed while it holds it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { acquireFileLock } from '../../src/platform/file-lock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { tempFolder } from '../support/temp-folder.ts';

const holder = `
  import { DatabaseSync } from 'node:sqlite';
  const database = new DatabaseSync(process.argv[1]);
  database.exec('BEGIN EXCLUSIVE');
  console.log('held');
  setInterval(() => {}, 1000);
`;

async function holdInChild(path: string): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', holder, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('acquireFileLock', () => {
  it('gives the lock to one at a time, and to the next when it is released', async () => {
    const path = join(tempFolder(), 'lock');
    const clock = createFakeClock();
    const options = { clock, random: createFakeRandom(), timeoutMs: 1_000 };
    const first = await acquireFileLock(path, options);
    expect(first).toBeTypeOf('function');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);

    const second = acquireFileLock(path, options);
    await clock.advance(500);
    expect(clock.timerCount()).toBe(1);
    first?.();
    await clock.advance(50);
    const release = await second;
    expect(release).toBeTypeOf('function');
    release?.();
  });

  it('answers undefined when the holder keeps it longer than one waits', async () => {
    const path = join(tempFolder(), 'lock');
    const clock = createFakeClock();
    const options = { clock, random: createFakeRandom(), timeoutMs: 1_000 };
    const held = await acquireFileLock(path, options);
    const waiting = acquireFileLock(path, options);
    await clock.advance(1_100);
    expect(await waiting).toBeUndefined();
    held?.();
  });

  it('stops waiting with the reason of the signal', async () => {
    const path = join(tempFolder(), 'lock');
    const clock = createFakeClock();
    const options = { clock, random: createFakeRandom(), timeoutMs: 1_000 };
    const held = await acquireFileLock(path, options);
    const controller = new AbortController();
    const waiting = acquireFileLock(path, { ...options, signal: controller.signal });
    await clock.advance(10);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    held?.();
  });

  it('is free again when its holder is killed', async () => {
    const path = join(tempFolder(), 'lock');
    const child = await holdInChild(path);
    const options = { clock: systemClock, random: systemRandom };
    expect(await acquireFileLock(path, { ...options, timeoutMs: 20 })).toBeUndefined();
    const waiting = acquireFileLock(path, { ...options, timeoutMs: 20_000 });
    child.kill('SIGKILL');
    const release = await waiting;
    expect(release).toBeTypeOf('function');
    release?.();
  });

  it('writes nothing beside its file, which a full disk would not take', async () => {
    const folder = tempFolder();
    const path = join(folder, 'lock');
    const held = await acquireFileLock(path, { clock: systemClock, random: systemRandom, timeoutMs: 10 });
    expect(readdirSync(folder)).toEqual(['lock']);
    held?.();
    expect([readdirSync(folder), statSync(path).size]).toEqual([['lock'], 0]);
  });

  it('refuses a file that is something else', async () => {
    await expect(
      acquireFileLock(tempFolder(), { clock: systemClock, random: systemRandom, timeoutMs: 10 }),
    ).rejects.toThrow(/EISDIR|unable to open/);
  });
});
