// A plan's windows as bars: what each state looks like, in wide and narrow windows, with and without Unicode and colours.
import { describe, expect, it } from 'vitest';
import { drawPlanBars, showsUnicode, type PlanWindow } from '../../../src/cli/ui/plan-bars.ts';
import { createStyle } from '../../../src/cli/ui/style.ts';

const nowMs = Date.UTC(2026, 4, 4, 12, 0, 0);
const plain = createStyle(false);

function draw(window: Partial<PlanWindow>, space: Partial<Parameters<typeof drawPlanBars>[1]> = {}): string {
  const windows = [{ label: 'this week', usedPercent: undefined, ...window }];
  return (
    drawPlanBars(windows, { columns: undefined, isUnicode: true, style: plain, nowMs, ...space })[0] ?? ''
  );
}

it.each<[string, Partial<PlanWindow>, string, string]>([
  ['nothing', { usedPercent: 0 }, `${'░'.repeat(24)}  0 % used`, `[${'-'.repeat(22)}]  0 % used`],
  ['a trace', { usedPercent: 1 }, `▎${'░'.repeat(23)}  1 % used`, `[#${'-'.repeat(21)}]  1 % used`],
  [
    'less than a trace',
    { usedPercent: 0.01 },
    `▏${'░'.repeat(23)}  1 % used`,
    `[#${'-'.repeat(21)}]  1 % used`,
  ],
  [
    'half',
    { usedPercent: 50 },
    `${'█'.repeat(12)}${'░'.repeat(12)}  50 % used`,
    `[${'#'.repeat(11)}${'-'.repeat(11)}]  50 % used`,
  ],
  ['nearly all', { usedPercent: 99 }, `${'█'.repeat(23)}▊  99 % used`, `[${'#'.repeat(21)}-]  99 % used`],
  [
    'all but nothing',
    { usedPercent: 99.9 },
    `${'█'.repeat(23)}▉  99 % used`,
    `[${'#'.repeat(21)}-]  99 % used`,
  ],
  ['all', { usedPercent: 100 }, `${'█'.repeat(24)}  100 % used`, `[${'#'.repeat(22)}]  100 % used`],
  ['more than all', { usedPercent: 240 }, `${'█'.repeat(24)}  100 % used`, `[${'#'.repeat(22)}]  100 % used`],
  ['not told', {}, `${'░'.repeat(24)}  not told`, `[${'-'.repeat(22)}]  not told`],
  ['no number', { usedPercent: Number.NaN }, `${'░'.repeat(24)}  not told`, `[${'-'.repeat(22)}]  not told`],
  ['unlimited', { isUnlimited: true }, `${'░'.repeat(24)}  no limit`, `[${'-'.repeat(22)}]  no limit`],
])('%s', (_name, window, unicode, ascii) => {
  expect(draw(window)).toBe(`this week  ${unicode}`);
  expect(draw(window, { isUnicode: false })).toBe(`this week  ${ascii}`);
});

it('says when it starts anew, as long as there is room for it, then for the bar', () => {
  const window = { usedPercent: 50, resetAtMs: nowMs + 3_600_000 * 3 };
  expect(draw(window)).toMatch(/50 % used {2}starts anew in 3 h \(15:00:00 UTC\)$/);
  expect(draw(window, { columns: 60 })).toMatch(/█░+ {2}50 % used {2}starts anew in 3 h$/);
  expect(draw(window, { columns: 34 })).toMatch(/^this week {2}█+░+ {2}50 % used$/);
  expect(draw(window, { columns: 24 })).toBe('this week  50 % used');
  for (let columns = 22; columns < 120; columns += 1)
    expect(draw(window, { columns }).length).toBeLessThanOrEqual(columns);
  expect(draw({ ...window, resetAtMs: nowMs })).toMatch(/used$/);
});

it('stands in columns, and its colours take no room', () => {
  const windows = [
    { label: 'this window', usedPercent: 100 },
    { label: '本周', usedPercent: 3 },
  ];
  const style = createStyle(true);
  const lines = drawPlanBars(windows, { columns: 60, isUnicode: true, style: plain, nowMs });
  expect(lines.map((line) => line.indexOf('used'))).toEqual([
    lines[0]?.indexOf('used'),
    (lines[0]?.indexOf('used') ?? 0) - 2,
  ]);
  const coloured = drawPlanBars(windows, { columns: 60, isUnicode: true, style, nowMs });
  // oxlint-disable-next-line no-control-regex -- colours are what is taken away
  expect(coloured.map((line) => line.replaceAll(/\u001b\[[\d;]*m/g, ''))).toEqual(lines);
  expect(coloured[0]).toContain('\u001b[31m');
  expect(coloured[1]).toContain('\u001b[32m');
});

describe('whether there is Unicode', () => {
  it.each([
    [{}, true],
    [{ TERM: 'linux' }, false],
    [{ LANG: 'C' }, false],
    [{ LANG: 'C.UTF-8' }, true],
    [{ LC_ALL: 'C', LANG: 'de_DE.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'POSIX' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LANG: 'de_DE' }, true],
  ])('%j: %s', (env, expected) => {
    expect(showsUnicode(env)).toBe(expected);
  });
});
