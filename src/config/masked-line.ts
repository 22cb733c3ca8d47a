// Shows the line of a broken configuration file with a caret under the place, and nothing in it that could be a secret:
// punctuation, keys and the three words of JSON stay, every other character becomes a dot.

import { isSecretAsName } from './secret-text.ts';

const widest = 100;
const contextBefore = 60;
const margin = 200;

/** Two lines, `  3 │ model: "••••" }` and the caret's. Lengths are kept, so the caret stands under the place. */
export function maskedLine(line: string, place: { line: number; column: number }): string {
  const from = Math.max(0, Math.min(place.column - 1 - contextBefore, line.length - widest));
  // Only what is near is looked at. What is cut off could be a text, which must not begin to look like a key.
  const start = Math.max(0, from - margin);
  const near = `${start === 0 ? '' : '•'}${line.slice(start, from + widest + margin)}`;
  const shown = mask(near)
    .slice(from - start + (start === 0 ? 0 : 1))
    .slice(0, widest);
  const label = `  ${place.line} │ `;
  const gutter = `${' '.repeat(label.length - 2)}│ `;
  return `${label}${shown}\n${gutter}${' '.repeat(place.column - 1 - from)}^`;
}

/** A key stands at the start of the line or after `{` or `,`, and before a colon. */
const kept = /(?<=(?:^|[{,])\s*["']?)[A-Za-z_$][\w$./-]{0,63}(?=["']?\s*:)|\b(?:true|false|null)\b/g;

function mask(line: string): string {
  let masked = '';
  let end = 0;
  for (const match of line.matchAll(kept)) {
    const [name] = match;
    masked += dots(line.slice(end, match.index)) + (isSecretAsName(name) ? dots(name) : name);
    end = match.index + match[0].length;
  }
  return masked + dots(line.slice(end));
}

function dots(text: string): string {
  return text.replace(/[^{}[\]:,"'/*\s]/g, '•').replace(/\s/g, ' ');
}
