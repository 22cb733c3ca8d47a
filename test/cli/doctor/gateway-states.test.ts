// The states of the gateway, and what changes when a gateway of the folder runs: keys that only it can see, a lock or a record that it has lost, a token
// that it refuses. The gateway is this process, as far as lock, record and HTTP tell.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { DoctorPorts } from '../../../src/cli/doctor/check.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import {
  exposureCheck,
  gatewayCheck,
  judgePort,
  judgeRunning,
  judgeSettings,
} from '../../../src/cli/doctor/gateway-checks.ts';
import { judgeToken, tokenCheck } from '../../../src/cli/doctor/gateway-token-check.ts';
import { findFileHolder } from '../../../src/cli/doctor/port-holder.ts';
import type { TakenPort } from '../../../src/cli/doctor/port-standing.ts';
import { judgeService } from '../../../src/cli/doctor/service-check.ts';
import { judgeKeychain, keyCheck } from '../../../src/cli/doctor/store-checks.ts';
import type { LoadedConfig } from '../../../src/config/load.ts';
import { gatewayTokenName } from '../../../src/gateway/gateway-token.ts';
import type { KeyRecord } from '../../../src/store/credential-store.ts';
import { claim, gatewayRecord } from '../../support/claimed-gateway.ts';
import { oauthCredential } from '../../support/credentials.ts';
import { anError, describeStates, over } from '../../support/doctor-cases.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';
import { sendJson, startServer } from '../../support/loopback-server.ts';

const ready = gatewayRecord({
  pid: 4711,
  version: '0.0.1',
  sinceMs: 1_750_000_000_000,
  mode: 'background',
  url: 'http://127.0.0.1:18789',
  port: 18_789,
});

const service = {
  path: '/units/x.service',
  kind: 'systemd' as const,
  text: `ExecStart="${process.execPath}" run`,
};

const running = gatewayRecord({ url: 'http://127.0.0.1:18789' });
const healthy = { ready: true, reason: null, activeRequests: 0 };
const taken: TakenPort = {
  kind: 'taken',
  port: 18_789,
  health: healthy,
  holder: undefined,
  isInMemory: false,
};
const inMemory: TakenPort = { ...taken, holder: { pid: 7, program: 'node' }, isInMemory: true };
const serving = (ready = true): Partial<DoctorPorts> => ({
  gateway: async () => ({ running, health: { ...healthy, ready } }),
});
const wrongOnes = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity !== 'ok');

