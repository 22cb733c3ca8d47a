// The states of the logins: what became of them, which are used, and where they are sent.
import { join } from 'node:path';
import { cooldownCheck, judgeCooldown, judgeOrder } from '../../../src/cli/doctor/activity-checks.ts';
import type { DoctorPorts } from '../../../src/cli/doctor/check.ts';
import type { Finding } from '../../../src/cli/doctor/finding.ts';
import { judgeLogin, judgeOwner, loginsCheck, ownersCheck } from '../../../src/cli/doctor/login-checks.ts';
import { judgePending } from '../../../src/cli/doctor/pending-checks.ts';
import { judgeKeyRegion, loginRegionCheck } from '../../../src/cli/doctor/region-checks.ts';
import type { Health } from '../../../src/cli/gateway-probe.ts';
import type { GatewayRecord } from '../../../src/cli/gateway-record.ts';
import type { ProfileRecord } from '../../../src/store/credential-store.ts';
import { gatewayRecord } from '../../support/claimed-gateway.ts';
import { oauthCredential } from '../../support/credentials.ts';
import type { DoctorStage } from '../../support/doctor-stage.ts';
import { writePlugin } from '../../support/plugin-folder.ts';
import { describeStates, over } from '../../support/doctor-cases.ts';

const nowMs = 1_750_000_000_000;

const record: ProfileRecord = {
  id: 'minimax-portal:work',
  provider: 'minimax-portal',
  type: 'oauth',
  region: 'cn',
  generation: 3,
  createdAtMs: nowMs - 900_000,
  savedAtMs: nowMs - 60_000,
  expiresAtMs: nowMs + 600_000,
  refreshable: true,
};

const login = (changes: Partial<ProfileRecord> = {}, isRefreshing = false): Finding[] =>
  judgeLogin({ record: { ...record, ...changes }, isRefreshing }, nowMs);

const logIn = (stage: DoctorStage) => stage.store().saveLogin('minimax-portal:default', oauthCredential());

const withDefault = (stage: DoctorStage): void =>
  stage.writeConfig({ agents: { defaults: { model: 'minimax-portal/MiniMax-M3' } } });

const healthy: Health = { ready: true, reason: null, activeRequests: 0 };
const runs = (record: Partial<GatewayRecord>, health: Health | 'silent'): Partial<DoctorPorts> => ({
  gateway: async () => ({ running: gatewayRecord(record), health }),
});
const taken = { kind: 'taken', port: 18_789, health: healthy, holder: undefined } as const;

const enable = (stage: DoctorStage, id: string, more: Record<string, unknown> = {}): void =>
  stage.writeConfig({ plugins: { ...more, entries: { [id]: { enabled: true } } } });

