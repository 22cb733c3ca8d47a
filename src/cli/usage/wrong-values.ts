// The value of an option that is missing, or that is none of those which it takes, explained.
import type { Command, Option } from 'commander';
import type { OpenClawError } from '../../errors.ts';
import { nearestName } from '../../platform/nearest.ts';
import { kindOfOption } from '../completion/value-kinds.ts';
import { listed } from '../ui/sentence.ts';
import { helpOf } from './command-tree.ts';
import { valueWords } from './hints.ts';
import { shownWord, usageError as usage } from './usage-error.ts';

export function missingValue(command: Command, option: Option, why?: string): OpenClawError {
  const kind = kindOfOption(command, option);
  const values = kind?.kind === 'words' ? `: ${listed(kind.words, 'or')}` : `: ${option.description}`;
  const flag = option.long ?? option.flags;
  return usage(
    `${flag} needs a value${values}${why === undefined ? '' : `; ${why}`}.`,
    kind?.kind === 'words' ? `For example: \`${flag} ${kind.words[0]}\`.` : helpOf(command),
  );
}

export function invalidValue(
  command: Command,
  rest: readonly string[],
  message: string,
): OpenClawError | undefined {
  const option = command.options.find(({ flags }) => message.includes(`'${flags}'`));
  const allowed = option?.argChoices;
  if (option?.long === undefined || allowed === undefined) return undefined;
  const at = rest.findIndex((word) => word.split('=', 1)[0] === option.long || word === option.short);
  const word = rest[at] ?? '';
  const value = word.includes('=') ? word.slice(word.indexOf('=') + 1) : (rest[at + 1] ?? '');
  return wrongValue(command, option.long, value, allowed);
}

export function wrongValue(
  command: Command,
  flag: string,
  value: string,
  allowed: readonly string[],
): OpenClawError {
  const folded = value.toLowerCase();
  const other = Object.hasOwn(valueWords, folded) ? (valueWords[folded] ?? '') : '';
  const near = allowed.includes(other) ? other : nearestName(value, allowed);
  return usage(
    `${flag} takes ${listed(allowed, 'or')}, not ${JSON.stringify(shownWord(value, 40))}.`,
    near === undefined ? helpOf(command) : `Did you mean \`${flag} ${near}\`?`,
  );
}
