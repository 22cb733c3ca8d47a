// A command line that does not parse, explained: what is wrong with which word, and the line that was most likely meant.
// Every line that it names parses. What a value means to a command is for the command.
import type { Command, CommanderError } from 'commander';
import type { OpenClawError } from '../../errors.ts';
import { cleanText } from '../../platform/text.ts';
import { kindOfOption } from '../completion/value-kinds.ts';
import { capital, listed } from '../ui/sentence.ts';
import { childOf, commandOf, findOption, helpOf, lineOf, pathOf } from './command-tree.ts';
import { commandsMeant } from './commands-meant.ts';
import { foreignDash, isForeignDash, looksLikeFlag, unknownOption } from './unknown-option.ts';
import { shownWord, usageError as usage } from './usage-error.ts';
import { missingArgument, tooMany } from './wrong-arguments.ts';
import { invalidValue, missingValue, wrongValue } from './wrong-values.ts';

/** The command of these names. Throws USAGE for the first one that there is not. */
export function wordsTaken(program: Command, names: readonly string[]): Command {
  let command = program;
  for (const [index, name] of names.entries()) {
    const next = childOf(command, name);
    if (next === undefined) {
      if (command.commands.length === 0) return command;
      throw unknownCommand(program, command, name, names.slice(index + 1));
    }
    command = next;
  }
  return command;
}

export function explainUsage(
  error: CommanderError,
  program: Command,
  args: readonly string[],
): OpenClawError {
  const { command, rest } = commandOf(program, args);
  switch (error.code) {
    case 'commander.unknownCommand':
    case 'commander.unknownOption': {
      const [word = ''] = rest;
      const isGroup = command.commands.length > 0;
      if (isGroup && !looksLikeFlag(word)) return unknownCommand(program, command, word, rest.slice(1));
      const flag = /unknown option '(.*?)'$/ms.exec(error.message)?.[1];
      return unknownOption(program, command, flag ?? word, args);
    }
    case 'commander.excessArguments':
      return tooMany(command, rest);
    case 'commander.missingArgument':
      return missingArgument(command, rest);
    case 'commander.optionMissingArgument': {
      const option = command.options.find(({ flags }) => error.message.includes(`'${flags}'`));
      if (option !== undefined) return missingValue(command, option);
      break;
    }
    case 'commander.invalidArgument': {
      const found = invalidValue(command, rest, error.message);
      if (found !== undefined) return found;
      break;
    }
  }
  const message = cleanText(error.message.replace(/^error: /, ''), 300);
  return usage(`${capital(message)}${/[.?)]$/.test(message) ? '' : '.'}`, helpOf(command));
}

/**
 * Checks what commander takes in silence: a name before `--help` that there is not, a flag where the value of another
 * one is wanted, a value that the flag does not take. Throws USAGE.
 */
export function checkWords(program: Command, args: readonly string[]): void {
  const literal = args.indexOf('--');
  const words = literal === -1 ? args : args.slice(0, literal);
  const { command, rest } = commandOf(program, words);
  const [first = ''] = rest;
  if (command.commands.length > 0 && first !== '' && !first.startsWith('-')) {
    const asksForHelp = words.includes('--help') || words.includes('-h');
    if (asksForHelp) throw unknownCommand(program, command, first, rest.slice(1));
    return;
  }
  for (const [index, word] of rest.entries()) {
    const [flag = ''] = word.split('=', 1);
    const option = findOption(command, flag);
    const value = flag === word ? rest[index + 1] : word.slice(flag.length + 1);
    if (option?.required !== true || value === undefined) continue;
    if (flag === word && value.startsWith('--') && findOption(command, value) !== undefined) {
      throw missingValue(command, option, `what follows is the option ${value.split('=', 1)[0]}`);
    }
    const kind = kindOfOption(command, option);
    if (kind?.kind === 'words' && kind.closed === true && !kind.words.includes(value)) {
      throw wrongValue(command, flag, value, kind.words);
    }
  }
}

function unknownCommand(
  program: Command,
  group: Command,
  word: string,
  rest: readonly string[],
): OpenClawError {
  const typed = shownWord([...pathOf(group), word].join(' '), 60);
  const message = `There is no command "openclaw ${typed}".`;
  if (isForeignDash(word)) return foreignDash(group, word);
  const meant = commandsMeant(program, group, word, rest);
  return usage(
    message,
    meant.length === 0 ? `See what there is: ${lineOf(group, ['--help'])}.` : didYouMean(meant),
  );
}

function didYouMean(lines: readonly string[]): string {
  const commands = lines.slice(0, 3).map((line) => `\`openclaw ${line}\``);
  return `Did you mean ${listed(commands, 'or')}?`;
}
