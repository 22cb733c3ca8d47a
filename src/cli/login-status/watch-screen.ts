// The screen of `auth status --watch`: the terminal's second one, painted from its corner and only where something has
// changed, so that nothing flickers. When it ends, the first screen is back with the last state on it.
import type { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import type { CommandContext } from '../command-context.ts';
import { foldUnder } from '../ui/plain-fold.ts';
import { showsUnicode } from '../ui/plan-bars.ts';
import type { Style } from '../ui/style.ts';
import { describeInWords, type StatusView } from './text.ts';

export type WatchScreen = {
  update(look: { view: StatusView | undefined; troubles: readonly OpenClawError[] }): void;
  end(): void;
};

/** Alternate screen; no cursor; lines that are too long are cut and not folded by the terminal. */
const enter = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const leave = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';

export function createWatchScreen({ terminal, env }: CommandContext, style: Style): WatchScreen {
  const isUnicode = showsUnicode(env);
  let painted: string | undefined;
  let lines: string[] = [];
  let last: Parameters<WatchScreen['update']>[0] | undefined;

  const paint = (): void => {
    if (last === undefined) return;
    const { view, troubles } = last;
    // The last column stays free: clearing the rest of a line that is full would take its last letter.
    const columns = terminal.columns() - 1;
    lines = [
      ...troubles.flatMap(({ message, remedy }) => [
        ...foldUnder('', cleanText(message, 300), columns).map(style.warn),
        ...foldUnder('  ', cleanText(remedy, 300), columns),
      ]),
      ...(view === undefined
        ? []
        : describeInWords(view, { style, columns, isUnicode, foldsCommands: true })),
    ];
    const frame = fit([...lines, '', style.dim('Ctrl-C ends it')], terminal.rows(), style)
      .map((line) => line + clearLine)
      .join('\r\n');
    if (frame === painted) return;
    terminal.writeOut(`${painted === undefined ? enter : ''}${home}${frame}${clearBelow}`);
    painted = frame;
  };
  const stopListening = terminal.onResize(() => {
    if (painted === undefined) return;
    // The terminal has moved what was there.
    painted = '';
    paint();
  });
  return {
    update(look) {
      last = look;
      paint();
    },
    end() {
      stopListening();
      if (painted === undefined) return;
      terminal.writeOut(leave + lines.map((line) => `${line}\n`).join(''));
    },
  };
}

/** The last line of a terminal says that there is more. */
function fit(lines: readonly string[], rows: number, style: Style): readonly string[] {
  if (lines.length <= rows) return lines;
  const shown = Math.max(0, rows - 1);
  return [
    ...lines.slice(0, shown),
    style.dim(`… ${lines.length - shown} more lines: make the window higher`),
  ];
}
