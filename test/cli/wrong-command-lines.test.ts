// What is said to a command line that is wrong: the whole answer to each of them, from which a stranger knows what to type.
// Every command in an answer parses.
import { describe, expect, it } from 'vitest';
import { otherFlags, otherWords } from '../../src/cli/usage/hints.ts';
import { run } from '../../src/cli/run.ts';
import { version } from '../../src/version.ts';
import { createHome, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { createFakeContext } from '../support/fake-context.ts';

const table: readonly (readonly [line: string, message: string, remedy: string])[] = [
  // The right word at the wrong level
  ['login', 'There is no command "openclaw login".', 'Did you mean `openclaw auth login`?'],
  [
    'status',
    'There is no command "openclaw status".',
    'Did you mean `openclaw auth status`, `openclaw models status` or `openclaw gateway status`?',
  ],
  ['logout', 'There is no command "openclaw logout".', 'Did you mean `openclaw auth logout`?'],
  [
    'list',
    'There is no command "openclaw list".',
    'Did you mean `openclaw models list` or `openclaw plugins list`?',
  ],
  ['run', 'There is no command "openclaw run".', 'Did you mean `openclaw gateway run`?'],
  [
    'auth use minimax-portal:work',
    'There is no command "openclaw auth use".',
    'Did you mean `openclaw auth order set <provider> <profiles...>`?',
  ],
  ['config list', 'There is no command "openclaw config list".', 'Did you mean `openclaw config get`?'],
  ['config show', 'There is no command "openclaw config show".', 'Did you mean `openclaw config get`?'],
  [
    'config remove gateway.port',
    'There is no command "openclaw config remove".',
    'Did you mean `openclaw config unset <path>`?',
  ],
  ['auth onboard', 'There is no command "openclaw auth onboard".', 'Did you mean `openclaw onboard`?'],
  ['auth-status', 'There is no command "openclaw auth-status".', 'Did you mean `openclaw auth status`?'],
  ['"auth status"', 'There is no command "openclaw auth status".', 'Did you mean `openclaw auth status`?'],
  // Slips of the fingers
  [
    'stauts',
    'There is no command "openclaw stauts".',
    'Did you mean `openclaw auth status`, `openclaw models status` or `openclaw gateway status`?',
  ],
  ['auth stauts', 'There is no command "openclaw auth stauts".', 'Did you mean `openclaw auth status`?'],
  ['AUTH STATUS', 'There is no command "openclaw AUTH".', 'Did you mean `openclaw auth status`?'],
  ['model list', 'There is no command "openclaw model".', 'Did you mean `openclaw models list`?'],
  [
    'plugin enable minimax-portal-auth',
    'There is no command "openclaw plugin".',
    'Did you mean `openclaw plugins enable minimax-portal-auth`?',
  ],
  ['help auth stauts', 'There is no command "openclaw auth stauts".', 'Did you mean `openclaw auth status`?'],
  [
    'auth stauts --help',
    'There is no command "openclaw auth stauts".',
    'Did you mean `openclaw auth status`?',
  ],
  [
    'onboard --rgion cn',
    '`openclaw onboard` has no option --rgion.',
    'Did you mean `--region` (the MiniMax site of the account: global or cn)?',
  ],
  [
    'onboard -region cn',
    '`openclaw onboard` has no option -region.',
    'Did you mean `--region` (the MiniMax site of the account: global or cn)?',
  ],
  ['compl', 'There is no command "openclaw compl".', 'Did you mean `openclaw completion`?'],
  [
    'onboard –region cn',
    '"–region" begins with a dash (U+2013) that a program or a web page has put there.',
    'Type two hyphens: `--region`.',
  ],
  // Words and flags of other programs
  [
    'serve',
    'There is no command "openclaw serve".',
    'Did you mean `openclaw gateway run` or `openclaw gateway start`?',
  ],
  ['whoami', 'There is no command "openclaw whoami".', 'Did you mean `openclaw auth status`?'],
  ['frobnicate', 'There is no command "openclaw frobnicate".', 'See what there is: `openclaw --help`.'],
  [
    'onboard --api-key sk-1',
    '--api-key: what stands on a command line can be read by other programs and stays in the history of the shell, so no secret is taken there.',
    'Name the variable that holds it: `openclaw onboard --auth-choice minimax-api --api-key-env MINIMAX_API_KEY`, or leave that out to type it hidden. No key at all: `openclaw onboard --auth-choice minimax-portal`.',
  ],
  [
    'onboard --token abc',
    '--token: what stands on a command line can be read by other programs and stays in the history of the shell, so no secret is taken there.',
    'Name the variable that holds it: `openclaw onboard --auth-choice minimax-api --api-key-env MINIMAX_API_KEY`, or leave that out to type it hidden. No key at all: `openclaw onboard --auth-choice minimax-portal`.',
  ],
  [
    'auth login --profile work',
    '`openclaw auth login` has no option --profile.',
    'Did you mean `--profile-id` (the name of the login, provider:name)?',
  ],
  [
    'gateway run --host 0.0.0.0',
    '--host: the gateway listens on this machine alone, unless the environment or the configuration says otherwise.',
    'Set OPENCLAW_GATEWAY_BIND, or gateway.bind in openclaw.json.',
  ],
  ['auth status -v', '`openclaw auth status` has no option -v.', 'The version: `openclaw --version`.'],
  ['-v', '`openclaw` has no option -v.', 'The version: `openclaw --version`.'],
  [
    '--region cn onboard',
    '--region stands behind the command.',
    'Write it so: `openclaw onboard --region cn`.',
  ],
  [
    'plugins install acme',
    'There is no command "openclaw plugins install".',
    'Did you mean `openclaw config set plugins.load.paths <value>`?',
  ],
  [
    'plugins uninstall acme',
    'There is no command "openclaw plugins uninstall".',
    'Did you mean `openclaw plugins disable <id>`?',
  ],
  // Values
  ['onboard --region china', '--region takes global or cn, not "china".', 'Did you mean `--region cn`?'],
  [
    'onboard --region=GLOBAL',
    '--region takes global or cn, not "GLOBAL".',
    'Did you mean `--region global`?',
  ],
  ['onboard --region', '--region needs a value: global or cn.', 'For example: `--region global`.'],
  [
    'onboard --region --no-browser',
    '--region needs a value: global or cn; what follows is the option --no-browser.',
    'For example: `--region global`.',
  ],
  ['usage --by weekly', '--by takes model, day or profile, not "weekly".', 'See `openclaw usage --help`.'],
  ['usage --by days', '--by takes model, day or profile, not "days".', 'Did you mean `--by day`?'],
  [
    'gateway logs -n',
    '--lines needs a value: so many of the last lines (100).',
    'See `openclaw gateway logs --help`.',
  ],
  [
    'usage --since yesterday',
    '--since takes a number of days, hours or minutes, up to 400d, not "yesterday".',
    'For example: `openclaw usage --since 7d`, `openclaw usage --since 24h`.',
  ],
  ...['run', 'start', 'status'].map((name): [string, string, string] => [
    `gateway ${name} --port=abc`,
    '--port: "abc" is not a port; a port is a number from 0 to 65535.',
    'For example: `--port 18790`.',
  ]),
  [
    'gateway stop --timeout soon',
    '--timeout: "soon" is no number of seconds.',
    'For example: `openclaw gateway stop --timeout 30`.',
  ],
  [
    'env claude',
    'There is no tool "claude". There is: claude-code, anthropic, openai, codex.',
    'For example: `openclaw env claude-code`.',
  ],
  [
    'completion powershell',
    'There is no completion for "powershell". There is: bash, zsh, fish.',
    'See `openclaw completion --help`.',
  ],
  [
    'completion bsh',
    'There is no completion for "bsh". There is: bash, zsh, fish.',
    'Did you mean `openclaw completion bash`?',
  ],
  [
    'auth login --profile-id work --auth-choice minimax-portal --region global --non-interactive',
    '"work" is not a name for a login of minimax-portal: it is written minimax-portal:name, with letters, digits and . _ @ - in the name.',
    'For example: `openclaw auth login --profile-id minimax-portal:work`.',
  ],
  // Too little, too much
  [
    'auth status --json=true',
    '--json takes no value.',
    'Write `--json` alone. See `openclaw auth status --help`.',
  ],
  [
    'auth status foo',
    '`openclaw auth status` takes no argument, and "foo" is one.',
    'See `openclaw auth status --help`.',
  ],
  [
    'gateway start 8080',
    '`openclaw gateway start` takes no argument, and "8080" is one.',
    'Did you mean `--port 8080`?',
  ],
  [
    'gateway --port 8080',
    '`openclaw gateway` has no option --port.',
    '`openclaw gateway run`, `openclaw gateway start`, `openclaw gateway status` have it. See `openclaw gateway --help`.',
  ],
  ['usage 24h', '`openclaw usage` takes no argument, and "24h" is one.', 'Did you mean `--since 24h`?'],
  ['onboard cn', '`openclaw onboard` takes no argument, and "cn" is one.', 'Did you mean `--region cn`?'],
  [
    'models set',
    '`openclaw models set` needs <ref> (a model, provider/model, or its alias).',
    'For example: `openclaw models set minimax/MiniMax-M2.1`.',
  ],
  [
    'auth order set minimax-portal',
    '`openclaw auth order set` needs <profiles...> (logins by name, the first choice first).',
    'For example: `openclaw auth order set minimax-portal minimax-portal:work minimax-portal:default`.',
  ],
  [
    'auth logout --all minimax-portal:default',
    '--all means every login, and "minimax-portal:default" is one: which of the two is meant?',
    'Leave one of them out. See what there is: `openclaw auth status`.',
  ],
  [
    'env --tool codex',
    '`openclaw env` has no option --tool.',
    'Write the value alone, without --tool. For example: `openclaw env claude-code`.',
  ],
  [
    'config set gateway.port',
    '`openclaw config set` needs <value> (JSON5, or text; - reads it from standard input).',
    'For example: `openclaw config set agents.defaults.model.primary minimax/MiniMax-M3`.',
  ],
  [
    'models fallback add minimax/MiniMax-M2.1',
    'There is no command "openclaw models fallback".',
    'Did you mean `openclaw models fallbacks add minimax/MiniMax-M2.1`?',
  ],
  [
    'doctor --repair',
    '`openclaw doctor` has no option --repair.',
    'Did you mean `--fix` (mend what is safe; asks before anything is removed)?',
  ],
];

/** Words as a shell would hand them over; quotes only around whole words. */
function wordsOf(line: string): string[] {
  return (line.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

/** What follows the message is what to do: the commands in it can be typed. */
async function expectToParse(text: string): Promise<void> {
  const remedy = text.split('\n').slice(1).join('\n');
  for (const [, command = ''] of remedy.matchAll(/`(openclaw [^`]*)`/g)) {
    expect(await complaintAbout(command), command).toBeUndefined();
  }
}

async function answer(line: string, home?: Home): Promise<{ code: number | null; text: string }> {
  const { context, written } = createFakeContext(home && { env: home.env, homeDir: home.folder });
  const code = await run(wordsOf(line), context);
  expect(written.out).toBe(line.startsWith('env ') ? 'false\n' : '');
  await expectToParse(written.err);
  return { code, text: written.err };
}

describe('a wrong command line', () => {
  it.each(table)('%s', async (line, message, remedy) => {
    expect(await answer(line)).toEqual({ code: 2, text: `Error: ${message}\n  ${remedy}\n` });
  });

  it.each([
    ['--version', '--json'],
    ['--json', '-V'],
    ['auth', 'status', '--version', '--json'],
  ])('that asks for the version as JSON gets a document: %s %s', async (...args) => {
    const { context, written } = createFakeContext();
    expect(await run(args, context)).toBe(0);
    expect(JSON.parse(written.out)).toEqual({ version });
    expect(written.err).toBe('');
  });

  it('with --json in front is answered as JSON', async () => {
    const { code, stdout, stderr } = await createHome().run(['--json', 'auth', 'status']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'USAGE',
        message: '--json stands behind the command.',
        remedy: 'Write it so: `openclaw auth status --json`.',
      },
    });
  });

  it('that names a login without its provider', async () => {
    const home = await loggedIn(await startPortal());
    const known = 'Did you mean minimax-portal:default?';
    const refresh = await answer('auth refresh default', home);
    expect(refresh.code).toBe(1);
    expect(refresh.text).toContain(`There is no login "default". ${known}`);
    const order = await answer('auth order set minimax-portal minimax-portal:defualt', home);
    expect(order.text).toContain(`minimax-portal has no login minimax-portal:defualt. ${known}`);
  });

  it('never repeats a value that stands where a secret may stand', async () => {
    for (const line of [
      'onboard --api-key=canary7f3a',
      'onboard --token canary7f3a',
      'login --token canary7f3a',
      'auth status --json=canary7f3a',
      'gatway token sk-canary7f3acanary7f3a',
      'onboard sk-canary7f3a',
      'onboard canary7f3acanary7f3acanary7f3a',
      'sk-canary7f3acanary7f3a',
      'onboard --region sk-canary7f3acanary7f3a',
    ]) {
      expect((await answer(line)).text).not.toContain('canary7f3a');
    }
  });

  it('shows no control characters', async () => {
    const { text } = await answer('auth \u001b[31mred\u0007');
    expect(text).toContain('"openclaw auth red"');
  });
});

describe('the words of other programs', () => {
  it('lead to commands that there are', async () => {
    for (const [word, lines] of Object.entries(otherWords)) {
      const { text } = await answer(word);
      expect(
        lines.filter((line) => text.includes(`\`openclaw ${line}`)),
        word,
      ).toEqual(lines);
    }
  });

  it.each(Object.keys(otherFlags))('%s is answered with what to do instead', async (flag) => {
    expect((await answer(`gateway restart ${flag}`)).text).toContain(`${flag}: `);
  });
});
