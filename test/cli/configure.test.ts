// `configure` as a person goes through it, with a real store, real servers on loopback and a real file; and as a script
// calls it.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configure, type ConfigureOptions } from '../../src/cli/commands/configure.ts';
import { modelsList } from '../../src/cli/commands/models-list.ts';
import { onboard } from '../../src/cli/commands/onboard.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { isOpenClawError } from '../../src/errors.ts';
import { createHome, startPortal, type Home } from '../support/cli-process.ts';
import { filesHolding } from '../support/credentials.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { goodKey, startKeyServer } from '../support/key-server.ts';
import { anEmbedding, startLmStudio } from '../support/lmstudio-server.ts';
import { back, cancel, scriptQuestions } from '../support/scripted-questions.ts';

/** The exit code, or the code of the error; and what was said and asked. */
async function play(
  home: Home,
  answers: (string | symbol)[],
  options: ConfigureOptions = { section: 'model' },
  env: Record<string, string> = {},
  meanwhile: (written: { err: string }) => Promise<void> = () => Promise.resolve(),
) {
  const person = scriptQuestions(answers);
  const { context, written } = createFakeContext({
    env: { ...home.env, ...env },
    homeDir: home.folder,
    clock: systemClock,
  });
  try {
    const running = configure(context, { browser: false, ...options }, person);
    const [code] = await Promise.all([running, meanwhile(written)]);
    return { end: code, person, written };
  } catch (error) {
    if (!isOpenClawError(error)) throw error;
    return { end: error.code, message: error.message, remedy: error.remedy, person, written };
  }
}

/** Every file below the folder with its bytes. */
function snapshot(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return new Map(files.toSorted().map((name) => [name, readFileSync(join(folder, name), 'base64')]));
}

const commented = `// mine
{
  channels: { telegram: { token: '\${TELEGRAM}' } }, // another program's
}
`;

const typedKey = ['minimax', 'minimax-api', 'typed', goodKey];