describeStates(
  ['Gateway'],
  [
    {
      id: 'gateway.running',
      severity: 'error',
      wrong: () => judgeRunning(ready, 'silent'),
      right: () => judgeRunning(ready, healthy),
      says: 'gateway stop --force',
    },
    {
      id: 'gateway.running',
      severity: 'error',
      wrong: () => judgeRunning(ready, { ...healthy, ready: false, reason: 'no login that works' }),
      right: () => judgeRunning(ready, healthy),
      says: 'no login that works',
    },
    {
      id: 'gateway.running',
      severity: 'info',
      wrong: () => judgeRunning({ ...ready, state: 'starting' }, 'silent'),
      right: () => judgeRunning(ready, healthy),
    },
    {
      id: 'gateway.files',
      severity: 'warning',
      wrong: over(gatewayCheck, (stage) =>
        stage.write('state/gateway/gateway.json', JSON.stringify({ ...ready, pid: 2 ** 30 })),
      ),
      right: over(gatewayCheck, (stage) =>
        stage.write('state/gateway/gateway.json', JSON.stringify({ ...ready, state: 'stopped' })),
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
      wrong: () => judgeRunning({ ...ready, restartError: 'no room' }, healthy),
      right: () => judgeRunning(ready, healthy),
    },
    {
      id: 'gateway.port',
      severity: 'error',
      wrong: () => judgePort({ ...taken, health: 'other', holder: { pid: 7, program: 'nginx' } }),
      right: over(gatewayCheck),
      says: 'nginx (process 7)',
    },
    {
      id: 'gateway.port',
      severity: 'error',
      wrong: () => judgePort({ ...taken, port: 65_535 }),
      right: over(gatewayCheck),
      says: '--port 65534',
    },
    {
      id: 'gateway.port',
      severity: 'error',
      wrong: () => judgePort({ ...taken, isInMemory: true, health: { ...healthy, ready: false } }),
      right: over(gatewayCheck),
    },
    {
      id: 'gateway.port',
      severity: 'warning',
      wrong: () => judgePort({ ...taken, isInMemory: undefined }),
      right: over(gatewayCheck),
      says: 'or one that keeps everything in memory',
    },
    {
      id: 'gateway.port',
      severity: 'info',
      wrong: () => judgePort(inMemory),
      right: over(gatewayCheck),
      says: 'A gateway that keeps everything in memory serves at port 18789 (process 7)',
    },
    {
      id: 'gateway.token',
      severity: 'warning',
      wrong: () => judgeToken('http://127.0.0.1:18789', 401),
      right: () => judgeToken('http://127.0.0.1:18789', 200),
      says: 'was started with another one. Clients that have its token go on working',
    },
    {
      id: 'gateway.settings',
      severity: 'info',
      wrong: () => judgeSettings(ready, ofConfig({ gateway: { port: 18_790 } }), '0.0.1'),
      right: () => judgeSettings({ ...ready, port: null }, ofConfig({}), '0.0.1'),
      says: 'Unless it was started with --port on purpose',
    },
    {
      id: 'gateway.settings',
      severity: 'warning',
      wrong: () => judgeSettings(ready, ofConfig({ gateway: { port: 18_790 } }), '0.0.2'),
      right: () => judgeSettings(ready, ofConfig({}), '0.0.1'),
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
  ],
);

async function startGateway(token = 'its-token') {
  const server = await startServer(({ url, headers }, response) => {
    if (url === '/healthz')
      return sendJson(response, 200, { service: 'openclaw-gateway', active_requests: 0 });
    if (url === '/readyz') return sendJson(response, 200, {});
    sendJson(response, headers.authorization === `Bearer ${token}` ? 200 : 401, {});
  });
  onTestFinished(() => server.close());
  return { url: server.url, port: Number(new URL(server.url).port), requests: server.requests };
}

async function withLogin(env: Record<string, string> = {}): Promise<DoctorStage> {
  const stage = createDoctorStage(env);
  await stage.store().saveLogin('minimax-portal:default', oauthCredential());
  return stage;
}

it('a key that only the gateway can see is no lost one', async () => {
  const stage = await withLogin();
  stage.store().close();
  rmSync(join(stage.folder, 'key'));
  const seen = wrongOnes(await keyCheck.run(stage.ports(serving())));
  expect(seen).toMatchObject([{ id: 'key.opens', severity: 'info' }]);
  expect(JSON.stringify(seen)).not.toContain('set-aside-store');
  // One that has not opened the store either proves nothing.
  expect(wrongOnes(await keyCheck.run(stage.ports(serving(false))))).toMatchObject([{ severity: 'error' }]);
  expect(wrongOnes(await keyCheck.run(stage.ports()))).toMatchObject([{ severity: 'error' }]);
});

it('a key that systemd gives to the service alone', async () => {
  const record: KeyRecord = { kind: 'credentials-directory', keyId: '1', createdAtMs: 1 };
  const key: DoctorPorts['key'] = async () => ({ kind: 'closed', record, error: anError('KEY_MISSING') });
  const look = async (overrides: Partial<DoctorPorts>) =>
    wrongOnes(await keyCheck.run(createDoctorStage().ports({ key, ...overrides })));
  const [finding] = await look({});
  expect(finding).toMatchObject({ id: 'key.opens', severity: 'warning' });
  expect(finding?.remedy).toContain('systemd-run');
  expect(JSON.stringify(finding)).not.toContain('set-aside-store');
  expect(await look(serving())).toMatchObject([{ severity: 'info' }]);
  expect(await look({ processEnv: { CREDENTIALS_DIRECTORY: '/run/credentials/x' } })).toMatchObject([
    { severity: 'error' },
  ]);
});

it('a locked keychain does not stop the gateway that has the key', () => {
  const record: KeyRecord = { kind: 'keychain', keyId: '1', createdAtMs: 1 };
  const found = judgeKeychain(anError('KEYCHAIN_LOCKED'), record, 4711);
  expect(found).toMatchObject({ severity: 'info' });
  expect(found.text).toContain('process 4711');
});

it('a gateway whose lock was removed is this folder’s own, and its record stays', async () => {
  const stage = createDoctorStage();
  const { url, port } = await startGateway();
  const last = gatewayRecord({ url, port });
  stage.write('state/gateway/gateway.json', JSON.stringify(last));
  const findings = wrongOnes(await gatewayCheck.run(stage.ports({ gateway: async () => ({ last }) })));
  expect(findings).toMatchObject([{ id: 'gateway.files', severity: 'error' }]);
  expect(findings[0]?.text).toContain('lock');
  expect(findings[0]?.remedy).toContain(`\`kill ${process.pid}\`, then start it: \`openclaw gateway start\``);
  expect(findings[0]?.fix).toBeUndefined();
});

it('a gateway whose record is garbled, and whose lock is held', async () => {
  const stage = createDoctorStage();
  await claim({ stateDir: stage.stateDir } as Parameters<typeof claim>[0], {});
  writeFileSync(join(stage.stateDir, 'gateway/gateway.json'), '{ nonsense');
  const findings = wrongOnes(await gatewayCheck.run(stage.ports({ gateway: async () => ({}) })));
  expect(findings).toMatchObject([{ id: 'gateway.files', severity: 'error' }]);
  expect(findings[0]?.text).toContain('gateway.json is gone or not what it wrote');
  if (process.platform === 'linux') expect(findings[0]?.remedy).toContain(`kill ${process.pid}`);
  expect(findFileHolder(join(stage.stateDir, 'gateway/none'))).toBeUndefined();
});

it('that none runs is worth a word where there is a login', async () => {
  expect(wrongOnes(await gatewayCheck.run(createDoctorStage().ports()))).toEqual([]);
  const stage = await withLogin();
  expect(wrongOnes(await gatewayCheck.run(stage.ports()))).toMatchObject([
    { id: 'gateway.running', severity: 'info', remedy: 'Start it: `openclaw gateway start`.' },
  ]);
});

it('beside one that keeps everything in memory none has to be started', async () => {
  const stage = await withLogin();
  const findings = wrongOnes(await gatewayCheck.run(stage.ports({ port: async () => inMemory })));
  expect(findings).toMatchObject([{ id: 'gateway.port', severity: 'info' }]);
});

it.each([
  ['its-token', []],
  ['another-token', ['warning']],
])('the gateway is asked with the token that is printed here: %s', async (stored, severities) => {
  const stage = await withLogin();
  await stage.store().replaceSecret(gatewayTokenName, stored);
  const { url, requests } = await startGateway();
  const gateway: DoctorPorts['gateway'] = async () => ({ running: { ...running, url }, health: healthy });
  const findings = wrongOnes(await tokenCheck.run(stage.ports({ gateway })));
  expect(findings.map(({ severity }) => severity)).toEqual(severities);
  expect(requests.map(({ method, url: path }) => `${method} ${path}`)).toEqual(['GET /v1/models']);
  expect(JSON.stringify(findings)).not.toContain(stored);
});

it('nobody is asked for a key to have the token, and a store that is gone has none', async () => {
  const stage = await withLogin();
  const { url, requests } = await startGateway();
  const gateway: DoctorPorts['gateway'] = async () => ({ running: { ...running, url }, health: healthy });
  const key: DoctorPorts['key'] = async () => ({
    kind: 'closed',
    record: undefined,
    error: anError('PASSPHRASE_REQUIRED'),
  });
  expect(wrongOnes(await tokenCheck.run(stage.ports({ gateway, key })))).toEqual([]);
  const findings = wrongOnes(await tokenCheck.run(createDoctorStage().ports({ gateway })));
  expect(findings).toMatchObject([{ id: 'gateway.token', severity: 'warning' }]);
  expect(findings[0]?.text).toContain('No command can print the token');
  expect(requests).toEqual([]);
});

function ofConfig(config: unknown): LoadedConfig {
  const stage = createDoctorStage({ OPENCLAW_GATEWAY_PORT: '' });
  stage.writeConfig(config);
  return stage.ports().app.config();
}
