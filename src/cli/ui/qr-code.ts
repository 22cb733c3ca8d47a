// An address as a QR code for a terminal: two modules in a character, in colours of its own, so that a camera reads it
// on a dark and on a light background. Which modules are dark is uqr's.
import { encode } from 'uqr';

export type QrCode =
  | { readonly kind: 'lines'; readonly lines: readonly string[] }
  | { readonly kind: 'tooWide' | 'tooTall' };

export type QrWindow = {
  columns: number;
  rows: number;
  colours: boolean;
  /** Counts only where there are no colours: the blocks then are the light modules. */
  lightBackground: boolean;
};

/** ISO/IEC 18004 asks for four modules of quiet zone; cameras read with two, where there is no room for more. */
const quietZones = [4, 2];

export function createQrCode(text: string, window: QrWindow): QrCode {
  let fault: 'tooWide' | 'tooTall' = 'tooWide';
  for (const border of quietZones) {
    const modules = encode(text, { ecc: 'L', border }).data;
    if (modules.length > window.columns) fault = 'tooWide';
    else if (Math.ceil(modules.length / 2) > window.rows) fault = 'tooTall';
    else return { kind: 'lines', lines: renderModules(modules, window) };
  }
  return { kind: fault };
}

/** True is dark. */
function renderModules(
  modules: readonly (readonly boolean[])[],
  { colours, lightBackground }: Pick<QrWindow, 'colours' | 'lightBackground'>,
): string[] {
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const upper = modules[row] ?? [];
    const lower = modules[row + 1];
    const cells = upper.map((dark, column) => [dark, lower?.[column] ?? false] as const);
    lines.push(
      colours
        ? colouredLine(cells)
        : cells.map(([a, b]) => block(a === lightBackground, b === lightBackground)).join(''),
    );
  }
  return lines;
}

/** Black and white out of the fixed part of the 256 colours, which no theme changes. */
const blackOn = (background: 16 | 231): string => `\u001b[38;5;16;48;5;${background}m`;

/** What is all dark is a space on black: fonts leave gaps between full blocks. */
function colouredLine(cells: readonly (readonly [boolean, boolean])[]): string {
  let line = '';
  let current = '';
  for (const [upper, lower] of cells) {
    const colour = blackOn(upper && lower ? 16 : 231);
    if (colour !== current) line += colour;
    current = colour;
    line += upper === lower ? ' ' : block(upper, lower);
  }
  return `${line}\u001b[0m`;
}

function block(upper: boolean, lower: boolean): string {
  if (upper) return lower ? '█' : '▀';
  return lower ? '▄' : ' ';
}

/** Terminals that say which colours they have, as `foreground;background` of the first sixteen. */
export function hasLightBackground(colorFgBg: string | undefined): boolean {
  const background = Number(/;(\d+)$/.exec(colorFgBg ?? '')?.[1] ?? 0);
  return background === 7 || background > 8;
}