describe('configure', () => {
  it('seals a key that was typed, and writes the model and its fallbacks in their order', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    writeFileSync(home.configFile, commented);
    const answers = [
      ...typedKey,
      'minimax/MiniMax-M2.7',
      'minimax/MiniMax-M2.5',
      'minimax/MiniMax-M3',
      'enough',
      'save',
    ];
    const { end, written } = await play(home, answers, undefined, { MINIMAX_API_HOST: keys.url });
    expect(end).toBe(0);
    expect(written.err).toContain('The key works.');
    expect(written.err).toContain('not set → minimax/MiniMax-M2.7');
    const text = readFileSync(home.configFile, 'utf8');
    expect(text).toContain("channels: { telegram: { token: '${TELEGRAM}' } }, // another program's");
    expect(text).toMatch(/fallbacks: \['minimax\/MiniMax-M2.5', 'minimax\/MiniMax-M3'\]/);
    expect(text).not.toMatch(/plugins|providers/);
    expect(filesHolding(home.stateDir, goodKey)).toEqual([]);
    const { value } = await home.json(['auth', 'status']);
    expect(value).toMatchObject({ profiles: [{ id: 'minimax:default', region: 'global' }] });
    expect(keys.requests).toHaveLength(1);
  });

  it('asks again for a key that is refused, goes back, and takes another way', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const answers = [
      'minimax',
      'minimax-cn-api',
      'typed',
      'sk-bad',
      '"not a key',
      back,
      back,
      'minimax-api',
      'own-variable',
      back,
      'typed',
      goodKey,
      'keep',
      'save',
    ];
    answers.splice(-2, 1, 'minimax/MiniMax-M3', 'enough');
    const { end, person, written } = await play(home, answers, undefined, {
      MINIMAX_API_HOST: keys.url,
      MINIMAX_API_KEY: goodKey,
    });
    expect(written.err).toContain('refuses this key');
    expect(person.steps).toEqual([
      'group',
      'way',
      'key-source',
      'key',
      'key',
      'key',
      'key-source',
      'way',
      'key-source',
      'model',
      'key-source',
      'key',
      'model',
      'fallback',
      'save',
    ]);
    expect(end).toBe(0);
    expect(written.err).toContain('MINIMAX_API_KEY is set, too');
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [{ region: 'global' }] });
    expect(written.err).not.toContain(goodKey);
  });

  it('changes nothing at all when somebody cancels, whatever the step', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const portal = await startPortal();
    home.writeConfig({ ...portal.config, agents: { defaults: { model: 'minimax/MiniMax-M2.5' } } });
    const env = { MINIMAX_API_HOST: keys.url };
    // There is a store with something in it.
    expect((await play(home, [...typedKey, 'keep', 'enough', 'save'], undefined, env)).end).toBe(0);
    const before = snapshot(home.stateDir);
    const ways: string[][] = [
      ['minimax', 'minimax-cn-api', 'typed', goodKey, 'minimax/MiniMax-M3', 'minimax/MiniMax-M2.7', 'enough'],
      ['minimax', 'minimax-global-oauth', 'minimax-portal/MiniMax-M3', 'enough'],
      ['minimax', 'minimax-api', 'other-variable', 'MINE', 'minimax/MiniMax-M3'],
      ['lmstudio', keys.url, 'keep'],
    ];
    for (const answers of ways) {
      for (let asked = 0; asked <= answers.length; asked += 1) {
        const { end } = await play(home, [...answers.slice(0, asked), cancel], undefined, {
          ...env,
          MINE: goodKey,
        });
        expect(end).toBe('INTERRUPTED');
      }
    }
    expect(snapshot(home.stateDir)).toEqual(before);
    expect(portal.control.requests()).toEqual([]);
  });

  it('logs in at the portal before it writes, and writes nothing when that fails', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = createHome();
    home.writeConfig(portal.config);
    const before = readFileSync(home.configFile, 'utf8');
    const answers = ['minimax', 'minimax-global-oauth', 'minimax-portal/MiniMax-M3', 'enough', 'save'];
    const denied = await play(home, answers, undefined, {}, async (written) => {
      const code = (): string => /^ +Code +(\S+)/m.exec(written.err)?.[1] ?? '';
      await expect.poll(code).not.toBe('');
      portal.control.deny(code());
    });
    expect(denied.end).toBe('LOGIN_DENIED');
    expect(readFileSync(home.configFile, 'utf8')).toBe(before);
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    home.writeConfig((await startPortal()).config);
    expect((await play(home, answers)).end).toBe(0);
    expect(JSON.parse(readFileSync(home.configFile, 'utf8'))).toMatchObject({
      agents: { defaults: { model: { primary: 'minimax-portal/MiniMax-M3' } } },
    });
    const kept = await play(home, ['minimax', 'keep:minimax-portal:default', 'keep', 'enough', 'save']);
    expect(kept.end).toBe(0);
    expect(kept.written.out).toContain('is as it was');
  });

  it('keeps a variable as ${NAME}, and refuses one that is not set', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const answers = [
      'minimax',
      'minimax-api',
      'other-variable',
      'NOT_SET',
      'mine',
      'MINE',
      'minimax/MiniMax-M3',
      'enough',
      'save',
    ];
    const { end, written } = await play(home, answers, undefined, {
      MINIMAX_API_HOST: keys.url,
      MINE: goodKey,
    });
    expect(end).toBe(0);
    expect(written.err).toContain('NOT_SET is not set here');
    expect(written.err).toContain('capital letters');
    expect(JSON.parse(readFileSync(home.configFile, 'utf8'))).toEqual({
      models: {
        providers: {
          minimax: {
            baseUrl: `${keys.url}/anthropic`,
            apiKey: '${MINE}',
            api: 'anthropic-messages',
            models: [],
          },
        },
      },
      agents: { defaults: { model: { primary: 'minimax/MiniMax-M3' } } },
    });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
  });

  it('shows the models of LM Studio, and what it writes is served', async () => {
    const home = createHome();
    const studio = await startLmStudio();
    const { end, person } = await play(home, [
      'lmstudio',
      `127.0.0.1:${studio.port}`,
      'lmstudio/minimax-m2.1-gs32',
      'save',
    ]);
    expect(end).toBe(0);
    expect(person.offered.get('model')).toEqual(['lmstudio/minimax-m2.1-gs32']);
    const { value } = await home.json(['models', 'list']);
    expect(JSON.stringify(value)).toContain('lmstudio/minimax-m2.1-gs32');
  });

  it('sets up a server that has no model yet, also where nobody can be asked', async () => {
    const home = createHome();
    const studio = await startLmStudio([anEmbedding]);
    const { context, written } = createFakeContext({ env: home.env, homeDir: home.folder });
    const options = { nonInteractive: true, authChoice: 'lmstudio', baseUrl: studio.baseUrl };
    expect(await configure(context, options)).toBe(0);
    expect(written.out).toContain('No default model is set yet');
    await onboard(context, { ...options, startGateway: false });
    expect(written.out).toContain('none yet: openclaw models set');
    await modelsList(context, {});
    expect(written.out).toContain('LM Studio is set up, and has named none yet.');
  });

  it('changes the port of the gateway and nothing else', async () => {
    const home = createHome();
    writeFileSync(home.configFile, commented);
    expect((await play(home, ['gateway', 'nonsense', '18790', 'save'], {})).end).toBe(0);
    expect(readFileSync(home.configFile, 'utf8')).toContain('gateway: {');
    expect(readFileSync(home.configFile, 'utf8')).toContain("// another program's");
  });
});

