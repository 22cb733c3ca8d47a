// The states of configuration and plugins, and what other tools have left.
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configCheck, judgeModels, modelsCheck, pricesCheck } from '../../../src/cli/doctor/config-checks.ts';
import { leftoverCheck } from '../../../src/cli/doctor/leftover-checks.ts';
import { openclawCheck, refusedByOpenClaw } from '../../../src/cli/doctor/openclaw-checks.ts';
import { pluginsCheck } from '../../../src/cli/doctor/plugin-checks.ts';
import { gatewayRecord } from '../../support/claimed-gateway.ts';
import { oauthCredential } from '../../support/credentials.ts';
import type { DoctorStage } from '../../support/doctor-stage.ts';
import { describeStates, over, anError, plainKey } from '../../support/doctor-cases.ts';
import { pathText } from '../../../src/config/config-path.ts';

const unserved = (refused: string) => ({
  find(name: string): never {
    if (name === refused) throw anError('MODEL_UNKNOWN', `Unknown model ${name}.`);
    return undefined as never;
  },
});

const withModelByKey = async (stage: DoctorStage) => {
  await stage.store().saveLogin('minimax-portal:default', oauthCredential());
  stage.writeConfig({ agents: { defaults: { model: 'minimax/MiniMax-M3' } } });
};

const profiles = JSON.stringify({
  version: 1,
  profiles: {
    'minimax-portal:default': { type: 'oauth', provider: 'minimax-portal', access: 'a'.repeat(20) },
  },
});

const withPluginConfig = (config: Record<string, unknown>) => ({
  plugins: { entries: { 'minimax-portal-auth': { enabled: true, config } } },
});
const httpAccount = { regions: { global: { accountUrl: 'http://account.example' } } };

