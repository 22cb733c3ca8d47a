// A flag that a command does not have, explained: mistyped, of another command, of another program, of another keyboard.
import type { Command, Option } from 'commander';
import type { OpenClawError } from '../../errors.ts';
import { nearestName } from '../../platform/nearest.ts';
import { commandOf, everyCommand, findOption, helpOf, lineOf, pathOf } from './command-tree.ts';
import { flagWords, otherFlags } from './hints.ts';
import { exampleOf, shownWord, usageError as usage } from './usage-error.ts';

export function looksLikeFlag(word: string): boolean {
  return (word.startsWith('-') && word.length > 1) || isForeignDash(word);
}

/** Word processors and chats turn `--` into a dash of their own. */
export function isForeignDash(word: string): boolean {
  return /^-{0,2}[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/.test(word);
}

export function foreignDash(command: Command, word: string): OpenClawError {
  const code = word.replace(/^-+/, '').codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const name = word.replace(/^[-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]+/, '');
  return usage(
    `${JSON.stringify(shownWord(word, 40))} begins with a dash (U+${code}) that a program or a web page has put there.`,
    findOption(command, `--${name}`) === undefined
      ? helpOf(command)
      : `Type two hyphens: \`--${shownWord(name, 40)}\`.`,
  );
}

export function unknownOption(
  program: Command,
  command: Command,
  word: string,
  args: readonly string[],
): OpenClawError {
  if (isForeignDash(word)) return foreignDash(command, word);
  const flag = word.split('=', 1)[0] ?? '';
  const shown = shownWord(flag, 40);
  const name = lineOf(command);
  const known = findOption(command, flag);
  if (known !== undefined) {
    return usage(`${shown} takes no value.`, `Write \`${shown}\` alone. ${helpOf(command)}`);
  }
  if (flag === '-v') return usage(`${name} has no option -v.`, 'The version: `openclaw --version`.');
  const line = command.commands.length > 0 ? correctOrder(program, args, word) : undefined;
  if (line !== undefined) {
    return usage(`${shown} stands behind the command.`, `Write it so: \`openclaw ${line}\`.`);
  }
  const message = `${name} has no option ${shown}.`;
  const long = `--${flag.replace(/^-+/, '')}`.toLowerCase();
  const other = Object.hasOwn(flagWords, long) ? findOption(command, flagWords[long] ?? '') : undefined;
  const hint = Object.hasOwn(otherFlags, long) ? otherFlags[long] : undefined;
  if (other === undefined && hint !== undefined) return usage(`${shown}: ${hint.message}.`, hint.remedy);
  const meant = other ?? optionMeant(command, flag);
  if (meant !== undefined)
    return usage(message, `Did you mean \`${meant.long ?? meant.flags}\` (${meant.description})?`);
  if (command.registeredArguments.some((argument) => `--${argument.name()}` === long)) {
    return usage(
      message,
      `Write the value alone, without ${shown}. ${exampleOf(command) ?? helpOf(command)}`,
    );
  }
  const holders = everyCommand(program).filter(
    (other) => other !== program && findOption(other, flag) !== undefined,
  );
  const below = holders.filter((holder) => lineOf(holder).startsWith(lineOf(command).slice(0, -1)));
  const [first, ...others] = below.length > 0 && command !== program ? below : holders;
  if (first !== undefined && others.length < 3) {
    const lines = [first, ...others].map((holder) => lineOf(holder)).join(', ');
    return usage(message, `${lines} ${others.length === 0 ? 'has' : 'have'} it. ${helpOf(command)}`);
  }
  return usage(message, helpOf(command));
}

export function optionMeant(command: Command, flag: string): Option | undefined {
  const longs = command.options.flatMap(({ long, hidden }) => (long === undefined || hidden ? [] : [long]));
  const typed = `--${flag.replace(/^-+/, '')}`;
  const found =
    longs.find((long) => long === typed) ??
    nearestName(typed, longs) ??
    // `--browser` where there is `--no-browser`
    longs.find((long) => long === typed.replace(/^--/, '--no-'));
  return command.options.find(({ long }) => found !== undefined && long === found);
}

/** `--json auth status` -> `auth status --json`, when a command follows that has the option. */
function correctOrder(program: Command, args: readonly string[], word: string): string | undefined {
  const at = args.indexOf(word);
  for (const count of [1, 2]) {
    const moved = args.slice(at, at + count);
    const { command, rest } = commandOf(program, args.toSpliced(at, count));
    const option = findOption(command, word);
    if (option === undefined || command.commands.length > 0 || rest.length > 0) continue;
    const isWhole = option.required ? count === 2 || word.includes('=') : count === 1;
    if (isWhole && moved.every((each) => shownWord(each, 60) === each)) {
      return [...pathOf(command), ...moved].join(' ');
    }
  }
  return undefined;
}
