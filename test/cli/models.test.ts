// `openclaw models` as a person uses it: what is listed, what is set, and what stands in the file afterwards.
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { claim } from '../support/claimed-gateway.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';

function homeWith(config: string, env: Record<string, string> = {}): Home {
  const home = createHome(env);
  home.writeConfig(config);
  return home;
}

const textOf = (home: Home): string => readFileSync(home.configFile, 'utf8');
const errorOf = (value: Record<string, unknown>) =>
  value['error'] as { code: string; message: string; remedy: string };

async function refs(home: Home, args: string[] = []): Promise<string[]> {
  const { stdout } = await home.run(['models', 'list', '--plain', ...args]);
  return stdout.split('\n').filter((line) => line !== '');
}

const withKey = '{ env: { MINIMAX_API_KEY: "k" } }\n';

describe('models list', () => {
  it.each<[string, string, string[], Record<string, unknown>]>([
    [
      'the key',
      apiKeyExample,
      ['minimax/MiniMax-M2.1'],
      { auth: { kind: 'key', keyFrom: 'MINIMAX_API_KEY' }, contextWindow: 200_000 },
    ],
    [
      'the local model',
      localModelExample,
      ['lmstudio/minimax-m2.1-gs32'],
      { auth: { kind: 'key' }, tags: ['default', 'alias:Minimax', 'configured', 'local'] },
    ],
  ])('shows the documented configuration with %s', async (_, config, [ref = ''], expected) => {
    const home = homeWith(config);
    const { code, value } = await home.json(['models', 'list']);
    expect(code).toBe(0);
    expect(value['default']).toBe(ref);
    const models = value['models'] as { ref: string }[];
    expect(models.find((model) => model.ref === ref)).toMatchObject({
      served: true,
      default: true,
      ...expected,
    });
  });

  it('says why the default is missing, and what mends it', async () => {
    const home = homeWith(failoverExample);
    const { code, stdout } = await home.run(['models', 'list']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Model +Input +Ctx +Auth +Tags$/m);
    expect(stdout).toMatch(
      /^anthropic\/claude-opus-4-6 +text\+image +200k +- +default, alias:opus, missing$/m,
    );
    expect(stdout).toMatch(/^minimax\/MiniMax-M2\.1 +text +200k +key +fallback#1, alias:minimax$/m);
    expect(stdout).toContain(
      'Not served: anthropic/claude-opus-4-6 (default, alias:opus): the provider anthropic has no credentials.',
    );
    expect(stdout).toContain('Set ANTHROPIC_API_KEY');
  });

  it('has models of other providers with --all, and names a disabled plugin', async () => {
    const home = homeWith(withKey);
    expect(await refs(home)).not.toContain('anthropic/claude-haiku-4-5');
    expect(await refs(home, ['--all'])).toContain('anthropic/claude-haiku-4-5');
    const { stdout } = await home.run(['models', 'list', '--all']);
    expect(stdout).toContain('openclaw plugins enable minimax-portal-auth');
  });

  it('of a provider without credentials says so, of an unknown one which there are', async () => {
    const home = homeWith(withKey);
    const known = await home.run(['models', 'list', '--provider', 'anthropic']);
    expect([known.code, known.stdout]).toEqual([
      0,
      expect.stringContaining('No models of anthropic: the provider anthropic has no credentials.'),
    ]);
    const disabled = await home.run(['models', 'list', '--provider', 'minimax-portal']);
    expect(disabled.stdout).toContain('which is disabled');
    const { code, value } = await home.json(['models', 'list', '--provider', 'minmax']);
    expect([code, errorOf(value).code]).toEqual([2, 'USAGE']);
    expect(errorOf(value).message).toContain(
      'anthropic, lmstudio, minimax, minimax-portal. Did you mean minimax?',
    );
  });

  it('shows no key', async () => {
    const lab = '{ baseUrl: "http://127.0.0.1:9", apiKey: "${LAB_KEY}", models: [{ id: "m" }] }';
    const home = homeWith(`{ models: { providers: { lab: ${lab} } } }`, { LAB_KEY: 'canary7f3a-of-lab' });
    for (const args of [
      ['list', '--json'],
      ['list', '--all'],
      ['status', '--json'],
    ]) {
      const { stdout, stderr } = await home.run(['models', ...args]);
      expect(stdout + stderr).not.toContain('canary7f3a');
    }
  });
});

describe('models set', () => {
  it('says which was the default before, and changes one place', async () => {
    const home = homeWith(apiKeyExample);
    const { code, stdout } = await home.run(['models', 'set', 'minimax/MiniMax-M3']);
    expect(code).toBe(0);
    expect(stdout).toBe('✓ The default model is minimax/MiniMax-M3 now (it was minimax/MiniMax-M2.1).\n');
    expect(textOf(home)).toBe(
      apiKeyExample.replace('primary: "minimax/MiniMax-M2.1"', 'primary: "minimax/MiniMax-M3"'),
    );
    const again = await home.run(['models', 'set', 'MiniMax-M3']);
    expect(again.stdout).toBe('The default model was minimax/MiniMax-M3 already.\n');
  });

  it('promises nothing for a gateway that may lack the variable of this shell', async () => {
    const takenOver = async (home: Home, env: Record<string, string>): Promise<string | undefined> => {
      const { stdout } = await home.run(['models', 'set', 'minimax/MiniMax-M3'], env);
      return stdout.split('\n')[1];
    };
    const home = homeWith('{}');
    await claim(home, {});
    expect(await takenOver(home, { MINIMAX_API_KEY: 'k' })).toBe(
      '  The gateway that runs takes it over by itself, if it was started with MINIMAX_API_KEY as well.',
    );
    const own = homeWith(withKey);
    await claim(own, {});
    expect(await takenOver(own, {})).toBe('  The gateway that runs takes it over by itself.');
  });

  it('keeps a plain string one, also where a variable names it', async () => {
    const home = homeWith(
      '{ env: { MINIMAX_API_KEY: "k" }, agents: { defaults: { model: "${NOT_SET}" } } }\n',
    );
    expect((await home.run(['models', 'set', 'MiniMax-M3'])).code).toBe(0);
    expect(textOf(home)).toContain('model: "minimax/MiniMax-M3"');
  });

  it('takes an alias, and says why one without credentials cannot be set', async () => {
    const home = homeWith(failoverExample);
    expect((await home.json(['models', 'set', 'minimax'])).value).toMatchObject({
      default: 'minimax/MiniMax-M2.1',
      before: 'anthropic/claude-opus-4-6',
    });
    const before = textOf(home);
    const { code, value } = await home.json(['models', 'set', 'opus']);
    expect([code, errorOf(value).code]).toEqual([1, 'MODEL_UNKNOWN']);
    expect(errorOf(value).remedy).toContain('`openclaw models list`');
    expect(textOf(home)).toBe(before);
  });
});

describe('models status', () => {
  it('names what serves each, and what default leads to now', async () => {
    const { code, stdout } = await homeWith(failoverExample).run(['models', 'status', '--check']);
    expect(code).toBe(0);
    expect(stdout).toContain('not served: the provider anthropic has no credentials.');
    expect(stdout).toContain('served with the key in MINIMAX_API_KEY');
    expect(stdout).toContain('opus → anthropic/claude-opus-4-6');
    expect(stdout).toContain('`default` is minimax/MiniMax-M2.1, a fallback');
  });

  it.each<[string, string, number]>([
    ['nothing is set', withKey, 1],
    [
      'nothing serves it',
      '{ agents: { defaults: { model: { primary: "minimax/MiniMax-M3", fallbacks: ["gone"] } } } }',
      1,
    ],
    [
      'the only fallback is of another API',
      `{ env: { K: "k" }, agents: { defaults: { model: { primary: "anthropic/claude-opus-4-6", fallbacks: ["lab/m"] } } },
      models: { providers: { lab: { baseUrl: "http://127.0.0.1:9", apiKey: "k", api: "openai-completions", models: [{ id: "m" }] } } } }`,
      1,
    ],
    ['it is served', apiKeyExample, 0],
  ])('--check where %s', async (_, config, exit) => {
    const home = homeWith(config);
    const { code, value } = await home.json(['models', 'status', '--check']);
    expect([code, value['check']]).toEqual([exit, exit]);
    expect((await home.run(['models', 'status'])).code).toBe(0);
  });
});

describe('models aliases', () => {
  it('come and go and leave the file as it was', async () => {
    const home = homeWith(withKey);
    const added = await home.run(['models', 'aliases', 'add', 'fast', 'MiniMax-M2.7-highspeed']);
    expect(added.stdout).toBe('✓ fast means minimax/MiniMax-M2.7-highspeed now.\n');
    expect((await home.json(['models', 'set', 'fast'])).value['default']).toBe(
      'minimax/MiniMax-M2.7-highspeed',
    );
    expect((await home.json(['models', 'aliases', 'list'])).value['aliases']).toMatchObject([
      { alias: 'fast', served: true },
    ]);
    expect((await home.run(['models', 'aliases', 'add', 'fast', 'fast'])).stdout).toContain('already');
    expect((await home.run(['models', 'aliases', 'remove', 'fast'])).code).toBe(0);
    expect(textOf(home)).not.toMatch(/alias|highspeed": \{/);
    const { value } = await home.json(['models', 'aliases', 'remove', 'fast']);
    expect(errorOf(value).message).toContain('There is none at all.');
  });

  it('leave other settings of the model, and take the whole of what they made away', async () => {
    const other =
      '{ agents: { defaults: { models: { "minimax/MiniMax-M3": { params: { a: 1 }, alias: "m3" } } } } }\n';
    const kept = homeWith(other);
    await kept.run(['models', 'aliases', 'remove', 'm3']);
    expect(textOf(kept)).toBe(other.replace(', alias: "m3"', ''));
    const home = homeWith(withKey);
    await home.run(['models', 'aliases', 'add', 'm3', 'MiniMax-M3']);
    await home.run(['models', 'aliases', 'remove', 'm3']);
    expect(textOf(home)).not.toContain('agents');
    const told = homeWith(
      '{ agents: { defaults: { // mine\n models: { "minimax/MiniMax-M3": { alias: "m3" } } } } }',
    );
    await told.run(['models', 'aliases', 'remove', 'm3']);
    expect(textOf(told)).toContain('// mine');
    expect(textOf(told)).not.toContain('models');
  });

  it('say in a file that is also of OpenClaw what the section means there', async () => {
    const home = homeWith('{ meta: {}, env: { MINIMAX_API_KEY: "k" } }');
    const first = await home.run(['models', 'aliases', 'add', 'm3', 'MiniMax-M3']);
    expect(first.stderr).toContain('all models that may be chosen there');
    expect((await home.run(['models', 'aliases', 'add', 'm2', 'MiniMax-M2.1'])).stderr).toBe('');
    // The entries are that list, so that they outlive their names.
    await home.run(['models', 'aliases', 'remove', 'm3']);
    expect(textOf(home)).toMatch(/"minimax\/MiniMax-M3": \{\s*\}/);
  });

  it('of a model without credentials are added with a warning, of none at all refused', async () => {
    const home = homeWith(withKey);
    const { code, stderr } = await home.run([
      'models',
      'aliases',
      'add',
      'opus',
      'anthropic/claude-opus-4-6',
    ]);
    expect([code, stderr]).toEqual([0, expect.stringContaining('cannot be used yet')]);
    const before = textOf(home);
    expect((await home.run(['models', 'aliases', 'add', 'x', 'minimax/minimax-m3'])).code).toBe(1);
    expect((await home.run(['models', 'aliases', 'add', 'opus', 'MiniMax-M3'])).code).toBe(2);
    expect(textOf(home)).toBe(before);
  });
});

describe('models fallbacks', () => {
  it('turn a plain default into an object, and keep how it was written', async () => {
    const home = homeWith(
      '{ // mine\n  env: { MINIMAX_API_KEY: "k", M: "minimax/MiniMax-M3" },\n  agents: { defaults: { model: "${M}" } }, // why\n}\n',
    );
    const added = await home.run(['models', 'fallbacks', 'add', 'MiniMax-M2.5']);
    expect(added.stdout).toBe('✓ minimax/MiniMax-M2.5 is fallback 1 of 1 now.\n');
    expect(textOf(home)).toMatch(/primary: "\$\{M\}"/);
    expect(textOf(home)).toContain('// why');
    await home.run(['models', 'fallbacks', 'add', 'MiniMax-M2.1', '--first']);
    expect((await home.json(['models', 'fallbacks', 'list'])).value['fallbacks']).toMatchObject([
      { ref: 'minimax/MiniMax-M2.1', served: true },
      { ref: 'minimax/MiniMax-M2.5', served: true },
    ]);
    const moved = await home.json(['models', 'fallbacks', 'add', 'MiniMax-M2.5', '--first']);
    expect(moved.value['fallbacks']).toEqual(['minimax/MiniMax-M2.5', 'minimax/MiniMax-M2.1']);
    expect((await home.run(['models', 'fallbacks', 'add', 'MiniMax-M2.1'])).stdout).toContain(
      'was fallback 2 of 2 already',
    );
    await home.run(['models', 'fallbacks', 'remove', 'MiniMax-M2.5']);
    expect((await home.run(['models', 'fallbacks', 'clear'])).stdout).toContain('no fallbacks any more');
    expect(textOf(home)).not.toContain('fallbacks');
    expect((await home.run(['models', 'fallbacks', 'clear'])).stdout).toContain('were no fallbacks');
  });

  it.each<[string, string, string[], string]>([
    ['the default itself', apiKeyExample, ['add', 'minimax/MiniMax-M2.1'], 'is the default model itself'],
    ['a model that is none', apiKeyExample, ['add', 'minimax/none'], 'no model of that id'],
    ['where there is no default', withKey, ['add', 'MiniMax-M3'], 'No default model is set'],
    [
      'one that is not there',
      failoverExample,
      ['remove', 'minimax/MiniMax-M3'],
      'There is: minimax/MiniMax-M2.1.',
    ],
  ])('refuse %s', async (_, config, args, words) => {
    const home = homeWith(config);
    const { code, value } = await home.json(['models', 'fallbacks', ...args]);
    expect(code).not.toBe(0);
    expect(errorOf(value).message).toContain(words);
    expect(textOf(home)).toBe(config);
  });

  it('can be removed when no model has the name any more', async () => {
    const home = homeWith(
      '{ agents: { defaults: { model: { primary: "a/b", fallbacks: ["gone/x", "${NOT_SET}"] } } } }\n',
    );
    expect((await home.run(['models', 'fallbacks', 'remove', 'gone/x'])).code).toBe(0);
    expect(textOf(home)).toContain('fallbacks: ["${NOT_SET}"]');
  });

  it('leave comments and the others where they were', async () => {
    const model = `primary: "minimax/MiniMax-M3",
  fallbacks: [
    // the cheap one
    "minimax/MiniMax-M2.1", // always there
    'minimax/MiniMax-M2.7',
  ],
`;
    const text = `{ env: { MINIMAX_API_KEY: "k" }, agents: { defaults: { model: {\n  ${model}} } } }\n`;
    const home = homeWith(text);
    await home.run(['models', 'fallbacks', 'add', 'MiniMax-M2.5']);
    expect(textOf(home)).toContain('// the cheap one\n    "minimax/MiniMax-M2.1", // always there\n');
    expect((await home.json(['models', 'fallbacks', 'remove', 'MiniMax-M2.5'])).value['fallbacks']).toEqual([
      'minimax/MiniMax-M2.1',
      'minimax/MiniMax-M2.7',
    ]);
    expect(textOf(home)).toBe(text);
  });

  it('of two that add at once are both there', async () => {
    const home = homeWith(apiKeyExample);
    const ids = ['MiniMax-M3', 'MiniMax-M2.7', 'MiniMax-M2.5'];
    const ended = await Promise.all(
      ids.map(async (id) => home.run(['models', 'fallbacks', 'add', `minimax/${id}`])),
    );
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    const { value } = await home.json(['models', 'fallbacks', 'list']);
    expect((value['fallbacks'] as { ref: string }[]).map(({ ref }) => ref).sort()).toEqual(
      ids.map((id) => `minimax/${id}`).sort(),
    );
  });

  it('warn of one that speaks another API', async () => {
    const home = homeWith(
      failoverExample.replace(
        'env: {',
        'models: { providers: { lab: { baseUrl: "http://127.0.0.1:9", apiKey: "k", api: "openai-completions", models: [{ id: "m" }] } } },\n  env: {',
      ),
    );
    const { code, stderr } = await home.run(['models', 'fallbacks', 'add', 'lab/m']);
    expect([code, stderr]).toEqual([0, expect.stringContaining('it is passed over')]);
  });
});

it('a configuration that is broken is named by its place', async () => {
  const home = homeWith('{ agents: { defaults: { model: 5 } } }');
  for (const args of [['list'], ['status'], ['set', 'x'], ['aliases', 'list'], ['fallbacks', 'add', 'x']]) {
    const { code, value } = await home.json(['models', ...args]);
    expect([code, errorOf(value).code]).toEqual([1, 'CONFIG_INVALID']);
  }
  writeFileSync(home.configFile, '{');
  expect((await home.json(['models', 'fallbacks', 'clear'])).value).toMatchObject({
    error: { code: 'CONFIG_SYNTAX' },
  });
});
