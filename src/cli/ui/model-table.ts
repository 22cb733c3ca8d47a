// A table of models that fits the terminal: columns where there is room for them, else each model with its facts below it.
// A ref is never cut: it is there to be copied. Which rows and words there are is model-rows.ts's.
import { stripVTControlCharacters } from 'node:util';
import type { Style } from './style.ts';
import { foldText, textWidth } from './text-width.ts';
import { formatTable } from './table.ts';

const heads = ['Model', 'Input', 'Ctx', 'Auth', 'Tags'];

/** `cells` in the order of the heads, `paint` for the last of them. */
export type TableRow = { readonly cells: readonly string[]; readonly paint: (text: string) => string };

/** `columns` undefined: there is no terminal, and every width is fine. */
export function formatModelTable(
  rows: readonly TableRow[],
  style: Style,
  columns: number | undefined,
): string {
  const painted = rows.map(({ cells, paint }) => [...cells.slice(0, -1), paint(cells.at(-1) ?? '')]);
  const table = formatTable([heads.map(style.bold), ...painted]).trimEnd();
  if (columns === undefined || widestOf(table) <= columns) return table;
  return rows.map((row) => stacked(row, style, columns)).join('\n');
}

function stacked({ cells: [ref = '', ...facts], paint }: TableRow, style: Style, columns: number): string {
  const [input = '', ctx = '', auth = '', tags = ''] = facts;
  const told = [input, ctx, auth === '-' ? 'no credentials' : auth, tags]
    .filter((fact) => fact !== '' && fact !== '-')
    .join(', ');
  const lines = told === '' ? [] : foldText(told, Math.max(12, columns - 2));
  return [style.bold(ref), ...lines.map((line) => `  ${paint(line)}`)].join('\n');
}

function widestOf(text: string): number {
  return Math.max(...text.split('\n').map((line) => textWidth(stripVTControlCharacters(line))));
}
