// The parser for JSON5 that keeps places, with what it has to be kept from: a text that ends with a backslash within a
// string keeps it running for ever (version 3.3.13).
import { parse, tokenize } from '@humanwhocodes/momoa';
import type { DocumentNode, Token } from '@humanwhocodes/momoa';

/** Throws what the parser throws, an error with an `offset`; RangeError for what is nested thousands of levels deep. */
export function parseJson5(text: string): DocumentNode {
  return parse(ended(text), { mode: 'json5', tokens: true });
}

/** Throws as `parseJson5`. */
export function tokenizeJson5(text: string): Token[] {
  return tokenize(ended(text), { mode: 'json5' });
}

/** A line end behind the text is part of nothing, and changes no offset. */
function ended(text: string): string {
  return text.endsWith('\\') ? `${text}\n` : text;
}
