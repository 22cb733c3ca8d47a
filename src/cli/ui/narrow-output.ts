// Facts for people in a narrow window: folded at their spaces, the rest under the value. Where stdout is no terminal, lines
// stay whole. Commands that are to be copied are not for here: a fold would cut them in two.
import { stripVTControlCharacters } from 'node:util';
import type { CommandContext, Output } from '../command-context.ts';
import { textWidth } from './text-width.ts';

/** Less room than this behind a label, and what goes on begins near the margin. */
const fewestColumns = 16;

export function narrowOutput({ terminal }: Pick<CommandContext, 'terminal'>, output: Output): Output {
  if (!terminal.outIsTty) return output;
  return {
    ...output,
    line: (text = '') => foldFacts(text, terminal.columns()).forEach((line) => output.line(line)),
  };
}

/** `label   value` with its indent; what has no space stays whole. Colours take no room. */
export function foldFacts(text: string, columns: number): string[] {
  if (shownWidth(text) <= columns) return [text];
  const head = /^ *(?:\S+(?: \S+)* {2,})?/.exec(stripVTControlCharacters(text))?.[0] ?? '';
  const margin = /^ */.exec(head)?.[0].length ?? 0;
  const hanging = columns - textWidth(head) < fewestColumns ? margin + 2 : textWidth(head);
  const lines: string[] = [];
  let line = '';
  for (const [piece] of text.matchAll(/ *[^ ]+/g)) {
    if (line !== '' && shownWidth(line + piece) > columns) {
      lines.push(line);
      line = ' '.repeat(hanging) + piece.trimStart();
    } else line += piece;
  }
  return [...lines, line];
}

function shownWidth(text: string): number {
  return textWidth(stripVTControlCharacters(text));
}
