// A gateway that runs on a key from the keychain, while that keychain is locked, killed and brought back: requests go on,
// and so do refreshes, each of them saved.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openCredentialStore } from '../../src/store/open-store.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import { createHome, onboardArgs, startPortal, type Home } from '../support/cli-process.ts';
import { isSystemRequired } from '../support/keychain-drivers.ts';
import { missingPrograms, secretServicePackages, startSecretService } from '../support/secret-service.ts';
import type { SecretService } from '../support/secret-service.ts';

const id = 'minimax-portal:default';
const missing = process.platform === 'linux' ? missingPrograms() : ['Linux'];
const callers = 12;

describe('a keychain that fails after the gateway has started', () => {
  let service: SecretService | undefined;
  beforeAll(async () => {
    if (missing.length === 0) service = await startSecretService();
  });
  afterAll(async () => service?.stop());
  beforeEach((context) => {
    if (missing.length > 0 && !isSystemRequired)
      context.skip(`needs Debian packages ${secretServicePackages}`);
  });

  it('costs no request and no refreshed login', { timeout: 60_000 }, async () => {
    if (service === undefined) throw new Error(`missing: ${missing.join(', ')}`);
    const keyring = service;
    const portal = await startPortal({ accessTtlMs: 500 });
    const token = systemRandom.bytes(24).toString('hex');
    const home = createHome({
      ...keyring.env,
      OPENCLAW_AUTH_KEY_FILE: '',
      OPENCLAW_GATEWAY_TOKEN: token,
    });
    home.writeConfig(portal.config);
    const onboarded = await home.start([...onboardArgs, '--storage', 'keychain', '--json']).ended;
    expect(JSON.parse(onboarded.stdout)).toMatchObject({ storage: 'keychain' });
    const gateway = home.start(['gateway', 'run', '--port', '0', '--json']);
    const { url } = JSON.parse(await gateway.line('stdout', /"url"/)) as { url: string };

    const load = startLoad(url, token);
    const refreshes = (): number => portal.control.state().counters.refreshes;
    const anotherRefresh = async (): Promise<void> => {
      const enough = refreshes() + 1;
      while (refreshes() < enough && load.failures.length === 0) await delay(20);
    };
    try {
      await anotherRefresh();
      const before = await generationOf(home, keyring);
      await keyring.lock();
      await anotherRefresh();
      await expect(generationOf(home, keyring)).rejects.toMatchObject({ code: 'KEYCHAIN_LOCKED' });
      await keyring.kill();
      await anotherRefresh();
      await expect(generationOf(home, keyring)).rejects.toMatchObject({
        code: 'KEYCHAIN_UNAVAILABLE',
      });
      const lost = refreshes();
      await keyring.restart();
      await anotherRefresh();
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(load.served()).toBeGreaterThan(callers * 5);
      // One generation for each refresh, the last of those without a keychain among them.
      const after = await generationOf(home, keyring);
      expect(after).toBeGreaterThan(lost);
      expect(after).toBeGreaterThan(before + 2);
      expect(portal.control.state()).toMatchObject({ counters: { refreshReuses: 0 }, violations: [] });
    } finally {
      await load.stop();
    }
    gateway.child.kill('SIGTERM');
    expect(await gateway.ended).toMatchObject({ code: 0 });
  });
});

/** Read by a store that has yet to fetch its key. */
async function generationOf(home: Home, service: SecretService): Promise<number> {
  const store = openCredentialStore({
    stateDir: home.stateDir,
    env: {},
    clock: systemClock,
    random: systemRandom,
    keychain: createChildKeychain({
      env: service.env,
      clock: systemClock,
      random: systemRandom,
      deadlineMs: 20_000,
    }),
  });
  try {
    return (await store.readProfile(id))?.record.generation ?? 0;
  } finally {
    store.close();
  }
}

/** Callers that send one request after the other until they are stopped. */
function startLoad(url: string, token: string) {
  const failures: string[] = [];
  const ending = new AbortController();
  let served = 0;
  const call = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        const response = await fetch(`${url}/v1/messages`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'anthropic-version': '2023-06-01',
          },
          body: JSON.stringify({
            model: 'default',
            max_tokens: 8,
            messages: [{ role: 'user', content: 'hi' }],
          }),
        });
        const text = await response.text();
        if (response.status === 200) served += 1;
        else failures.push(`${response.status} ${text}`);
      } catch (error) {
        failures.push(String(error));
      }
      await delay(20);
    }
  };
  const calls = Array.from({ length: callers }, call);
  return {
    failures,
    served: () => served,
    async stop() {
      ending.abort();
      await Promise.all(calls);
    },
  };
}