describe('configure without a terminal', () => {
  it.each<[string[], number, string, RegExp]>([
    [[], 2, 'INPUT_REQUIRED', /--auth-choice.*--keep-login/],
    [['--auth-choice', 'minimax-api'], 2, 'INPUT_REQUIRED', /--api-key-env NAME.*--api-key-stdin/],
    [['--auth-choice', 'minimax-api', '--api-key-env', 'lower'], 2, 'USAGE', /--help/],
    [['--auth-choice', 'minimax-api', '--api-key-env', 'NOT_SET'], 2, 'USAGE', /\.env/],
    [['--auth-choice', 'minimax-api', '--api-key-env', 'A', '--api-key-stdin'], 2, 'USAGE', /one of them/],
    [['--auth-choice', 'minimax-api', '--region', 'cn'], 2, 'USAGE', /--auth-choice minimax-cn-api/],
    [['--auth-choice', 'anthropic-api', '--region', 'cn'], 2, 'USAGE', /Leave --region out/],
    [['--auth-choice', 'minimax-api', '--base-url', 'http://x'], 2, 'USAGE', /Leave --base-url out/],
    [['--auth-choice', 'minimax-portal', '--api-key-env', 'A'], 2, 'USAGE', /Leave --api-key-env out/],
    [['--auth-choice', 'minmax-api'], 2, 'AUTH_CHOICE_UNKNOWN', /onboard --help/],
    [['--api-key-env', 'A'], 2, 'USAGE', /--auth-choice/],
    [['--keep-login', '--auth-choice', 'minimax-api'], 2, 'USAGE', /one of them/],
    [['--keep-login'], 2, 'USAGE', /--auth-choice/],
    [['--section', 'gateway', '--port', '5', '--model', 'a/b'], 2, 'USAGE', /one of them/],
    [['--port', '5', '--no-fallbacks'], 2, 'USAGE', /once for each/],
    [['--section', 'channels'], 2, 'USAGE', /--section model/],
    [['--section', 'gateway'], 2, 'INPUT_REQUIRED', /--port/],
    [['--section', 'gateway', '--port', '99999'], 2, 'USAGE', /configure --help/],
    [['--no-fallbacks', '--fallback', 'a/b'], 2, 'USAGE', /one of them/],
    [['--auth-choice', 'lmstudio', '--base-url', 'ftp://x'], 2, 'USAGE', /configure --help/],
  ])('%j ends with %i %s', async (args, exit, code, remedy) => {
    const home = createHome();
    const { code: ended, value } = await home.json(['configure', '--non-interactive', ...args]);
    expect(value).toMatchObject({ error: { code } });
    expect(ended).toBe(exit);
    expect((value['error'] as { remedy: string }).remedy).toMatch(remedy);
    expect(readdirSync(home.stateDir)).toEqual([]);
  });

  it('takes every answer as a flag, and --dry-run writes nothing', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url, MINE: goodKey };
    const args = [
      'configure',
      '--auth-choice',
      'minimax-api',
      '--api-key-env',
      'MINE',
      '--model',
      'MiniMax-M2.7',
      '--fallback',
      'minimax/MiniMax-M3',
      '--fallback',
      'minimax/MiniMax-M2.5',
    ];
    const dry = await home.json([...args, '--dry-run'], env);
    expect(dry).toMatchObject({ code: 0, value: { dryRun: true, configChanged: false } });
    expect(readdirSync(home.stateDir)).toEqual([]);
    const { code, value } = await home.json(args, env);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: { variable: 'MINE', verified: true, configChanged: true, changes: dry.value['changes'] },
    });
    expect(value['changes']).toContainEqual({
      path: 'agents.defaults.model.fallbacks',
      from: null,
      to: ['minimax/MiniMax-M3', 'minimax/MiniMax-M2.5'],
    });
    const kept = await home.json(['configure', '--keep-login', '--no-fallbacks', '--non-interactive'], env);
    expect(kept.value).toMatchObject({
      changes: [{ path: 'agents.defaults.model.fallbacks', to: null }],
      defaultModel: 'minimax/MiniMax-M2.7',
    });
    const nothing = await home.run(['configure', '--keep-login', '--non-interactive'], env);
    expect(nothing.stderr).not.toContain('stays as it is');
    expect(nothing.stdout).toContain(`${home.configFile} is as it was.`);
    keys.state = 'out of order';
    expect((await home.json(args, env)).value).toMatchObject({
      verified: false,
      verifyTrouble: expect.stringContaining('503'),
    });
  });

  it.each<[string[], RegExp]>([
    [['minimax/MiniMax-M3'], /the default model itself/],
    [['minimax/MiniMax-M2.7', 'MiniMax-M2.7'], /among the fallbacks already/],
  ])('takes no fallback %j that is in the chain already', async (fallback, message) => {
    const home = createHome();
    const keys = await startKeyServer();
    const { context } = createFakeContext({
      env: { ...home.env, MINIMAX_API_HOST: keys.url, MINIMAX_API_KEY: goodKey },
      homeDir: home.folder,
    });
    const options = {
      nonInteractive: true,
      authChoice: 'minimax-api',
      model: 'minimax/MiniMax-M3',
      fallback,
    };
    await expect(configure(context, options)).rejects.toThrow(message);
    expect(readdirSync(home.stateDir)).toEqual([]);
  });

  it('says what is wrong with a model before anything is saved', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url, MINIMAX_API_KEY: goodKey };
    const { value } = await home.json(
      ['configure', '--auth-choice', 'minimax-api', '--model', 'minimax/minimax-m2.1'],
      env,
    );
    expect(value).toMatchObject({
      error: { code: 'MODEL_UNKNOWN', message: expect.stringContaining('MiniMax-M2.1') },
    });
    expect(readdirSync(home.stateDir)).toEqual([]);
  });
});
