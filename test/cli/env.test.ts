// What `openclaw env` tells each tool, as a shell takes it and as the tool gets it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claim } from '../support/claimed-gateway.ts';
import { createHome, type Home } from '../support/cli-process.ts';
import { openStage } from '../support/gateway-stage.ts';
import { apiKeyExample, failoverExample, localModelExample } from '../support/documented-configs.ts';

const gatewayToken = 'a-token-of-my-own';
const port = { OPENCLAW_GATEWAY_PORT: '18999', OPENCLAW_GATEWAY_TOKEN: gatewayToken };

function homeWith(config: string): Home {
  const home = createHome(port);
  home.writeConfig(config);
  return home;
}

async function variablesOf(home: Home, tool: string): Promise<Record<string, string>> {
  const { code, value } = await home.json(['env', tool]);
  expect(code).toBe(0);
  return value['env'] as Record<string, string>;
}

/** The arguments and the key that a program of this name gets when a shell evaluates the exports and calls it. */
function calledIn(home: Home, stdout: string, name: string, key: string): string[] {
  const bin = join(home.folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\nprintf '%s\\0' "$${key}" "$@"\n`, { mode: 0o755 });
  const { stdout: said, stderr } = spawnSync('sh', ['-c', `eval "$EXPORTS"\n${name} exec 'two words'`], {
    env: { ...home.env, PATH: `${bin}:${home.env['PATH']}`, EXPORTS: stdout },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return said.split('\0').slice(0, -1);
}

/** At an address that is not MiniMax's own there is the API that is written, and no other. */
const elsewhere = apiKeyExample.replace('api.minimax.io', 'llm.test');
const localElsewhere = localModelExample.replaceAll('lmstudio', 'lab');

describe('codex', () => {
  it('asks the default model, where its server has the API', async () => {
    const { stdout } = await homeWith(apiKeyExample).run(['env', 'codex']);
    expect(stdout).toContain('model="minimax/MiniMax-M2.1"');
  });

  it('is called with a provider of its own, whose key is a variable', async () => {
    const home = homeWith(localModelExample);
    const { stdout } = await home.run(['env', 'codex']);
    expect(stdout).not.toContain(gatewayToken);
    expect(calledIn(home, stdout, 'codex', 'OPENCLAW_API_KEY')).toEqual([
      gatewayToken,
      '-c',
      'model_providers.openclaw={name="OpenClaw",base_url="http://127.0.0.1:18999/v1",env_key="OPENCLAW_API_KEY",wire_api="responses"}',
      '-c',
      'model_provider="openclaw"',
      '-c',
      'model="lmstudio/minimax-m2.1-gs32"',
      '-c',
      'model_context_window=196608',
      'exec',
      'two words',
    ]);
  });

  it('gets a name with quotes and blanks whole', async () => {
    const id = `it's "odd" $HOME \\ \`x\``;
    const written = JSON.stringify(id).slice(1, -1);
    const home = homeWith(localModelExample.replaceAll('minimax-m2.1-gs32', () => written));
    const { stdout } = await home.run(['env', 'codex']);
    const args = calledIn(home, stdout, 'codex', 'OPENCLAW_API_KEY');
    expect(args).toContain(`model=${JSON.stringify(`lmstudio/${id}`)}`);
  });

  it('has nothing to ask where no model has its API', async () => {
    const { code, value } = await homeWith(elsewhere).json(['env', 'codex']);
    expect([code, value['error']]).toMatchObject([
      1,
      {
        code: 'MODEL_UNKNOWN',
        message: expect.stringContaining('minimax/MiniMax-M2.1 is not served by it'),
        remedy: expect.stringContaining('openai-responses'),
      },
    ]);
  });
});

