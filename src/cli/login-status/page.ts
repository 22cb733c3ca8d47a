// What the lines of `auth status` are written on, and one fact as lines: a label, the text beside it, in a colour or not.
import { foldUnder } from '../ui/plain-fold.ts';
import type { Style } from '../ui/style.ts';

export type Page = {
  readonly style: Style;
  /** undefined: nobody folds the lines. */
  readonly columns: number | undefined;
  readonly isUnicode: boolean;
  /** Where the terminal does not fold by itself. Elsewhere a command stays whole, to be copied. */
  readonly foldsCommands?: true;
};

export type Tint = (text: string) => string;

export function foldFact(label: string, text: string, { columns }: Page, tint?: Tint): string[] {
  return foldUnder(label, text, columns).map((line) =>
    tint === undefined ? line : line.slice(0, label.length) + tint(line.slice(label.length)),
  );
}
