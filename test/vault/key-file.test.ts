// Key files: what counts as a key, whose files are trusted, and that one is written whole.
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { keyFileFault, parseKey, readKeyFile, writeKeyFile } from '../../src/vault/key-file.ts';
import type { KeyFileFacts } from '../../src/vault/key-file.ts';
import { tempFolder } from '../support/temp-folder.ts';

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37 + 251) % 256));

describe('what counts as a key', () => {
  it.each([
    ['raw bytes', key],
    ['raw bytes that end in a line feed', Buffer.concat([key.subarray(0, 31), Buffer.from('\n')])],
    ['hex', Buffer.from(key.toString('hex'))],
    ['upper-case hex with space around it', Buffer.from(`\n ${key.toString('hex').toUpperCase()}\r\n`)],
    ['base64', Buffer.from(`${key.toString('base64')}\n`)],
    ['base64url', Buffer.from(key.toString('base64url'))],
  ])('%s', (name, content) => {
    expect(parseKey(content)).toEqual(name.includes('line feed') ? content : key);
  });

  it.each([
    ['nothing', ''],
    ['space alone', ' \n'],
    ['31 bytes in hex', key.subarray(1).toString('hex')],
    ['33 bytes in base64', Buffer.concat([key, key]).subarray(0, 33).toString('base64')],
    ['half a key in hex, which has 32 characters', key.subarray(16).toString('hex')],
    ['a passphrase of 32 characters', 'correct horse battery staple! 32'],
    ['base64 with bits to spare', `${key.toString('base64url').slice(0, 42)}_`],
    ['two keys', `${key.toString('hex')}\n${key.toString('hex')}`],
  ])('not %s', (_, content) => {
    expect(parseKey(Buffer.from(content))).toHaveProperty('fault');
  });
});

describe('who may see a key file', () => {
  const mine: KeyFileFacts = {
    isFile: true,
    size: 64,
    mode: 0o100600,
    uid: 1000,
    writable: true,
    self: 1000,
    isPrivateFolder: false,
  };
  const mounted = { uid: 0, writable: false };
  it.each<[string, Partial<KeyFileFacts>, RegExp | undefined]>([
    ['mine alone', {}, undefined],
    ['mine, read only', { mode: 0o100400, writable: false }, undefined],
    ['readable for the group', { mode: 0o100640 }, /read by other users \(mode 0640\)/],
    ['readable for all', { mode: 0o100644 }, /read by other users/],
    ['writable for all', { mode: 0o100602 }, /written by other users/],
    ["a container's secret, 0444 of root", { ...mounted, mode: 0o100444 }, undefined],
    [
      "a container's secret on a read-only mount, seen by root",
      { ...mounted, self: 0, mode: 0o100444 },
      undefined,
    ],
    ["root's own file, readable for all", { uid: 0, self: 0, mode: 0o100644 }, /read by other users/],
    ["a container's secret that others may write", { ...mounted, mode: 0o100646 }, /written by other users/],
    ["another user's", { uid: 1001 }, /another user/],
    ["another user's, seen by root", { uid: 1001, self: 0 }, undefined],
    ['a folder', { isFile: false }, /not a regular file/],
    ['a disk image', { size: 1_000_000 }, /1000000 bytes/],
    ["in systemd's private folder", { mode: 0o100444, uid: 1, isPrivateFolder: true }, undefined],
    ['on Windows', { self: undefined, mode: 0o100666 }, undefined],
  ])('%s', (_, facts, fault) => {
    const found = keyFileFault({ ...mine, ...facts });
    if (fault === undefined) expect(found).toBeUndefined();
    else expect(found).toMatch(fault);
  });
});

describe('a key file on disk', () => {
  it('is written whole, for its owner alone, and read back', () => {
    const folder = tempFolder();
    const path = join(folder, 'insecure.key');
    writeFileSync(`${path}.new`, 'left by a process that was killed');
    writeKeyFile(path, key, `${path}.former`);
    expect(readKeyFile(path)).toEqual(key);
    expect(readdirSync(folder)).toEqual(['insecure.key']);
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('takes no place from one that is there', () => {
    const folder = tempFolder();
    const [own, kept] = [join(folder, 'insecure.key'), join(folder, 'former.key')];
    writeKeyFile(own, Buffer.alloc(32, 1), kept);
    writeKeyFile(own, key, kept);
    expect([readKeyFile(own), readKeyFile(kept)]).toEqual([key, Buffer.alloc(32, 1)]);
  });

  it.each([
    ['that cannot be read', '/proc/self/mem', /cannot be read \(EIO\)/],
    ['in a folder that is gone', '/none/of/these/key', /cannot be written \(ENOENT\)/],
  ])('%s is named with the reason', (_, path, message) => {
    const use = (): unknown =>
      existsSync(path) ? readKeyFile(path) : writeKeyFile(path, key, `${path}.former`);
    expect(use).toThrow(expect.objectContaining({ code: 'KEY_FILE_INVALID' }) as Error);
    expect(use).toThrow(message);
  });

  it('is not there: undefined, which is no error', () => {
    expect(readKeyFile(join(tempFolder(), 'none.key'))).toBeUndefined();
  });

  it('may be reached through links, as mounts of secrets are', () => {
    const folder = tempFolder();
    writeKeyFile(join(folder, 'a.key'), key, join(folder, 'former.key'));
    symlinkSync(join(folder, 'a.key'), join(folder, 'b.key'));
    linkSync(join(folder, 'a.key'), join(folder, 'c.key'));
    expect(readKeyFile(join(folder, 'b.key'))).toEqual(key);
    expect(readKeyFile(join(folder, 'c.key'))).toEqual(key);
  });

  it('names file and reason when it is open to others', () => {
    const path = join(tempFolder(), 'open.key');
    writeKeyFile(path, key, `${path}.former`);
    chmodSync(path, 0o644);
    expect(() => readKeyFile(path)).toThrow(
      expect.objectContaining({
        code: 'KEY_FILE_INVALID',
        message: expect.stringContaining(path) as string,
      }) as Error,
    );
  });

  it('names file and reason when it is a folder', () => {
    const path = join(tempFolder(), 'folder.key');
    mkdirSync(path);
    expect(() => readKeyFile(path)).toThrow(/folder\.key is not a regular file/);
  });

  it('never shows what it read', () => {
    const path = join(tempFolder({ mayHold: ['canary7f3a'] }), 'text.key');
    writeFileSync(path, 'canary7f3a', { mode: 0o600 });
    expect(() => readKeyFile(path)).toThrow(/^(?!.*canary7f3a)/s);
  });
});
