// The first run for every way that is no portal login: keys and a local server, kept and used as they should be.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { authChoices } from '../../src/app.ts';
import { authLogin } from '../../src/cli/commands/auth-login.ts';
import { authLogout } from '../../src/cli/commands/auth-logout.ts';
import { authRefresh } from '../../src/cli/commands/auth-refresh.ts';
import { onboard, type OnboardOptions } from '../../src/cli/commands/onboard.ts';
import { waysTo } from '../../src/cli/login-target.ts';
import { openApp } from '../../src/cli/open-app.ts';
import { builtinChoices } from '../../src/providers/builtin-providers.ts';
import { createHome, startPortal, type Home } from '../support/cli-process.ts';
import { filesHolding } from '../support/credentials.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { goodKey, startKeyServer } from '../support/key-server.ts';
import { startLmStudio } from '../support/lmstudio-server.ts';
import { cancel, scriptQuestions } from '../support/scripted-questions.ts';

/** With a key that is piped in. */
async function pipe(
  home: Home,
  command: typeof onboard,
  options: OnboardOptions,
  env: Record<string, string>,
  key = goodKey,
) {
  const { context, written } = createFakeContext({ env: { ...home.env, ...env }, homeDir: home.folder });
  const stage = { readInput: () => Promise.resolve(`${key}\n`) };
  const code = await command(context, { json: true, apiKeyStdin: true, ...options }, stage);
  return { code, value: JSON.parse(written.out) as Record<string, unknown> };
}

const configOf = (home: Home): unknown => JSON.parse(readFileSync(home.configFile, 'utf8'));

describe('onboard with a key', () => {
  it('seals it, sets the default model, enables no plugin, and keeps the shape of the answer', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url };
    const { code, value } = await pipe(home, onboard, { authChoice: 'minimax-api' }, env);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: {
        profile: { id: 'minimax:default', provider: 'minimax', region: 'global', refreshable: false },
        authChoice: 'minimax-api',
        storage: 'key-file',
        verified: true,
        verifyTrouble: null,
        defaultModel: 'minimax/MiniMax-M3',
        configFile: home.configFile,
        configChanged: true,
        gateway: null,
        next: ['openclaw gateway run', 'openclaw env claude-code'],
      },
    });
    expect(configOf(home)).toEqual({ agents: { defaults: { model: { primary: 'minimax/MiniMax-M3' } } } });
    expect(filesHolding(home.stateDir, goodKey)).toEqual([]);
    expect((await pipe(home, onboard, { authChoice: 'minimax-global-api' }, env)).value).toMatchObject({
      configChanged: false,
    });
  });

  it('leaves everything as it was when the key is refused', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const refused = pipe(
      home,
      onboard,
      { authChoice: 'minimax-api' },
      { MINIMAX_API_HOST: keys.url },
      'sk-bad',
    );
    await expect(refused).rejects.toMatchObject({ code: 'LOGIN_REJECTED' });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
    expect(() => readFileSync(home.configFile)).toThrow('ENOENT');
  });

  it('says so when nothing was piped in', async () => {
    const home = createHome();
    const piped = pipe(home, onboard, { authChoice: 'minimax-api' }, {}, '');
    await expect(piped).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('--api-key-stdin'),
    });
  });

  it('keeps a key that could not be checked, and says why', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    keys.state = 'out of order';
    expect(
      (await pipe(home, onboard, { authChoice: 'minimax-api' }, { MINIMAX_API_HOST: keys.url })).value,
    ).toMatchObject({
      profile: { id: 'minimax:default' },
      verified: false,
      verifyTrouble: expect.stringContaining('HTTP 503'),
    });
  });

  it('writes nothing for the provider’s own variable but the model', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url, MINIMAX_API_KEY: goodKey };
    const { code, value } = await home.json(['onboard', '--auth-choice', 'minimax-api'], env);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: { profile: null, variable: 'MINIMAX_API_KEY', verified: true },
    });
    expect(configOf(home)).toEqual({ agents: { defaults: { model: { primary: 'minimax/MiniMax-M3' } } } });
  });

  it('keeps a default model that somebody chose, and adds CN beside Global', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url };
    home.writeConfig({ agents: { defaults: { model: 'anthropic/claude-opus-4-6' } } });
    for (const authChoice of ['minimax-api', 'minimax-cn-api'])
      await pipe(home, onboard, { authChoice }, env);
    expect(configOf(home)).toEqual({ agents: { defaults: { model: 'anthropic/claude-opus-4-6' } } });
    await pipe(home, onboard, { authChoice: 'minimax-api', model: 'minimax/MiniMax-M2.1' }, env);
    expect(configOf(home)).toEqual({ agents: { defaults: { model: 'minimax/MiniMax-M2.1' } } });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({
      profiles: [
        { id: 'minimax:default', region: 'global' },
        { id: 'minimax:cn', region: 'cn' },
      ],
    });
    // The same key anew, under its name and for its site.
    const again = await pipe(home, authLogin, { profileId: 'minimax:cn' }, env);
    expect(again.value).toMatchObject({
      authChoice: 'minimax-cn-api',
      profile: { id: 'minimax:cn', region: 'cn' },
    });
  });

  it('says what is wrong with a model before the key is kept', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const wrong = pipe(
      home,
      onboard,
      { authChoice: 'minimax-api', model: 'minimax/Nope' },
      { MINIMAX_API_HOST: keys.url },
    );
    await expect(wrong).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
    expect((await home.json(['auth', 'status'])).value).toMatchObject({ profiles: [] });
  });
});

