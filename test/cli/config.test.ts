// `openclaw config` as people use it: what is printed, what is written, what is refused, and that nothing else changes.
import { chmodSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { complaintAbout } from '../support/cli-parser.ts';
import { stage, text } from '../support/config-stage.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('config get', () => {
  it.each([
    ['gateway.port', '18789'],
    ['models.providers.lab.baseUrl', 'https://lab.example/v1'],
    ['models.providers.lab.apiKey', '${LAB_KEY}'],
    ['models.providers.lab.models[1].name', 'Two'],
    ['models.providers.lab.models.1.id', 'm-2'],
    ['models["providers"].lab["models"][0]', '{\n  "id": "m-1"\n}'],
    ['gateway.auth.token', '••••'],
    ['env.LAB_KEY', '••••'],
  ])('%s', async (path, shown) => {
    expect(await stage().config('get', path)).toEqual({ out: `${shown}\n`, err: '', exitCode: 0 });
  });

  it('without a path shows everything but the secrets, also as JSON', async () => {
    const { config } = stage();
    const people = await config('get');
    const { out } = await config('get', '--json');
    const { value, file } = JSON.parse(out) as { value: unknown; file: string };
    expect(JSON.parse(people.out)).toEqual(value);
    expect(file).toBe('~/.openclaw/openclaw.json');
    expect(value).toMatchObject({
      gateway: { port: 18_789 },
      models: { providers: { lab: { apiKey: '${LAB_KEY}' } } },
    });
    expect(people.out + out).not.toContain('hidden');
  });

  it.each([
    [
      'gateway.prot',
      'gateway.prot is not set',
      'Did you mean gateway.port? `openclaw config get gateway.port`',
    ],
    ['gatway.port', 'gatway.port is not set', 'Did you mean gateway.port?'],
    ['gateway.bind', 'gateway.bind is not set', 'In gateway there is: port, auth.'],
    ['models.providers.lab.models[5].id', 'models[5].id is not set', 'there is: [0], [1].'],
    ['gateway.port.deeper', 'gateway.port.deeper is not set', 'See what there is'],
    ['constructor', 'constructor is not set', 'See what there is'],
  ])('%s is not there', async (path, message, remedy) => {
    const { err, out, exitCode } = await stage().config('get', path);
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain(message);
    expect(err).toContain(remedy);
  });

  it('of a file that is not there', async () => {
    const { config, folder } = stage();
    const empty = stage('');
    expect((await empty.config('get')).out).toBe('{}\n');
    expect(folder).not.toBe(empty.folder);
    expect((await config('get', 'a b')).exitCode).toBe(2);
  });

  it('does nothing to a terminal', async () => {
    const { config } = stage('{ agents: { defaults: { workspace: "a\\u001b[31mb\\u202ec" } } }');
    expect((await config('get', 'agents.defaults.workspace')).out).toBe('"a\\u001b[31mb\\u202ec"\n');
    expect((await config('get')).out).not.toMatch(/[^\P{Cc}\n]|\u202e/u);
  });
});

