// What `complete` answers, word by word: commands, flags and values from the tree of commands; names from this user's files.
// The shells' own part is shown with the shells.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shells } from '../../src/cli/completion/value-kinds.ts';
import { run } from '../../src/cli/run.ts';
import { createHome, loggedIn, startPortal, type Home } from '../support/cli-process.ts';
import { createFakeContext } from '../support/fake-context.ts';

/** The values that are offered; the last word is the one that is being typed. */
async function offered(words: readonly string[], home?: Home): Promise<string[]> {
  const { context, written } = createFakeContext(home && { env: home.env, homeDir: home.folder });
  const code = await run(['complete', '--', ...words], context);
  expect({ code, err: written.err }).toEqual({ code: 0, err: '' });
  return written.out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0] ?? '']));
}

describe('from the tree of commands', () => {
  it.each<[words: string[], values: string[]]>([
    [
      ['auth', 'l'],
      ['login', 'logout'],
    ],
    [
      ['auth', 'order', ''],
      ['get', 'set', 'clear'],
    ],
    [
      ['gateway', 'st'],
      ['start', 'stop', 'status'],
    ],
    // Letter case is mended, not asked for.
    [['AU'], ['auth']],
    [['comp'], ['completion']],
    [
      ['help', 'auth', 'st'],
      ['status', 'storage'],
    ],
    [['onboard', '--re'], ['--region']],
    // What was given is not offered again.
    [['onboard', '--region', 'cn', '--re'], []],
    [
      ['onboard', '--region', ''],
      ['global', 'cn'],
    ],
    [['onboard', '--region=g'], ['--region=global']],
    // As zsh and fish hand over a quote that is still open.
    [['onboard', '--region', '"g'], ['global']],
    [['auth', "'sta"], ['status']],
    [['onboard', '--json', '--flow', 'd'], ['device']],
    [
      ['usage', '--by', ''],
      ['model', 'day', 'profile'],
    ],
    [
      ['env', 'c'],
      ['claude-code', 'codex'],
    ],
    [['completion', ''], [...shells]],
    [
      ['auth', 'storage', 'migrate', 'k'],
      ['keychain', 'key-file'],
    ],
    // A value that nobody can guess, and what is no command.
    [['gateway', 'run', '--port', ''], []],
    [['nonsense', ''], []],
    [['auth', 'status', '--', '--js'], []],
    // Hidden from people, and from completion.
    [['gateway', 'run', '--laun'], []],
    [
      ['gateway', 'run', '--launched', ''],
      ['start', 'restart'],
    ],
    [['--ver'], ['--version']],
    // What would be wrong on a line of its own is no reason to say anything.
    [['auth', 'stauts', '--help', ''], []],
    [['onboard', '--region', 'china', '--json', '--fl'], ['--flow']],
  ])('%j', async (words, values) => {
    expect(await offered(words)).toEqual(values);
  });

  it('flags where nothing else can follow, and the names of files where they are wanted', async () => {
    expect(await offered(['gateway', 'logs', ''])).toEqual(['--json', '--follow', '--lines', '--help']);
    expect(await offered(['auth', 'storage', 'migrate', 'key-file', '--key-file', '/tm'])).toEqual([
      ':files',
    ]);
  });

  it('each with its description, on one line', async () => {
    const { context, written } = createFakeContext();
    await run(['complete', '--', 'auth', 'logo'], context);
    expect(written.out).toBe('logout\trevoke and delete a login\n');
  });
});

describe('from the files of this user', () => {
  it('logins, models, providers, plugins, ways to log in and places of the configuration', async () => {
    const home = await loggedIn(await startPortal());
    expect(await offered(['auth', 'logout', 'mini'], home)).toEqual(['minimax-portal:default']);
    expect(await offered(['auth', 'order', 'set', 'minimax-portal', ''], home)).toEqual([
      'minimax-portal:default',
    ]);
    expect(
      await offered(['auth', 'order', 'set', 'minimax-portal', 'minimax-portal:default', ''], home),
    ).toEqual([]);
    expect(await offered(['models', 'set', 'minimax-portal/MiniMax-M3'], home)).toContain(
      'minimax-portal/MiniMax-M3',
    );
    expect(await offered(['onboard', '--model=minimax-portal/MiniMax-M3'], home)).toContain(
      '--model=minimax-portal/MiniMax-M3',
    );
    expect(await offered(['models', 'list', '--provider', 'minimax'], home)).toEqual([
      'minimax',
      'minimax-portal',
    ]);
    expect(await offered(['plugins', 'disable', ''], home)).toEqual(['minimax-portal-auth']);
    expect(await offered(['auth', 'login', '--auth-choice', 'minimax-p'], home)).toEqual(['minimax-portal']);
    expect(await offered(['config', 'get', 'plugins.entries.'], home)).toEqual(
      expect.arrayContaining(['plugins.entries.minimax-portal-auth.enabled']),
    );
  });

  it.each([
    ['a configuration that cannot be read', '{ agents: '],
    [
      'a plugin that prints and throws',
      '{ plugins: { load: { paths: ["./loud"] }, entries: { loud: { enabled: true } } } }',
    ],
  ])('nothing, and no word, for %s', async (_, config) => {
    const home = createHome();
    home.writeConfig(config);
    expect(await offered(['models', 'set', 'nothing/'], home)).toEqual([]);
  });

  it('nothing for a store that is none', async () => {
    const home = createHome();
    writeFileSync(join(home.stateDir, 'auth'), 'not a folder');
    expect(await offered(['auth', 'logout', ''], home)).toEqual([]);
  });

  it('nothing that would not be one harmless word', async () => {
    const home = createHome();
    home.writeConfig({ models: { providers: { 'a b': {}, 'c\u001b[31md': {}, plain: {} } } });
    const found = await offered(['models', 'list', '--provider', ''], home);
    expect(found).toContain('plain');
    expect(found.filter((value) => !/^[\w-]+$/.test(value))).toEqual([]);
  });

  it('no secret that stands where a name belongs', async () => {
    const home = createHome();
    home.writeConfig({ models: { providers: { 'sk-cp-SECRETzz0051abcdef': {}, plain: {} } } });
    const places = await offered(['config', 'get', 'models.providers.'], home);
    expect(places).toContain('models.providers.plain');
    const providers = await offered(['models', 'list', '--provider', ''], home);
    expect([...places, ...providers].join()).not.toContain('SECRET');
  });
});

describe('completion', () => {
  it('takes the shell from $SHELL', async () => {
    const { context, written } = createFakeContext({ env: { SHELL: '/usr/bin/zsh' } });
    expect(await run(['completion'], context)).toBe(0);
    expect(written.out).toMatch(/^#compdef openclaw\n/);
  });

  it('asks which one where that says nothing', async () => {
    const { context, written } = createFakeContext({ env: { SHELL: '/bin/tcsh' } });
    expect(await run(['completion', '--json'], context)).toBe(2);
    expect(JSON.parse(written.out)).toMatchObject({ error: { code: 'USAGE' } });
  });
});
