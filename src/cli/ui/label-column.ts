// Labels in front of facts: as wide as the widest of them, in columns of a terminal.
import { textWidth } from './text-width.ts';

/** Pads a label, with two spaces at least. */
export function labelColumn(labels: readonly string[]): (label: string) => string {
  const width = Math.max(...labels.map(textWidth));
  return (label) => label + ' '.repeat(width - textWidth(label) + 2);
}
