// The states of configuration, plugins and gateway, and what other tools have left.
import { describe, expect, it } from 'vitest';
import { configCheck, judgeModels, modelsCheck, pricesCheck } from '../../../src/cli/doctor/config-checks.ts';
import {
  exposureCheck,
  gatewayCheck,
  judgeHolder,
  judgeRunning,
  judgeService,
  judgeSettings,
} from '../../../src/cli/doctor/gateway-checks.ts';
import { leftoverCheck } from '../../../src/cli/doctor/leftover-checks.ts';
import { openclawCheck, refusedByOpenClaw } from '../../../src/cli/doctor/openclaw-checks.ts';
import { pluginsCheck } from '../../../src/cli/doctor/plugin-checks.ts';
import type { GatewayRecord } from '../../../src/cli/gateway-record.ts';
import { createDoctorStage } from '../../support/doctor-stage.ts';
import { describeStates, over, anError, plainKey } from '../../support/doctor-cases.ts';
import { pathText } from '../../../src/config/config-path.ts';
import type { LoadedConfig } from '../../../src/config/load.ts';

const nowMs = 1_750_000_000_000;

const running: GatewayRecord = {
  pid: 4711,
  version: '0.0.1',
  sinceMs: nowMs,
  mode: 'background',
  state: 'ready',
  url: 'http://127.0.0.1:18789',
  port: 18_789,
  logFile: null,
  active: 0,
  restartsTried: 0,
  restartError: null,
};

const healthy = { ready: true, reason: null, activeRequests: 0 };

const service = {
  path: '/units/x.service',
  kind: 'systemd' as const,
  text: `ExecStart="${process.execPath}" run`,
};

const unserved = (refused: string) => ({
  find(name: string): never {
    if (name === refused) throw anError('MODEL_UNKNOWN', `Unknown model ${name}.`);
    return undefined as never;
  },
});

const profiles = JSON.stringify({
  version: 1,
  profiles: {
    'minimax-portal:default': { type: 'oauth', provider: 'minimax-portal', access: 'a'.repeat(20) },
  },
});

describeStates(
  ['Configuration', 'Plugins', 'Gateway', 'Other tools'],
  [
    {
      id: 'config.file',
      severity: 'error',
      wrong: over(configCheck, (stage) => stage.writeConfig('{ models: [')),
      right: over(configCheck),
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
      id: 'gateway.running',
      severity: 'error',
      wrong: () => judgeRunning(running, 'silent'),
      right: () => judgeRunning(running, healthy),
      says: 'gateway stop --force',
    },
    {
      id: 'gateway.running',
      severity: 'error',
      wrong: () => judgeRunning(running, { ...healthy, ready: false, reason: 'no login that works' }),
      right: () => judgeRunning(running, healthy),
      says: 'no login that works',
    },
    {
      id: 'gateway.running',
      severity: 'info',
      wrong: () => judgeRunning({ ...running, state: 'starting' }, 'silent'),
      right: () => judgeRunning(running, healthy),
    },
    {
      id: 'gateway.files',
      severity: 'warning',
      wrong: over(gatewayCheck, (stage) =>
        stage.write('state/gateway/gateway.json', JSON.stringify({ ...running, pid: 2 ** 30 })),
      ),
      right: over(gatewayCheck, (stage) =>
        stage.write('state/gateway/gateway.json', JSON.stringify({ ...running, state: 'stopped' })),
      ),
      says: 'ended without saying so',
    },
    {
      id: 'gateway.files',
      severity: 'error',
      wrong: over(gatewayCheck, (stage) => stage.write('state/gateway/gateway.lock', 'no lock '.repeat(100))),
      right: over(gatewayCheck),
    },
    {
      id: 'gateway.files',
      severity: 'warning',
      wrong: () => judgeRunning({ ...running, restartError: 'no room' }, healthy),
      right: () => judgeRunning(running, healthy),
    },
    {
      id: 'gateway.port',
      severity: 'error',
      wrong: () => judgeHolder(18_789, 'other', { pid: 7, program: 'nginx' }),
      right: over(gatewayCheck),
      says: 'nginx (process 7)',
    },
    {
      id: 'gateway.port',
      severity: 'error',
      wrong: () => judgeHolder(65_535, healthy, undefined),
      right: over(gatewayCheck),
      says: '--port 65534',
    },
    {
      id: 'gateway.settings',
      severity: 'info',
      wrong: () => judgeSettings(running, ofConfig({ gateway: { port: 18_790 } }), '0.0.1'),
      right: () => judgeSettings({ ...running, port: null }, ofConfig({}), '0.0.1'),
      says: 'Unless it was started with --port on purpose',
    },
    {
      id: 'gateway.settings',
      severity: 'warning',
      wrong: () => judgeSettings(running, ofConfig({ gateway: { port: 18_790 } }), '0.0.2'),
      right: () => judgeSettings(running, ofConfig({}), '0.0.1'),
      says: 'version 0.0.1, the program has 0.0.2; port 18789, the settings say 18790',
    },
    {
      id: 'gateway.exposed',
      severity: 'error',
      wrong: over(exposureCheck, (stage) => stage.writeConfig({ gateway: { bind: 'lan' } })),
      right: over(exposureCheck),
    },
    {
      id: 'gateway.exposed',
      severity: 'info',
      wrong: over(exposureCheck, (stage) =>
        stage.writeConfig({ gateway: { bind: 'lan', auth: { token: 'x'.repeat(32) } } }),
      ),
      right: over(exposureCheck),
      says: '0.0.0.0',
    },
    {
      id: 'gateway.service',
      severity: 'error',
      wrong: () => judgeService(service, 'ExecStart="/gone/node" "/gone/main.js" gateway run\n'),
      right: () => judgeService(service, service.text),
      says: '/gone/node',
    },
    {
      id: 'gateway.service',
      severity: 'error',
      wrong: () =>
        judgeService(
          { ...service, kind: 'launchd' },
          '<key>ProgramArguments</key>\n<array><string>/gone/node</string></array>',
        ),
      right: () => judgeService(service, service.text),
      says: '/gone/node',
    },
    {
      id: 'gateway.service',
      severity: 'info',
      wrong: () => judgeService(service, 'ExecStart=/bin/sh -c true\n'),
      right: () => judgeService(service, service.text),
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

function ofConfig(config: unknown): LoadedConfig {
  const stage = createDoctorStage({ OPENCLAW_GATEWAY_PORT: '' });
  stage.writeConfig(config);
  return stage.ports().app.config();
}
