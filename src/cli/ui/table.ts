// Columns for a terminal: as wide as their widest cell, two spaces apart. Cells are cleaned by who made them.
import { stripVTControlCharacters } from 'node:util';
import { textWidth } from './text-width.ts';

export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, width(cell));
  }
  return rows
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

function width(cell: string): number {
  return textWidth(stripVTControlCharacters(cell));
}
