// What the wizard writes: only what differs, only what OpenClaw's own schema takes, and no key in plain text.
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { describeChanges, modelEdits, setupEdits, type Setup } from '../../../src/cli/wizard/setup-edits.ts';
import { editText } from '../../../src/config/edit-text.ts';
import type { BuiltinChoice } from '../../../src/providers/builtin-provider.ts';
import { builtinChoices } from '../../../src/providers/builtin-providers.ts';
import { loadText } from '../../support/load-text.ts';

/** `ModelProviderSchema` of OpenClaw (src/config/zod-schema.core.ts), as far as it is written: no key more. */
const openClawProvider = z.strictObject({
  baseUrl: z.string().check(z.minLength(1)),
  apiKey: z.optional(z.string()),
  api: z.optional(z.enum(['openai-completions', 'openai-responses', 'anthropic-messages'])),
  models: z.array(z.unknown()),
});

function choice(choiceId: string): BuiltinChoice {
  const found = builtinChoices.find((each) => each.choiceId === choiceId);
  if (found === undefined) throw new Error(choiceId);
  return found;
}

type Providers = { models?: { providers?: Record<string, unknown> } };

/** The provider as it is afterwards; undefined when nothing was written. */
function written(text: string, setup: Setup, env: Record<string, string>, provider: string): unknown {
  const before = loadText(text, env);
  const after = loadText(editText(text, setupEdits(before, setup), 'x'), env).raw as Providers;
  const entry = after.models?.providers?.[provider];
  if (entry !== undefined) expect(openClawProvider.safeParse(entry).success).toBe(true);
  return entry;
}

const env = { MINIMAX_API_KEY: 'sk-own', MINE: 'sk-mine', ANTHROPIC_API_KEY: 'sk-ant' };
const anthropicUrl = { api: 'anthropic-messages', models: [] };

describe('a key that stays in a variable', () => {
  it.each<[string, string, string, unknown]>([
    ['minimax-api', 'MINIMAX_API_KEY', '{}', undefined],
    ['anthropic-api', 'ANTHROPIC_API_KEY', '{}', undefined],
    [
      'minimax-api',
      'MINE',
      '{}',
      { baseUrl: 'https://api.minimax.io/anthropic', apiKey: '${MINE}', ...anthropicUrl },
    ],
    [
      'anthropic-api',
      'MINE',
      '{}',
      { baseUrl: 'https://api.anthropic.com', apiKey: '${MINE}', ...anthropicUrl },
    ],
    [
      'minimax-cn-api',
      'MINIMAX_API_KEY',
      '{}',
      { baseUrl: 'https://api.minimaxi.com/anthropic', apiKey: '${MINIMAX_API_KEY}', ...anthropicUrl },
    ],
    // Already so: nothing differs.
    [
      'minimax-api',
      'MINE',
      "{ models: { providers: { minimax: { baseUrl: 'https://api.minimax.io/anthropic', apiKey: '${MINE}', models: [] } } } }",
      { baseUrl: 'https://api.minimax.io/anthropic', apiKey: '${MINE}', models: [] },
    ],
    // The other site, and another key: what else is there stays.
    [
      'minimax-api',
      'MINE',
      "{ models: { providers: { minimax: { baseUrl: 'https://api.minimaxi.com/v1', api: 'openai-completions', apiKey: 'sk-old', models: [{ id: 'x', name: 'x' }] } } } }",
      {
        baseUrl: 'https://api.minimax.io/anthropic',
        api: 'openai-completions',
        apiKey: '${MINE}',
        models: [{ id: 'x', name: 'x' }],
      },
    ],
    // Somebody's own proxy keeps its address.
    [
      'minimax-cn-api',
      'MINE',
      "{ models: { providers: { minimax: { baseUrl: 'http://127.0.0.1:1/anthropic' } } } }",
      { baseUrl: 'http://127.0.0.1:1/anthropic', apiKey: '${MINE}', models: [] },
    ],
  ])('%s in %s over %s', (choiceId, name, text, expected) => {
    const own = choice(choiceId);
    const setup: Setup = { kind: 'variable', choice: own, name };
    expect(written(text, setup, env, own.provider)).toEqual(expected);
  });

  it('of the Global site is written where the environment names the other one', () => {
    const setup: Setup = { kind: 'variable', choice: choice('minimax-api'), name: 'MINIMAX_API_KEY' };
    expect(written('{}', setup, { ...env, MINIMAX_REGION: 'cn' }, 'minimax')).toMatchObject({
      baseUrl: 'https://api.minimax.io/anthropic',
    });
  });
});

