// The parts of the picture of a session that read and draw: what tmux prints, and the SVG that comes of it.
import { describe, expect, it } from 'vitest';
import { drawScreen } from '../../scripts/session-picture/screen-svg.ts';
import { readScreen } from '../../scripts/session-picture/screen-text.ts';
import { textWidth } from '../../src/cli/ui/text-width.ts';

const read = (text: string): ReturnType<typeof readScreen> => readScreen(text, textWidth);

describe('a screen that was captured', () => {
  it.each([
    ['plain text', 'a b', [{ column: 0, text: 'a b', style: {} }]],
    [
      'a colour and its end',
      '\u001b[1;32m$\u001b[0m ls',
      [
        { column: 0, text: '$', style: { bold: true, colour: { kind: 'named', index: 2 } } },
        { column: 1, text: ' ls', style: {} },
      ],
    ],
    [
      'one attribute that ends before another',
      '\u001b[2;91ma\u001b[22mb\u001b[39mc',
      [
        { column: 0, text: 'a', style: { faint: true, colour: { kind: 'named', index: 9 } } },
        { column: 1, text: 'b', style: { colour: { kind: 'named', index: 9 } } },
        { column: 2, text: 'c', style: {} },
      ],
    ],
    [
      'colours of the cube, of the greys and of any kind',
      '\u001b[38;5;208ma\u001b[48;5;232mb\u001b[38;2;1;2;255mc',
      [
        { column: 0, text: 'a', style: { colour: { kind: 'rgb', hex: '#ff8700' } } },
        {
          column: 1,
          text: 'b',
          style: { colour: { kind: 'rgb', hex: '#ff8700' }, background: { kind: 'rgb', hex: '#080808' } },
        },
        {
          column: 2,
          text: 'c',
          style: { colour: { kind: 'rgb', hex: '#0102ff' }, background: { kind: 'rgb', hex: '#080808' } },
        },
      ],
    ],
    [
      'wide characters, which take two columns',
      '開く\u001b[4mx',
      [
        { column: 0, text: '開く', style: {} },
        { column: 4, text: 'x', style: { underlined: true } },
      ],
    ],
    [
      'a hyperlink, of which the text stays',
      '\u001b]8;;https://a.example\u001b\\here\u001b]8;;\u001b\\',
      [{ column: 0, text: 'here', style: {} }],
    ],
  ])('%s', (_, text, runs) => {
    expect(read(text)).toEqual([runs]);
  });

  it('keeps a style over the end of a line, and leaves out empty lines at the end', () => {
    expect(read('\u001b[3ma\nb\u001b[0m\n  \n\n')).toEqual([
      [{ column: 0, text: 'a', style: { italic: true } }],
      [{ column: 0, text: 'b', style: { italic: true } }],
    ]);
  });
});

describe('the picture', () => {
  const draw = (text: string): string =>
    drawScreen({ title: 'A <session>', columns: 10, lines: read(text), widthOf: textWidth });

  it('places each word by its column, so that no space has to count', () => {
    const places = [
      ...draw('ab   c d').matchAll(/<text x="([\d.]+)"[^>]* textLength="([\d.]+)"[^>]*>([^<]*)</g),
    ];
    expect(places.map(([, x, length, word]) => [Number(x), Number(length), word])).toEqual([
      [18, 16.8, 'ab'],
      [60, 25.2, 'c d'],
    ]);
  });

  it('holds what was printed as text and never as markup', () => {
    const svg = draw('<script>&"');
    expect(svg).toContain('&lt;script&gt;&amp;"');
    expect(svg).toContain('<title>A &lt;session&gt;</title>');
  });

  it('draws a ground where there is one, also behind inverse text', () => {
    expect(draw('\u001b[41mx')).toMatch(/<rect x="18" y="18" width="8.4" height="19" fill="#ff7b72"\/>/);
    expect(draw('\u001b[7mx')).toMatch(/fill="#e6edf3"\/><text [^>]*fill="#0d1117"/);
  });
});
