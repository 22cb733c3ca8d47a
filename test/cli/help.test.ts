// What help promises, of every command there is: words for everything, values where they are fixed, examples that parse,
// lines that fit into 80 columns, and the same text by `help` and by `--help`.
import { describe, expect, it } from 'vitest';
import { kindOfArgument, kindOfOption } from '../../src/cli/completion/value-kinds.ts';
import { formatHelp, withValues } from '../../src/cli/help/help-text.ts';
import { run } from '../../src/cli/run.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { everyCommand, programLines, type DescribedCommand } from '../support/command-tree.ts';
import { createFakeContext } from '../support/fake-context.ts';

const commands = everyCommand();

async function output(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const { context, written } = createFakeContext();
  const code = await run(args, context);
  return { code, ...written };
}

/** Every command with what is wrong with it; an empty list is right. */
async function complaints(
  judge: (each: DescribedCommand) => readonly string[] | Promise<readonly string[]>,
): Promise<string[]> {
  const found = await Promise.all(
    commands.map(async (each) => (await judge(each)).map((fault) => `${each.description.name}: ${fault}`)),
  );
  return found.flat();
}

async function unparsable(lines: readonly string[]): Promise<string[]> {
  const judged = await Promise.all(lines.map(async (line) => [line, await complaintAbout(line)] as const));
  return judged.flatMap(([line, fault]) => (fault === undefined ? [] : [`${line}: ${fault}`]));
}

describe('the help of every command', () => {
  it('has a word for everything, and lists are notes, not sentences', async () => {
    expect(
      await complaints(({ description }) =>
        [description, ...description.options, ...description.arguments].flatMap((each) => {
          const name = 'flags' in each ? each.flags : each.name;
          if (each.description === '') return [`${name} has no description`];
          const isSentence = each.description.endsWith('.') && name !== 'openclaw';
          return isSentence ? [`${name} ends with a full stop`] : [];
        }),
      ),
    ).toEqual([]);
  });

  it('knows the kind of each value', async () => {
    expect(
      await complaints(({ command }) => [
        ...command.options
          .filter((option) => (option.required || option.optional) && !kindOfOption(command, option))
          .map(({ flags }) => flags),
        ...command.registeredArguments
          .filter((argument) => !kindOfArgument(command, argument))
          .map((argument) => argument.name()),
      ]),
    ).toEqual([]);
  });

  it('names every fixed value', async () => {
    expect(
      await complaints(({ description }) =>
        [...description.options, ...description.arguments].flatMap((row) =>
          (row.values ?? []).filter((value) => !withValues(row).includes(value)),
        ),
      ),
    ).toEqual([]);
  });

  it('has examples of its own, and they parse', async () => {
    expect(
      await complaints(async ({ path, description }) => {
        const lines = description.examples.flatMap(({ line }) => programLines(line));
        const own = ['openclaw', ...path, ''].join(' ');
        // Of this command, or of one that is below it.
        const isShown = lines.some((line) => `${line} `.startsWith(own));
        return [...(isShown ? [] : ['has no example']), ...(await unparsable(lines))];
      }),
    ).toEqual([]);
  });

  it('names only commands that parse', async () => {
    expect(
      await complaints(({ description }) => {
        const text = formatHelp(description, 1_000);
        return unparsable([...text.matchAll(/`(openclaw [^`]*)`/g)].map(([, line = '']) => line));
      }),
    ).toEqual([]);
  });

  it('fits into 80 columns', async () => {
    expect(
      await complaints(({ description }) =>
        formatHelp(description, 80)
          .split('\n')
          .filter((line) => line.length > 80 || line !== line.trimEnd()),
      ),
    ).toEqual([]);
  });
});

describe('help', () => {
  it('a command says the same in each way that it is asked', async () => {
    const { code, out, err } = await output(['auth', 'order', 'set', '--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatchInlineSnapshot(`
      "Usage: openclaw auth order set [options] <provider> <profiles...>

      Use these logins alone, in this order.

      Arguments:
        <provider>     a provider, such as minimax-portal
        <profiles...>  logins by name, the first choice first

      Options:
        --json      print JSON and nothing else
        -h, --help  show help

      A login that is left out is never used while the order stands. A gateway that
      runs follows within a second.

      Files:
        ~/.openclaw/activity.sqlite  orders, cooldowns, and what was used; may be lost

      Examples:
        $ openclaw auth order set minimax-portal minimax-portal:work \\
            minimax-portal:default
      "
    `);
    expect(await output(['help', 'auth', 'order', 'set'])).toEqual({ code: 0, out, err: '' });
    expect(await output(['auth', 'order', 'set', '-h'])).toEqual({ code: 0, out, err: '' });
  });

  it('a group that is called without a command goes to stderr, as wrong usage', async () => {
    const { out } = await output(['gateway', '--help']);
    expect(await output(['gateway'])).toEqual({ code: 2, out: '', err: out });
  });
});

describe('the program alone', () => {
  it('says how to begin', async () => {
    const { code, out, err } = await output([]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').length).toBeLessThan(8);
    for (const line of ['openclaw onboard', 'openclaw gateway start', 'openclaw --help']) {
      expect(out).toContain(line);
    }
  });

  it('has the whole tree as data', async () => {
    const { code, out } = await output(['help', '--json']);
    expect(code).toBe(0);
    type Node = { name: string; examples: unknown[]; children: Node[] };
    const names = (node: Node): string[] => [node.name, ...node.children.flatMap(names)];
    expect(names(JSON.parse(out) as Node)).toEqual(commands.map(({ description }) => description.name));
  });

  it.each([
    [['auth', 'order', '--help', '--json'], 'openclaw auth order'],
    [['--json', '-h'], 'openclaw'],
    [['help', 'usage', '--json'], 'openclaw usage'],
  ])('%j is data too', async (args, name) => {
    const { code, out, err } = await output(args);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({ name });
  });

  it('hides what only shells call', async () => {
    expect((await output(['--help'])).out).not.toContain('complete ');
  });
});

it('a wider terminal gets wider lines, a narrow one still two columns', () => {
  const onboard = commands.find(({ description }) => description.name === 'openclaw onboard');
  if (onboard === undefined) throw new Error('no onboard');
  const { description } = onboard;
  const longest = (columns: number): number =>
    Math.max(
      ...formatHelp(description, columns)
        .split('\n')
        .map((line) => line.length),
    );
  expect(longest(200)).toBeGreaterThan(80);
  expect(longest(200)).toBeLessThanOrEqual(100);
  expect(longest(60)).toBeLessThanOrEqual(80);
});
