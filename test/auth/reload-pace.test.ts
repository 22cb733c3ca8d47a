// A store that a running gateway cannot read any more, because its key has moved out of reach: memory goes on serving, and
// the key is asked for at a bearable pace.
import { expect, it } from 'vitest';
import { OpenClawError } from '../../src/errors.ts';
import { oauthCredential } from '../support/credentials.ts';
import { openTestStore } from '../support/open-test-store.ts';
import { bearer, hour, id, lease, setUp } from '../support/resolver-stage.ts';

it('is tried again with growing pauses, at once after a change, and read when the key is back', async () => {
  const world = await setUp({ credential: {}, deps: { explicitOrder: () => [id] } });
  const { clock, stateDir, keychain, resolver } = world;
  const cli = openTestStore({ stateDir, keychain, clock });
  await cli.moveKey({ kind: 'insecure-file' }, () => Promise.resolve(() => undefined));
  await cli.moveKey({ kind: 'keychain' }, () => Promise.resolve(() => undefined));
  const times = { issuedAt: clock.nowMs(), expires: clock.nowMs() + hour };
  await cli.saveLogin(id, oauthCredential({ access: 'anew', ...times }));
  keychain.fail(new OpenClawError({ code: 'KEYCHAIN_LOCKED', message: 'locked' }));
  keychain.calls.length = 0;
  await clock.advance(60_000);
  expect(await bearer(lease(resolver))).toBe('Bearer access-1');
  const asked = keychain.calls.length;
  expect(asked).toBeGreaterThan(1);
  expect(asked).toBeLessThan(12);

  keychain.fail(undefined);
  await cli.saveLogin('minimax-portal:second', oauthCredential(times));
  await clock.advance(1_000);
  expect(await bearer(lease(resolver))).toBe('Bearer anew');
});