describe('a server', () => {
  const at = (baseUrl: string, variable?: string): Setup => ({
    kind: 'server',
    choice: choice('lmstudio'),
    baseUrl,
    variable,
  });

  it.each<[string, Setup, unknown]>([
    [
      '{}',
      at('http://127.0.0.1:1234/v1'),
      { baseUrl: 'http://127.0.0.1:1234/v1', apiKey: 'lmstudio', api: 'openai-responses', models: [] },
    ],
    [
      '{}',
      at('http://127.0.0.1:1/v1', 'LM_API_TOKEN'),
      { baseUrl: 'http://127.0.0.1:1/v1', apiKey: '${LM_API_TOKEN}', api: 'openai-responses', models: [] },
    ],
    [
      "{ models: { providers: { lmstudio: { baseUrl: 'http://old:1/v1', apiKey: 'mine', models: [{ id: 'x', name: 'x' }] } } } }",
      at('http://127.0.0.1:1/v1'),
      { baseUrl: 'http://127.0.0.1:1/v1', apiKey: 'mine', models: [{ id: 'x', name: 'x' }] },
    ],
  ])('over %s', (text, setup, expected) => {
    expect(written(text, setup, {}, 'lmstudio')).toEqual(expected);
  });

  it('gets the variable of its own where that is set, for what is written beats it', () => {
    const token = { LM_API_TOKEN: 'secret' };
    const setup = at('http://127.0.0.1:1/v1');
    for (const text of ['{}', "{ models: { providers: { lmstudio: { apiKey: 'lmstudio' } } } }"]) {
      expect(written(text, setup, token, 'lmstudio')).toMatchObject({ apiKey: '${LM_API_TOKEN}' });
    }
  });
});

describe('a login, a sealed key and what is kept', () => {
  it.each<[Setup, string, unknown]>([
    [{ kind: 'login', pluginId: 'p' }, '{}', [{ path: ['plugins', 'entries', 'p', 'enabled'], value: true }]],
    [{ kind: 'login', pluginId: 'p' }, '{ plugins: { entries: { p: { enabled: true } } } }', []],
    [{ kind: 'sealed-key' }, '{}', []],
    [{ kind: 'nothing' }, '{}', []],
  ])('%j over %s', (setup, text, edits) => {
    expect(setupEdits(loadText(text), setup)).toEqual(edits);
  });
});

describe('the default model and its fallbacks', () => {
  const model = (value: unknown) => ({ agents: { defaults: { model: value } } });
  it.each<[string, string | undefined, string[] | undefined, unknown]>([
    ['{}', 'a/b', [], model({ primary: 'a/b' })],
    ['{}', 'a/b', ['c/d', 'e/f'], model({ primary: 'a/b', fallbacks: ['c/d', 'e/f'] })],
    ["{ agents: { defaults: { model: 'a/b' } } }", 'c/d', undefined, model('c/d')],
    [
      "{ agents: { defaults: { model: 'a/b' } } }",
      undefined,
      ['c/d'],
      model({ primary: 'a/b', fallbacks: ['c/d'] }),
    ],
    ["{ agents: { defaults: { model: 'a/b' } } }", 'a/b', [], model('a/b')],
    [
      "{ agents: { defaults: { model: { primary: 'a/b', fallbacks: ['c/d'] } } } }",
      undefined,
      [],
      model({ primary: 'a/b' }),
    ],
    [
      "{ agents: { defaults: { model: { primary: 'a/b', fallbacks: ['c/d'] } } } }",
      'x/y',
      undefined,
      model({ primary: 'x/y', fallbacks: ['c/d'] }),
    ],
  ])('over %s: %s, then %j', (text, primary, fallbacks, expected) => {
    const edits = modelEdits(loadText(text), primary, fallbacks);
    expect(loadText(editText(text, edits, 'x')).raw).toEqual(expected);
  });
});

describe('describeChanges', () => {
  it('shows from and to, and no key', () => {
    const config = loadText(
      "{ models: { providers: { minimax: { apiKey: 'sk-in-plain', baseUrl: 'http://me:word@x/v1' } } } }",
    );
    const path = ['models', 'providers', 'minimax'];
    expect(
      describeChanges(config, [
        { path: [...path, 'apiKey'], value: '${MINE}' },
        { path: [...path, 'baseUrl'], value: undefined },
        { path: ['gateway', 'port'], value: 1 },
      ]),
    ).toEqual([
      { path: 'models.providers.minimax.apiKey', from: '(a key in plain text)', to: '${MINE}' },
      { path: 'models.providers.minimax.baseUrl', from: 'http://x (with a secret in the address)', to: null },
      { path: 'gateway.port', from: null, to: 1 },
    ]);
  });
});
