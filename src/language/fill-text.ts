// Gaps in a sentence, filled. Apart from the catalogue, so that what speaks one language loads one.

/** `{name}` in `text` becomes `values.name`; a name without a value stays as it is. */
export function fillText(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
