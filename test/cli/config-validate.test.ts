// Where openclaw.json is and what is odd in it: `config path`, `config validate`, and what `config set` says right after it
// has written.
import { chmodSync, linkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { stage } from '../support/config-stage.ts';
import { createFakeContext } from '../support/fake-context.ts';
import { tempFolder } from '../support/temp-folder.ts';

describe('config set', () => {
  it('says at once what would keep the gateway from starting, and validate says it too', async () => {
    const { config } = stage('{ gateway: { auth: { token: "short-token" } } }');
    const long = 'x'.repeat(32);
    const open = await config('set', 'gateway.bind', 'lan');
    expect([open.exitCode, open.err]).toEqual([
      0,
      'Warning: gateway.bind makes the gateway answer other machines (0.0.0.0), and its token has fewer than 16 characters\n' +
        '  Choose a longer one: `openssl rand -hex 32` prints one.\n',
    ]);
    expect((await config('validate')).out).toContain('openclaw.json:1:46: gateway.bind makes the gateway');
    expect((await config('set', 'env.OPENCLAW_GATEWAY_TOKEN', long, '--allow-unknown')).exitCode).toBe(1);
    const gone = await config('unset', 'gateway.auth');
    expect(gone.err).toContain('there is no token that was given for it');
    const wrong = await config('set', 'gateway.bind', 'everywhere');
    expect(wrong.err).toContain('gateway.bind says where the gateway listens');
    const fine = await config('set', 'gateway.bind', 'loopback');
    expect([fine.exitCode, fine.err]).toEqual([0, '']);
  });

  it('says at once that a model is not there, and validate says it too', async () => {
    const { config } = stage('{}');
    const ref = await config('set', 'agents.defaults.model.primary', 'minimax/minimax-m2.1');
    expect([ref.exitCode, ref.err]).toEqual([
      0,
      'Warning: agents.defaults.model.primary differs from the model minimax/MiniMax-M2.1 in capital letters\n' +
        '  Write "minimax/MiniMax-M2.1".\n',
    ]);
    expect((await config('validate')).out).toContain('1 warning. It loads.');
    const list = '["minimax-portal/any", "lmstudio/any", "anthropic/claude-opus-4-6", "lab/m-1"]';
    const { err } = await config('set', 'agents.defaults.model.fallbacks', list);
    expect(err.match(/Warning: .*/g)).toEqual([
      'Warning: agents.defaults.model.fallbacks[3]: there is no such provider here',
    ]);
    const alias = await config('set', 'agents.defaults.models["minimax/minimax-m3"].alias', 'mm');
    expect(alias.err).toContain('Rename it to "minimax/MiniMax-M3".');
    const lab = '{ baseUrl: "https://lab.example/v1", models: [{ id: "m-1" }] }';
    expect((await config('set', 'models.providers.lab', lab)).err).toBe('');
    expect((await config('set', 'models.providers.lab.models[0].id', 'n-2')).err).toContain(
      'Warning: agents.defaults.model.fallbacks[3]: lab has no model of that id here',
    );
  });

  it('says of a provider that lists no models what it lacks, with the command, and then takes its bare id', async () => {
    const { config } = stage(
      '{ models: { providers: { ollama: { baseUrl: "http://127.0.0.1:11434/v1" } } } }',
    );
    const { err } = await config('set', 'agents.defaults.model', 'ollama/llama3');
    expect(err).toBe(
      'Warning: agents.defaults.model: the provider ollama lists no models\n' +
        '  Put models: [{ id: "llama3" }] under models.providers.ollama: ' +
        "`openclaw config set 'models.providers.ollama.models[0].id' llama3`.\n",
    );
    expect((await config('set', 'models.providers.ollama.models[0].id', 'llama3')).err).toBe('');
    expect((await config('set', 'agents.defaults.model', 'llama3')).err).toBe('');
    expect((await config('set', 'agents.defaults.model', 'claude-opus-4-6')).err).toBe('');
    expect((await config('set', 'agents.defaults.model', 'qwen3')).err).toContain('names no provider');
    expect((await config('set', 'models.providers.lmstudio', '{}')).err).toBe('');
    expect((await config('set', 'models.mode', 'replace')).err).toContain('names no provider');
  });

  it('says at once that a plugin refuses its settings, and validate says it too', async () => {
    const entry = 'plugins.entries.minimax-portal-auth';
    const { config } = stage(`{ plugins: { entries: { "minimax-portal-auth": { enabled: true } } } }`);
    const said = `unknown key ${entry}.config.accoutUrl: the plugin minimax-portal-auth does not work so`;
    const { err, exitCode } = await config(
      'set',
      `${entry}.config.accoutUrl`,
      'https://x.example',
      '--allow-unknown',
    );
    expect(exitCode).toBe(0);
    expect(err).toContain(`Warning: ${said}\n  See what an entry may hold: \`openclaw plugins inspect`);
    const validated = JSON.parse((await config('validate', '--json')).out) as { warnings: unknown[] };
    expect(validated.warnings).toMatchObject([{ path: `${entry}.config.accoutUrl`, message: said, line: 1 }]);
    expect((await config('unset', `${entry}.config`)).err).toBe('');
    expect((await config('validate')).out).toContain('is fine.');
  });

  it('knows the variables of .env', async () => {
    const { config, folder } = stage();
    writeFileSync(join(folder, '.env'), 'NEW_KEY=x\n');
    expect((await config('set', 'models.providers.lab.apiKey', '${NEW_KEY}')).err).toBe('');
  });

  it.skipIf(process.platform === 'win32')('tells of another name of the file', async () => {
    const { config, folder, file } = stage();
    linkSync(file, join(folder, 'other'));
    expect((await config('set', 'gateway.port', '18790')).err).toContain(
      'had another name too (a hard link)',
    );
    expect((await config('set', 'gateway.port', '18791')).err).toBe('');
  });
});

describe('config path and validate', () => {
  it('name the file', async () => {
    const { config } = stage();
    expect(await config('path')).toEqual({ out: '~/.openclaw/openclaw.json\n', err: '', exitCode: 0 });
    expect(JSON.parse((await config('path', '--json')).out)).toMatchObject({
      exists: true,
      dotenvExists: false,
    });
    expect((await config('validate')).out).toBe('~/.openclaw/openclaw.json is fine.\n');
  });

  it.skipIf(process.platform === 'win32')('name it also where links go round in a circle', async () => {
    const folder = tempFolder();
    symlinkSync('openclaw.json', join(folder, 'openclaw.json'));
    const config = async (...args: string[]): Promise<[number, string, string]> => {
      const { context, written } = createFakeContext({ env: { OPENCLAW_STATE_DIR: folder } });
      return [await run(['config', ...args], context), written.out, written.err];
    };
    const file = join(folder, 'openclaw.json');
    const circle = 'its symbolic links go round in a circle';
    expect(await config('path')).toEqual([0, `${file}\n`, `It cannot be read: ${circle}.\n`]);
    const [, json] = await config('path', '--json');
    expect(JSON.parse(json)).toMatchObject({ file, exists: null, trouble: circle });
    const [exitCode, , err] = await config('set', 'gateway.port', '1');
    expect([exitCode, err]).toEqual([1, expect.stringContaining(`${circle}\n  Remove the link`)]);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() !== 0)(
    'name it also where this user may not look',
    async () => {
      const { config, folder, file } = stage();
      chmodSync(folder, 0o700);
      process.seteuid?.(65_534);
      try {
        const { exitCode, out, err } = await config('path');
        expect([exitCode, out]).toEqual([0, '~/.openclaw/openclaw.json\n']);
        expect(err).toContain('this user may not enter its folder (EACCES)');
        process.seteuid?.(0);
        chmodSync(folder, 0o755);
        chmodSync(file, 0o600);
        process.seteuid?.(65_534);
        expect((await config('path')).err).toContain('this user may not read it (EACCES)');
      } finally {
        process.seteuid?.(0);
      }
    },
  );

  it('list every problem and every warning as JSON', async () => {
    const { config } = stage('{ gateway: { port: "x", bind: 1 }, gatewy: 1 }');
    const { out, exitCode } = await config('validate', '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      valid: false,
      problems: [
        {
          file: '~/.openclaw/openclaw.json',
          line: 1,
          column: 14,
          path: 'gateway.port',
          expected: 'a number',
          found: 'a string',
        },
        { path: 'gateway.bind' },
      ],
      warnings: [{ path: 'gatewy', fix: expect.stringContaining('gateway') }],
    });
  });

  it('tell apart what OpenClaw alone reads', async () => {
    const { config } = stage('{ channels: { telegram: { botToken: "${TELEGRAM_TOKEN}" } } }');
    const { out } = await config('validate');
    expect(out).toContain('Note: ~/.openclaw/openclaw.json:1:27: channels.telegram.botToken needs');
    expect(out).toMatch(/openclaw\.json is fine\.\n$/);
    const document = JSON.parse((await config('validate', '--json')).out) as object;
    expect(document).toMatchObject({ warnings: [], information: [{ path: 'channels.telegram.botToken' }] });
    expect((await config('set', 'channels.telegram.botToken', '${OTHER_TOKEN}')).err).toBe('');
  });
});
