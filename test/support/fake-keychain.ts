// A keychain in memory that counts its calls and can be told to fail, the way the real ones do.
import type { OpenClawError } from '../../src/errors.ts';
import type { Keychain } from '../../src/platform/keychain.ts';

export type FakeKeychain = Keychain & {
  readonly items: Map<string, string>;
  /** Names of the calls so far, in order. */
  readonly calls: string[];
  /** Every call fails with this from now on; undefined mends it. */
  fail(error: OpenClawError | undefined): void;
  /** Called when an item has been stored. */
  onSet: (() => void) | undefined;
};

export function createFakeKeychain(): FakeKeychain {
  const items = new Map<string, string>();
  const calls: string[] = [];
  let failure: OpenClawError | undefined;
  const called = async (name: string): Promise<void> => {
    calls.push(name);
    // As far away as a real one: other work goes on in between.
    await new Promise((resolve) => setImmediate(resolve));
    if (failure !== undefined) throw failure;
  };
  const keychain: FakeKeychain = {
    items,
    calls,
    onSet: undefined,
    fail(error) {
      failure = error;
    },
    async get(account) {
      await called('get');
      return items.get(account);
    },
    async set(account, value) {
      await called('set');
      items.set(account, value);
      keychain.onSet?.();
    },
    async delete(account) {
      await called('delete');
      return items.delete(account);
    },
    probe: () => called('probe'),
  };
  return keychain;
}
