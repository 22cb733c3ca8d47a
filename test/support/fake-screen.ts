// A terminal of unlimited height whose screen can be read: what a person sees after carriage returns, clearings and
// cursor movements. Colours are dropped; anything else that it does not know is an error.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is read here */
import type { KeyEvent } from '../../src/platform/key-reader.ts';
import type { Terminal } from '../../src/platform/terminal.ts';

export type FakeScreen = Terminal & {
  /** Lines without the spaces at their ends. */
  lines(): string[];
  /** All that was written to stderr. */
  written(): string;
  /** To whoever reads keys; throws when nobody does. */
  send(event: KeyEvent): void;
  press(key: string): void;
  isReading(): boolean;
  resize(columns: number): void;
};

export function createFakeScreen(
  changed: Partial<Terminal> & { width?: number; height?: number } = {},
): FakeScreen {
  let columns = changed.width ?? 80;
  let reader: ((event: KeyEvent) => void) | undefined;
  const resizers = new Set<() => void>();
  let written = '';

  return {
    interactive: true,
    outIsTty: true,
    errIsTty: true,
    outColours: false,
    errColours: false,
    hyperlinks: false,
    columns: () => columns,
    rows: () => changed.height ?? 60,
    onResize(listener) {
      resizers.add(listener);
      return () => void resizers.delete(listener);
    },
    readKeys(listener) {
      if (reader !== undefined) throw new Error('two read the keys at once');
      reader = listener;
      return () => {
        reader = undefined;
      };
    },
    writeOut: () => undefined,
    writeErr: (text) => {
      written += text;
    },
    ...changed,
    lines: () => render(written),
    written: () => written,
    send(event) {
      if (reader === undefined) throw new Error('nobody reads the keys');
      reader(event);
    },
    press: (name) => reader?.({ kind: 'key', name }),
    isReading: () => reader !== undefined,
    resize(wanted) {
      columns = wanted;
      for (const listener of resizers) listener();
    },
  };
}

function render(written: string): string[] {
  const rows: string[][] = [[]];
  let row = 0;
  let column = 0;
  const pattern = /\u001b\[(\d*)([AJK])|\u001b\[[\d;]*m|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|([^])/gu;
  for (const [, count, command, character] of written.matchAll(pattern)) {
    if (command === 'A') row = Math.max(0, row - Number(count === '' ? 1 : count));
    else if (command === 'J') {
      rows.length = row + 1;
      rows[row]?.splice(column);
    } else if (command === 'K') rows[row]?.splice(0);
    else if (character === '\r') column = 0;
    else if (character === '\n') {
      row += 1;
      // The terminal's own translation of line ends.
      column = 0;
      rows[row] ??= [];
    } else if (character === '\u001b') throw new Error('the screen does not know this sequence');
    else if (character !== undefined) {
      const line = (rows[row] ??= []);
      while (line.length < column) line.push(' ');
      line[column] = character;
      column += 1;
    }
  }
  return rows.map((line) => line.join('').trimEnd());
}
