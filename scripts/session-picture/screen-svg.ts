// Draws lines of a terminal as an SVG that needs no font of its own: each run of text has its place and its width, so the
// columns stand whatever the reader's font. Pure.
import type { Colour, Run, Style } from './screen-text.ts';

const cell = { width: 8.4, height: 19 };
const edge = 18;
const fontSize = 14;

const paper = '#0d1117';
const ink = '#e6edf3';
/** The sixteen of a terminal, on dark paper. */
const palette = [
  '#484f58',
  '#ff7b72',
  '#3fb950',
  '#d29922',
  '#58a6ff',
  '#bc8cff',
  '#39c5cf',
  '#b1bac4',
  '#6e7681',
  '#ffa198',
  '#56d364',
  '#e3b341',
  '#79c0ff',
  '#d2a8ff',
  '#56d4dd',
  '#ffffff',
] as const;

export type Picture = {
  readonly title: string;
  readonly columns: number;
  readonly lines: readonly (readonly Run[])[];
  readonly widthOf: (text: string) => number;
};

export function drawScreen({ title, columns, lines, widthOf }: Picture): string {
  const width = Math.ceil(columns * cell.width) + 2 * edge;
  const height = lines.length * cell.height + 2 * edge;
  const rows = lines.flatMap((runs, row) => runs.map((run) => drawRun(run, row, widthOf)));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${paper}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}">
${rows.filter((row) => row !== '').join('\n')}
</g>
</svg>
`;
}

function drawRun(run: Run, row: number, widthOf: (text: string) => number): string {
  const { column, text, style } = run;
  const top = edge + row * cell.height;
  const at = (columns: number): number => round(edge + columns * cell.width);
  const lengthOf = (part: string): number => round(widthOf(part) * cell.width);
  const ground = style.inverse === true ? colourOf(style.colour, ink) : colourOf(style.background, '');
  const box =
    ground === ''
      ? []
      : [
          `<rect x="${at(column)}" y="${top}" width="${lengthOf(text)}" height="${cell.height}" fill="${ground}"/>`,
        ];
  const y = round(top + cell.height * 0.74);
  // Spaces at an edge, and several in a row, mean nothing in SVG: what stands between them is placed by itself.
  const parts = [...text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: part, index }) => {
    const x = at(column + widthOf(text.slice(0, index)));
    return `<text x="${x}" y="${y}" textLength="${lengthOf(part)}" lengthAdjust="spacingAndGlyphs"${attributes(style)}>${escaped(part)}</text>`;
  });
  return [...box, ...parts].join('');
}

function attributes(style: Style): string {
  const fill = style.inverse === true ? colourOf(style.background, paper) : colourOf(style.colour, ink);
  return [
    ` fill="${fill}"`,
    style.bold === true ? ' font-weight="bold"' : '',
    style.italic === true ? ' font-style="italic"' : '',
    style.underlined === true ? ' text-decoration="underline"' : '',
    style.faint === true ? ' opacity="0.65"' : '',
  ].join('');
}

function colourOf(colour: Colour | undefined, otherwise: string): string {
  if (colour === undefined) return otherwise;
  return colour.kind === 'rgb' ? colour.hex : (palette[colour.index] ?? otherwise);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
