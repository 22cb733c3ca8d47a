// The one listener of a login: made when it is first needed, and made anew when it has taken its one answer and the
// person comes back to that way.
import { expect, it, onTestFinished } from 'vitest';
import { createLoginGuide } from '../../src/cli/login-guide.ts';
import { noBrowser } from '../../src/platform/browser.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { visit } from '../support/raw-http.ts';

it('a listener that has taken its answer is replaced, and its browser is told that the login went another way', async () => {
  const guide = createLoginGuide({
    clock: systemClock,
    random: systemRandom,
    browser: noBrowser,
    choice: { kind: 'loopback', reason: 'reasonAsked' },
  });
  onTestFinished(() => guide.close());
  const first = await guide.flow.loopback();
  expect(await guide.flow.loopback()).toBe(first);
  const { outcome } = first.expectCallback({ state: 'S', issuerRequired: false });
  const held = visit(`${first.redirectUri}?code=c&state=S`);
  expect((await outcome).kind).toBe('code');
  const second = await guide.flow.loopback();
  expect(second.redirectUri).not.toBe(first.redirectUri);
  expect(second.isListening()).toBe(true);
  expect(JSON.stringify(await held)).toContain('stopped');
  guide.setPhase({ kind: 'denied' });
});
