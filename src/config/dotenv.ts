// Reads `<state dir>/.env` as Node does, and warns of what Node passes over or cuts off without a word. Nothing of a line is
// ever repeated but its number: what is no assignment may be a key.
import { parseEnv } from 'node:util';
import type { Env } from '../platform/env.ts';
import type { ConfigWarning } from './check.ts';

/** With or without a byte order mark, with any line ends. */
export function readDotenv(text: string, file: string): { env: Env; warnings: ConfigWarning[] } {
  const plain = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const warnings = complaints(plain.split('\n')).map(({ line, message, fix }) => ({
    path: '',
    file,
    line,
    column: 1,
    message,
    fix,
  }));
  return { env: parseEnv(plain), warnings };
}

type Complaint = { line: number; message: string; fix: string };

function complaints(lines: readonly string[]): Complaint[] {
  const found: Complaint[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const say = (message: string, fix: string): void => void found.push({ line: index + 1, message, fix });
    if (/^\s*(?:#|$)/.test(line)) continue;
    const equals = line.indexOf('=');
    const name = line
      .slice(0, Math.max(equals, 0))
      .trim()
      .replace(/^export\s+/, '');
    const value = line.slice(equals + 1).trimStart();
    if (name === '') {
      say('this line is no assignment, and is passed over', 'Write NAME=value, or # before a remark.');
      continue;
    }
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      say(
        'the name in this line is none that a variable can have',
        'A name has letters, digits and _ alone: NAME=value.',
      );
    }
    const quote = /^["'`]/.exec(value)?.[0];
    if (quote === undefined) {
      if (/^[^#]*[^\s#]#/.test(value)) {
        say('the value in this line ends before its #', 'Put the value in quotes: NAME="value".');
      }
      continue;
    }
    const closing = closingLine(lines, index, value, quote);
    if (closing === undefined) {
      say(
        'the quote in this line is never closed, and belongs to the value now',
        'Close it, or take it out.',
      );
      continue;
    }
    if (!/^\s*(?:#.*)?$/.test(closing.rest)) {
      say(
        'the value in this line ends at its second quote',
        'Put the other kind of quotes around the value.',
      );
    }
    index = closing.index;
  }
  return found;
}

/** Where the quote that a value begins with is closed, which may be lines later. */
function closingLine(
  lines: readonly string[],
  from: number,
  value: string,
  quote: string,
): { index: number; rest: string } | undefined {
  for (let index = from; index < lines.length; index += 1) {
    const text = index === from ? value.slice(1) : (lines[index] ?? '');
    const end = text.indexOf(quote);
    if (end >= 0) return { index, rest: text.slice(end + 1) };
  }
  return undefined;
}