describeStates(
  ['Configuration', 'Plugins', 'Other tools'],
  [
    {
      id: 'config.file',
      severity: 'error',
      wrong: over(configCheck, (stage) => stage.writeConfig('{ models: [')),
      right: over(configCheck),
    },
    {
      id: 'config.file',
      severity: 'error',
      wrong: over(configCheck, ({ folder, stateDir }) =>
        symlinkSync(join(folder, 'settings.json'), join(stateDir, 'openclaw.json')),
      ),
      right: over(configCheck, (stage) =>
        symlinkSync(stage.write('settings.json', '{}'), join(stage.stateDir, 'openclaw.json')),
      ),
      says: 'openclaw.json is a symbolic link to a file that is not there',
    },
    {
      id: 'config.keys',
      severity: 'warning',
      wrong: over(configCheck, (stage) => stage.write('state/.env', 'A=b\nthis is no line\n')),
      right: over(configCheck, (stage) => stage.write('state/.env', 'A=b\n')),
      says: '.env:2:',
    },
    {
      id: 'config.secret',
      severity: 'warning',
      wrong: over(configCheck, (stage) => {
        stage.writeConfig({ env: { MINIMAX_REGION: 'cn' } });
        stage.write('state/openclaw.json.bak', `{ env: { MINIMAX_API_KEY: '${plainKey}' } }`);
      }),
      right: over(configCheck, (stage) =>
        stage.write('state/openclaw.json.bak', "{ env: { MINIMAX_API_KEY: '${OTHER_NAME}' } }"),
      ),
      says: 'openclaw.json.bak:1: the former text of the configuration still holds a secret in plain text: env.MINIMAX_API_KEY',
    },
    {
      id: 'config.secret',
      severity: 'warning',
      wrong: over(configCheck, (stage) => stage.write('state/openclaw.json.bak', '{ a: "sk-abcdefghij", ')),
      right: over(configCheck, (stage) =>
        stage.write('state/openclaw.json.bak', '{ session: { mainKey: "agent-main" }, '),
      ),
      says: 'not even with --scrub',
    },
    {
      id: 'config.keys',
      severity: 'warning',
      wrong: over(configCheck, (stage) => stage.writeConfig({ gatewy: {} })),
      right: over(configCheck, (stage) => stage.writeConfig({ channels: {} })),
      says: 'gateway?',
    },
    {
      id: 'config.variables',
      severity: 'warning',
      wrong: over(configCheck, (stage) => stage.writeConfig({ gateway: { auth: { token: '${NOT_SET}' } } })),
      right: over(configCheck),
      says: 'NOT_SET',
    },
    {
      id: 'config.secret',
      severity: 'warning',
      wrong: over(configCheck, (stage) => stage.writeConfig({ env: { MINIMAX_API_KEY: plainKey } })),
      right: over(configCheck, (stage) =>
        stage.writeConfig({
          models: { providers: { lmstudio: { baseUrl: 'http://127.0.0.1:1234/v1', apiKey: 'lmstudio' } } },
        }),
      ),
      says: 'env.MINIMAX_API_KEY',
    },
    {
      id: 'config.secret',
      severity: 'warning',
      wrong: over(configCheck, (stage) =>
        stage.writeConfig({
          models: { providers: { lab: { headers: { Authorization: `Bearer ${plainKey}` }, models: [] } } },
        }),
      ),
      right: over(configCheck, (stage) =>
        stage.writeConfig({
          env: { MINIMAX_REGION: 'global', MINIMAX_API_KEY: '${OTHER_NAME}' },
          models: { providers: { lab: { headers: { 'X-Title': 'my program' }, models: [] } } },
        }),
      ),
      says: '"${LAB_AUTHORIZATION}"',
    },
    {
      id: 'config.model',
      severity: 'error',
      wrong: () => judgeModels(unserved('a/b'), 'a/b', []),
      right: () => judgeModels(unserved('-'), 'a/b', []),
    },
    {
      id: 'config.model',
      severity: 'error',
      wrong: over(modelsCheck, withModelByKey),
      // The gateway has the key, from the shell that started it.
      right: over(modelsCheck, withModelByKey, {
        gateway: async () => ({ running: gatewayRecord({ keyProviders: ['minimax'] }), health: 'silent' }),
      }),
    },
    {
      id: 'config.model',
      severity: 'info',
      wrong: () => judgeModels(unserved('-'), undefined, []),
      right: over(modelsCheck, (stage) =>
        stage.writeConfig({
          agents: { defaults: { model: 'lmstudio/x' } },
          models: { providers: { lmstudio: { models: [{ id: 'x' }] } } },
        }),
      ),
    },
    {
      id: 'config.fallbacks',
      severity: 'warning',
      wrong: () => judgeModels(unserved('c/d'), 'a/b', ['c/d', 'e/f']),
      right: () => judgeModels(unserved('-'), 'a/b', ['c/d']),
    },
    {
      id: 'config.prices',
      severity: 'warning',
      wrong: over(pricesCheck, (stage) => stage.write('state/models.json', '{ "a/b": { "input": "1" } }')),
      right: over(pricesCheck),
    },
    {
      id: 'config.openclaw',
      severity: 'warning',
      wrong: over(openclawCheck, (stage) =>
        stage.writeConfig({ wizard: {}, gateway: { bind: '127.0.0.1' } }),
      ),
      right: over(openclawCheck, (stage) => stage.writeConfig({ gateway: { bind: '127.0.0.1' } })),
      says: 'gateway.bind',
    },

    {
      id: 'plugin.failed',
      severity: 'error',
      wrong: over(pluginsCheck, (stage) =>
        stage.writeConfig({
          plugins: { entries: { 'minimax-portal-auth': { enabled: true, config: { dialect: 'latin' } } } },
        }),
      ),
      right: over(pluginsCheck),
    },
    {
      id: 'plugin.failed',
      severity: 'error',
      wrong: over(pluginsCheck, (stage) => stage.writeConfig(withPluginConfig({ foo: 1 }))),
      right: over(pluginsCheck),
      says: '`openclaw plugins inspect minimax-portal-auth`',
    },
    {
      id: 'plugin.failed',
      severity: 'error',
      // Refused by its own code, when it is asked for its models.
      wrong: over(pluginsCheck, (stage) => stage.writeConfig(withPluginConfig(httpAccount))),
      right: over(pluginsCheck, (stage) => stage.writeConfig(withPluginConfig({}))),
      says: 'accountUrl',
    },
    {
      id: 'config.model',
      severity: 'error',
      wrong: over(modelsCheck, async (stage) => {
        await stage.store().saveLogin('minimax-portal:default', oauthCredential());
        stage.writeConfig({
          ...withPluginConfig(httpAccount),
          agents: { defaults: { model: 'minimax-portal/MiniMax-M3' } },
        });
      }),
      right: over(modelsCheck, async (stage) => {
        await stage.store().saveLogin('minimax-portal:default', oauthCredential());
        stage.writeConfig({
          ...withPluginConfig({}),
          agents: { defaults: { model: 'minimax-portal/MiniMax-M3' } },
        });
      }),
      says: 'The plugin minimax-portal-auth does not work: ',
    },
    {
      id: 'plugin.failed',
      severity: 'warning',
      wrong: over(pluginsCheck, (stage) => stage.writeConfig({ plugins: { load: { paths: ['gone'] } } })),
      right: over(pluginsCheck),
    },
    {
      id: 'plugin.off',
      severity: 'warning',
      wrong: over(pluginsCheck, (stage) => stage.writeConfig({ plugins: { enabled: false } })),
      right: over(pluginsCheck),
    },
    {
      id: 'plugin.unknown',
      severity: 'warning',
      wrong: over(pluginsCheck, (stage) =>
        stage.writeConfig({ plugins: { entries: { 'minimax-portal-aut': { enabled: true } } } }),
      ),
      right: over(pluginsCheck),
      says: 'Did you mean minimax-portal-auth?',
    },

    {
      id: 'leftover.openclaw',
      severity: 'warning',
      wrong: over(leftoverCheck, (stage) =>
        stage.write('.openclaw/agents/main/agent/auth-profiles.json', profiles),
      ),
      right: over(leftoverCheck, (stage) =>
        stage.write(
          '.openclaw/agents/main/agent/auth-profiles.json',
          profiles.replaceAll('minimax', 'openai'),
        ),
      ),
    },
    {
      id: 'leftover.mmx',
      severity: 'warning',
      wrong: over(leftoverCheck, (stage) =>
        stage.write('.mmx/config.json', JSON.stringify({ api_key: plainKey })),
      ),
      right: over(leftoverCheck, (stage) => stage.write('.mmx/config.json', '{"region":"cn"}')),
    },
    {
      id: 'leftover.claude-code',
      severity: 'warning',
      wrong: over(leftoverCheck, (stage) =>
        stage.write(
          '.claude/settings.json',
          JSON.stringify({
            env: { ANTHROPIC_BASE_URL: 'https://api.minimax.io/anthropic', ANTHROPIC_AUTH_TOKEN: plainKey },
          }),
        ),
      ),
      right: over(leftoverCheck, (stage) =>
        stage.write('.claude/settings.json', JSON.stringify({ env: { ANTHROPIC_AUTH_TOKEN: plainKey } })),
      ),
    },
  ],
);

