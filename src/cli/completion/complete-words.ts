// What may stand where the cursor is, from the words before it and the tree of commands alone. Decides commands, flags and
// fixed values itself, and names what has to be looked up (live values, files). Pure.
import type { Command, Option } from 'commander';
import { kindOfArgument, kindOfOption, type LiveKind, type ValueKind } from './value-kinds.ts';

export type Candidate = { readonly value: string; readonly description: string };

export type Completion =
  | { readonly kind: 'words'; readonly candidates: readonly Candidate[] }
  /** `lead` stands before each value (`--model=`), `typed` is what of the value is there; `before`: the arguments so far. */
  | {
      readonly kind: 'live';
      readonly live: LiveKind;
      readonly lead: string;
      readonly typed: string;
      readonly before: readonly string[];
    }
  | { readonly kind: 'file' };

const nothing: Completion = { kind: 'words', candidates: [] };

/** `words` as they stand behind the program's name; the last one is being typed and may be empty. */
export function completeWords(program: Command, words: readonly string[]): Completion {
  // zsh and fish leave a quote that is not closed yet where it is.
  const typed = (words.at(-1) ?? '').replace(/^["']/, '');
  const place = walk(program, words.slice(0, -1));
  const { command, waiting, operands } = place;
  if (waiting !== undefined) return ofKind(kindOfOption(command, waiting), '', typed, operands);
  if (!place.isLiteral) {
    const assigned = /^(--[^=]+)=(.*)$/s.exec(typed);
    if (assigned !== null) {
      const option = findOption(command, assigned[1] ?? '');
      const kind = option === undefined ? undefined : kindOfOption(command, option);
      return ofKind(kind, `${assigned[1]}=`, assigned[2] ?? '', operands);
    }
    if (typed.startsWith('-')) return { kind: 'words', candidates: matching(flagsOf(place), typed) };
  }
  if (command.commands.length > 0) {
    return operands.length > 0
      ? nothing
      : { kind: 'words', candidates: matching(subcommands(command), typed) };
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[operands.length] ?? (last?.variadic === true ? last : undefined);
  if (argument === undefined) {
    // Nothing but flags can follow.
    return typed === '' && !place.isLiteral ? { kind: 'words', candidates: flagsOf(place) } : nothing;
  }
  const kind = kindOfArgument(command, argument);
  if (kind?.kind === 'command') {
    const named = walk(program, operands).command;
    return { kind: 'words', candidates: matching(subcommands(named), typed) };
  }
  return ofKind(kind, '', typed, operands);
}

type Place = {
  readonly command: Command;
  /** The option whose value comes next. */
  readonly waiting: Option | undefined;
  readonly operands: readonly string[];
  readonly given: ReadonlySet<Option>;
  /** Behind `--`. */
  readonly isLiteral: boolean;
};

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let waiting: Option | undefined;
  let isLiteral = false;
  const operands: string[] = [];
  const given = new Set<Option>();
  for (const word of words) {
    if (waiting !== undefined) {
      waiting = undefined;
    } else if (!isLiteral && word === '--') {
      isLiteral = true;
    } else if (!isLiteral && word.startsWith('-') && word !== '-') {
      const option = findOption(command, word.split('=', 1)[0] ?? '');
      if (option === undefined) continue;
      given.add(option);
      if (option.required && !word.includes('=')) waiting = option;
    } else {
      const next =
        operands.length === 0 ? command.commands.find((child) => child.name() === word) : undefined;
      if (next === undefined) operands.push(word);
      else command = next;
    }
  }
  return { command, waiting, operands, given, isLiteral };
}

function findOption(command: Command, flag: string): Option | undefined {
  return command.options.find((option) => option.long === flag || option.short === flag);
}

function ofKind(
  kind: ValueKind | undefined,
  lead: string,
  typed: string,
  before: readonly string[],
): Completion {
  switch (kind?.kind) {
    case 'words': {
      const candidates = kind.words.map((word) => ({ value: `${lead}${word}`, description: '' }));
      return { kind: 'words', candidates: matching(candidates, `${lead}${typed}`) };
    }
    case 'live':
      return { kind: 'live', live: kind.live, lead, typed, before };
    case 'file':
      return { kind: 'file' };
    default:
      return nothing;
  }
}

function subcommands(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((child) => ({ value: child.name(), description: child.description() }));
}

/** Those that were not given yet; `--help` is one of them. */
function flagsOf({ command, given }: Place): Candidate[] {
  return (
    command
      .createHelp()
      .visibleOptions(command)
      // One that gathers its values may come again.
      .filter((option) => !given.has(option) || option.variadic || option.parseArg !== undefined)
      .map((option) => ({ value: option.long ?? option.short ?? '', description: option.description }))
  );
}

/** Those that begin with what was typed; letter case counts only where it decides. */
export function matching(candidates: readonly Candidate[], typed: string): Candidate[] {
  const exact = candidates.filter(({ value }) => value.startsWith(typed));
  if (exact.length > 0) return exact;
  const folded = typed.toLowerCase();
  return candidates.filter(({ value }) => value.toLowerCase().startsWith(folded));
}
