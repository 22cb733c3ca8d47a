// The states of the files and of the disk that they lie on.
import { chmodSync, chownSync, renameSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { filesCheck, judgePlace, litterCheck } from '../../../src/cli/doctor/file-checks.ts';
import { judgeDisk } from '../../../src/cli/doctor/system-checks.ts';
import { oauthCredential } from '../../support/credentials.ts';
import { createDoctorStage, type DoctorStage } from '../../support/doctor-stage.ts';
import { describeStates, over, type StateCase } from '../../support/doctor-cases.ts';

const disk = { folder: '/state', freeBytes: 1e12, type: 0xef53, refusal: undefined };

const folderFacts = { uid: 1000, gid: 1000, mode: 0o700, isFolder: true, isFile: false, isLink: false };
const folderPlace = { path: '/state/auth', kind: 'folder', rule: 'others may not read' } as const;
const filePlace = { path: '/state/openclaw.json', kind: 'file', rule: 'others may not write' } as const;
const place = (changes: Partial<typeof folderFacts>) =>
  judgePlace({ ...folderPlace, stat: { ...folderFacts, ...changes } }, 1000);
const settings = (changes: Partial<typeof folderFacts>) =>
  judgePlace(
    {
      ...filePlace,
      isTrusted: true,
      isReadOnlyFit: true,
      mayBeRoots: true,
      stat: { ...folderFacts, mode: 0o644, isFolder: false, isFile: true, ...changes },
    },
    1000,
  );
/** To root no folder is closed. */
const nobody = 65_534;
const isFolderName = (name: string): boolean => !/\.(?:log|lock)$/.test(name);

const logIn = (stage: DoctorStage) => stage.store().saveLogin('minimax-portal:default', oauthCredential());

describeStates(
  ['Files'],
  [
    { id: 'files.mode', severity: 'warning', wrong: () => place({ mode: 0o750 }), right: () => place({}) },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: () => place({ mode: 0o000 }),
      right: () => place({ mode: 0o700 }),
      says: 'closed to its own user (mode 0000)',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: () => place({ mode: 0o500 }),
      right: () => settings({ mode: 0o444 }),
      says: 'closed to its own user (mode 0500)',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: async () => {
        const stage = createDoctorStage();
        await logIn(stage);
        const locks = join(stage.stateDir, 'auth/locks');
        chmodSync(locks, 0o500);
        const userId = process.getuid?.() || nobody;
        if (userId === nobody) for (const path of [stage.stateDir, locks]) chownSync(path, userId, userId);
        return filesCheck.run(stage.ports({ userId }));
      },
      right: over(filesCheck, logIn),
      says: 'auth/locks is closed to its own user (mode 0500). Open it',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: () => settings({ mode: 0o666 }),
      right: () => settings({ mode: 0o644 }),
      says: 'sent to a server of theirs',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: () => settings({ mode: 0o664, gid: 100 }),
      // The group of the user alone, whose files are made so where the umask is 002.
      right: () => settings({ mode: 0o664 }),
      says: 'mode 0664',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: over(filesCheck, (stage) => {
        stage.writeConfig({});
        chmodSync(join(stage.stateDir, 'openclaw.json'), 0o666);
      }),
      right: over(filesCheck, (stage) => stage.writeConfig({}, 0o644)),
      says: 'openclaw.json could be written by other users of this machine (mode 0666)',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: over(filesCheck, (stage) => chmodSync(stage.write('state/.env', ''), 0o620)),
      right: over(filesCheck, (stage) => stage.write('state/.env', '')),
      says: 'mode 0620',
    },
    {
      id: 'files.mode',
      severity: 'error',
      wrong: over(filesCheck, ({ stateDir }) => chmodSync(stateDir, 0o770)),
      right: over(filesCheck, ({ stateDir }) => chmodSync(stateDir, 0o755)),
      says: 'mode 0770',
    },
    {
      id: 'files.mode',
      severity: 'warning',
      wrong: over(filesCheck, async (stage) => {
        await logIn(stage);
        chmodSync(join(stage.stateDir, 'auth/credentials.sqlite'), 0o666);
        chmodSync(join(stage.stateDir, 'auth'), 0o777);
      }),
      right: over(filesCheck, logIn),
      says: 'It was closed just now. If they may have looked',
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
      id: 'files.mode',
      severity: 'warning',
      wrong: over(filesCheck, (stage) =>
        stage.write('state/openclaw.json.bak', `{ a: "b", c: 'sk-abcdefghij`, 0o644),
      ),
      right: over(filesCheck, (stage) => {
        stage.writeConfig({ session: { mainKey: 'agent-main' } }, 0o644);
        stage.write('state/openclaw.json.bak', '{ session: { mainKey: "agent-main" }, ', 0o644);
      }),
      says: 'openclaw.json.bak could be read by other users',
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
        judgePlace({ ...folderPlace, path: "/my state's/auth", stat: { ...folderFacts, uid: 0 } }, 1000),
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
      id: 'files.owner',
      severity: 'error',
      wrong: () => settings({ uid: 1001 }),
      // A configuration that the system lays out.
      right: () => settings({ uid: 0 }),
      says: 'belongs to user 1001',
    },
    ...[
      'auth/locks',
      'auth-high-water',
      'gateway/gateway.log',
      'gateway/start.lock',
      'gateway/gateway.lock',
    ].map((name): StateCase => ({
      id: 'files.owner',
      severity: 'error',
      wrong: over(filesCheck, (stage) =>
        isFolderName(name) ? stage.write(`state/${name}`, '') : stage.write(`state/${name}/x`, ''),
      ),
      right: over(filesCheck, (stage) =>
        isFolderName(name) ? stage.write(`state/${name}/x`, '') : stage.write(`state/${name}`, ''),
      ),
      says: `${name} is no ${isFolderName(name) ? 'folder' : 'file'}`,
    })),
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
  ],
);
