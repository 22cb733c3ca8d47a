// What a person reads in a window that is narrow: whole words, and the time that is left.
import { describe, expect, it } from 'vitest';
import { describeState } from '../../../src/cli/ui/login-state.ts';
import { foldFacts } from '../../../src/cli/ui/narrow-output.ts';
import { textWidth } from '../../../src/cli/ui/text-width.ts';
import { locales } from '../../../src/language/locale.ts';
import { textsOf } from '../../../src/language/texts.ts';
import type { DeviceFlowState } from '../../../src/oauth/login-phase.ts';

const remainingMs = 290_000;
const states: DeviceFlowState[] = [
  { kind: 'waiting', remainingMs },
  { kind: 'slowed', remainingMs, intervalMs: 10_000 },
  { kind: 'trouble', remainingMs, reason: 'account.minimax.io answers HTTP 503', retryInMs: 8_000 },
];

describe('the line of a login that waits', () => {
  it.each(locales)('shows the time that is left in 27 columns: %s', (locale) => {
    for (const state of states) {
      const line = describeState(state, 0, textsOf(locale), 27);
      expect(line.slice(0, 27)).toContain('04:50');
    }
  });

  it('is as it was where there is room', () => {
    const texts = textsOf('en');
    expect(describeState({ kind: 'waiting', remainingMs }, 0, texts, 77)).toBe(
      'Waiting for your approval, 04:50 left',
    );
    expect(describeState({ kind: 'waiting', remainingMs }, 0, texts, 27)).toBe('04:50  Waiting for your ap…');
  });
});

describe('facts in a narrow window', () => {
  it.each<[string, string, number, string[]]>([
    ['fits', '  Account  me@example.com', 30, ['  Account  me@example.com']],
    [
      'goes on under its value',
      '  Checked  by a call that costs nothing',
      28,
      ['  Checked  by a call that', '           costs nothing'],
    ],
    [
      'goes on near the margin where its label leaves no room',
      '  Checked  by a call that costs nothing',
      20,
      ['  Checked  by a call', '    that costs', '    nothing'],
    ],
    [
      'stays whole without spaces',
      '  Config   /home/me/.openclaw/openclaw.json',
      24,
      ['  Config', '    /home/me/.openclaw/openclaw.json'],
    ],
    ['without a label', 'a b c d', 3, ['a b', '  c', '  d']],
  ])('%s', (_, text, columns, lines) => {
    expect(foldFacts(text, columns)).toEqual(lines);
  });

  it('takes no room for colours', () => {
    const coloured = '  Model    \u001b[33mnone yet\u001b[39m';
    expect(foldFacts(coloured, 19)).toEqual([coloured]);
    expect(textWidth('  Model    none yet')).toBe(19);
  });
});
