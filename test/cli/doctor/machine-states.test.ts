// The states of the machine: files, disk, key, store, network.
import { renameSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { filesCheck, judgePlace, litterCheck } from '../../../src/cli/doctor/file-checks.ts';
import { judgeCertificates, judgeClock, judgeProxies } from '../../../src/cli/doctor/network-checks.ts';
import { runChecks } from '../../../src/cli/doctor/run-checks.ts';
import {
  judgeKey,
  judgeKeychain,
  judgeStore,
  storeCheck,
  activityCheck,
} from '../../../src/cli/doctor/store-checks.ts';
import { judgeDisk, judgeNode } from '../../../src/cli/doctor/system-checks.ts';
import { oauthCredential } from '../../support/credentials.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';
import { describeStates, over, anError } from '../../support/doctor-cases.ts';

const nowMs = 1_750_000_000_000;

const disk = { folder: '/state', freeBytes: 1e12, type: 0xef53, refusal: undefined };

const folderFacts = { uid: 1000, mode: 0o700, isFolder: true, isFile: false, isLink: false };
const place = (changes: Partial<typeof folderFacts>) =>
  judgePlace({ path: '/state/auth', kind: 'folder', stat: { ...folderFacts, ...changes } }, 1000);

const logIn = (stage: DoctorStage) => stage.store().saveLogin('minimax-portal:default', oauthCredential());

const key = {
  kind: 'insecure-file',
  keyId: '1',
  location: '/state/auth/insecure.key',
  createdAtMs: 1,
} as const;

describeStates(
  ['Program', 'Files', 'Key and store', 'Network'],
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

    { id: 'files.mode', severity: 'warning', wrong: () => place({ mode: 0o750 }), right: () => place({}) },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: () => place({ mode: 0o000 }),
      right: () => place({ mode: 0o500 }),
      says: 'closed to its own user (mode 0000)',
    },
    {
      id: 'files.mode',
      severity: 'warning',
      wrong: over(filesCheck, (stage) =>
        stage.writeConfig({ gateway: { auth: { token: 'a-long-token-here' } } }, 0o644),
      ),
      right: over(filesCheck, (stage) =>
        stage.writeConfig(
          {
            gateway: { auth: { token: '${THE_TOKEN}' } },
            // What stands in for a key where a server wants none.
            models: { providers: { lmstudio: { apiKey: 'lmstudio' } } },
          },
          0o644,
        ),
      ),
      says: 'mode 0644',
    },
    {
      id: 'files.owner',
      severity: 'error',
      wrong: () => place({ uid: 0 }),
      right: () => place({}),
      says: 'belongs to user 0, and this is user 1000',
    },
    {
      id: 'files.owner',
      severity: 'error',
      wrong: () =>
        judgePlace({ path: "/my state's/auth", kind: 'folder', stat: { ...folderFacts, uid: 0 } }, 1000),
      right: () => place({}),
      says: String.raw`sudo chown -R 1000 '/my state'\''s/auth'`,
    },
    {
      id: 'files.owner',
      severity: 'error',
      wrong: over(filesCheck, ({ folder, stateDir }) => symlinkSync(folder, join(stateDir, 'auth'))),
      right: over(filesCheck, (stage) => {
        const target = join(stage.folder, 'elsewhere');
        renameSync(stage.stateDir, target);
        symlinkSync(target, stage.stateDir);
        symlinkSync(stage.write('settings', ''), join(target, '.env'));
      }),
      says: 'symbolic link',
    },
    {
      id: 'files.litter',
      severity: 'warning',
      wrong: over(litterCheck, (stage) => {
        const draft = stage.write('state/.openclaw.json.0a1b2c3d-0000-4000-8000-000000000000.tmp', '{}');
        utimesSync(draft, 1, 1);
      }),
      // One that is being written now is no litter.
      right: over(litterCheck, (stage) =>
        stage.write('state/.openclaw.json.0a1b2c3d-0000-4000-8000-000000000000.tmp', '{}'),
      ),
    },
    {
      id: 'disk.space',
      severity: 'error',
      wrong: () => judgeDisk({ ...disk, freeBytes: 1000 }),
      right: () => judgeDisk(disk),
      says: '1000 B left',
    },
    {
      id: 'disk.space',
      severity: 'warning',
      wrong: () => judgeDisk({ ...disk, freeBytes: 20 * 1024 * 1024 }),
      right: () => judgeDisk(disk),
      says: '20 MiB',
    },
    {
      id: 'disk.writable',
      severity: 'error',
      wrong: () => judgeDisk({ ...disk, refusal: 'EROFS' }),
      right: () => judgeDisk(disk),
      says: 'read-only',
    },
    {
      id: 'disk.network',
      severity: 'warning',
      wrong: () => judgeDisk({ ...disk, type: 0x6969 }),
      right: () => judgeDisk(disk),
      says: 'NFS',
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
