// Reads what `tmux capture-pane -e` prints: lines of text with the colours that a program asked for. Pure.

export type Colour =
  | { readonly kind: 'named'; readonly index: number }
  | { readonly kind: 'rgb'; readonly hex: string };

export type Style = {
  readonly colour?: Colour;
  readonly background?: Colour;
  readonly bold?: boolean;
  readonly faint?: boolean;
  readonly italic?: boolean;
  readonly underlined?: boolean;
  readonly inverse?: boolean;
};

/** Text of one style, and the column where it begins. */
export type Run = { readonly column: number; readonly text: string; readonly style: Style };

/** `widthOf`: the columns that a text takes. Lines at the end that hold nothing are left out. */
export function readScreen(captured: string, widthOf: (text: string) => number): Run[][] {
  let style: Style = {};
  const lines = captured.split('\n').map((line) => {
    const runs: Run[] = [];
    let column = 0;
    // Hyperlinks are dropped, their texts stay.
    for (const piece of line.replaceAll(hyperlink, '').split(rendition)) {
      const parameters = renditionAlone.exec(piece)?.[1];
      if (parameters !== undefined) style = nextStyle(style, parameters);
      else if (piece !== '' && !shifts.includes(piece)) {
        runs.push({ column, text: piece, style });
        column += widthOf(piece);
      }
    }
    return runs;
  });
  while (lines.length > 0 && lines.at(-1)?.every(({ text }) => text.trim() === '') === true) lines.pop();
  return lines;
}

const escape = String.fromCodePoint(0x1b);
/** SO and SI, by which tmux chooses the letters that draw lines; they are Unicode here. */
const shifts = [String.fromCodePoint(0x0e), String.fromCodePoint(0x0f)];
const bell = String.fromCodePoint(0x07);

const rendition = new RegExp(`(${escape}\\[[\\d;:]*m|[${shifts.join('')}])`);
const renditionAlone = new RegExp(`^${escape}\\[([\\d;:]*)m$`);
const hyperlink = new RegExp(`${escape}\\]8;[^${escape}${bell}]*(?:${escape}\\\\|${bell})`, 'g');

/** ECMA-48, 8.3.117 (SGR), with the colours of xterm. What is not known changes nothing. */
function nextStyle(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((code) => Number(code === '' ? 0 : code));
  let next: Record<string, unknown> & Style = { ...style };
  const drop = (...names: (keyof Style)[]): void => {
    next = Object.fromEntries(Object.entries(next).filter(([name]) => !names.includes(name as keyof Style)));
  };
  while (codes.length > 0) {
    const code = codes.shift() ?? 0;
    if (code === 0) next = {};
    else if (code === 1) next = { ...next, bold: true };
    else if (code === 2) next = { ...next, faint: true };
    else if (code === 3) next = { ...next, italic: true };
    else if (code === 4) next = { ...next, underlined: true };
    else if (code === 7) next = { ...next, inverse: true };
    else if (code === 22) drop('bold', 'faint');
    else if (code === 23) drop('italic');
    else if (code === 24) drop('underlined');
    else if (code === 27) drop('inverse');
    else if (code === 39) drop('colour');
    else if (code === 49) drop('background');
    else if (code === 38 || code === 48) {
      const colour = extendedColour(codes);
      if (colour !== undefined) next = { ...next, [code === 38 ? 'colour' : 'background']: colour };
    } else {
      const index = namedIndex(code);
      if (index !== undefined)
        next = { ...next, [isBackground(code) ? 'background' : 'colour']: { kind: 'named', index } };
    }
  }
  return next;
}

function isBackground(code: number): boolean {
  return (code >= 40 && code <= 47) || code >= 100;
}

/** 0 to 7, and 8 to 15 for the bright ones. */
function namedIndex(code: number): number | undefined {
  if (code >= 30 && code <= 37) return code - 30;
  if (code >= 40 && code <= 47) return code - 40;
  if (code >= 90 && code <= 97) return code - 90 + 8;
  return code >= 100 && code <= 107 ? code - 100 + 8 : undefined;
}

/** Takes its parameters off `codes`. */
function extendedColour(codes: number[]): Colour | undefined {
  const kind = codes.shift();
  if (kind === 2) return { kind: 'rgb', hex: hexOf(codes.splice(0, 3)) };
  const index = codes.shift();
  if (kind !== 5 || index === undefined) return undefined;
  if (index < 16) return { kind: 'named', index };
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return { kind: 'rgb', hex: hexOf([grey, grey, grey]) };
  }
  const cube = index - 16;
  const level = (value: number): number => (value === 0 ? 0 : 55 + value * 40);
  return {
    kind: 'rgb',
    hex: hexOf([level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)]),
  };
}

function hexOf(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}
