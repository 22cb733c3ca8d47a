// A resolver over a real store, with a server that renews whatever it is given and a clock that a test moves.
import { onTestFinished } from 'vitest';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { createResolver, type LiveResolver, type ResolverDeps } from '../../src/auth/resolver.ts';
import type { Lease } from '../../src/auth/lease.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Credential, OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { createFakeKeychain } from './fake-keychain.ts';
import { createFakeRandom } from './fake-random.ts';
import { oauthCredential } from './credentials.ts';
import { openTestStore } from './open-test-store.ts';
import { tempFolder } from './temp-folder.ts';

export const provider = 'minimax-portal';
export const id = `${provider}:default`;
export const hour = 3_600_000;

export type World = Awaited<ReturnType<typeof setUp>>;

export async function setUp(
  options: { credential?: Partial<OAuthCredential>; deps?: Partial<ResolverDeps> } = {},
) {
  const clock = createFakeClock();
  const stateDir = tempFolder();
  const keychain = createFakeKeychain();
  const store = openTestStore({ stateDir, keychain, clock });
  const issuedAt = clock.nowMs();
  if (options.credential !== undefined) {
    await store.saveLogin(
      id,
      oauthCredential({ access: 'access-1', issuedAt, expires: issuedAt + hour, ...options.credential }),
    );
  }
  const server: { calls: number; answer: (credential: OAuthCredential) => Promise<OAuthCredential> } = {
    calls: 0,
    answer: (credential) =>
      Promise.resolve({
        ...credential,
        access: `access-${server.calls + 1}`,
        issuedAt: clock.nowMs(),
        expires: clock.nowMs() + hour,
      }),
  };
  const exchange = (credential: OAuthCredential): Promise<OAuthCredential> => {
    server.calls += 1;
    return server.answer(credential);
  };
  const random = createFakeRandom(0);
  const engine = createRefreshEngine({ store, exchange, clock, random, log: silentLog });
  const resolver = createResolver({
    store,
    engine,
    prepare: (_profileId, credential: Credential) => {
      const token = credential.type === 'oauth' ? credential.access : '';
      return Promise.resolve({
        apiKey: token,
        baseUrl: 'https://api.minimax.io/anthropic/',
        headers: { authorization: `Bearer ${token}`, 'x-api-key': token },
      });
    },
    explicitOrder: () => undefined,
    clock,
    random,
    log: silentLog,
    ...options.deps,
  });
  await resolver.load();
  const stop = resolver.start();
  onTestFinished(stop);
  return { clock, stateDir, keychain, store, server, engine, resolver, stop };
}

export const lease = (resolver: LiveResolver, rejected?: Lease): Lease | Promise<Lease> =>
  resolver.lease(provider, 'MiniMax-M3', rejected === undefined ? undefined : { rejected });
export const bearer = async (given: Lease | Promise<Lease>): Promise<string | undefined> =>
  (await given).headers['authorization'];

/** Time passes until the work is done. */
export async function settle<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  const progress = { done: false };
  work.finally(() => (progress.done = true)).catch(() => undefined);
  while (!progress.done) await clock.advance(10);
  return work;
}
