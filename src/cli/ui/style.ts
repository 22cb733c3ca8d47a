// Colours and marks for a terminal that has them; plain text elsewhere.
import { styleText } from 'node:util';

export type Style = {
  bold: (text: string) => string;
  dim: (text: string) => string;
  good: (text: string) => string;
  warn: (text: string) => string;
  bad: (text: string) => string;
  accent: (text: string) => string;
  /** OSC 8 hyperlink; the bare URL where the terminal does not know it. */
  link: (url: string) => string;
};

export function createStyle(colours: boolean, hyperlinks = false): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      colours ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    good: paint('green'),
    warn: paint('yellow'),
    bad: paint('red'),
    accent: paint('cyan'),
    link: (url) => (hyperlinks ? `\u001b]8;;${url}\u001b\\${url}\u001b]8;;\u001b\\` : url),
  };
}
