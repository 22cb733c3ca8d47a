// A command as data: what its definition says of it, with the texts that were put behind its help taken apart into
// paragraphs, titled blocks and examples. The help, the manual and `help --json` are made from this.
import { EventEmitter } from 'node:events';
import type { Command } from 'commander';
import { describeArgument, kindOfArgument, kindOfOption, type ValueKind } from '../completion/value-kinds.ts';
import { pathOf } from '../usage/command-tree.ts';
import { environment, files, surroundingsOf } from './surroundings.ts';

export type Example = {
  /** Without the `$`. */
  readonly line: string;
  readonly remark?: string;
};

export type TextBlock = {
  /** `Examples` of `Examples:`; absent for a paragraph. */
  readonly title?: string;
  /** Without their common indentation. */
  readonly lines: readonly string[];
};

export type OptionDescription = {
  readonly flags: string;
  readonly description: string;
  readonly values?: readonly string[];
};

/** A variable or a file. */
export type Note = { readonly name: string; readonly description: string };

export type CommandDescription = {
  /** `openclaw auth status` */
  readonly name: string;
  /** With arguments and `[options]`. */
  readonly usage: string;
  readonly description: string;
  readonly arguments: readonly {
    readonly name: string;
    readonly description: string;
    readonly values?: readonly string[];
  }[];
  readonly options: readonly OptionDescription[];
  readonly blocks: readonly TextBlock[];
  readonly examples: readonly Example[];
  readonly environment: readonly Note[];
  readonly files: readonly Note[];
  readonly commands: readonly {
    readonly name: string;
    readonly usage: string;
    readonly description: string;
  }[];
};

export function describeCommand(command: Command): CommandDescription {
  const helper = command.createHelp();
  const path = pathOf(command);
  const name = ['openclaw', ...path].join(' ');
  const blocks = readBlocks(readText(command));
  return {
    name,
    usage: command.commands.length > 0 ? `${name} <command>` : `${name} ${command.usage()}`.trim(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: usageOf(argument.name(), argument.required, argument.variadic),
      description: describeArgument(command, argument),
      ...valuesOf(kindOfArgument(command, argument)),
    })),
    options: helper.visibleOptions(command).map((option) => ({
      flags: option.flags,
      description: option.description,
      ...valuesOf(kindOfOption(command, option)),
    })),
    blocks: blocks.filter(({ title }) => !isExamples(title)),
    examples: blocks.filter(({ title }) => isExamples(title)).flatMap(({ lines }) => lines.map(readExample)),
    environment: surroundingsOf(environment, path).map(toNote),
    files: surroundingsOf(files, path).map(toNote),
    commands: helper.visibleCommands(command).map((child) => ({
      name: child.name(),
      usage: [
        child.name(),
        ...child.registeredArguments.map((each) => usageOf(each.name(), each.required, each.variadic)),
      ].join(' '),
      description: child.description(),
    })),
  };
}

function toNote({ name, description }: Note): Note {
  return { name, description };
}

function usageOf(name: string, required: boolean, variadic: boolean): string {
  const text = `${name}${variadic ? '...' : ''}`;
  return required ? `<${text}>` : `[${text}]`;
}

function valuesOf(kind: ValueKind | undefined): { values?: readonly string[] } {
  return kind?.kind === 'words' ? { values: kind.words } : {};
}

function isExamples(title: string | undefined): boolean {
  return title === 'Example' || title === 'Examples';
}

/** What `addHelpText('after', …)` was given. */
function readText(command: Command): string {
  const texts: string[] = [];
  // Commander keeps them as listeners; its types do not say that a command is an emitter.
  if (command instanceof EventEmitter) {
    command.emit('afterHelp', { error: false, command, write: (text: string) => void texts.push(text) });
  }
  return texts.join('\n');
}

function readBlocks(text: string): TextBlock[] {
  return (
    text
      .split(/\n(?:[ \t]*\n)+/)
      // `Auth: …` begins a paragraph of its own, `Examples:` alone is a title.
      .flatMap((block) => block.split(/\n(?=[A-Z][a-z]+: )/))
      .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
      .filter((lines) => lines.length > 0)
      .map((lines): TextBlock => {
        const [first = '', ...rest] = lines;
        const title = /^([A-Z][A-Za-z ]*):$/.exec(first)?.[1];
        return title === undefined ? { lines } : { title, lines: withoutIndent(rest) };
      })
  );
}

function withoutIndent(lines: readonly string[]): string[] {
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent));
}

/** `$ openclaw usage   today's` */
function readExample(text: string): Example {
  const [line = '', remark] = text.replace(/^\s*\$ /, '').split(/ {2,}(.+)$/s);
  return remark === undefined ? { line: line.trim() } : { line: line.trim(), remark: remark.trim() };
}
