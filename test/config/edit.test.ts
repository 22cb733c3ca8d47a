// The file on disk: atomic, backed up, locked over processes, and untouched when an edit is refused.
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import JSON5 from 'json5';
import { describe, expect, it } from 'vitest';
import { editConfig, proveWritable, type EditRequest } from '../../src/config/edit.ts';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { acquireFileLock } from '../../src/platform/file-lock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { tempFolder } from '../support/temp-folder.ts';

const port = { path: ['gateway', 'port'], value: 4_000 };
const written = '{ // mine\n  gateway: { port: 18789 }, // keep\n}\n';

function request(file: string, more: Partial<EditRequest> = {}): EditRequest {
  return { file, edits: [port], clock: systemClock, random: systemRandom, ...more };
}

async function refusal(attempt: Promise<unknown>): Promise<OpenClawError> {
  try {
    await attempt;
  } catch (error) {
    if (isOpenClawError(error)) return error;
    throw error;
  }
  throw new Error('It was written.');
}

/** Rights say nothing to root. */
async function asNobody<Result>(act: () => Promise<Result>): Promise<Result> {
  process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

const visible = (folder: string): string[] => readdirSync(folder).filter((name) => !name.endsWith('.lock'));

describe('editConfig', () => {
  it('writes the change and keeps the former text and the mode', async () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, written);
    chmodSync(file, 0o640);
    const result = await editConfig(request(file));
    expect(result).toEqual({ changed: true, backup: `${file}.bak` });
    expect(readFileSync(file, 'utf8')).toBe(written.replace('18789', '4000'));
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(written);
    expect(visible(folder)).toEqual(['openclaw.json', 'openclaw.json.bak']);
    if (process.platform === 'win32') return;
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(statSync(`${file}.bak`).mode & 0o777).toBe(0o640);
  });

  it('leaves the file alone when nothing changes', async () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, '{ gateway: { port: 4000 } }');
    const before = statSync(file);
    expect(await editConfig(request(file))).toEqual({ changed: false });
    expect(statSync(file).ino).toBe(before.ino);
    expect(visible(folder)).toEqual(['openclaw.json']);
  });

  it('makes a missing file and its folder for this user alone', async () => {
    const file = join(tempFolder(), 'state', 'openclaw.json');
    expect(await editConfig(request(file))).toEqual({ changed: true });
    expect(readFileSync(file, 'utf8')).toBe('{\n  "gateway": {\n    "port": 4000\n  }\n}\n');
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([true, false])('writes through symbolic links (target there: %j)', async (exists) => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'dotfiles'));
    const target = join(folder, 'dotfiles', 'claw.json');
    if (exists) writeFileSync(target, written);
    symlinkSync('second', join(folder, 'first'));
    symlinkSync(join('dotfiles', 'claw.json'), join(folder, 'second'));
    await editConfig(request(join(folder, 'first')));
    expect(lstatSync(join(folder, 'first')).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(folder, 'second')).isSymbolicLink()).toBe(true);
    expect(readFileSync(target, 'utf8')).toContain('4000');
  });

  it.each([true, false])(
    'has one lock for a file and for a link to it, through folders that are links (target there: %j)',
    async (exists) => {
      const folder = tempFolder();
      for (const name of ['conf', 'deep', 'deep/home', 'deep/conf']) mkdirSync(join(folder, name));
      // deep/home/openclaw.json says ../conf/claw.json, and is reached as home/openclaw.json.
      symlinkSync(join('deep', 'home'), join(folder, 'home'));
      symlinkSync(join('..', 'conf', 'claw.json'), join(folder, 'deep', 'home', 'openclaw.json'));
      const target = join(folder, 'deep', 'conf', 'claw.json');
      if (exists) writeFileSync(target, written);
      const clock = createFakeClock();
      const random = createFakeRandom();
      const release = await acquireFileLock(join(dirname(target), '.claw.json.lock'), {
        clock,
        random,
        timeoutMs: 1,
      });
      const link = join(folder, 'home', 'openclaw.json');
      const attempt = refusal(editConfig(request(link, { clock, random })));
      await clock.advance(11_000);
      expect((await attempt).message).toContain('another program has been editing it');
      release?.();
      await editConfig(request(link));
      expect(readFileSync(target, 'utf8')).toContain('4000');
      expect(readdirSync(join(folder, 'conf'))).toEqual([]);
    },
  );

  it.skipIf(process.platform === 'win32')('tells of other names that keep the former text', async () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, written);
    linkSync(file, join(folder, 'other'));
    expect((await editConfig(request(file))).leftNames).toBe(1);
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe(written);
    const again = { path: ['gateway', 'port'], value: 4_001 };
    expect((await editConfig(request(file, { edits: [again] }))).leftNames).toBeUndefined();
  });

  it('refuses links that go round in a circle', async () => {
    const folder = tempFolder();
    symlinkSync('b', join(folder, 'a'));
    symlinkSync('a', join(folder, 'b'));
    mkdirSync(join(folder, 'home'));
    symlinkSync(join('..', 'a', 'x'), join(folder, 'home', 'openclaw.json'));
    for (const file of [join(folder, 'a'), join(folder, 'home', 'openclaw.json')]) {
      const error = await refusal(editConfig(request(file)));
      expect(error.message).toContain('circle');
      expect(error.remedy).toContain('Remove the link');
    }
  });

  it('keeps values that hang on variables of another machine', async () => {
    const file = join(tempFolder(), 'openclaw.json');
    writeFileSync(file, '{ models: { providers: { lab: { baseUrl: "${LAB_URL}" } } } }');
    expect((await editConfig(request(file))).changed).toBe(true);
    expect(readFileSync(file, 'utf8')).toContain('baseUrl: "${LAB_URL}"');
  });
});

