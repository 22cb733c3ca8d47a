// What the wizard says between two questions, along the bar that connects them.
import type { CommandContext, Output } from '../command-context.ts';
import { foldUnder } from '../ui/plain-fold.ts';

/** The bar and the space behind it take three columns; the last one stays free. */
const besideText = 4;

export function alongTheBar({ terminal }: CommandContext, output: Output): Output {
  const columns = terminal.columns() - besideText;
  const fold = (line: string): string[] => {
    const indent = /^ */.exec(line)?.[0] ?? '';
    return foldUnder(indent, line.trim(), columns);
  };
  return {
    ...output,
    note: (text) => terminal.writeErr(guided(text.split('\n').flatMap(fold).join('\n'))),
  };
}

export function guided(text: string): string {
  return text
    .split('\n')
    .map((line) => `${`│  ${line.replace(/^ {2}/, '')}`.trimEnd()}\n`)
    .join('');
}
