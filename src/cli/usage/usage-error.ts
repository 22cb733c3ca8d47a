// The error of a command line that is wrong, and how the words of a command line are shown in it: a secret may stand among
// them.
import type { Command } from 'commander';
import { OpenClawError } from '../../errors.ts';
import { foreignText } from '../../platform/text.ts';
import { describeCommand } from '../help/command-description.ts';

export function usageError(message: string, remedy: string): OpenClawError {
  return new OpenClawError({ code: 'USAGE', message, remedy });
}

/** On one line, cut, and without what looks like a secret. */
export function shownWord(word: string, maxLength: number): string {
  // Keys have a prefix by which they are told at any length.
  return foreignText(word.replace(/\b(sk|pk|ocgw)[-_][\w-]+/gi, '$1-[redacted]'), [], maxLength);
}

/** The first example of its help, to be shown where something is missing. */
export function exampleOf(command: Command): string | undefined {
  const [line] = describeCommand(command).examples.flatMap((example) =>
    example.line.startsWith('openclaw ') ? example.line : (/openclaw [^)"&|]+/.exec(example.line)?.[0] ?? []),
  );
  return line === undefined ? undefined : `For example: \`${line.trim()}\`.`;
}
