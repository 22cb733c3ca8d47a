// `models set` and the plan that pays: what a service says of its models, lately or now, and that it can say nothing.
import { describe, expect, it } from 'vitest';
import { openActivityDatabase } from '../../src/store/activity-database.ts';
import { createActivityStore } from '../../src/store/activity-store.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { pluginCode, writePlugin } from '../support/plugin-folder.ts';

describe('a plan', () => {
  const inPlan = { id: 'slow', name: 'Slow' };
  const outside = { id: 'fast', name: 'Fast' };
  const rest = {
    reasoning: false,
    input: ['text'],
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    contextWindow: 9_000,
    maxTokens: 900,
  };
  const models = JSON.stringify(
    [inPlan, outside, { id: 'rare', name: 'Rare' }].map((model) => ({ ...model, ...rest })),
  );

  /** `usage` is the body of fetchUsageSnapshot, after the call that checks the login. */
  async function planHome(usage: string): Promise<Home> {
    const home = createHome();
    const code = pluginCode(
      'planned',
      'planned',
      `
      notInEveryPlan: ['rare'],
      catalog: { run: () => ({ provider: { baseUrl: 'http://127.0.0.1:9', api: 'anthropic-messages', models: ${models} } }) },
      async fetchUsageSnapshot() { if (calls++ === 0) return { windows: [] }; ${usage} },
    `,
    ).replace(
      'async run()',
      `async runNonInteractive() {
        const credential = { type: 'token', provider: 'planned', token: 'token-of-the-plan' };
        return { profiles: [{ profileId: 'planned:default', credential }] };
      }, async run()`,
    );
    const choice = { provider: 'planned', method: 'key', choiceId: 'planned', choiceLabel: 'Planned' };
    writePlugin(home.folder, {
      id: 'planned',
      code: `let calls = 0;\n${code}`,
      manifest: { providers: ['planned'], providerAuthChoices: [choice] },
    });
    home.writeConfig({
      plugins: { load: { paths: [home.folder] }, entries: { planned: { enabled: true } } },
    });
    const login = await home.json([
      'onboard',
      '--auth-choice',
      'planned',
      '--non-interactive',
      '--keep-default',
    ]);
    expect(login.code).toBe(0);
    return home;
  }

  const told = `return { provider: 'planned', displayName: 'P', windows: [], notInPlan: ['fast'] };`;

  it('that has not the model, as its service says: set all the same, with the way out', async () => {
    const home = await planHome(told);
    const { code, stdout, stderr } = await home.run(['models', 'set', 'fast']);
    expect([code, stdout]).toEqual([0, '✓ The default model is planned/fast now.\n']);
    expect(stderr).toContain('planned/fast is not in the plan of planned:default, says its service');
    expect(stderr).toContain('`openclaw models set planned/slow`');
    const { value } = await home.json(['models', 'set', 'slow']);
    expect(value).toMatchObject({ default: 'planned/slow', before: 'planned/fast', warnings: [] });
    const rare = await home.run(['models', 'set', 'rare']);
    expect(rare.stderr).toContain('not in every plan');
  });

  it.each([
    ['never answers', 'return new Promise(() => undefined);'],
    ['answers nonsense', `return { notInPlan: 5 };`],
  ])('whose service %s takes nothing away', async (_, usage) => {
    const home = await planHome(usage);
    const { code, value } = await home.json(['models', 'set', 'fast']);
    expect([code, value['warnings']]).toEqual([0, []]);
  });

  it('that refused the model to a request lately', async () => {
    const home = await planHome(`throw new Error('down');`);
    const database = openActivityDatabase(home.stateDir, { mode: 'keep', warn: () => undefined });
    const nowMs = Date.now();
    const row = { profileId: 'planned:default', model: 'fast', reason: 'model_unavailable', failures: 1 };
    createActivityStore(database).write({
      cooldowns: [{ ...row, sinceMs: nowMs - 60_000, untilMs: nowMs + 3_000_000 }],
      ended: [],
      uses: [],
    });
    database.close();
    expect((await home.run(['models', 'list'])).stdout).toMatch(/^planned\/fast .* plan, not in plan$/m);
    const { stderr } = await home.run(['models', 'set', 'fast']);
    expect(stderr).toContain('is not in the plan of planned:default, its service said');
    const status = await home.run(['models', 'status', '--check']);
    expect(status.code).toBe(1);
    expect(status.stdout).toContain('not served: it is not in the plan of planned:default');
    expect(status.stdout).toContain('`openclaw auth clear-cooldown planned:default`');
    await home.run(['models', 'fallbacks', 'add', 'slow']);
    expect((await home.json(['models', 'status'])).value['now']).toMatchObject({ ref: 'planned/slow' });
  });
});
