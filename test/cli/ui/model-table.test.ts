// The table of models in terminals of any width: nothing is wider than there is room for, and no ref is cut.
import { describe, expect, it } from 'vitest';
import { formatModelTable } from '../../../src/cli/ui/model-table.ts';
import { createStyle } from '../../../src/cli/ui/style.ts';
import { textWidth } from '../../../src/cli/ui/text-width.ts';

const plain = createStyle(false);
const paint = (text: string): string => text;
const rows = [
  {
    cells: ['minimax/MiniMax-M2.7-highspeed', 'text', '205k', 'login+key', 'default, alias:fast, plan'],
    paint,
  },
  { cells: ['lab/模型', 'text+image', '1M', '-', 'alias:模型, missing'], paint },
];

describe('a table of models', () => {
  it('has columns where there is room, and where nothing shows how much there is', () => {
    const lines = formatModelTable(rows, plain, undefined).split('\n');
    expect(lines[0]).toMatch(/^Model +Input +Ctx +Auth +Tags$/);
    expect(formatModelTable(rows, plain, 120).split('\n')).toEqual(lines);
    const starts = lines.slice(1).map((line) => textWidth(line.slice(0, line.search(/text/))));
    expect(new Set(starts).size).toBe(1);
  });

  it.each([20, 40, 60, 80])('puts the facts below each model in %i columns', (columns) => {
    const lines = formatModelTable(rows, plain, columns).split('\n');
    expect(lines).toContain('minimax/MiniMax-M2.7-highspeed');
    expect(lines).toContain('lab/模型');
    expect(lines.map((line) => line.trim()).join(' ')).toContain('no credentials');
    const facts = lines.filter((line) => line.startsWith(' '));
    expect(Math.max(...facts.map(textWidth))).toBeLessThanOrEqual(columns);
  });

  it('paints no more than the tags, and each line by itself', () => {
    const red = {
      cells: ['a/b', 'text', '1k', 'key', 'missing'],
      paint: (text: string) => `\u001b[31m${text}\u001b[39m`,
    };
    for (const columns of [undefined, 12]) {
      for (const line of formatModelTable([red], plain, columns).split('\n')) {
        expect(line.split('\u001b[31m').length).toBe(line.split('\u001b[39m').length);
      }
    }
  });
});
