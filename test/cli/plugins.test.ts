// `openclaw plugins`: what a list says of each, everything of one, what the switches say and write, and who is not found.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pluginsInspect } from '../../src/cli/commands/plugins-inspect.ts';
import { pluginsDisable, pluginsEnable, pluginsList } from '../../src/cli/commands/plugins.ts';
import { commandsIn } from '../../src/cli/doctor/finding.ts';
import { describeSettings } from '../../src/plugins/plugin-settings.ts';
import { version } from '../../src/version.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { oauthCredential } from '../support/credentials.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createDoctorStage, type DoctorStage } from '../support/doctor-stage.ts';
import { pluginCode, writePlugin } from '../support/plugin-folder.ts';

const portal = 'minimax-portal-auth';
const key = 'a-plain-text-key';

/** `acme` from the configuration, with a login and a model; `broken` beside it. */
function createStage(entries: Record<string, unknown> = {}, more: Record<string, unknown> = {}): DoctorStage {
  const stage = createDoctorStage();
  const plugins = join(stage.folder, 'plugins');
  const provider = `catalog: { run: () => ({ provider: { baseUrl: 'https://x', api: 'openai-completions', models: [{ id: 'One' }, { id: 'Two' }] } }) },`;
  const choice = {
    provider: 'acme',
    method: 'key',
    choiceId: 'acme-key',
    choiceLabel: 'Acme',
    choiceHint: 'by key',
  };
  const configSchema = {
    type: 'object',
    properties: { apiKey: { type: 'string' }, host: { type: 'string' } },
  };
  writePlugin(plugins, {
    id: 'acme',
    manifest: { version: '2.1.0', providers: ['acme'], providerAuthChoices: [choice], configSchema },
    code: pluginCode('acme', 'acme', provider),
  });
  writePlugin(plugins, { id: 'broken', manifestText: '{' });
  stage.writeConfig({ plugins: { load: { paths: [plugins] }, entries, ...more } });
  return stage;
}

type Command = (context: DoctorStage['context'], options: { json?: boolean }, id: string) => Promise<number>;

async function say(stage: DoctorStage, command: Command, id = ''): Promise<string> {
  stage.written.out = '';
  expect(await command(stage.context, {}, id)).toBe(0);
  const text = stage.written.out;
  for (const line of [
    ...commandsIn(text),
    ...[...text.matchAll(/: (openclaw [^<\n]*)$/gm)].map((match) => match[1] ?? ''),
  ]) {
    expect(await complaintAbout(line), line).toBeUndefined();
  }
  expect(text).not.toContain(key);
  return text;
}

async function json(stage: DoctorStage, command: Command, id = ''): Promise<Record<string, unknown>> {
  stage.written.out = '';
  expect(await command(stage.context, { json: true }, id)).toBe(0);
  expect(stage.written.out).not.toContain(key);
  return JSON.parse(stage.written.out) as Record<string, unknown>;
}

it('lists where each comes from, what it adds, and why it failed', async () => {
  const stage = createStage({ acme: { enabled: true } });
  const text = await say(stage, pluginsList);
  expect(text).toMatch(
    new RegExp(String.raw`^${portal} +${version} +disabled +bundled +minimax-portal +minimax-portal, `, 'm'),
  );
  expect(text).toMatch(/^acme +2\.1\.0 +ready +\S+\/plugins\/acme +acme +acme-key$/m);
  expect(text).toMatch(/^broken +- +failed /m);
  expect(text).toMatch(
    /✗ broken: \S+openclaw\.plugin\.json: it is not JSON\.\n {2}Mend \S+openclaw\.plugin\.json, or take it out of plugins\.load\.paths/,
  );
  expect(await json(stage, pluginsList)).toMatchObject({
    allOff: false,
    plugins: [
      { id: portal, origin: 'bundled', state: 'disabled', by: 'nothing in the configuration enables it' },
      {
        id: 'acme',
        origin: 'config',
        state: 'ready',
        choices: [{ choiceId: 'acme-key', choiceLabel: 'Acme' }],
      },
      { id: 'broken', state: 'failed', remedy: expect.stringContaining('Mend ') as string },
    ],
  });
});

it('tells everything of one', async () => {
  const stage = createStage({ acme: { enabled: true, config: { apiKey: key, host: 'acme.example' } } });
  const text = await say(stage, pluginsInspect, 'acme');
  expect(text).toMatch(/State +ready: plugins\.entries\.acme\.enabled in \S+openclaw\.json:\d+ is true/);
  expect(text).toContain('  acme  L\n    2 models: One, Two\n');
  expect(text).toMatch(/acme-key +Acme +by key +acme\n/);
  expect(text).toMatch(/apiKey +string +\(set, not shown\)\n +host +string +acme\.example\n/);
  expect(text).toContain('Logins that depend on it: none');
  expect(text.endsWith('Log in: openclaw onboard --auth-choice acme-key\n')).toBe(true);
  expect(await json(stage, pluginsInspect, portal)).toMatchObject({
    id: portal,
    state: 'disabled',
    providers: [{ id: 'minimax-portal' }],
    choices: [
      { choiceId: 'minimax-portal' },
      { choiceId: 'minimax-global-oauth' },
      { choiceId: 'minimax-cn-oauth' },
    ],
    logins: [],
  });
  expect(await say(stage, pluginsInspect, 'broken')).toContain('✗');
});

