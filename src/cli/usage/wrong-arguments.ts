// Too many arguments, or too few, explained.
import type { Argument, Command } from 'commander';
import type { OpenClawError } from '../../errors.ts';
import { describeArgument, kindOfOption } from '../completion/value-kinds.ts';
import { findOption, helpOf, lineOf } from './command-tree.ts';
import { foreignDash, isForeignDash, optionMeant } from './unknown-option.ts';
import { exampleOf, shownWord, usageError as usage } from './usage-error.ts';

export function tooMany(command: Command, rest: readonly string[]): OpenClawError {
  const operands = operandsOf(command, rest);
  const { registeredArguments } = command;
  const extra = operands[registeredArguments.length] ?? '';
  const shown = JSON.stringify(shownWord(extra, 60));
  const name = lineOf(command);
  const message =
    registeredArguments.length === 0
      ? `${name} takes no argument, and ${shown} is one.`
      : `${name} takes ${registeredArguments.length === 1 ? 'one argument' : `${registeredArguments.length} arguments`}, and ${shown} is one too many.`;
  if (isForeignDash(extra)) return foreignDash(command, extra);
  const meant = optionMeant(command, `--${extra}`);
  if (meant?.long !== undefined && !meant.required) return usage(message, `Did you mean \`${meant.long}\`?`);
  // `gateway start 8080`, `usage day`
  const taking = command.options.find((option) => {
    const kind = kindOfOption(command, option);
    return kind?.kind === 'words' && kind.words.includes(extra);
  });
  if (taking?.long !== undefined) return usage(message, `Did you mean \`${taking.long} ${extra}\`?`);
  if (findOption(command, '--since') !== undefined && /^\d+[dhm]$/.test(extra)) {
    return usage(message, `Did you mean \`--since ${extra}\`?`);
  }
  const port = findOption(command, '--port');
  if (port !== undefined && /^\d{1,5}$/.test(extra))
    return usage(message, `Did you mean \`--port ${extra}\`?`);
  return usage(message, helpOf(command));
}

function operandsOf(command: Command, rest: readonly string[]): string[] {
  const operands: string[] = [];
  for (let index = 0; index < rest.length; index += 1) {
    const word = rest[index] ?? '';
    if (word === '--') return [...operands, ...rest.slice(index + 1)];
    if (!word.startsWith('-') || word === '-') operands.push(word);
    else if (findOption(command, word)?.required === true && !word.includes('=')) index += 1;
  }
  return operands;
}

export function missingArgument(command: Command, rest: readonly string[]): OpenClawError {
  const given = operandsOf(command, rest).length;
  const wanted = command.registeredArguments.slice(given).filter(({ required }) => required);
  const described = wanted.map((each) => `${nameOf(each)} (${describeArgument(command, each)})`);
  return usage(`${lineOf(command)} needs ${described.join(' and ')}.`, exampleOf(command) ?? helpOf(command));
}

function nameOf(argument: Argument): string {
  return `<${argument.name()}${argument.variadic ? '...' : ''}>`;
}
