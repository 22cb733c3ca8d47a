// A portal that is down for ten minutes, and requests that go on all the time: what they get while the token is valid,
// after it has ended, and when the portal is back.
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRefreshEngine } from '../../src/auth/refresh.ts';
import { createResolver, type LiveResolver } from '../../src/auth/resolver.ts';
import { isOpenClawError } from '../../src/errors.ts';
import { silentLog } from '../../src/platform/log.ts';
import type { Random } from '../../src/platform/random.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeRandom } from '../support/fake-random.ts';
import { outage, profileId, settle, stageRefresh } from '../support/refresh-stage.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Chance that goes through its range in turn. */
function createVariedRandom(): Random {
  let turn = 0;
  return { ...createFakeRandom(), fraction: () => ((turn += 7) % 20) / 20 };
}

async function stage() {
  const { store, clock } = await stageRefresh();
  const portal = { down: false, sent: 0, inFlight: 0, mostInFlight: 0, latencyMs: 50 };
  const random = createVariedRandom();
  const engine = createRefreshEngine({
    store,
    clock,
    random,
    log: silentLog,
    async exchange(credential) {
      portal.sent += 1;
      portal.inFlight += 1;
      portal.mostInFlight = Math.max(portal.mostInFlight, portal.inFlight);
      await new Promise<void>((resolve) => void clock.setTimer(resolve, portal.latencyMs));
      portal.inFlight -= 1;
      if (portal.down) throw outage();
      return { ...credential, issuedAt: clock.nowMs(), expires: clock.nowMs() + hour };
    },
  });
  const issuedAt = clock.nowMs();
  await store.saveLogin(profileId, oauthCredential({ issuedAt, expires: issuedAt + hour }));
  const resolver = createResolver({
    store,
    engine,
    prepare: () => Promise.resolve({ apiKey: 'token', baseUrl: 'https://api.minimax.io/anthropic' }),
    explicitOrder: () => undefined,
    clock,
    random,
    log: silentLog,
  });
  await resolver.load();
  onTestFinished(resolver.start());
  return { portal, clock, resolver };
}

type Outcome = { served: boolean; waitedMs: number; retryAfterMs?: number };

async function request(
  resolver: LiveResolver,
  clock: Awaited<ReturnType<typeof stage>>['clock'],
): Promise<Outcome> {
  const startedMs = clock.monotonicMs();
  try {
    const lease = resolver.lease('minimax-portal', 'm');
    if (lease instanceof Promise) await settle(clock, lease);
    return { served: true, waitedMs: clock.monotonicMs() - startedMs };
  } catch (error) {
    if (!isOpenClawError(error) || error.code !== 'REFRESH_FAILED') throw error;
    const waitedMs = clock.monotonicMs() - startedMs;
    return { served: false, waitedMs, retryAfterMs: Number(error.data['retryAfterMs']) };
  }
}

describe('ten minutes without the portal', () => {
  it('while the token is valid nobody notices, and the portal is asked ever more rarely', async () => {
    const { portal, clock, resolver } = await stage();
    await clock.advance(hour - 16 * minute);
    portal.down = true;
    // The token is due for the last five of these minutes.
    for (let second = 0; second < 15 * 60; second += 1) {
      expect(await request(resolver, clock)).toMatchObject({ served: true, waitedMs: 0 });
      await clock.advance(1_000);
    }
    expect(portal.sent).toBeGreaterThanOrEqual(4);
    expect(portal.sent).toBeLessThanOrEqual(16);
    portal.down = false;
    await clock.advance(2 * minute);
    expect(await request(resolver, clock)).toMatchObject({ served: true });
  });

  it('after its end each request gets an answer at once, and the first ones after the outage are served', async () => {
    const { portal, clock, resolver } = await stage();
    await clock.advance(hour - 6 * minute);
    portal.down = true;
    await clock.advance(6 * minute);
    const before = portal.sent;
    for (let second = 0; second < 10 * 60; second += 1) {
      const outcome = await request(resolver, clock);
      expect(outcome.served).toBe(false);
      // No longer than one attempt takes.
      expect(outcome.waitedMs).toBeLessThanOrEqual(2 * portal.latencyMs);
      expect(outcome.retryAfterMs).toBeGreaterThan(0);
      expect(outcome.retryAfterMs).toBeLessThanOrEqual(5_200);
      await clock.advance(1_000);
    }
    expect(portal.mostInFlight).toBe(1);
    // One in 2.7 s on average.
    expect(portal.sent - before).toBeLessThanOrEqual(300);
    portal.down = false;
    await clock.advance(5_500);
    expect(await request(resolver, clock)).toEqual({ served: true, waitedMs: 0 });
  });

  it('nobody who asks: the portal is left alone more and more', async () => {
    const { portal, clock, resolver } = await stage();
    portal.down = true;
    await clock.advance(hour);
    await request(resolver, clock);
    await clock.advance(minute);
    const before = portal.sent;
    await clock.advance(hour);
    expect(portal.sent - before).toBeLessThanOrEqual(60);
    portal.down = false;
    // A request that comes then is served at once.
    expect(await request(resolver, clock)).toMatchObject({ served: true });
  });
});
