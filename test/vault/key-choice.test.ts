// The ladder of key sources as a table: facts in, next step out.
import { describe, expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { decideKeySource } from '../../src/vault/key-choice.ts';
import type { KeyDecision, KeyFacts } from '../../src/vault/key-choice.ts';
import { keyKinds } from '../../src/vault/key-record.ts';

const absent = new OpenClawError({ code: 'KEYCHAIN_UNAVAILABLE', message: 'no bus' });
const locked = new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'The OS keychain is locked' });
const bare: KeyFacts = {
  insecureStorage: false,
  ephemeral: false,
  hasCredentialsFile: false,
  hasKeyFile: false,
  hasPassphraseFile: false,
  canAsk: false,
  keychain: 'not asked',
  isCi: false,
};

/** A decision as one word: the kind, `probe`, or the code of the refusal. */
function word(decision: KeyDecision): string {
  if (decision.action === 'use') return decision.kind;
  return decision.action === 'refuse' ? decision.error.code : decision.action;
}

describe('where a new store keeps its key', () => {
  it.each<[string, Partial<KeyFacts>, string]>([
    ['asks the keychain first of all', {}, 'probe'],
    ['the keychain when it passed', { keychain: 'usable' }, 'keychain'],
    ["the keychain's error when it did not", { keychain: locked }, 'KEYCHAIN_LOCKED'],
    ['systemd before a key file', { hasCredentialsFile: true, hasKeyFile: true }, 'credentials-directory'],
    ['a key file before the keychain', { hasKeyFile: true }, 'key-file'],
    ['the keychain also in CI', { isCi: true }, 'probe'],
    ['memory in CI without a keychain', { isCi: true, keychain: locked }, 'memory'],
    [
      '--insecure-storage before all that is there',
      { insecureStorage: true, hasKeyFile: true },
      'insecure-file',
    ],
    ['--ephemeral before all that is there', { ephemeral: true, hasCredentialsFile: true }, 'memory'],
    ['--storage keychain probes', { flag: 'keychain', hasKeyFile: true }, 'probe'],
    ['--storage keychain uses it', { flag: 'keychain', keychain: 'usable' }, 'keychain'],
    [
      '--storage keychain never falls back',
      { flag: 'keychain', keychain: locked, isCi: true },
      'KEYCHAIN_LOCKED',
    ],
    ['--storage key-file needs the file named', { flag: 'key-file' }, 'INPUT_REQUIRED'],
    ['--storage key-file with a name', { flag: 'key-file', hasKeyFile: true }, 'key-file'],
    ['--storage credentials-directory needs one', { flag: 'credentials-directory' }, 'INPUT_REQUIRED'],
    [
      '--storage credentials-directory with one',
      { flag: 'credentials-directory', hasCredentialsFile: true },
      'credentials-directory',
    ],
    ['a passphrase file after the keychain', { hasPassphraseFile: true }, 'probe'],
    [
      'a passphrase file when the keychain did not pass',
      { hasPassphraseFile: true, keychain: locked, isCi: true },
      'passphrase',
    ],
    ['a person where there is no keychain', { canAsk: true, keychain: absent }, 'passphrase'],
    ['not a person where it is only locked', { canAsk: true, keychain: locked }, 'KEYCHAIN_LOCKED'],
    ['nobody without a person', { keychain: absent }, 'KEYCHAIN_UNAVAILABLE'],
    ['memory before a person in CI', { canAsk: true, keychain: absent, isCi: true }, 'memory'],
    ['--storage passphrase with a file', { flag: 'passphrase', hasPassphraseFile: true }, 'passphrase'],
    ['--storage passphrase with a person', { flag: 'passphrase', canAsk: true }, 'passphrase'],
    ['--storage passphrase with neither', { flag: 'passphrase' }, 'PASSPHRASE_REQUIRED'],
    ['the variable alone', { variable: 'insecure-file' }, 'insecure-file'],
    ['--storage before the variable', { flag: 'memory', variable: 'insecure-file' }, 'memory'],
    [
      '--insecure-storage before the variable',
      { insecureStorage: true, variable: 'keychain' },
      'insecure-file',
    ],
    ['an empty variable says nothing', { variable: '' }, 'probe'],
    ['flags that agree', { flag: 'memory', ephemeral: true }, 'memory'],
    ['flags that contradict each other', { flag: 'keychain', insecureStorage: true }, 'USAGE'],
    ['two ways out at once', { ephemeral: true, insecureStorage: true }, 'USAGE'],
    ['an unknown word', { flag: 'vault' }, 'USAGE'],
    ['an unknown word in the variable', { variable: 'vault' }, 'USAGE'],
  ])('%s', (_, facts, expected) => {
    expect(word(decideKeySource({ ...bare, ...facts }))).toBe(expected);
  });
});

describe('where an existing store keeps its key', () => {
  it.each(keyKinds)('%s is obeyed whatever else is there', (recorded) => {
    const around = { hasCredentialsFile: true, hasKeyFile: true, isCi: true, keychain: locked };
    expect(word(decideKeySource({ ...bare, ...around, recorded }))).toBe(recorded);
    expect(word(decideKeySource({ ...bare, recorded, flag: recorded }))).toBe(recorded);
  });

  it.each(
    keyKinds.flatMap((recorded) =>
      keyKinds.filter((asked) => asked !== recorded).map((asked) => [recorded, asked] as const),
    ),
  )('%s is not turned into %s', (recorded, asked) => {
    for (const facts of [{ flag: asked }, { variable: asked }]) {
      const decision = decideKeySource({ ...bare, ...facts, recorded });
      expect(word(decision)).toBe('STORAGE_CONFLICT');
      if (decision.action !== 'refuse') continue;
      expect(decision.error.message).toContain(recorded);
      expect(decision.error.message).toContain(asked);
    }
  });
});
