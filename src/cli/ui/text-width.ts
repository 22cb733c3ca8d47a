// How many columns a text takes in a terminal, and texts cut or folded to fit: ideographs, kana, Hangul and emoji take
// two (Unicode Standard Annex #11), combining marks none. The text holds no control characters.

/** Made when needed and not before: the tables behind the first one take as long to load as a short command runs. */
function graphemesOf(text: string): Intl.Segments {
  return new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
}

function wordsOf(text: string): Intl.Segments {
  return new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text);
}

/** Each of these takes one column. */
const plain = /^[ -~]*$/;

const wide =
  /[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;
const zeroWidth = /^[\p{Mark}\p{Format}\p{Control}]*$/u;

export function textWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemesOf(text)) width += graphemeWidth(segment);
  return width;
}

function graphemeWidth(grapheme: string): number {
  if (zeroWidth.test(grapheme)) return 0;
  return wide.test(grapheme) ? 2 : 1;
}

/** At most `columns` wide; what is cut ends in `…`. */
export function cutToWidth(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of graphemesOf(text)) {
    width += graphemeWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return columns < 1 ? '' : `${kept}…`;
}

export function padToWidth(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

const opening = /[(（「“]$/;

/** Lines of at most `columns`, broken between words; a word that is wider stays whole on a line of its own. */
export function foldText(text: string, columns: number): string[] {
  const pieces: string[] = [];
  for (const { segment, isWordLike } of wordsOf(text)) {
    const last = pieces.at(-1);
    // Punctuation stays with the word before it, what opens a bracket with the one after it.
    const clings = isWordLike !== true && segment.trim() !== '' && !opening.test(segment);
    const joins = last !== undefined && last.trim() !== '' && (clings || opening.test(last));
    if (joins) pieces[pieces.length - 1] = last + segment;
    else pieces.push(segment);
  }
  const lines: string[] = [];
  let line = '';
  for (const piece of pieces) {
    if (line !== '' && textWidth(line + piece.trimEnd()) > columns) {
      lines.push(line.trimEnd());
      line = piece.trimStart();
    } else line += piece;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}
