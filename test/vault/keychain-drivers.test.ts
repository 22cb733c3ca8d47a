// One contract for both keychain drivers, each through the real helper against a real gnome-keyring; and what a person
// meets who goes from one driver to the other.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import type { Keychain } from '../../src/platform/keychain.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import type { ChildKeychainDeps } from '../../src/vault/child-keychain.ts';
import { chooseKeychainDriver, keychainDrivers } from '../../src/vault/keychain-driver.ts';
import type { KeychainDriverName } from '../../src/vault/keychain-driver.ts';
import { driverFault, installHelper, isSystemRequired } from '../support/keychain-drivers.ts';
import { missingPrograms, secretServicePackages, startSecretService } from '../support/secret-service.ts';
import type { SecretService } from '../support/secret-service.ts';

const missing = process.platform === 'linux' ? missingPrograms() : ['Linux'];

let started: SecretService | undefined;
const service = (): SecretService => {
  if (started === undefined) throw new Error(`gnome-keyring is not running; missing: ${missing.join(', ')}`);
  return started;
};
type Helper = Awaited<ReturnType<typeof installHelper>>;
let helper: Helper | undefined;
let lonely: Helper | undefined;
beforeAll(async () => {
  if (missing.length === 0) started = await startSecretService();
  helper = await installHelper(['@napi-rs', 'keytar']);
  lonely = await installHelper(['@napi-rs']);
});
afterAll(async () => {
  helper?.remove();
  lonely?.remove();
  await started?.stop();
});
beforeEach((context) => {
  if (missing.length > 0 && !isSystemRequired) context.skip(`needs Debian packages ${secretServicePackages}`);
});

const keychainOf = (driver: KeychainDriverName, deps: Partial<ChildKeychainDeps> = {}): Keychain =>
  createChildKeychain({
    env: service().env,
    clock: systemClock,
    random: systemRandom,
    deadlineMs: 20_000,
    driver,
    childUrl: helper?.url,
    ...deps,
  });

const listed = (): Promise<string> => service().secretTool(['search', '--all', 'service', 'openclaw']);

describe.each(keychainDrivers)('with the driver %s', (driver) => {
  beforeEach((context) => {
    const fault = driverFault(driver);
    if (fault !== undefined && !isSystemRequired) context.skip(fault);
  });

  it('an item goes in, is overwritten, is found by other programs, comes back and goes', async () => {
    const keychain = keychainOf(driver);
    expect(await keychain.get('credential-key-1')).toBeUndefined();
    expect(await keychain.delete('credential-key-1')).toBe(false);
    await keychain.set('credential-key-1', 'first');
    await keychain.set('credential-key-1', 'second');
    expect(await keychain.get('credential-key-1')).toBe('second');
    const found = await listed();
    expect(found.match(/^secret = .*$/gm)).toEqual(['secret = second']);
    expect(found).toContain('credential-key-1');
    expect(await keychain.delete('credential-key-1')).toBe(true);
    expect(await keychain.delete('credential-key-1')).toBe(false);
    expect(await keychain.get('credential-key-1')).toBeUndefined();
  });

  it('the probe passes and leaves nothing', async () => {
    await keychainOf(driver).probe();
    expect(await listed()).toBe('');
  });

  it('accounts and values of any form come back as they were', async () => {
    const keychain = keychainOf(driver);
    const items = [
      ['ключ-鍵-🔑', 'Wert: äöü 値 🗝'],
      [`a "b" 'c' \\ $d`, ` first\nsecond\t" ' \\ `],
      ['a'.repeat(1_000), 'v'.repeat(2_000)],
    ] as const;
    await Promise.all(items.map(([account, value]) => keychain.set(account, value)));
    const values = await Promise.all(items.map(([account]) => keychain.get(account)));
    expect(values).toEqual(items.map(([, value]) => value));
    const others = await Promise.all(items.map(([account]) => keychain.get(`${account}x`)));
    expect(others).toEqual([undefined, undefined, undefined]);
    expect(await Promise.all(items.map(([account]) => keychain.delete(account)))).toEqual([true, true, true]);
    expect(await listed()).toBe('');
  });

  it('what a keychain would cut or refuse is refused before it gets there', async () => {
    const keychain = keychainOf(driver);
    await expect(keychain.set('a', 'cut\0here')).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(keychain.set('a', '')).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(keychain.get('a\0b')).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await listed()).toBe('');
  });

  it('an item is there after the daemon was restarted', async () => {
    const keychain = keychainOf(driver);
    await keychain.set('kept', 'a value');
    await service().restart();
    expect(await keychain.get('kept')).toBe('a value');
    expect(await keychain.delete('kept')).toBe(true);
  });

  it('the session bus is found in the runtime folder, too', async () => {
    const { DBUS_SESSION_BUS_ADDRESS, ...env } = service().env;
    expect(DBUS_SESSION_BUS_ADDRESS).toContain('unix:path=');
    await keychainOf(driver, { env }).probe();
  });

  it('an item in a locked keyring is not missing, nor is one that never was there', async () => {
    const keychain = keychainOf(driver);
    await keychain.set('locked-away', 'a value');
    await service().lock();
    try {
      const calls = [
        () => keychain.get('locked-away'),
        () => keychain.get('never'),
        () => keychain.delete('never'),
        () => keychain.probe(),
      ];
      for (const call of calls)
        await expect(call()).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED', data: { state: 'locked' } });
    } finally {
      await service().restart();
    }
    expect(await keychain.get('locked-away')).toBe('a value');
    await keychain.delete('locked-away');
  });
});

