// Whoever only looks at the Secret Service unlocks nothing by a person: a locked keyring is an answer, and no prompt is shown.
import { expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import { reply, signature, startFakeBus, text, u32, type FakeCall } from '../support/fake-bus.ts';

const names = ['Hello', 'ReadAlias', 'Locked', 'Unlock', 'AddMatch', 'Prompt'] as const;
const nameOf = (call: FakeCall): string => names.find((name) => call.has(`${name}\0`)) ?? 'other';

/** A service whose keyring only a person can unlock. */
async function startLockedService(): Promise<{ address: string; calls: string[] }> {
  const calls: string[] = [];
  const path = await startFakeBus((call) => {
    const name = nameOf(call);
    calls.push(name);
    if (name === 'Hello') return reply(call, 's', text(':1.1'));
    if (name === 'ReadAlias') return reply(call, 'o', text('/keyring'));
    const isLocked = Buffer.concat([signature('b'), Buffer.alloc(1), u32(1)]);
    if (name === 'Locked') return reply(call, 'v', isLocked);
    if (name === 'Unlock') return reply(call, 'aoo', Buffer.concat([u32(0), text('/prompt')]));
    return reply(call, '', Buffer.alloc(0));
  });
  return { address: `unix:path=${path}`, calls };
}

it.runIf(process.platform === 'linux')('a locked keyring is told, and nobody is asked', async () => {
  const { address, calls } = await startLockedService();
  const keychain = createChildKeychain({
    env: { DBUS_SESSION_BUS_ADDRESS: address },
    clock: systemClock,
    random: systemRandom,
    deadlineMs: 20_000,
    isQuiet: true,
  });
  await expect(keychain.probe()).rejects.toMatchObject({
    code: 'KEYCHAIN_LOCKED',
    data: { state: 'locked' },
  });
  expect(calls).toContain('Unlock');
  expect(calls).not.toContain('Prompt');
});
