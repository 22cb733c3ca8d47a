// docs/cli.md, made from the definitions of the commands: one page for the program and a section for each command, in the
// order of a man page. Says nothing that --help does not say.
import { withValues } from '../../src/cli/help/help-text.ts';
import { sentence } from '../../src/cli/ui/sentence.ts';
import type { CommandDescription, Note, TextBlock } from '../../src/cli/help/command-description.ts';
import type { DescribedCommand } from '../support/command-tree.ts';

const usualExit = '0 done · 1 it failed · 2 wrong command line · 130 stopped by Ctrl-C or a signal';

export function cliManual(commands: readonly DescribedCommand[]): string {
  const [program, ...others] = commands;
  if (program === undefined) throw new Error('no program');
  const { description } = program;
  const parts = [
    '# openclaw: commands',
    'This page is made from the commands themselves: `openclaw <command> --help` prints the same, `openclaw help --json` as data.',
    '## openclaw',
    ...section('NAME', [`openclaw: ${lowerFirst(description.description)}`]),
    ...section('SYNOPSIS', [code(['openclaw <command> [options]'])]),
    ...section('COMMANDS', [contents(others)]),
    ...section('OPTIONS', [list(description.options.map((option) => [option.flags, withValues(option)]))]),
    ...blocks(description),
    ...notes('ENVIRONMENT', description.environment),
    ...notes('FILES', description.files),
    ...examples(description),
    ...others.flatMap((each) => page(each)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function page({ description, path }: DescribedCommand): string[] {
  const hasExit = description.blocks.some(({ title }) => title === 'Exit status');
  const [prose, titled] = [
    description.blocks.filter(({ title }) => title === undefined),
    titledOf(description),
  ];
  return [
    `## ${description.name}`,
    ...section('NAME', [`${description.name}: ${escapeText(description.description)}`]),
    ...section('SYNOPSIS', [code([description.usage])]),
    ...(prose.length === 0 ? [] : section('DESCRIPTION', prose.map(paragraph))),
    ...(description.arguments.length === 0
      ? []
      : section('ARGUMENTS', [list(description.arguments.map((each) => [each.name, withValues(each)]))])),
    ...(description.commands.length === 0
      ? []
      : section('COMMANDS', [
          description.commands
            .map(({ name, usage, description: text }) => {
              const anchor = anchorOf(['openclaw', ...path, name].join(' '));
              return `- [\`${usage}\`](#${anchor}): ${escapeText(text)}`;
            })
            .join('\n'),
        ])),
    ...section('OPTIONS', [list(description.options.map((option) => [option.flags, withValues(option)]))]),
    ...titled,
    ...examples(description),
    ...(hasExit || description.commands.length > 0 ? [] : section('EXIT STATUS', [usualExit])),
    ...notes('ENVIRONMENT', description.environment),
    ...notes('FILES', description.files),
  ];
}

function section(title: string, parts: readonly string[]): string[] {
  return [`**${title}**`, ...parts];
}

function blocks(description: CommandDescription): string[] {
  return [
    ...description.blocks.filter(({ title }) => title === undefined).map(paragraph),
    ...titledOf(description),
  ];
}

function titledOf(description: CommandDescription): string[] {
  return description.blocks.flatMap(({ title, lines }) =>
    title === undefined ? [] : section(title.toUpperCase(), [code(lines)]),
  );
}

function paragraph({ lines }: TextBlock): string {
  return escapeText(lines.map((line) => line.trim()).join(' '));
}

function examples({ examples: all }: CommandDescription): string[] {
  const lines = all.map(({ line, remark }) => (remark === undefined ? line : `${line}   # ${remark}`));
  return lines.length === 0 ? [] : section('EXAMPLES', [code(lines, 'sh')]);
}

function notes(title: string, all: readonly Note[]): string[] {
  return all.length === 0
    ? []
    : section(title, [list(all.map(({ name, description }) => [name, description]))]);
}

function list(rows: readonly (readonly [string, string])[]): string {
  return rows.map(([term, text]) => `- \`${term}\`: ${escapeText(text)}`).join('\n');
}

function contents(commands: readonly DescribedCommand[]): string {
  return commands
    .map(({ path, description }) => {
      const indent = '  '.repeat(path.length - 1);
      const link = `[\`${path.join(' ')}\`](#${anchorOf(description.name)})`;
      return `${indent}- ${link}: ${escapeText(description.description)}`;
    })
    .join('\n');
}

function anchorOf(heading: string): string {
  return heading.replaceAll(' ', '-');
}

function code(lines: readonly string[], language = ''): string {
  return ['```' + language, ...lines, '```'].join('\n');
}

/** `<name>` outside of code would be taken for HTML. */
function escapeText(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
    .join('');
}

function lowerFirst(text: string): string {
  const whole = sentence(text).replace(/\.$/, '');
  return `${whole.charAt(0).toLowerCase()}${whole.slice(1)}`;
}
