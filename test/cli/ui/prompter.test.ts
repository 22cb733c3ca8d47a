// What is said of work that a person waits for: nothing when it is quick.
import { describe, expect, it } from 'vitest';
import { createOutput } from '../../../src/cli/command-context.ts';
import { createPrompter } from '../../../src/cli/ui/prompter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFakeContext } from '../../support/fake-context.ts';
import { createFakeScreen } from '../../support/fake-screen.ts';

function stage(json = false) {
  const screen = createFakeScreen({ interactive: false, errIsTty: false });
  const clock = createFakeClock();
  const { context } = createFakeContext({ terminal: screen, clock });
  const prompter = createPrompter(context, createOutput(context, { json }), { interactive: false });
  return { screen, clock, progress: prompter.progress('Asking') };
}

describe('progress', () => {
  it('is not told of what is quick', async () => {
    const { screen, clock, progress } = stage();
    await clock.advance(900);
    progress.stop();
    await clock.advance(10_000);
    expect(screen.written()).toBe('');
  });

  it('is told of what takes a while, and of a change at once', async () => {
    const slow = stage();
    await slow.clock.advance(1_000);
    expect(slow.screen.written()).toBe('Asking …\n');
    const changed = stage();
    changed.progress.update('Trouble');
    await changed.clock.advance(10_000);
    expect(changed.screen.written()).toBe('Trouble …\n');
  });

  it('is an event at once', () => {
    expect(JSON.parse(stage(true).screen.written())).toEqual({ event: 'progress', message: 'Asking' });
  });
});