describe('onboard with LM Studio', () => {
  it('takes the models that the server has, the first as default', async () => {
    const home = createHome();
    const studio = await startLmStudio();
    const { code, value } = await home.json([
      'onboard',
      '--auth-choice',
      'lmstudio',
      '--base-url',
      studio.baseUrl,
    ]);
    expect({ code, value }).toMatchObject({
      code: 0,
      value: {
        profile: null,
        server: { baseUrl: studio.baseUrl, models: ['minimax-m2.1-gs32'], trouble: null },
        defaultModel: 'lmstudio/minimax-m2.1-gs32',
      },
    });
  });

  it('goes on when it does not run, and says how to start it', async () => {
    const home = createHome();
    const studio = await startLmStudio();
    await studio.close();
    const args = ['onboard', '--auth-choice', 'lmstudio', '--base-url', studio.baseUrl];
    const ended = await home.run(args);
    expect(ended.code).toBe(0);
    expect(ended.stderr).toContain('lms server start');
    const { value } = await home.json([...args, '--model', 'lmstudio/qwen3-8b']);
    expect(value).toMatchObject({ server: { models: null }, defaultModel: 'lmstudio/qwen3-8b' });
  });
});

describe('onboard --start-gateway', () => {
  it('serves when it ends, and tells of a gateway that does not start without losing the rest', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url, MINIMAX_API_KEY: goodKey, OPENCLAW_GATEWAY_PORT: '0' };
    const args = ['onboard', '--auth-choice', 'minimax-api', '--start-gateway'];
    try {
      const { code, value } = await home.json(args, env);
      expect({ code, value }).toMatchObject({
        code: 0,
        value: { gateway: { running: true, ready: true }, next: ['openclaw env claude-code'] },
      });
      const again = await home.run(['onboard', '--auth-choice', 'minimax-api'], env);
      // A process has the variables that it was started with.
      expect(again.stdout).toMatch(
        /The gateway runs already on http:\/\/127\.0\.0\.1:\d+\. If it was started without MINIMAX_API_KEY:\n  Write MINIMAX_API_KEY=… into \S+\.env, then: openclaw gateway restart/,
      );
    } finally {
      await home.run(['gateway', 'stop'], env);
    }
    const failed = await home.json(args, { ...env, OPENCLAW_GATEWAY_PORT: 'nonsense' });
    expect(failed).toMatchObject({
      code: 1,
      value: { variable: 'MINIMAX_API_KEY', gateway: { running: false } },
    });
  });
});