describe('what OpenClaw would refuse to start over', () => {
  const lab = { baseUrl: 'https://lab.example', models: [{ id: 'x', name: 'X' }] };
  it.each([
    [{ gateway: { bind: 'tailnet', port: 18_789 } }, []],
    [{ gateway: { bind: 'localhost', port: 0 } }, ['gateway.bind', 'gateway.port']],
    [{ models: { providers: { lab, openrouter: {}, minimax: { apiKey: '${MINIMAX_API_KEY}' } } } }, []],
    [{ env: { vars: { A: 'b' }, shellEnv: { enabled: true } } }, []],
    [{ env: { MINIMAX_API_KEY: '${KEY}' } }, ['env.MINIMAX_API_KEY']],
    [{ models: { providers: { lab: { ...lab, baseUrl: undefined } } } }, ['models.providers.lab']],
    [{ models: { providers: { lab: { baseUrl: lab.baseUrl } } } }, ['models.providers.lab']],
    [
      { models: { providers: { minimax: { models: [{ id: 'x' }] } } } },
      ['models.providers.minimax.models[0]'],
    ],
    [
      { plugins: { entries: { 'minimax-portal-auth': { enabled: true, config: {} } } } },
      ['plugins.entries.minimax-portal-auth.config'],
    ],
  ])('%j: %j', (raw, paths) => {
    expect(refusedByOpenClaw(raw).map(({ path }) => pathText(path))).toEqual(paths);
  });
});