describe('from one driver to the other', () => {
  beforeEach((context) => {
    const fault = driverFault('keytar');
    if (fault !== undefined && !isSystemRequired) context.skip(fault);
  });

  it.each([
    ['napi-keyring', 'keytar'],
    ['keytar', 'napi-keyring'],
  ] as const)('what %s stored, %s finds and deletes', async (first, second) => {
    await keychainOf(first).set('moved', 'a value');
    expect(await keychainOf(second).get('moved')).toBe('a value');
    expect(await keychainOf(second).delete('moved')).toBe(true);
    expect(await keychainOf(first).get('moved')).toBeUndefined();
    expect(await listed()).toBe('');
  });

  it('a key of an add-on that is not there any more is not missing: the add-on is', async () => {
    await keychainOf('keytar').set('left-behind', 'a value');
    const alone = keychainOf('napi-keyring', { childUrl: lonely?.url });
    await expect(alone.get('left-behind')).rejects.toMatchObject({
      code: 'KEYCHAIN_UNAVAILABLE',
      message: expect.stringContaining('stored with the add-on keytar') as string,
      remedy: expect.stringContaining('`npm install --global keytar@') as string,
      data: { state: 'other-driver', driver: 'keytar' },
    });
    expect(await alone.get('never')).toBeUndefined();
    await keychainOf('keytar').delete('left-behind');
  });
});

describe('the driver of OPENCLAW_KEYCHAIN_DRIVER', () => {
  it.each([
    [undefined, 'napi-keyring'],
    ['', 'napi-keyring'],
    ['napi-keyring', 'napi-keyring'],
    ['keytar', 'keytar'],
  ])('%s: %s', (value, driver) => {
    expect(chooseKeychainDriver({ OPENCLAW_KEYCHAIN_DRIVER: value })).toBe(driver);
  });

  it.each(['Keytar', 'none', 'keytar '])('%j is refused, and the known ones are named', (value) => {
    const choose = () => chooseKeychainDriver({ OPENCLAW_KEYCHAIN_DRIVER: value });
    expect(choose).toThrow(/OPENCLAW_KEYCHAIN_DRIVER.*napi-keyring, keytar/);
    expect(choose).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