describe('a second login', () => {
  it('is asked about in a terminal, and both stay; elsewhere it replaces the first and says so', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const env = { MINIMAX_API_HOST: keys.url };
    const options = { authChoice: 'minimax-api' };
    expect((await pipe(home, onboard, options, env)).value).toMatchObject({ replaced: false });
    expect((await pipe(home, onboard, options, env)).value).toMatchObject({
      replaced: true,
      profile: { id: 'minimax:default' },
    });
    const person = scriptQuestions(['typed', 'other-name', 'default', 'work', goodKey]);
    const { context, written } = createFakeContext({ env: { ...home.env, ...env }, homeDir: home.folder });
    expect(await onboard(context, options, person)).toBe(0);
    expect(person.steps).toEqual(['key-source', 'name', 'new-name', 'new-name', 'key']);
    expect(written.err).toContain('minimax:default is there already');
    expect(written.out).toContain('The key is kept: minimax:work');
    expect(written.out).not.toContain('replaced');

    const renewing = scriptQuestions(['minimax:work', 'typed', goodKey]);
    expect(await authLogin(context, {}, renewing)).toBe(0);
    expect(renewing.offered.get('login')).toEqual(['minimax:default', 'minimax:work', '']);
    expect(written.out).toContain('It replaced the former login of this name.');

    await expect(authLogin(context, { nonInteractive: true })).rejects.toMatchObject({
      code: 'INPUT_REQUIRED',
      message: 'There are several logins: minimax:default, minimax:work.',
      remedy: expect.stringContaining('`openclaw auth login --profile-id minimax:default`') as string,
    });

    const refreshing = authRefresh(context, {}, undefined, scriptQuestions([cancel]));
    await expect(refreshing).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect(authLogout(context, {}, undefined)).rejects.toMatchObject({
      code: 'INPUT_REQUIRED',
      remedy: 'Name one of them: `openclaw auth logout minimax:default`.',
    });
    expect(await authLogout(context, {}, undefined, scriptQuestions(['minimax:work']))).toBe(0);
    expect(written.out).toContain('Logged out: minimax:work');
  });

  it.each([
    ['minimax-portal:work', undefined, undefined, 'minimax-portal'],
    ['minimax-portal:work', 'cn', undefined, 'minimax-portal'],
    ['anthropic:work', undefined, undefined, 'anthropic-api'],
    ['minimax:work', 'cn', undefined, 'minimax-cn-api'],
    ['minimax:work', undefined, ['minimax-api', 'minimax-cn-api'], undefined],
    ['nobody:work', undefined, undefined, undefined],
  ])('of the name %s at the site %s goes the ways of its provider', (profileId, region, ways, only) => {
    const home = createHome();
    const { context } = createFakeContext({ env: home.env, homeDir: home.folder });
    const app = openApp(context, {});
    const named = waysTo(authChoices(app), { profileId, ...(region && { region }) });
    app.close();
    expect(named.only?.choiceId).toBe(only);
    if (ways !== undefined) expect(named.choices.map(({ choiceId }) => choiceId)).toEqual(ways);
  });

  it('whose name says the provider lacks its site alone', async () => {
    const home = createHome();
    const { context } = createFakeContext({ env: home.env, homeDir: home.folder });
    await expect(authLogin(context, { profileId: 'minimax-portal:work' })).rejects.toMatchObject({
      code: 'INPUT_REQUIRED',
      data: { flag: '`--region global` or `--region cn`' },
    });
  });

  it('that fails on a store that was set aside says where the old one is, and how to put it back', async () => {
    const portal = await startPortal({ autoApproveMs: null });
    const home = createHome();
    home.writeConfig(portal.config);
    const file = join(home.stateDir, 'auth', 'credentials.sqlite');
    mkdirSync(join(home.stateDir, 'auth'), { mode: 0o700, recursive: true });
    writeFileSync(file, 'damaged', { mode: 0o600 });
    const { context, written } = createFakeContext({ env: home.env, homeDir: home.folder });
    // Not before a new one begins.
    const cancelling = authLogin(context, { setAsideStore: true }, scriptQuestions([cancel]));
    await expect(cancelling).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(readFileSync(file, 'utf8')).toBe('damaged');
    const options = { setAsideStore: true, profileId: 'minimax-portal:work', browser: false };
    const failed = authLogin(context, { ...options, region: 'global' });
    const ended = expect(failed).rejects.toMatchObject({
      code: 'LOGIN_DENIED',
      message: expect.stringContaining('The old store stays aside in '),
      remedy: expect.not.stringContaining('Nothing was changed'),
    });
    const code = (): string => /^ +Code +(\S+)/m.exec(written.err)?.[1] ?? '';
    await expect.poll(code).not.toBe('');
    portal.control.deny(code());
    await ended;
    const remedy = await failed.catch((error: unknown) => (error as { remedy: string }).remedy);
    expect(remedy).toContain('--region global --profile-id minimax-portal:work');
    execFileSync('sh', ['-c', /`(cd [^`]*)`/.exec(String(remedy))?.[1] ?? 'false']);
    expect(readFileSync(file, 'utf8')).toBe('damaged');
  });
});

describe('the choices', () => {
  it('are listed for one that there is not, with the nearest', async () => {
    const { value } = await createHome().json(['onboard', '--auth-choice', 'minimax-cn-apo']);
    const { message } = value['error'] as { message: string };
    expect(message).toContain('Did you mean minimax-cn-api?');
    for (const { choiceId } of builtinChoices) expect(message).toContain(choiceId);
    expect(message).toContain('minimax-portal, minimax-global-oauth, minimax-cn-oauth');
  });

  it('are one menu, in which the one that asks for the site is left out', async () => {
    const home = createHome();
    const person = scriptQuestions(['anthropic-api']);
    const { context } = createFakeContext({ env: home.env, homeDir: home.folder });
    await expect(onboard(context, {}, person)).rejects.toThrow('no answer to Where is the key?');
    expect(person.offered.get('way')).toEqual([
      'minimax-global-oauth',
      'minimax-cn-oauth',
      'minimax-api',
      'minimax-cn-api',
      'anthropic-api',
      'lmstudio',
    ]);
  });

  it.each([['--start'], ['--start', '--region', 'global']])(
    'of a key cannot be begun with %j',
    async (...flags) => {
      const { value } = await createHome().json(['onboard', '--auth-choice', 'minimax-api', ...flags]);
      expect(value).toMatchObject({ error: { code: 'USAGE' } });
    },
  );
});

describe('where plugins.enabled is false', () => {
  it('no login is begun that would serve nothing, and a key is taken', async () => {
    const home = createHome();
    const keys = await startKeyServer();
    const portal = { authChoice: 'minimax-portal', region: 'global', nonInteractive: true };
    const off = '{ plugins: { enabled: false } }\n';
    writeFileSync(home.configFile, off);
    const { context } = createFakeContext({ env: home.env, homeDir: home.folder });
    for (const command of [onboard, authLogin]) {
      await expect(command(context, portal)).rejects.toMatchObject({
        code: 'PLUGIN_DISABLED',
        remedy: expect.stringContaining('openclaw config unset plugins.enabled'),
      });
    }
    await expect(onboard(context, { ...portal, start: true })).rejects.toMatchObject({
      code: 'PLUGIN_DISABLED',
    });
    expect(readFileSync(home.configFile, 'utf8')).toBe(off);
    const env = { MINIMAX_API_HOST: keys.url };
    expect((await pipe(home, onboard, { authChoice: 'minimax-api' }, env)).code).toBe(0);
  });
});

describe('onboard in a folder of OpenClaw', () => {
  it('says so in one line', async () => {
    const portal = await startPortal();
    const home = createHome();
    home.writeConfig({ ...portal.config, meta: { lastTouchedVersion: '2026.9.6' } });
    mkdirSync(join(home.stateDir, 'state'));
    writeFileSync(join(home.stateDir, 'state', 'openclaw.sqlite'), '');
    const { stderr } = await home.run(['onboard', '--auth-choice', 'nothing']);
    expect(stderr).toMatch(/^OpenClaw itself uses .*state\/openclaw\.sqlite, meta in openclaw\.json/m);
  });
});