it('says what is next, in the words of the manifest, and whose logins rest', async () => {
  const stage = createStage();
  expect(await say(stage, pluginsEnable, 'acme')).toBe(
    'acme is enabled now.\n  Log in: openclaw onboard --auth-choice acme-key\n',
  );
  expect(await json(stage, pluginsEnable, 'acme')).toMatchObject({ changed: false, inEffect: true });
  await stage.store().saveLogin('minimax-portal:work', oauthCredential());
  expect(await say(stage, pluginsEnable, portal)).toBe(
    `${portal} is enabled now.\n  Used again: minimax-portal:work\n`,
  );
  expect(await say(stage, pluginsDisable, portal)).toBe(
    `${portal} is disabled now.\n  Kept, and not used meanwhile: minimax-portal:work\n  Use them again: openclaw plugins enable ${portal}\n`,
  );
  const written = readFileSync(join(stage.stateDir, 'openclaw.json'), 'utf8');
  expect(JSON.parse(written)).toMatchObject({
    plugins: { entries: { acme: { enabled: true }, [portal]: { enabled: false } } },
  });
});

it('what only its code refuses is told by list, inspect and enable alike', async () => {
  const config = { regions: { global: { accountUrl: 'http://account.example' } } };
  const stage = createStage({ [portal]: { enabled: true, config } });
  const [inspected, listed] = [await json(stage, pluginsInspect, portal), await json(stage, pluginsList)];
  expect(inspected).toMatchObject({ state: 'failed', error: expect.stringContaining('https') as string });
  const { error, remedy } = inspected;
  expect((listed['plugins'] as unknown[])[0]).toMatchObject({ id: portal, state: 'failed', error, remedy });
  expect(await say(stage, pluginsList)).toMatch(new RegExp(`^${portal} .* failed .*[^]*✗ ${portal}: `, 'm'));
  expect(await say(stage, pluginsInspect, portal)).toMatch(/State +failed \(why is said below\)/);

  await stage.store().saveLogin('minimax-portal:work', oauthCredential());
  const text = await say(stage, pluginsEnable, portal);
  expect(text).toContain(`  It does not work: ${error as string}\n`);
  expect(text).toContain('  Kept, and not used until then: minimax-portal:work\n');
  expect(text).not.toContain('Used again');
  expect(await json(stage, pluginsEnable, portal)).toMatchObject({ inEffect: false, error, remedy });
});

it('does not wait for models that never come', async () => {
  const stage = createStage({ mute: { enabled: true } });
  const silent = 'catalog: { run: () => new Promise(() => {}) },';
  writePlugin(join(stage.folder, 'plugins'), { id: 'mute', code: pluginCode('mute', 'mute', silent) });
  const clock = createFakeClock(0);
  const ended = pluginsList({ ...stage.context, clock }, { json: true });
  while (clock.timerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(5_000);
  expect(await ended).toBe(0);
  const { plugins } = JSON.parse(stage.written.out) as { plugins: unknown[] };
  expect(plugins).toContainEqual(
    expect.objectContaining({
      id: 'mute',
      state: 'failed',
      error: 'The plugin of mute has not listed its models within 5 s',
    }),
  );
});

it('says where every plugin is off, also to who enables one', async () => {
  const stage = createStage({ acme: { enabled: true } }, { enabled: false });
  const off = /Every plugin is off: plugins\.enabled in \S+openclaw\.json:\d+ is false/;
  expect(await say(stage, pluginsList)).toMatch(off);
  expect(await say(stage, pluginsInspect, 'acme')).toMatch(off);
  expect(await say(stage, pluginsEnable, portal)).toMatch(off);
  expect(await json(stage, pluginsEnable, portal)).toMatchObject({ inEffect: false, allOff: true });
  await stage.store().saveLogin('minimax-portal:work', oauthCredential());
  const text = await say(stage, pluginsEnable, portal);
  expect(text).not.toContain('Used again');
  expect(text).toMatch(
    /: openclaw config unset plugins\.enabled\n {2}Kept, and not used until then: minimax-portal:work\n$/,
  );
  expect(await json(stage, pluginsEnable, portal)).toMatchObject({
    next: ['openclaw config unset plugins.enabled'],
  });
  expect(await say(stage, pluginsDisable, portal)).toContain(
    `  Use them again: openclaw config unset plugins.enabled\n   and after that: openclaw plugins enable ${portal}\n`,
  );
});

it.each([
  ['minimax-portal-aut', `Did you mean ${portal}?`, `openclaw plugins inspect ${portal}`],
  ['minimax', `Did you mean ${portal}?`, `openclaw plugins inspect ${portal}`],
  ['nothing-of-that-kind', `There is: ${portal}, acme, broken.`, 'openclaw plugins list'],
])('does not find %s', async (id, message, command) => {
  const stage = createStage();
  for (const run of [pluginsInspect, pluginsEnable, pluginsDisable]) {
    const failure = run(stage.context, {}, id);
    await expect(failure).rejects.toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: expect.stringContaining(message) as string,
      remedy: expect.stringContaining(command) as string,
    });
  }
});

it('settings are named with their types, through references, and hide what may be a secret', () => {
  const schema = {
    type: 'object',
    required: ['host'],
    properties: {
      host: { $ref: '#/$defs/host' },
      mode: { enum: ['a', 'b'] },
      deep: { properties: { on: { type: 'boolean' } } },
    },
    $defs: { host: { type: 'string' } },
  };
  const written = {
    host: `https://me:${key}@h.example`,
    deep: { on: true, token: key },
    other: '${NAME}',
    tokne: 'something that may be one',
  };
  expect(describeSettings(schema, written)).toEqual([
    { key: 'host', type: 'string', required: true, value: '(set, not shown)' },
    { key: 'mode', type: '"a" or "b"', required: false },
    { key: 'deep.on', type: 'boolean', required: false, value: 'true' },
    { key: 'deep.token', type: '', required: false, value: '(set, not shown)', unknown: true },
    { key: 'other', type: '', required: false, value: '${NAME}', unknown: true },
    { key: 'tokne', type: '', required: false, value: '(set, not shown)', unknown: true },
  ]);
});
