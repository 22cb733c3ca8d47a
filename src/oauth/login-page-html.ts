// HTML from templates in which everything that is filled in is escaped, and the pieces of a sentence: words, and code
// that no translator and no browser may touch. What a page says is login-page.ts'.

/** Words, or a command, a name, an address. Sent to the page's script as they are. */
export type PagePiece = string | { readonly code: string };

export type Html = { readonly html: string };

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Fill = string | number | Html | undefined | readonly Html[];

/** Strings are escaped, for text and quoted attributes alike; nothing is left of undefined. */
export function markup(parts: TemplateStringsArray, ...fills: readonly Fill[]): Html {
  return { html: parts.map((part, at) => part + rendered(fills[at])).join('') };
}

/** Text of this program that needs no escaping: style, script, drawings. */
export function trustedHtml(text: string): Html {
  return { html: text };
}

export function piecesHtml(pieces: readonly PagePiece[]): readonly Html[] {
  return pieces.map((piece) =>
    typeof piece === 'string' ? markup`${piece}` : markup`<code translate="no">${piece.code}</code>`,
  );
}

/** `{name}` of a translated sentence becomes a piece of code. */
export function piecesOfText(text: string, codes: Readonly<Record<string, string>> = {}): PagePiece[] {
  return text
    .split(/(\{\w+\})/)
    .filter((part) => part !== '')
    .map((part) => {
      const code = /^\{\w+\}$/.test(part) ? codes[part.slice(1, -1)] : undefined;
      return code === undefined ? part : { code };
    });
}

/** What stands in backticks becomes code; a backtick without its partner stays. */
export function piecesOfBackticks(text: string): PagePiece[] {
  return text
    .split(/(`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part) => (/^`[^`]+`$/.test(part) ? { code: part.slice(1, -1) } : part));
}

function rendered(fill: Fill): string {
  if (fill === undefined) return '';
  if (typeof fill === 'number') return String(fill);
  if (typeof fill === 'string') return fill.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
  if ('html' in fill) return fill.html;
  return fill.map((part) => part.html).join('');
}
