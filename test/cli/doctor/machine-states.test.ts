// The states of the machine: Node, key, store, network.
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
  judgeCertificates,
  judgeClock,
  judgeProxies,
  proxyCheck,
} from '../../../src/cli/doctor/network-checks.ts';
import { runChecks } from '../../../src/cli/doctor/run-checks.ts';
import {
  judgeKey,
  judgeKeychain,
  judgeStore,
  storeCheck,
  activityCheck,
} from '../../../src/cli/doctor/store-checks.ts';
import { judgeNode } from '../../../src/cli/doctor/system-checks.ts';
import { oauthCredential } from '../../support/credentials.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';
import { describeStates, over, anError, type StateCase } from '../../support/doctor-cases.ts';

const nowMs = 1_750_000_000_000;

const logIn = (stage: DoctorStage) => stage.store().saveLogin('minimax-portal:default', oauthCredential());

const key = {
  kind: 'insecure-file',
  keyId: '1',
  location: '/state/auth/insecure.key',
  createdAtMs: 1,
} as const;

describeStates(
  ['Program', 'Key and store', 'Network'],
  [
    {
      id: 'node.version',
      severity: 'error',
      wrong: () => judgeNode('22.1.0'),
      right: () => judgeNode('24.0.0'),
    },
    {
      id: 'doctor.check',
      severity: 'warning',
      wrong: () =>
        runChecks(
          [{ name: 'a thing', run: () => Promise.reject(new Error('boom')) }],
          createDoctorStage().ports(),
        ),
      right: () => runChecks([{ name: 'a thing', run: () => [] }], createDoctorStage().ports()),
      says: 'A thing could not be checked. Unexpected failure: boom',
    },

    {
      id: 'keychain.roundtrip',
      severity: 'error',
      wrong: () => judgeKeychain(anError('KEYCHAIN_LOCKED'), { ...key, kind: 'keychain' }),
      right: over(storeCheck),
    },
    {
      id: 'keychain.roundtrip',
      severity: 'info',
      wrong: () => judgeKeychain(anError('KEYCHAIN_UNAVAILABLE'), undefined),
      right: over(storeCheck),
    },
    {
      id: 'key.opens',
      severity: 'error',
      wrong: () => judgeKey({ kind: 'closed', record: undefined, error: anError('KEY_WRONG') }),
      right: () => judgeKey({ kind: 'none' }),
    },
    {
      id: 'key.opens',
      severity: 'info',
      wrong: () => judgeKey({ kind: 'closed', record: undefined, error: anError('PASSPHRASE_REQUIRED') }),
      right: () => judgeKey({ kind: 'none' }),
    },
    {
      id: 'key.unprotected',
      severity: 'warning',
      wrong: () => judgeKey({ kind: 'opened', record: key }),
      right: () => judgeKey({ kind: 'opened', record: { ...key, kind: 'keychain' } }),
    },
    {
      id: 'store.integrity',
      severity: 'error',
      wrong: over(storeCheck, (stage) => stage.write('state/auth/credentials.sqlite', 'no database')),
      right: over(storeCheck, logIn),
    },
    ...['DELETE FROM key_record', "UPDATE key_record SET kind = 'banana'"].map((sql): StateCase => ({
      id: 'store.integrity',
      severity: 'error',
      wrong: over(storeCheck, async (stage) => {
        await logIn(stage);
        stage.store().close();
        const db = new DatabaseSync(join(stage.stateDir, 'auth/credentials.sqlite'));
        db.exec(sql);
        db.close();
      }),
      right: over(storeCheck, logIn),
      says: 'openclaw auth login --set-aside-store',
    })),
    {
      id: 'store.newer',
      severity: 'error',
      wrong: () => judgeStore(anError('STORE_NEWER')),
      right: over(storeCheck, logIn),
    },
    {
      id: 'store.set-aside',
      severity: 'info',
      wrong: over(storeCheck, (stage) =>
        stage.write('state/auth/aside-20250101T000000Z-abc/credentials.sqlite', ''),
      ),
      right: over(storeCheck),
    },
    {
      id: 'store.activity',
      severity: 'warning',
      wrong: () => activityCheck.run(createDamagedActivity().ports()),
      right: () => activityCheck.run(createDoctorStage().ports()),
    },

    {
      id: 'clock.skew',
      severity: 'warning',
      wrong: () => judgeClock('h', nowMs - 90_000, nowMs),
      right: () => judgeClock('h', nowMs - 900, nowMs),
      says: 'ahead',
    },
    {
      id: 'clock.skew',
      severity: 'error',
      wrong: () => judgeClock('h', nowMs + 3_600_000, nowMs),
      right: () => judgeClock('h', Number.NaN, nowMs),
      says: 'behind',
    },
    {
      id: 'proxy.variable',
      severity: 'error',
      wrong: () => judgeProxies({ HTTPS_PROXY: 'proxy:3128' }, undefined),
      right: () => judgeProxies({ HTTPS_PROXY: 'http://proxy:3128' }, undefined),
    },
    {
      id: 'proxy.in-use',
      severity: 'info',
      wrong: () => judgeProxies({ https_proxy: 'http://me:${proxyPassword}@proxy:3128' }, undefined),
      right: () => judgeProxies({ https_proxy: 'http://proxy:3128', no_proxy: '*' }, undefined),
      says: 'proxy:3128 (https_proxy)',
    },
    {
      id: 'proxy.loopback',
      severity: 'warning',
      wrong: () => judgeProxies({ HTTP_PROXY: 'http://proxy:3128' }, undefined),
      right: () => judgeProxies({ HTTP_PROXY: 'http://proxy:3128', NO_PROXY: '127.0.0.1' }, undefined),
    },
    {
      id: 'proxy.loopback',
      severity: 'warning',
      wrong: () =>
        judgeProxies({ HTTP_PROXY: 'http://proxy:3128', NO_PROXY: '127.0.0.1' }, 'http://localhost:1234/v1'),
      right: () => judgeProxies({}, 'http://localhost:1234/v1'),
      says: 'localhost:1234',
    },
    {
      id: 'proxy.loopback',
      severity: 'warning',
      wrong: () => {
        const stage = createDoctorStage({
          OPENCLAW_GATEWAY_PORT: '9123',
          HTTP_PROXY: 'http://proxy:3128',
          NO_PROXY: '127.0.0.1:18789',
        });
        return proxyCheck.run(stage.ports());
      },
      right: over(proxyCheck),
      says: '127.0.0.1:9123',
    },
    {
      id: 'proxy.certificates',
      severity: 'warning',
      wrong: () => judgeCertificates({ NODE_EXTRA_CA_CERTS: '/nowhere.pem' }),
      right: () => judgeCertificates({}),
    },
    {
      id: 'proxy.certificates',
      severity: 'error',
      wrong: () => judgeCertificates({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
      right: () => judgeCertificates({}),
    },
  ],
);

function createDamagedActivity(): DoctorStage {
  const stage = createDoctorStage();
  stage.write('state/activity.sqlite', 'this is no database '.repeat(20));
  return stage;
}
