// Which command a word was most likely meant for, wherever in the tree it is: a slip of the fingers, the right word at the
// wrong level, two words in one, a word of another program.
import type { Command } from 'commander';
import { nearestName } from '../../platform/nearest.ts';
import { childOf, commandOf, everyCommand, pathOf, visible } from './command-tree.ts';
import { otherWords } from './hints.ts';
import { shownWord } from './usage-error.ts';

/** Lines without the program's name, the likeliest first; what a command needs and nobody gave stands there as `<name>`. */
export function commandsMeant(
  program: Command,
  group: Command,
  word: string,
  rest: readonly string[],
): string[] {
  return pathsMeant(program, group, word, rest).map((line) => withArguments(program, line));
}

function pathsMeant(program: Command, group: Command, word: string, rest: readonly string[]): string[] {
  const folded = word.toLowerCase();
  const prefix = [...pathOf(group), ''].join(' ').trimStart();
  // Of the group that was named; at the top every word is of the group.
  const own = [
    ...(prefix === '' ? [] : otherWordsOf(`${prefix}${folded}`)),
    ...otherWordsOf(folded).filter((line) => line.startsWith(prefix)),
  ];
  if (own.length > 0) return own;
  const near = nearestName(
    word,
    visible(group).map((child) => child.name()),
  );
  if (near !== undefined) return [correctedLine(group, near, rest)];
  const begun = visible(group).filter((child) => folded.length > 1 && child.name().startsWith(folded));
  if (begun.length > 0) return begun.map((child) => correctedLine(group, child.name(), rest));
  // `auth-status`, `auth:status`, "auth status" in one word
  const parts = word.split(/[-:._/ ]+/).filter((part) => part !== '');
  if (parts.length > 1) {
    const joined = nearestPath(program, [...pathOf(group), ...parts]) ?? nearestPath(program, parts);
    if (joined !== undefined) return [pathOf(joined).join(' ')];
  }
  const elsewhere = everyCommand(program).filter(
    (command) => command.name() === folded && command !== program,
  );
  if (elsewhere.length > 0) return highest(elsewhere);
  const other = otherWordsOf(folded);
  if (other.length > 0) return [...other];
  const everywhere = everyCommand(program).filter((command) => command !== program);
  const nearWord = nearestName(
    folded,
    everywhere.map((command) => command.name()),
  );
  if (nearWord !== undefined) return highest(everywhere.filter((command) => command.name() === nearWord));
  const nearOther = nearestName(folded, Object.keys(otherWords));
  return nearOther === undefined ? [] : [...otherWordsOf(nearOther)];
}

function otherWordsOf(word: string): readonly string[] {
  return Object.hasOwn(otherWords, word) ? (otherWords[word] ?? []) : [];
}

/** Those of the highest level: what is deeper has its group's help. */
function highest(commands: readonly Command[]): string[] {
  const paths = commands.map(pathOf);
  const level = Math.min(...paths.map(({ length }) => length));
  return paths.filter(({ length }) => length === level).map((path) => path.join(' '));
}

/** The line with this one word mended, and the words behind it: commands or what comes close to one, then arguments. */
function correctedLine(group: Command, name: string, rest: readonly string[]): string {
  let command = childOf(group, name);
  const words = [...pathOf(group), name];
  for (const word of rest) {
    if (command === undefined) break;
    const names = visible(command).map((child) => child.name());
    const next = names.includes(word) ? word : nearestName(word, names);
    if (names.length > 0 && next === undefined) break;
    // Flags and their values are left out: they may be secrets, or the next thing that is wrong.
    if (names.length === 0 && (!/^[\w.:/@][\w.:/@-]{0,60}$/.test(word) || shownWord(word, 60) !== word))
      break;
    words.push(next ?? word);
    if (next !== undefined) command = childOf(command, next);
  }
  return words.join(' ');
}

function withArguments(program: Command, line: string): string {
  const { command, rest } = commandOf(program, line.split(' '));
  if (command === program) return line;
  const taken = rest.slice(
    0,
    command.registeredArguments.some(({ variadic }) => variadic)
      ? undefined
      : command.registeredArguments.length,
  );
  const missing = command.registeredArguments.slice(taken.length).filter(({ required }) => required);
  const names = missing.map((argument) => `<${argument.name()}${argument.variadic ? '...' : ''}>`);
  return [...pathOf(command), ...taken, ...names].join(' ');
}

function nearestPath(program: Command, parts: readonly string[]): Command | undefined {
  let command = program;
  for (const part of parts) {
    const names = visible(command).map((child) => child.name());
    const next = childOf(command, names.includes(part) ? part : (nearestName(part, names) ?? ''));
    if (next === undefined) return undefined;
    command = next;
  }
  return command;
}
