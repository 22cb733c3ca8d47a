// What the benches make of their figures: targets, tables, the places of the page, sums of a CPU profile.
import { describe, expect, it } from 'vitest';
import { functionOf, partOf, selfTimes } from '../../bench/cpu-profile.ts';
import { median, target } from '../../bench/entry.ts';
import { fillPlace } from '../../bench/page.ts';
import { forPage, forTerminal, targetTable } from '../../bench/table.ts';

describe('a target', () => {
  it.each([
    [{ atLeast: 10 }, 10, '10.00 ×', '≥ 10 ×', true],
    [{ atLeast: 10 }, 9.99, '9.99 ×', '≥ 10 ×', false],
    [{ atMost: 1.1 }, 1.1, '1.10 ×', '≤ 1.1 ×', true],
    [{ atMost: 1.1 }, 1.11, '1.11 ×', '≤ 1.1 ×', false],
    [{ atMost: 1.1 }, Number.NaN, 'not measured', '≤ 1.1 ×', undefined],
  ])('of %j, measured %d', (bound, value, measured, text, isMet) => {
    expect(target('figure', value, bound, ' ×')).toEqual({ figure: 'figure', measured, target: text, isMet });
  });

  it('is met, not met or not measured in the table', () => {
    const targets = [1, 3, Number.NaN].map((value) => target('figure', value, { atMost: 2 }, ''));
    expect(targetTable(targets).rows.map((row) => row.at(-1))).toEqual(['met', 'not met', '–']);
  });
});

it.each([
  [[], Number.NaN],
  [[3], 3],
  [[9, 1, 3], 3],
  [[9, 1, 3, 4], 3.5],
])('the median of %j is %d', (values, expected) => expect(median(values)).toBe(expected));

describe('a table', () => {
  const table = { title: 'Title', columns: ['', 'a'], rows: [['row | one', '10']], notes: ['A note.'] };

  it('is aligned in a terminal', () => {
    expect(forTerminal(table)).toBe('Title\n            a\nrow | one  10\n  A note.\n');
  });

  it('is Markdown on a page', () => {
    expect(forPage(table)).toBe('**Title**\n\n|  | a |\n| --- | --: |\n| row \\| one | 10 |\n\nA note.\n');
  });
});

describe('the page', () => {
  const page =
    'before\n<!-- bench:a -->\nold\n<!-- /bench:a -->\nbetween\n<!-- bench:b -->\n<!-- /bench:b -->\nafter\n';

  it('is filled between the markers and nowhere else', () => {
    const filled = fillPlace(fillPlace(page, 'a', 'new a\n'), 'b', 'new b\n');
    expect(filled).toBe(
      'before\n<!-- bench:a -->\n\nnew a\n\n<!-- /bench:a -->\nbetween\n<!-- bench:b -->\n\nnew b\n\n<!-- /bench:b -->\nafter\n',
    );
    expect(fillPlace(filled, 'a', 'new a')).toBe(filled);
  });

  it('that has no such place is said', () => {
    expect(() => fillPlace(page, 'c', 'x')).toThrow(/no place for c/);
  });
});

describe('a CPU profile', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const nodes = [
    frame('(idle)', ''),
    frame('writev', ''),
    frame('send', 'file:///x/src/gateway/exchange.ts'),
    frame('dispatch', 'file:///x/node_modules/undici/lib/pool.js'),
    frame('', 'file:///x/node_modules/@scope/name/a.js'),
    frame('emit', 'node:events'),
    frame('(garbage collector)', ''),
    frame('serve', 'file:///x/bench/pass-through.ts'),
  ].map((callFrame, index) => ({ id: index + 1, callFrame }));

  it('names parts and functions, and leaves idle time out', () => {
    expect(nodes.map(({ callFrame }) => partOf(callFrame))).toEqual([
      undefined,
      'native code: system calls, parser, digests',
      'src/gateway',
      'undici',
      '@scope/name',
      "Node's HTTP, streams and timers",
      'garbage collection',
      'bench/pass-through.ts',
    ]);
    expect(nodes.slice(0, 4).map(({ callFrame }) => functionOf(callFrame))).toEqual([
      undefined,
      'writev',
      'send src/gateway/exchange.ts:10',
      'dispatch undici/lib/pool.js:10',
    ]);
  });

  it('gives each sample the time until the next, within the windows alone', () => {
    const profile = {
      nodes,
      startTime: 1_000,
      samples: [3, 3, 1, 4, 3],
      timeDeltas: [0, 100, 100, 100, 100],
    };
    // At 1000 and 1100 send, at 1200 idle, at 1300 dispatch, at 1400 send for as long as nobody knows.
    const whole = selfTimes(profile, [{ fromUs: 0, toUs: 9_999 }], partOf);
    expect([...whole]).toEqual([
      ['src/gateway', 200],
      ['undici', 100],
    ]);
    const windows = [
      { fromUs: 1_050, toUs: 1_150 },
      { fromUs: 1_300, toUs: 1_301 },
    ];
    expect([...selfTimes(profile, windows, partOf)]).toEqual([
      ['src/gateway', 100],
      ['undici', 100],
    ]);
  });
});
