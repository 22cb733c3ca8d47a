// A QR code as a terminal shows it: read back module by module, it is the one that was made.
/* oxlint-disable no-control-regex -- what a terminal is sent is what is read here */
import { encode } from 'uqr';
import { describe, expect, it } from 'vitest';
import { createQrCode, hasLightBackground } from '../../../src/cli/ui/qr-code.ts';

const url = 'https://platform.minimax.io/oauth-authorize?user_code=TUE3-FXNG&client=OpenClaw';
const modulesOf = (border: number): boolean[][] => encode(url, { ecc: 'L', border }).data;

/** True is dark, as a camera would see it on a terminal with that background. */
function readBack(lines: readonly string[], lightBackground: boolean): boolean[][] {
  const rows: boolean[][] = [];
  for (const line of lines) {
    const upper: boolean[] = [];
    const lower: boolean[] = [];
    let foreground = lightBackground;
    let background = !lightBackground;
    for (const [, colour, cell] of line.matchAll(/\u001b\[([\d;]*)m|(.)/gu)) {
      if (colour === '0') [foreground, background] = [lightBackground, !lightBackground];
      else if (colour !== undefined) {
        expect(['38;5;16;48;5;16', '38;5;16;48;5;231']).toContain(colour);
        [foreground, background] = [true, colour.endsWith(';16')];
      } else {
        upper.push('▀█'.includes(cell ?? '') ? foreground : background);
        lower.push('▄█'.includes(cell ?? '') ? foreground : background);
      }
    }
    rows.push(upper, lower);
  }
  return rows;
}

describe('a QR code', () => {
  it.each([
    ['in colours of its own on a dark terminal', { colours: true, lightBackground: false }],
    ['in colours of its own on a light terminal', { colours: true, lightBackground: true }],
    ['without colours on a dark terminal', { colours: false, lightBackground: false }],
    ['without colours on a light terminal', { colours: false, lightBackground: true }],
  ])('%s is the matrix of the address, with four modules of light around it', (_name, look) => {
    const qr = createQrCode(url, { columns: 80, rows: 30, ...look });
    const seen = readBack(qr.kind === 'lines' ? qr.lines : [], look.lightBackground);
    const made = modulesOf(4);
    expect(seen.slice(0, made.length)).toEqual(made);
    expect(seen.slice(made.length).flat()).not.toContain(true);
    expect(made.slice(0, 4).flat()).not.toContain(true);
  });

  it.each([
    [45, 23, 'lines', 45],
    [44, 23, 'lines', 41],
    [45, 22, 'lines', 41],
    [40, 60, 'tooWide', 0],
    [80, 20, 'tooTall', 0],
  ])('in a window of %i by %i: %s', (columns, rows, kind, width) => {
    const qr = createQrCode(url, { columns, rows, colours: false, lightBackground: false });
    expect(qr.kind).toBe(kind);
    expect(qr.kind === 'lines' ? Array.from(qr.lines[0] ?? '').length : 0).toBe(width);
  });

  it('takes the background from where a terminal tells it', () => {
    const values = ['0;15', '0;7', '15;0', '12;8', '0;default;15', 'x', undefined];
    expect(values.map(hasLightBackground)).toEqual([true, true, false, false, true, false, false]);
  });
});
