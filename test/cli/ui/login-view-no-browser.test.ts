// A login that the browser was to lead, shown where none may be opened: what to do instead.
import { expect, it, onTestFinished } from 'vitest';
import { createOutput } from '../../../src/cli/command-context.ts';
import { createLoginView } from '../../../src/cli/ui/login-view.ts';
import { textsOf } from '../../../src/language/texts.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeContext } from '../../support/fake-context.ts';
import { createFakeScreen } from '../../support/fake-screen.ts';

const place = { regionLabel: 'Global', host: 'account.minimax.io', providerLabel: 'MiniMax' };
const url = 'https://account.minimax.io/authorize?state=s';

function stage(interactive = true) {
  const screen = createFakeScreen({ interactive });
  const clock = createFakeClock();
  const { context } = createFakeContext({ terminal: screen, clock });
  const view = createLoginView({
    context,
    output: createOutput(context, {}),
    texts: textsOf('en'),
    interactive,
    flow: {
      choice: () => ({ kind: 'loopback', reason: 'reasonAsked' }),
      toggle: () => undefined,
      lead: () => Promise.resolve({ pageUrl: 'http://127.0.0.1:4123/AbCdEf', opened: false }),
      open: () => Promise.resolve(false),
      mayOpen: () => false,
    },
    ask: () => Promise.resolve(undefined),
  });
  const shown = async (display: { stop(): void }): Promise<string> => {
    onTestFinished(() => display.stop());
    await new Promise((resolve) => setImmediate(resolve));
    return screen.lines().join(' ').replaceAll(/ +/g, ' ');
  };
  return { view, shown };
}

it('the code works on any device', async () => {
  const { view, shown } = stage();
  const prompt = { ...place, userCode: 'AB-12', verificationUrl: url, trusted: true, expiresInMs: 300_000 };
  const text = await shown(view.deviceCode(prompt));
  expect(text).toContain('No browser is opened from here. The code works on any device.');
  expect(text).not.toMatch(/o open/);
});

it.each([
  [
    true,
    'No browser is opened from here. Open the address in one, and if it ends at a page that does not load',
  ],
  [false, 'No browser could be opened. Open the address yourself.'],
])('the address where another browser ended can be pasted, by a person: %s', async (isPerson, said) => {
  const { view, shown } = stage(isPerson);
  const prompt = { ...place, authorizationUrl: url, trusted: true, expiresInMs: 300_000 };
  const text = await shown(view.authorization({ ...prompt, paste: () => undefined }));
  expect(text).toContain(said);
  expect(text.includes('(key p)')).toBe(isPerson);
});
