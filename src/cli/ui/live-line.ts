// One line at the end of the output that is repainted in place, and what may hang below it for a while. The cursor rests
// at the line's first column, so that a terminal that folds lines anew when its window gets narrower takes it along, and
// what is left of the line can be cleared from there.
import type { Terminal } from '../../platform/terminal.ts';
import { cutToWidth } from './text-width.ts';

export type LiveLine = {
  /** Repaints; `below` are lines that fit the window, kept until the next call with others. */
  paint(text: string, below: readonly string[]): void;
  /** Takes it all away; the next `paint` starts where the cursor then is. */
  clear(): void;
};

export function createLiveLine(terminal: Pick<Terminal, 'columns' | 'writeErr'>): LiveLine {
  let painted: { columns: number; below: readonly string[] } | undefined;
  return {
    paint(text, below) {
      const columns = terminal.columns();
      // The last column stays free: some terminals fold a line that is exactly full.
      const line = `  ${cutToWidth(text, columns - 3)}`;
      if (painted?.below === below && painted.columns === columns) {
        terminal.writeErr(`\r\u001b[2K${line}\r`);
        return;
      }
      painted = { columns, below };
      const hanging = below.map((row) => `\r\n${row}`).join('');
      const back = below.length === 0 ? '' : `\u001b[${below.length}A`;
      terminal.writeErr(`\r\u001b[J${line}${hanging}${back}\r`);
    },
    clear() {
      if (painted === undefined) return;
      painted = undefined;
      terminal.writeErr('\r\u001b[J');
    },
  };
}
