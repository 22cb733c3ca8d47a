// How the tables of the benches look: aligned for a terminal, as Markdown for a page.
import type { BenchTable, Target } from './entry.ts';

export function forTerminal(table: BenchTable): string {
  const lines = [table.columns, ...table.rows];
  const widths = table.columns.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? '').length)),
  );
  const text = lines.map((line) =>
    line
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  const notes = (table.notes ?? []).map((note) => `  ${note}`);
  return `${table.title}\n${[...text, ...notes].join('\n')}\n`;
}

export function forPage(table: BenchTable): string {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = table.columns.map((_, column) => (column === 0 ? '---' : '--:'));
  const lines = [row(table.columns), `| ${rule.join(' | ')} |`, ...table.rows.map(row)];
  const notes = (table.notes ?? []).map((note) => `\n${note}\n`);
  return `**${table.title}**\n\n${lines.join('\n')}\n${notes.join('')}`;
}

export function targetTable(targets: readonly Target[]): BenchTable {
  return {
    title: 'Targets',
    columns: ['figure', 'measured', 'target', ''],
    rows: targets.map(({ figure, measured, target, isMet }) => [
      figure,
      measured,
      target,
      isMet === undefined ? '–' : isMet ? 'met' : 'not met',
    ]),
  };
}