describe('config set', () => {
  it.each<[string, string, string, string]>([
    ['gateway.port', '18790', 'port: 18789', 'port: 18790'],
    [
      'models.providers.lab.baseUrl',
      'https://other.example/v1',
      'https://lab.example/v1',
      'https://other.example/v1',
    ],
    ['models.providers.lab.models[1].name', '123', '"Two"', '"123"'],
    ['models.providers.lab.models[1].name', '"quoted"', '"Two"', '"quoted"'],
    ['models.providers.lab.models[2]', '{ id: "m-3" }', '"Two" }]', '"Two" }, { id: "m-3" }]'],
    ['models.providers.lab.apiKey', '${OTHER_KEY}', '"${LAB_KEY}"', '"${OTHER_KEY}"'],
    ['models.providers.lab.apiKey', 'lab', '"${LAB_KEY}"', '"lab"'],
  ])('%s to %s changes that alone', async (path, value, before, after) => {
    const { config, read, file } = stage();
    const { exitCode, out } = await config('set', path, value);
    expect(exitCode).toBe(0);
    expect(read()).toBe(text.replace(before, () => after));
    expect(readFileSync(`${file}.bak`, 'utf8')).toBe(text);
    expect(out).toContain('  Backup  ~/.openclaw/openclaw.json.bak');
    expect((await config('set', path, value)).out).toContain('already.');
  });

  it('says from what to what, and when a gateway follows', async () => {
    const { config } = stage();
    expect((await config('set', 'gateway.port', '18790')).out).toBe(
      [
        'gateway.port: 18789 → 18790',
        '  File    ~/.openclaw/openclaw.json',
        '  Backup  ~/.openclaw/openclaw.json.bak',
        '  A gateway that runs follows with: openclaw gateway restart',
        '',
      ].join('\n'),
    );
    const model = await config('set', 'agents.defaults.model', 'minimax/MiniMax-M3');
    expect(model.out).toContain('agents.defaults.model is "minimax/MiniMax-M3" now; it had no value.');
    expect(model.out).toContain('follows within a second');
    expect((await config('set', 'env.HTTPS_PROXY', '${LAB_KEY}')).out).toContain('gateway restart');
    expect((await config('set', 'channels.x', '1')).out).toContain('This program does not read it');
    const document = JSON.parse(
      (await config('set', 'gateway.auth.token', '${TOKEN}', '--json')).out,
    ) as object;
    expect(document).toMatchObject({
      path: 'gateway.auth.token',
      from: '••••',
      to: '${TOKEN}',
      changed: true,
      effect: 'reload',
      warnings: [{ path: 'gateway.auth.token' }],
    });
  });

  it('of a part of a default model that is a text does what is meant', async () => {
    const { config, read } = stage('{ agents: { defaults: { model: "minimax/MiniMax-M3" } } }');
    expect((await config('get', 'agents.defaults.model.primary')).out).toBe('minimax/MiniMax-M3\n');
    expect((await config('set', 'agents.defaults.model.primary', 'minimax/MiniMax-M3')).out).toContain(
      'already.',
    );
    const set = await config('set', 'agents.defaults.model.primary', 'minimax/MiniMax-M2.1');
    expect(set.out).toContain('agents.defaults.model.primary: "minimax/MiniMax-M3" → "minimax/MiniMax-M2.1"');
    expect(read()).toBe('{ agents: { defaults: { model: { primary: "minimax/MiniMax-M2.1" } } } }');
    const short = stage('{ agents: { defaults: { model: "minimax/MiniMax-M3" } } }');
    expect((await short.config('unset', 'agents.defaults.model.primary')).out).toContain('is removed');
    expect(short.read()).toBe('{ agents: { defaults: {  } } }');
    for (const text of ['"minimax/MiniMax-M3"', '{ primary: "minimax/MiniMax-M3" }']) {
      const choice = stage(`{ agents: { defaults: { model: ${text} } } }`);
      await choice.config('set', 'agents.defaults.model.fallbacks.0', 'minimax/MiniMax-M2.1');
      const { out } = await choice.config('get', 'agents.defaults.model', '--json');
      const value = { primary: 'minimax/MiniMax-M3', fallbacks: ['minimax/MiniMax-M2.1'] };
      expect(JSON.parse(out)).toMatchObject({ value });
    }
  });

  it('shows no secret that was typed for a key, and writes names of conversations', async () => {
    const { config } = stage();
    const { err } = await config('set', 'sk-cp-SECRETzz0051abcdef', '1');
    expect(err).toContain('["••••"] was left as it is');
    expect(err).not.toContain('SECRET');
    const session = await config('set', 'hooks.defaultSessionKey', 'hook:main');
    expect([session.exitCode, session.out.split('\n')[0]]).toEqual([
      0,
      'hooks.defaultSessionKey is •••• now; it had no value.',
    ]);
    expect((await config('set', 'channels.x.key', 'a')).out).toContain('channels.x.key is •••• now');
    expect((await config('set', 'channels.x.clientSecret', 'short')).err).toContain('the value is a secret');
    expect((await config('set', 'agents.defaults.contextTokens', '200000')).exitCode).toBe(0);
  });

  it('writes what a name alone leaves in doubt, and what a person called so', async () => {
    const { config } = stage();
    const doubtful =
      'stopTokens cookieDomain cardKey credentialHelper tokenSplit signingKey routingKey userKey';
    const names = [...doubtful.split(' '), 'cookieSameSite', 'pinTimeout', 'specialTokens', 'apiKeyHelper'];
    const entry = Object.fromEntries([...names, 'i18nKey', 'sectionKey'].map((name) => [name, 'none']));
    const values: [string, string][] = [
      ['plugins.entries.x.config', JSON.stringify(entry)],
      ['plugins.entries.x.config.pinTimeout', '30'],
      ['channels.slack.channels["#secret-santa"].systemPrompt', 'Be kind.'],
      ['plugins.installs["1password"].version', '1.2.0'],
      ['tools.exec.safeBinProfiles.pass.maxPositional', '2'],
      ['env.shellEnv.timeoutMs', '15000'],
      ['models.providers.lab.models[0].id', 'deepseek_r1_distill_qwen_32b_awq'],
      ['agents.defaults.model', 'lab/mixtral8x7binstructv0awqgptq4'],
    ];
    for (const [path, value] of values) {
      const { exitCode, err } = await config('set', path, value, '--allow-unknown');
      expect([path, exitCode, err.includes('secret')]).toEqual([path, 0, false]);
    }
    await config('set', 'channels.x.args', '["--api-key=hunter2hunter2", "--token", "hunter3hunter3"]');
    expect((await config('get', 'channels.x.args[2]')).out).toBe('••••\n');
    expect((await config('get')).out).not.toContain('hunter');
    for (const path of ['plugins.entries.x.config.botToken', 'channels.x.api_key', 'agents.defaults.model']) {
      const { exitCode, err } = await config('set', path, 'sk-cp-4f2a9c81aa', '--allow-unknown');
      expect([path, exitCode, err.includes('the value is a secret')]).toEqual([path, 1, true]);
    }
  });

  it('tells what goes with an object that a single value replaces', async () => {
    const { config } = stage('{ agents: { defaults: { model: { primary: "a/b", fallbacks: ["c/d"] } } } }');
    const { err, exitCode } = await config('set', 'agents.defaults.model', 'x/y');
    expect(exitCode).toBe(0);
    expect(err).toContain('agents.defaults.model.fallbacks went with it');
    expect(err).toContain('openclaw config set agents.defaults.model.primary <ref>');
  });

  it('takes null for nothing, not for a word', async () => {
    const { config, read } = stage();
    const { err, exitCode } = await config('set', 'models.providers.lab.models[1].name', 'null');
    expect([exitCode, err]).toEqual([1, expect.stringContaining('must be a string, found null')]);
    expect(read()).toBe(text);
  });

  it('makes a file that is not there', async () => {
    const folder = tempFolder();
    const { context } = createFakeContext({ env: { OPENCLAW_STATE_DIR: join(folder, 'new') } });
    expect(await run(['config', 'set', 'plugins.load.paths[0]', '/opt/plugins'], context)).toBe(0);
    const written = readFileSync(join(folder, 'new', 'openclaw.json'), 'utf8');
    expect(JSON.parse(written)).toEqual({ plugins: { load: { paths: ['/opt/plugins'] } } });
  });

  it.each([
    [
      'gateway.port',
      '70000',
      'gateway.port was left as it is: gateway.port must be a number of at most 65535, found number 70000.',
    ],
    ['gateway.port', 'many', 'gateway.port must be a number, found a string'],
    ['gateway.auth', 'x', 'gateway.auth must be an object, found a string'],
    [
      'gateway.prot',
      '1',
      'neither this program nor OpenClaw knows gateway.prot.\n  Did you mean gateway.port?',
    ],
    ['providers.lab', '{}', 'Did you mean models.providers?'],
    ['name', 'x', 'neither this program nor OpenClaw knows name.'],
    ['models.providers.lab.apiKey', 'sk-live-4f2a9c81', 'the value is a secret'],
    [
      'models.providers.lab',
      '{ apiKey: "sk-live-4f2a9c81" }',
      'models.providers.lab.apiKey was left as it is: the value is a secret',
    ],
    ['gateway.auth.password', '12345', 'OPENCLAW_GATEWAY_PASSWORD'],
    ['env.LAB_KEY', 'sk-live-4f2a9c81', 'Write LAB_KEY=… into ~/.openclaw/.env'],
    ['models.providers.lab.headers.accept', 'sk-live-4f2a9c81', 'the value is a secret'],
    [
      'models.providers.lab.models[5]',
      '{ id: "x" }',
      'so that the next one is models.providers.lab.models[2]',
    ],
    ['gateway.port.deeper', '1', 'gateway.port is not an object'],
  ])('%s %s is refused, and nothing is written', async (path, value, message) => {
    const { config, read, folder } = stage();
    const { exitCode, err, out } = await config('set', path, value);
    expect([exitCode, out]).toEqual([1, '']);
    expect(err).toContain(message);
    expect(err).not.toContain('sk-live');
    expect(read()).toBe(text);
    expect(readdirSync(folder)).toEqual(['openclaw.json']);
    for (const [, command = ''] of err.matchAll(/`(openclaw [^`]+)`/g)) {
      expect(await complaintAbout(command), command).toBeUndefined();
    }
  });

  it.each(['["a"', '{ a: 1', '[a/b, c/d]'])('takes no half of JSON5 for a text: %s', async (value) => {
    const { config, read } = stage();
    const { exitCode, err } = await config('set', 'agents.defaults.model.fallbacks', value);
    expect(exitCode).toBe(2);
    expect(err).toContain('cannot be read as JSON5');
    expect(read()).toBe(text);
  });

  it('writes an unknown key only where that is asked for, with a warning', async () => {
    const { config, read } = stage();
    const { exitCode, err } = await config('set', 'gateway.frobnicate', 'x', '--allow-unknown');
    expect(exitCode).toBe(0);
    expect(err).toContain('OpenClaw refuses to start on a key that it does not know.');
    expect(read()).toContain('frobnicate: "x"');
  });

  it('shows what would change, without the secrets in those lines', async () => {
    const { config, read, folder } = stage();
    const { out } = await config('set', 'gateway.port', '18790', '--dry-run');
    expect(out).toBe(
      [
        '~/.openclaw/openclaw.json would change:',
        '-   4 │   gateway: { port: 18789, auth: { token: "••••" } }, /* keep */',
        '+   4 │   gateway: { port: 18790, auth: { token: "••••" } }, /* keep */',
        'Nothing was written.',
        '',
      ].join('\n'),
    );
    const document = JSON.parse(
      (await config('set', 'gateway.port', '1', '--dry-run', '--json')).out,
    ) as object;
    expect(document).toMatchObject({ dryRun: true, from: 18_789, to: 1 });
    expect(read()).toBe(text);
    expect(readdirSync(folder)).toEqual(['openclaw.json']);
  });

  it('mends a file that does not load, and leaves one that it cannot mend', async () => {
    const { config, read } = stage('{ gateway: { port: "18789" } }');
    expect((await config('set', 'agents.defaults.model', 'a/b')).err).toContain(
      'agents.defaults.model was left as it is, for the file would still not load: ~/.openclaw/openclaw.json:1:14: gateway.port must be a number',
    );
    expect((await config('set', 'gateway.port', '18789')).exitCode).toBe(0);
    expect(read()).toBe('{ gateway: { port: 18789 } }');
    const broken = stage('{ gateway: ');
    expect((await broken.config('set', 'gateway.port', '1')).err).toContain('the file ends too early');
    expect(broken.read()).toBe('{ gateway: ');
  });

  it.skipIf(process.platform === 'win32')('says what stands in the way of writing', async () => {
    const { config, folder, file } = stage();
    mkdirSync(`${file}.bak`);
    chmodSync(folder, 0o755);
    const { err, exitCode } = await config('set', 'gateway.port', '1');
    expect(exitCode).toBe(1);
    expect(err).toContain('was not changed');
  });
});

describe('config unset', () => {
  it.each([
    ['gateway.auth', ', auth: { token: "hidden-token" }'],
    ['models.providers.lab.models[0]', '{ id: "m-1" }, '],
    ['models.providers.lab.models[1].name', ', name: "Two"'],
  ])('%s takes that away alone', async (path, gone) => {
    const { config, read } = stage();
    const { exitCode, out } = await config('unset', path);
    expect(exitCode).toBe(0);
    expect(out).not.toContain('hidden');
    expect(read()).toBe(text.replace(gone, ''));
  });

  it('of what is not there says so, and writes nothing', async () => {
    const { config, read, folder } = stage();
    const { exitCode, out } = await config('unset', 'gateway.prot');
    expect([exitCode, out]).toEqual([
      0,
      'gateway.prot has no value: nothing to remove.\n  There is gateway.port.\n',
    ]);
    expect(JSON.parse((await config('unset', 'x.y', '--json')).out)).toMatchObject({
      changed: false,
      from: null,
    });
    expect(read()).toBe(text);
    expect(readdirSync(folder)).toEqual(['openclaw.json']);
  });

  it('of what cannot be missing names what can', async () => {
    const { config, read } = stage();
    const { exitCode, err } = await config('unset', 'models.providers.lab.models[0].id');
    expect(exitCode).toBe(1);
    expect(err).toContain("`openclaw config unset 'models.providers.lab.models[0]'`");
    expect(read()).toBe(text);
  });
});