describeStates(
  ['Logins'],
  [
    { id: 'login.none', severity: 'info', wrong: over(loginsCheck), right: over(loginsCheck, logIn) },
    {
      id: 'login.none',
      severity: 'error',
      wrong: over(loginsCheck, withDefault),
      right: over(loginsCheck, async (stage) => {
        withDefault(stage);
        await logIn(stage);
      }),
      says: 'the default model minimax-portal/MiniMax-M3 included',
    },
    {
      id: 'login.none',
      severity: 'error',
      wrong: over(loginsCheck, withDefault, runs({}, 'silent')),
      // Its key is in the environment that it was started with.
      right: over(loginsCheck, withDefault, runs({ keyProviders: ['minimax'] }, 'silent')),
    },
    {
      id: 'login.none',
      severity: 'info',
      wrong: over(loginsCheck, withDefault, runs({}, healthy)),
      right: over(loginsCheck, withDefault, runs({ keyProviders: ['minimax'] }, healthy)),
      says: 'a gateway that is ready serves with what it has',
    },
    {
      id: 'login.none',
      severity: 'info',
      wrong: over(loginsCheck, withDefault, { port: async () => ({ ...taken, isInMemory: true }) }),
      right: over(loginsCheck, logIn),
      says: 'a gateway that is ready serves with what it has',
    },
    {
      id: 'login.none',
      severity: 'error',
      wrong: over(loginsCheck, withDefault, { port: async () => ({ ...taken, isInMemory: false }) }),
      right: over(loginsCheck, logIn),
    },
    {
      id: 'login.dead',
      severity: 'error',
      wrong: () => login({ dead: { atMs: nowMs, reason: 'invalid_grant' } }),
      right: () => login(),
      says: 'invalid_grant',
    },
    {
      id: 'login.expired',
      severity: 'error',
      wrong: () => login({ expiresAtMs: 1, refreshable: false }),
      right: () => login(),
    },
    {
      id: 'login.expired',
      severity: 'warning',
      wrong: () => login({ expiresAtMs: nowMs + 60_000, refreshable: false }),
      right: () => login({ expiresAtMs: 1 }),
    },
    {
      id: 'login.refresh',
      severity: 'warning',
      wrong: () => login({ lastRefresh: { atMs: nowMs, outcome: 'transient', reason: 'HTTP 503' } }),
      right: () => login({ lastRefresh: { atMs: nowMs, outcome: 'refreshed' } }),
    },
    {
      id: 'login.refresh',
      severity: 'error',
      wrong: () => login({ expiresAtMs: 1, lastRefresh: { atMs: nowMs, outcome: 'transient' } }),
      right: () => login(),
    },
    {
      id: 'login.cut-off',
      severity: 'warning',
      wrong: () => login({ intent: { atMs: nowMs - 1000, pid: 1, generation: 3 } }),
      right: () => login({ intent: { atMs: nowMs - 1000, pid: 1, generation: 3 } }, true),
    },
    {
      id: 'login.restored',
      severity: 'warning',
      wrong: () => login({ restored: { newestGeneration: 9 } }),
      right: () => login(),
    },
    { id: 'login.damaged', severity: 'error', wrong: () => login({ damaged: true }), right: () => login() },
    {
      id: 'login.plugin',
      severity: 'error',
      wrong: () => judgeOwner(record, { pluginId: 'minimax-portal-auth', state: 'disabled' }, false),
      right: () => judgeOwner(record, { pluginId: 'x', state: 'ready' }, false),
    },
    {
      id: 'login.plugin',
      severity: 'error',
      wrong: () => judgeOwner(record, { pluginId: 'x', state: 'disabled' }, true),
      right: () => judgeOwner({ ...record, provider: 'minimax' }, undefined, true),
      says: 'plugins.enabled is false',
    },
    {
      id: 'login.plugin',
      severity: 'error',
      wrong: () => judgeOwner(record, undefined, false),
      right: () => judgeOwner({ ...record, type: 'api_key' }, undefined, false),
    },
    {
      id: 'login.plugin',
      severity: 'error',
      wrong: over(ownersCheck, async (stage) => {
        await logIn(stage);
        // It shows only when its code is loaded; the bundled one, which is off, does not stand in for it.
        writePlugin(stage.folder, {
          id: 'own-portal',
          manifest: { providers: ['minimax-portal'] },
          code: "throw new Error('no such module');",
        });
        enable(stage, 'own-portal', { load: { paths: [join(stage.folder, 'own-portal')] } });
      }),
      right: over(ownersCheck, async (stage) => {
        await logIn(stage);
        enable(stage, 'minimax-portal-auth');
      }),
      says: 'its plugin own-portal does not work. See why: `openclaw plugins inspect own-portal`',
    },
    {
      id: 'login.region',
      severity: 'error',
      wrong: over(loginRegionCheck, async (stage) => {
        await logIn(stage);
        stage.writeConfig({
          models: { providers: { 'minimax-portal': { baseUrl: 'https://api.minimaxi.com/anthropic' } } },
        });
      }),
      right: over(loginRegionCheck, logIn),
      says: '--region cn',
    },
    {
      id: 'login.region',
      severity: 'error',
      wrong: over(loginRegionCheck, (stage) =>
        stage
          .store()
          .saveLogin(
            'minimax-portal:default',
            oauthCredential({ baseUrl: 'https://api.minimax.cn/anthropic' }),
          ),
      ),
      right: over(loginRegionCheck, logIn),
      says: 'its token is good at the cn one',
    },
    {
      id: 'login.cooldown',
      severity: 'info',
      wrong: () =>
        judgeCooldown(
          {
            profileId: 'minimax:key',
            model: 'MiniMax-M3',
            reason: 'rate_limit',
            failures: 1,
            sinceMs: nowMs,
            untilMs: nowMs + 30_000,
          },
          nowMs,
        ),
      right: over(cooldownCheck),
    },
    {
      id: 'login.cooldown',
      severity: 'warning',
      wrong: () =>
        judgeCooldown(
          {
            profileId: 'minimax-portal:a; rm -rf',
            model: '',
            reason: 'billing',
            failures: 1,
            sinceMs: nowMs,
            untilMs: nowMs + 30_000,
          },
          nowMs,
        ),
      right: over(cooldownCheck),
    },
    {
      id: 'login.order',
      severity: 'warning',
      wrong: () =>
        judgeOrder({
          provider: 'minimax-portal',
          order: ['minimax-portal:a', 'minimax-portal:gone'],
          there: ['minimax-portal:a'],
          isStored: true,
        }),
      right: () =>
        judgeOrder({
          provider: 'minimax-portal',
          order: ['minimax-portal:a'],
          there: ['minimax-portal:a'],
          isStored: true,
        }),
    },
    {
      id: 'login.order',
      severity: 'error',
      wrong: () =>
        judgeOrder({
          provider: 'minimax-portal',
          order: ['minimax-portal:gone'],
          there: ['minimax-portal:a'],
          isStored: false,
        }),
      right: () => judgeOrder({ provider: 'minimax', order: ['minimax:key'], there: [], isStored: false }),
      says: 'no login of it is used',
    },
    {
      id: 'login.pending',
      severity: 'info',
      wrong: () => judgePending('minimax-portal:default', nowMs - 1, nowMs),
      right: () => [],
      says: 'never finished',
    },
    {
      id: 'login.pending',
      severity: 'info',
      wrong: () => judgePending('minimax-portal:default', nowMs + 60_000, nowMs),
      right: () => [],
      says: 'waits for its approval',
    },
    {
      id: 'key.region',
      severity: 'warning',
      wrong: () => judgeKeyRegion({ MINIMAX_REGION: 'cn' }, 'https://api.minimax.io/anthropic'),
      right: () => judgeKeyRegion({ MINIMAX_REGION: 'cn' }, 'https://api.minimaxi.com'),
    },
    {
      id: 'key.region',
      severity: 'warning',
      wrong: () => judgeKeyRegion({ MINIMAX_REGION: 'china' }, undefined),
      right: () => judgeKeyRegion({ MINIMAX_API_HOST: 'proxy.example' }, undefined),
    },
  ],
);
