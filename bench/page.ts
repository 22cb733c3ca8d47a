// Puts measured tables into the page about them, between markers: `<!-- bench:name -->` and `<!-- /bench:name -->`.
// What stands outside of the markers is written by people and left alone.

/** Throws when the page has no such place. */
export function fillPlace(page: string, name: string, content: string): string {
  const opening = `<!-- bench:${name} -->`;
  const closing = `<!-- /bench:${name} -->`;
  const start = page.indexOf(opening);
  const end = page.indexOf(closing, start);
  if (start === -1 || end === -1) throw new Error(`the page has no place for ${name}`);
  return `${page.slice(0, start + opening.length)}\n\n${content.trim()}\n\n${page.slice(end)}`;
}
