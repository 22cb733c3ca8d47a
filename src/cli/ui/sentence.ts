// A text as a sentence, or as a part of one. English.

/** With a capital, and a full stop where it has no other end. */
export function sentence(text: string): string {
  return ended(capital(text));
}

export function ended(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** As it goes on after a colon. */
export function lowerFirst(text: string): string {
  return `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

/** `a, b and c`, `a or b`. */
export function listed(words: readonly string[], conjunction: 'and' | 'or'): string {
  const [last = '', ...others] = words.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} ${conjunction} ${last}`;
}