describe('claude-code', () => {
  const tiers = ['MODEL', 'DEFAULT_HAIKU_MODEL', 'DEFAULT_SONNET_MODEL', 'DEFAULT_OPUS_MODEL'];
  const names = [...tiers, 'DEFAULT_FABLE_MODEL', 'SMALL_FAST_MODEL'].map((name) => `ANTHROPIC_${name}`);
  const withFallback = localElsewhere.replace(
    'primary: "lab/minimax-m2.1-gs32"',
    'primary: "lab/minimax-m2.1-gs32", fallbacks: ["lab/minimax-m2.1-gs32", "Claude"]',
  );
  const fallbackAlias = withFallback.replace(
    'models: { "lab',
    'models: { "anthropic/claude-opus-4-6": { alias: "Claude" }, "lab',
  );

  it.each([
    ['the default', apiKeyExample, 'minimax/MiniMax-M2.1'],
    [
      'the default, by its ref',
      failoverExample.replace('primary: "anthropic/claude-opus-4-6"', 'primary: "opus"'),
      'anthropic/claude-opus-4-6',
    ],
    ['a fallback, where the default has another API', fallbackAlias, 'anthropic/claude-opus-4-6'],
    ['what the gateway calls default, where nothing is known yet', '{}', 'default'],
  ])('gets one model under every name that it asks by: %s', async (_name, config, ref) => {
    const variables = await variablesOf(homeWith(config), 'claude-code');
    expect(Object.fromEntries(names.map((name) => [name, variables[name]]))).toEqual(
      Object.fromEntries(names.map((name) => [name, ref])),
    );
    expect(variables['ANTHROPIC_BASE_URL']).toBe('http://127.0.0.1:18999');
  });

  it('is told the window of a model that it does not know, and what not to send it', async () => {
    const told = {
      CLAUDE_CODE_MAX_CONTEXT_TOKENS: '200000',
      CLAUDE_CODE_MODEL_CAPABILITIES: '-mid_conv_system',
    };
    expect(await variablesOf(homeWith(apiKeyExample), 'claude-code')).toMatchObject(told);
    const known = await variablesOf(homeWith(failoverExample), 'claude-code');
    expect(Object.keys(known)).toEqual(['ANTHROPIC_BASE_URL', ...names]);
  });

  it('is refused where all there is has another API', async () => {
    const { code, value } = await homeWith(localElsewhere).json(['env', 'claude-code']);
    expect([code, value['error']]).toMatchObject([1, { code: 'MODEL_UNKNOWN' }]);
  });
});

