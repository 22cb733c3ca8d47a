// The comparison as markdown, and its place in a document that holds more.
import type { Cell } from './probe.ts';

export type Row = {
  readonly title: string;
  readonly rule?: string;
  /** One a subject, in the order of the columns. */
  readonly cells: readonly Cell[];
};

const open = '<!-- compare:loopback -->';
const close = '<!-- /compare:loopback -->';

export function printTable(subjects: readonly string[], rows: readonly Row[]): string {
  const lines = [
    ['', ...subjects, 'rule'],
    ['---', ...subjects.map(() => '---'), '---'],
    ...rows.map(({ title, rule, cells }) => [title, ...cells.map(printCell), rule ?? '']),
  ];
  return lines.map((cells) => `| ${cells.map(escape).join(' | ')} |\n`).join('');
}

function printCell({ text, isRight }: Cell): string {
  return isRight === undefined ? text : `${isRight ? '✓' : '✗'} ${text}`;
}

/** What other programs wrote stands in cells: it may neither end a cell nor become markup. */
function escape(cell: string): string {
  return cell.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** Throws when the document lacks the two markers, in this order. */
export function placeBetweenMarkers(document: string, text: string): string {
  const start = document.indexOf(open);
  const end = document.indexOf(close);
  if (start === -1 || end < start) throw new Error(`the document does not hold ${open} and ${close}`);
  return `${document.slice(0, start + open.length)}\n${text}${document.slice(end)}`;
}