describe('editConfig refuses', () => {
  it.each<[string, string, Partial<EditRequest>, string, string]>([
    [
      'a result of a wrong type',
      written,
      { edits: [{ path: ['gateway', 'port'], value: 'x' }] },
      'CONFIG_WRITE_REFUSED',
      'gateway.port must be',
    ],
    [
      'a file that was wrong before',
      '{ gateway: { bind: 1 } }',
      {},
      'CONFIG_WRITE_REFUSED',
      'gateway.bind must be a string',
    ],
    ['a broken file', '{ gateway: ', {}, 'CONFIG_SYNTAX', 'ends too early'],
  ])('%s, and leaves it untouched', async (_, text, more, code, message) => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, text);
    const error = await refusal(editConfig(request(file, more)));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(readFileSync(file, 'utf8')).toBe(text);
    expect(visible(folder)).toEqual(['openclaw.json']);
  });

  it('a file that somebody else changed meanwhile', async () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, written);
    const theirs = '{ theirs: 1 }';
    const error = await refusal(editConfig(request(file, { validate: () => writeFileSync(file, theirs) })));
    expect(error.code).toBe('CONFIG_WRITE_REFUSED');
    expect(error.message).toContain('another program changed it meanwhile');
    expect(readFileSync(file, 'utf8')).toBe(theirs);
    expect(visible(folder)).toEqual(['openclaw.json', 'openclaw.json.bak']);
  });

  it('a folder in place of the file', async () => {
    const file = join(tempFolder(), 'openclaw.json');
    mkdirSync(file);
    expect((await refusal(editConfig(request(file)))).code).toBe('CONFIG_UNREADABLE');
  });

  it('a place that cannot be written', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'file'), '');
    const error = await refusal(editConfig(request(join(folder, 'file', 'openclaw.json'))));
    expect(error.code).toBe('CONFIG_WRITE_REFUSED');
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)(
    'a file that this user may not write, though its folder may be',
    async () => {
      const folder = tempFolder();
      const file = join(folder, 'openclaw.json');
      writeFileSync(file, written);
      chmodSync(file, 0o644);
      chmodSync(folder, 0o777);
      const [error, early] = await asNobody(async () => [
        await refusal(editConfig(request(file))),
        await refusal(proveWritable(file)),
      ]);
      expect(error?.message).toBe(`${file} was not changed: this user may not write it (EACCES).`);
      expect(error?.remedy).toContain('OPENCLAW_CONFIG_PATH');
      expect(early?.message).toBe(error?.message);
      expect(readFileSync(file, 'utf8')).toBe(written);
      expect(visible(folder)).toEqual(['openclaw.json']);
      chmodSync(folder, 0o700);
      chmodSync(file, 0o666);
      const locked = await asNobody(() => refusal(proveWritable(file)));
      expect(locked.code).toBe('CONFIG_WRITE_REFUSED');
    },
  );

  it('to wait for ever for another editor', async () => {
    const folder = tempFolder();
    const file = join(folder, 'openclaw.json');
    writeFileSync(file, written);
    const clock = createFakeClock();
    const random = createFakeRandom();
    const release = await acquireFileLock(join(folder, '.openclaw.json.lock'), {
      clock,
      random,
      timeoutMs: 1,
    });
    const attempt = refusal(editConfig(request(file, { clock, random })));
    await clock.advance(11_000);
    expect((await attempt).message).toContain('another program has been editing it');
    release?.();
    expect(readFileSync(file, 'utf8')).toBe(written);
  });
});

it('many processes that edit one file at once lose no change', async () => {
  const file = join(tempFolder(), 'openclaw.json');
  writeFileSync(file, written);
  const editor = join(import.meta.dirname, '../support/config-editor.ts');
  const children = ['one', 'two', 'three', 'four'].map((name) =>
    fork(editor, [file, name, '5'], { execArgv: [] }),
  );
  const ends = await Promise.all(children.map((child) => once(child, 'exit')));
  expect(ends.map(([code]) => code as number)).toEqual([0, 0, 0, 0]);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('// keep');
  const { entries } = JSON5.parse<{ plugins: { entries: object } }>(text).plugins;
  expect(Object.keys(entries)).toHaveLength(20);
});

it('a process that is killed while it edits leaves a whole file, and stands in nobody’s way', async () => {
  const file = join(tempFolder(), 'openclaw.json');
  writeFileSync(file, written);
  const editor = join(import.meta.dirname, '../support/config-editor.ts');
  let sure = 0;
  for (const [round, edits] of [1, 4].entries()) {
    const child = fork(editor, [file, `round${round}-`, '100000'], { execArgv: [] });
    for (let count = 0; count < edits; count += 1) await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    sure += edits;
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('// keep');
    const { entries } = JSON5.parse<{ plugins: { entries: object } }>(text).plugins;
    expect(Object.keys(entries).length).toBeGreaterThanOrEqual(sure);
    expect((await editConfig(request(file, { edits: [{ ...port, value: 4_001 + round }] }))).changed).toBe(
      true,
    );
  }
});
