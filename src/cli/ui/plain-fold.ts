// Folds facts to the width of a terminal at their spaces, the rest under the first. What has no space stays whole: paths
// and commands can be copied from it.
import { textWidth } from './text-width.ts';

/** `label` takes its columns in the first line and leaves them free in the others. `columns` undefined: one line. */
export function foldUnder(label: string, text: string, columns: number | undefined): string[] {
  const indent = textWidth(label);
  if (columns === undefined || indent + textWidth(text) <= columns) return [label + text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && indent + textWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? label : ' '.repeat(indent)) + each);
}
