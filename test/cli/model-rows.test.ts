// Which models the table shows, and with which tags.
import { describe, expect, it } from 'vitest';
import type { ModelAuth } from '../../src/cli/model-auth.ts';
import { cellsOf, formatCount, modelRows, type ModelRow } from '../../src/cli/model-rows.ts';
import { createCatalogue, type CatalogueDeps } from '../../src/providers/catalogue.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';
import { loadText } from '../support/load-text.ts';

const model = {
  id: 'm',
  name: 'M',
  reasoning: false,
  input: ['text'],
  cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  contextWindow: 200_000,
  maxTokens: 8_192,
} as const;
const pluginCatalogs = [
  {
    providerId: 'portal',
    catalog: { provider: { baseUrl: 'https://p.test', api: 'anthropic-messages', models: [model] } },
  },
] as const satisfies CatalogueDeps['pluginCatalogs'];

const none: ModelAuth = { kind: 'none', state: 'none', kinds: [] };
const login: ModelAuth = { kind: 'login', state: 'ready', kinds: ['login'], profileId: 'portal:a' };
const key: ModelAuth = { kind: 'key', state: 'ready', kinds: ['key'] };
const refused = {
  profileId: 'portal:a',
  model: 'm',
  reason: 'model_unavailable',
  failures: 1,
  sinceMs: 0,
  untilMs: 9,
};

type Given = {
  auths?: Record<string, ModelAuth>;
  loggedIn?: boolean;
  all?: boolean;
  provider?: string;
  local?: string[];
};

function rowsOf(
  text: string,
  { auths = {}, loggedIn = false, all = false, provider, local = [] }: Given = {},
): ModelRow[] {
  const { config, env } = loadText(text);
  const catalogue = createCatalogue({
    config,
    env,
    pluginCatalogs,
    providersWithProfile: new Set(loggedIn ? ['portal'] : []),
    disabledProviders: [],
  });
  const authOf = (id: string): ModelAuth => auths[id] ?? none;
  return modelRows(
    { catalogue, authOf, plans: new Set(['portal']), local: new Set(local) },
    { all, provider },
  );
}

const tagsOf = (rows: readonly ModelRow[], ref: string): unknown => rows.find((row) => row.ref === ref)?.tags;
const portalDefault = '{ agents: { defaults: { model: "portal/m" } } }';

describe('tags', () => {
  it.each<[string, string, Given, string, string[]]>([
    ['a key', apiKeyExample, { auths: { minimax: key } }, 'minimax/MiniMax-M2.1', ['default', 'configured']],
    ['no key', failoverExample, {}, 'anthropic/claude-opus-4-6', ['default', 'alias:opus', 'missing']],
    [
      'a fallback',
      failoverExample,
      { auths: { minimax: key } },
      'minimax/MiniMax-M2.1',
      ['fallback#1', 'alias:minimax'],
    ],
    [
      'a local model',
      localModelExample,
      { auths: { lmstudio: key }, local: ['lmstudio'] },
      'lmstudio/minimax-m2.1-gs32',
      ['default', 'alias:Minimax', 'configured', 'local'],
    ],
    ['a plan', portalDefault, { auths: { portal: login }, loggedIn: true }, 'portal/m', ['default', 'plan']],
    ['a key where others have a plan', '{}', { auths: { portal: key }, loggedIn: true }, 'portal/m', []],
    [
      'outside the plan',
      '{}',
      { auths: { portal: { ...login, state: 'cooling', notInPlan: refused } }, loggedIn: true },
      'portal/m',
      ['plan', 'not in plan'],
    ],
    [
      'outside the plan, and named',
      portalDefault,
      { auths: { portal: { ...login, state: 'cooling', notInPlan: refused } }, loggedIn: true },
      'portal/m',
      ['default', 'plan', 'not in plan', 'missing'],
    ],
    [
      'a login that has ended',
      portalDefault,
      { auths: { portal: { ...login, state: 'ended' } }, loggedIn: true },
      'portal/m',
      ['default', 'plan', 'missing'],
    ],
    [
      'a protocol that is not spoken',
      '{ models: { providers: { lab: { apiKey: "k", api: "google", models: [{ id: "g" }] } } } }',
      { auths: { lab: key } },
      'lab/g',
      ['configured', 'api:google'],
    ],
    [
      'a name that no model has',
      '{ agents: { defaults: { model: { primary: "minimax/gone" } } } }',
      {},
      'minimax/gone',
      ['default', 'missing'],
    ],
  ])('of %s', (_, text, given, ref, tags) => {
    expect(tagsOf(rowsOf(text, given), ref)).toEqual(tags);
  });
});

describe('the rows', () => {
  it('are those that can be served, and those that are named', () => {
    const refs = rowsOf(failoverExample, { auths: { minimax: key } }).map(({ ref }) => ref);
    expect(refs).toContain('minimax/MiniMax-M3');
    expect(refs).toContain('anthropic/claude-opus-4-6');
    expect(refs).not.toContain('anthropic/claude-haiku-4-5');
    expect(refs).not.toContain('portal/m');
  });

  it('are all of them when asked, or those of one provider', () => {
    expect(rowsOf('{}').length).toBe(0);
    const all = rowsOf('{}', { all: true });
    expect(new Set(all.map(({ provider }) => provider))).toEqual(new Set(['minimax', 'anthropic', 'portal']));
    expect(rowsOf('{}', { all: true, provider: 'portal' }).map(({ ref }) => ref)).toEqual(['portal/m']);
  });

  it('have a dash for what is not known', () => {
    const [row] = rowsOf('{ agents: { defaults: { model: "gone" } } }');
    expect(row === undefined ? [] : cellsOf(row)).toEqual(['gone', '-', '-', '-', 'default, missing']);
  });
});

it.each([
  [512, '512'],
  [8_192, '8k'],
  [196_608, '197k'],
  [204_800, '205k'],
  [999_499, '999k'],
  [999_999, '1M'],
  [1_000_000, '1M'],
  [1_048_576, '1M'],
  [1_500_000, '1.5M'],
])('%i tokens are %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});
