// A passphrase as the key: what the derivation promises, and which files and texts are taken.
import { scryptSync } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/platform/random.ts';
import { rememberPassphrase } from '../../src/cli/ui/passphrase-prompt.ts';
import { keyWrong } from '../../src/vault/key-trouble.ts';
import { deriveKey, newDerivation, passphraseFault, readPassphraseFile } from '../../src/vault/passphrase.ts';
import { tempFolder } from '../support/temp-folder.ts';

const quick = '$scrypt$ln=10,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA';

describe('the derivation', () => {
  it('is scrypt with N=2^17, r=8, p=1 and a salt of 16 random bytes, in the PHC format', () => {
    const derivation = newDerivation((length) => Buffer.alloc(length, 0xfb));
    expect(derivation).toBe('$scrypt$ln=17,r=8,p=1$+/v7+/v7+/v7+/v7+/v7+w');
    expect(newDerivation((length) => systemRandom.bytes(length))).not.toBe(derivation);
  });

  it('gives what node:crypto gives for the same parameters', async () => {
    const expected = scryptSync('correct horse', Buffer.alloc(16, 0xfb), 32, { N: 2 ** 17, maxmem: 2 ** 28 });
    const derivation = newDerivation((length) => Buffer.alloc(length, 0xfb));
    expect(await deriveKey('correct horse', derivation, 'x')).toEqual(expected);
  });

  it('is the same for the same text in other code points, and another for another', async () => {
    const composed = await deriveKey('caf\u00e9 caf\u00e9', quick, 'x');
    expect(await deriveKey('cafe\u0301 cafe\u0301', quick, 'x')).toEqual(composed);
    expect(await deriveKey('cafe cafe', quick, 'x')).not.toEqual(composed);
  });

  it.each([
    '',
    'credential-key-1',
    '$scrypt$ln=17,r=8,p=1$',
    '$scrypt$ln=31,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=9,r=8,p=1$AAAAAAAAAAAAAAAAAAAAAA',
    '$scrypt$ln=17,r=99,p=1$AAAAAAAAAAAAAAAAAAAAAA',
    '$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA',
  ])('is refused as damage when the store says %j', async (derivation) => {
    await expect(deriveKey('correct horse', derivation, '/s/auth')).rejects.toMatchObject({
      code: 'STORE_CORRUPT',
      data: { place: '/s/auth' },
    });
  });
});

it('a wrong one is to be typed again; a new store comes last', () => {
  const record = { kind: 'passphrase', keyId: 'k', location: quick, createdAtMs: 0 } as const;
  expect(keyWrong(record, undefined, '/state/auth')).toMatchObject({
    code: 'KEY_WRONG',
    message: 'That is not the passphrase of this store',
    remedy: expect.stringMatching(/^Try again: .* lost for good, .*--set-aside-store/) as string,
  });
});

it('is asked for once in one command, unless it was wrong', async () => {
  const asked: string[] = [];
  const ask = rememberPassphrase(({ purpose }) => {
    asked.push(purpose);
    return Promise.resolve(`answer ${asked.length}`);
  });
  const answers = [await ask({ purpose: 'new' }), await ask({ purpose: 'open' })];
  expect(answers).toEqual(['answer 1', 'answer 1']);
  expect(await ask({ purpose: 'open', again: true })).toBe('answer 2');
  expect(await ask({ purpose: 'open' })).toBe('answer 2');
  expect(asked).toEqual(['new', 'open']);
});

describe('a passphrase file', () => {
  const fileWith = (content: string | Buffer, mode = 0o600): string => {
    const path = join(tempFolder(), 'passphrase');
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  };

  it.each([
    ['correct horse', 'correct horse'],
    ['correct horse\n', 'correct horse'],
    ['correct horse\r\nand a remark\n', 'correct horse'],
    [' spaces count \n', ' spaces count '],
    ['pässwörter\n', 'pässwörter'],
  ])('%j holds %j', (content, expected) => {
    expect(readPassphraseFile(fileWith(content))).toBe(expected);
  });

  it.each([
    ['nothing', '', 0o600, 'has an empty first line'],
    ['an empty first line', '\nsecond', 0o600, 'has an empty first line'],
    ['bytes that are no text', Buffer.of(0xff, 0xfe, 0x41), 0o600, 'is not UTF-8 text'],
    ['more than a passphrase', 'x'.repeat(5_000), 0o600, 'is 5000 bytes long'],
    ['modes for everyone', 'correct horse', 0o644, 'can be read by other users (mode 0644)'],
  ])('with %s is refused, by name', (_, content, mode, fault) => {
    const path = fileWith(content, mode);
    expect(() => readPassphraseFile(path)).toThrow(`The passphrase file ${path} ${fault}`);
  });

  it('has a remedy of its own', () => {
    expect(() => readPassphraseFile(tempFolder())).toThrow(
      expect.objectContaining({
        remedy: expect.stringContaining('OPENCLAW_PASSPHRASE_FILE') as string,
      }) as Error,
    );
  });

  it('that is not there is undefined', () => {
    expect(readPassphraseFile(join(tempFolder(), 'none'))).toBeUndefined();
  });
});

it.each([
  ['1234567', true],
  ['12345678', false],
  ['äöüäöüäö', false],
  ['😀😀😀😀😀😀😀', true],
])('a new passphrase %j is too short: %s', (text, isTooShort) => {
  expect(passphraseFault(text) !== undefined).toBe(isTooShort);
});
