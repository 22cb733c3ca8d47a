// How a command's help looks: usage, what it does, arguments, commands, options, further words, examples, all within the
// width of the terminal. What it says is the definition's.
import { sentence } from '../ui/sentence.ts';
import type { CommandDescription, Example, Note, TextBlock } from './command-description.ts';

/** Wider lines are hard to read, narrower ones hold no two columns. */
const widest = 100;
const narrowest = 40;
export const usualWidth = 80;

export function formatHelp(description: CommandDescription, terminalWidth: number): string {
  const width = Math.min(widest, Math.max(narrowest, terminalWidth));
  const sections: string[][] = [
    [`Usage: ${description.usage}`],
    fold(sentence(description.description), width),
    table('Arguments', described(description.arguments), width),
    table(
      'Commands',
      description.commands.map(({ usage, description: text }) => [usage, text]),
      width,
    ),
    table(
      'Options',
      description.options.map((option) => [option.flags, withValues(option)]),
      width,
    ),
    ...description.blocks.map((block) => formatBlock(block, width)),
    notes('Environment', description.environment, width),
    notes('Files', description.files, width),
    formatExamples(description.examples, width),
    description.commands.length > 0 ? [`More of each: ${description.name} <command> --help`] : [],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What a description leaves out: values that are fixed, and that it does not name itself. */
export function withValues({
  description,
  values,
}: {
  description: string;
  values?: readonly string[];
}): string {
  if (values === undefined || values.every((value) => description.includes(value))) return description;
  return `${description}: ${values.join(', ')}`;
}

function notes(title: string, rows: readonly Note[], width: number): string[] {
  return table(
    title,
    rows.map(({ name, description }) => [name, description]),
    width,
  );
}

function described(rows: CommandDescription['arguments']): [string, string][] {
  return rows.map((row) => [row.name, withValues(row)]);
}

function table(title: string, rows: readonly (readonly [string, string])[], width: number): string[] {
  if (rows.length === 0) return [];
  const limit = Math.floor(width * 0.36);
  const fitting = rows.map(([term]) => term.length).filter((length) => length <= limit);
  const column = Math.max(...fitting, 4);
  const indent = ' '.repeat(column + 4);
  const lines = rows.flatMap(([term, text]) => {
    const folded = fold(text, width - indent.length);
    // A term that is too long for the column has a line of its own.
    if (term.length > column) return [`  ${term}`, ...folded.map((line) => `${indent}${line}`)];
    const [first = '', ...rest] = folded;
    return [`  ${term.padEnd(column)}  ${first}`.trimEnd(), ...rest.map((line) => `${indent}${line}`)];
  });
  return [`${title}:`, ...lines];
}

function formatBlock({ title, lines }: TextBlock, width: number): string[] {
  if (title === undefined) return fold(lines.map((line) => line.trim()).join(' '), width);
  return [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function formatExamples(examples: readonly Example[], width: number): string[] {
  if (examples.length === 0) return [];
  const longest = Math.max(...examples.map(({ line }) => line.length));
  const beside = examples.every(({ remark = '' }) => 6 + longest + remark.length <= width);
  return [
    'Examples:',
    ...examples.flatMap(({ line, remark }) => {
      const commands = continued(`$ ${line}`, width - 2);
      if (remark === undefined) return commands;
      return beside ? [`  ${`$ ${line}`.padEnd(longest + 2)}  ${remark}`] : [`  # ${remark}`, ...commands];
    }),
  ];
}

/** A command line that is too long goes on behind a backslash, so that it can still be pasted. */
function continued(line: string, width: number): string[] {
  // An option and its value stay together.
  const units = line.replaceAll(/ (--?\w[\w-]*) (?=[^-])/g, ' $1\u00a0');
  const folded = fold(units, width - 6).map((part) => part.replaceAll('\u00a0', ' '));
  return folded.map((part, index) => {
    const indent = index === 0 ? '  ' : '      ';
    return `${indent}${part}${index < folded.length - 1 ? ' \\' : ''}`;
  });
}

/** Broken at spaces only: options and paths stay whole. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[ \t\n]+/)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return line === '' ? lines : [...lines, line];
}