describe('where something is missing', () => {
  const withoutToken = { OPENCLAW_GATEWAY_TOKEN: '' };
  const shells = ['sh', 'bash', 'zsh'].filter((shell) => spawnSync(shell, ['-c', ':']).status === 0);

  /** What `eval "$(openclaw env …)" && echo on` prints and ends with, and what the shell then has. */
  function evaluated(
    shell: string,
    home: Home,
    stdout: string,
    variable: string,
  ): (string | number | null)[] {
    const script = `eval "$EXPORTS" && echo on; echo $?; printenv ${variable}`;
    const { stdout: said } = spawnSync(shell, ['-c', script], {
      env: { ...home.env, EXPORTS: stdout },
      encoding: 'utf8',
    });
    return said.trimEnd().split('\n');
  }

  it('a shell stops where env failed, where there is no token, and nowhere else', async () => {
    const home = homeWith(apiKeyExample);
    await claim(home, { url: 'http://127.0.0.1:18999', port: 18_999 });
    const failed = await homeWith(elsewhere).run(['env', 'codex']);
    expect([failed.code, failed.stdout]).toEqual([1, 'false\n']);
    expect(failed.stderr).toContain('There is no model for codex');
    const tokenless = { ...home, env: { ...home.env, ...withoutToken } };
    const runs = await Promise.all(
      [
        ['claude-code', 'ANTHROPIC_AUTH_TOKEN'],
        ['codex', 'OPENCLAW_API_KEY'],
      ].map(async ([tool = '', key = '']) => ({ key, stdout: (await home.run(['env', tool])).stdout })),
    );
    expect(shells).toContain('sh');
    for (const shell of shells) {
      expect(evaluated(shell, home, failed.stdout, 'NONE')).toEqual(['1']);
      for (const { key, stdout } of runs) {
        expect([shell, ...evaluated(shell, home, stdout, key)]).toEqual([shell, 'on', '0', gatewayToken]);
      }
    }
    for (const { key, stdout } of runs) expect(evaluated('sh', tokenless, stdout, key)).toEqual(['1']);
  });

  it('a shell stops where no gateway could serve, with the variables set', async () => {
    const home = homeWith(apiKeyExample);
    const none = await home.run(['env', 'claude-code']);
    expect(none.code).toBe(0);
    expect(evaluated('sh', home, none.stdout, 'ANTHROPIC_AUTH_TOKEN')).toEqual(['1', gatewayToken]);

    const readiness = (): { ready: boolean; reason: string } => ({
      ready: false,
      reason: 'no login that works',
    });
    const stage = await openStage((_, response) => void response.end('{}'), { readiness });
    const url = `http://127.0.0.1:${stage.port}`;
    await claim(home, { url, port: stage.port });
    const unready = await home.run(['env', 'claude-code']);
    expect(unready.stderr).toBe(`The gateway at ${url} cannot serve: no login that works\n`);
    expect(evaluated('sh', home, unready.stdout, 'ANTHROPIC_BASE_URL')).toEqual(['1', url]);
  });

  it('with --json there is one document and no word for a shell', async () => {
    const { value } = await homeWith(elsewhere).json(['env', 'codex']);
    expect(Object.keys(value)).toEqual(['error']);
  });

  it('a beginner is sent to the login, and who has a key to the start', async () => {
    const remedyFor = async (config: string): Promise<unknown> =>
      (await homeWith(config).json(['gateway', 'token'], withoutToken)).value['error'];
    expect(await remedyFor('{}')).toMatchObject({ remedy: expect.stringContaining('`openclaw onboard') });
    expect(await remedyFor(apiKeyExample)).toMatchObject({ remedy: 'Start it: `openclaw gateway start`.' });
    const { value } = await homeWith('{}').json(['env', 'codex']);
    expect(value['error']).toMatchObject({
      message: 'There is no model for codex yet: there is no login and no key.',
      remedy: expect.stringContaining('`openclaw onboard`'),
    });
  });

  it('a gateway that does not run is named, and only then', async () => {
    const home = homeWith('{}');
    const note = 'No gateway runs yet: openclaw gateway start\n';
    expect((await home.run(['env', 'anthropic'])).stderr).toBe(note);
    expect((await home.json(['env', 'anthropic'])).value).toMatchObject({ gatewayRunning: false });
    await claim(home, { url: 'http://127.0.0.1:18123', port: 18123 });
    expect((await home.run(['env', 'anthropic'])).stderr).toBe('');
    expect((await home.json(['env', 'anthropic'])).value).toMatchObject({ gatewayRunning: true });
  });
});

describe('SDKs', () => {
  it.each([
    ['openai', { OPENAI_BASE_URL: 'http://127.0.0.1:18999/v1' }, 'OPENAI_API_KEY'],
    ['anthropic', { ANTHROPIC_BASE_URL: 'http://127.0.0.1:18999' }, 'ANTHROPIC_API_KEY'],
  ])('%s: the address, and the token under the name that it reads', async (tool, variables, key) => {
    const { value } = await homeWith('{}').json(['env', tool]);
    expect(value).toMatchObject({
      tool,
      env: variables,
      token: { variable: key, command: expect.arrayContaining(['gateway', 'token']) },
    });
    expect(value).not.toHaveProperty('args');
  });
});

describe('the address', () => {
  it('is that of the gateway that runs, whatever the configuration says by now', async () => {
    const home = homeWith('{}');
    await claim(home, { url: 'http://127.0.0.1:18123', port: 18123 });
    expect(await variablesOf(home, 'anthropic')).toEqual({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:18123' });
  });

  it('is the configured one while a gateway begins', async () => {
    const home = homeWith('{}');
    await claim(home, { state: 'starting' });
    expect(await variablesOf(home, 'anthropic')).toEqual({ ANTHROPIC_BASE_URL: 'http://127.0.0.1:18999' });
  });

  it('is the configured one, with a word of it, where nobody can tell whether one runs', async () => {
    const home = homeWith('{}');
    mkdirSync(join(home.stateDir, 'gateway', 'gateway.json'), { recursive: true });
    const { code, stdout, stderr } = await home.run(['env', 'anthropic']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('http://127.0.0.1:18999')]);
    expect(stderr).toContain('Whether a gateway runs is not known: ');
  });
});
