// Whether a gateway could serve anything at all: what readiness is told by.
import { expect, it } from 'vitest';
import { oauthCredential } from '../support/credentials.ts';
import { hour, id, provider, setUp } from '../support/resolver-stage.ts';

const key = { provider, baseUrl: 'https://api.minimax.io/anthropic', headers: { 'x-api-key': 'k' } };

it('is nothing without a login, serves with one, and is nothing when that is dead', async () => {
  const { resolver, store, clock } = await setUp();
  expect(resolver.standing()).toBe('nothing');
  await store.saveLogin(id, oauthCredential({ issuedAt: clock.nowMs(), expires: clock.nowMs() + hour }));
  await clock.advance(1_000);
  expect(resolver.standing()).toBe('serves');
  await store.markDead(id, 1, 'refused');
  await clock.advance(1_000);
  expect(resolver.standing()).toBe('nothing');
});

it('is nothing when the only token is over for good', async () => {
  const { resolver, clock } = await setUp({ credential: { refresh: '' } });
  expect(resolver.standing()).toBe('serves');
  await clock.advance(2 * hour);
  expect(resolver.standing()).toBe('nothing');
});

it('serves with a key, and while everything cools down', async () => {
  const { resolver } = await setUp({ deps: { keyProviders: () => [key] } });
  expect(resolver.standing()).toBe('serves');
  const lease = await resolver.lease(provider, 'MiniMax-M3');
  lease.report({ kind: 'failed', reason: 'billing' });
  expect(resolver.cooldowns()).toHaveLength(1);
  expect(resolver.standing()).toBe('serves');
});

it('is left out where no order names what works, a login or a key', async () => {
  const explicitOrder = (): string[] => [`${provider}:gone`];
  const login = await setUp({ credential: {}, deps: { explicitOrder } });
  expect(login.resolver.standing()).toBe('left_out');
  const keyed = await setUp({ deps: { explicitOrder, keyProviders: () => [key] } });
  expect(keyed.resolver.standing()).toBe('left_out');
});
