// Where the key is kept and whether it opens, whether the keychain keeps what it is given, and whether every page of the
// store can be read and written. Makes no store and no key.
import { join } from 'node:path';
import { isOpenClawError, type ErrorCode } from '../../errors.ts';
import { openActivityDatabase } from '../../store/activity-database.ts';
import { phraseOf } from '../../vault/key-choice.ts';
import type { KeyRecord } from '../../vault/key-record.ts';
import { describeStorage } from '../ui/storage-text.ts';
import type { Check, DoctorPorts, KeyStanding } from './check.ts';
import type { CheckId } from './check-ids.ts';
import { namesIn } from './file-look.ts';
import { findingOf, ok, shown, type Finding } from './finding.ts';

export const keychainCheck: Check = {
  name: 'the keychain',
  deadlineMs: 4_500,
  async run({ store, keychain, env, gateway }) {
    // A store that cannot be read is told by its own check; the keychain can be looked at all the same.
    const record = await store.readKeyRecord().catch(() => undefined);
    const elsewhere = record !== undefined && record.kind !== 'keychain';
    if (elsewhere)
      return [ok('keychain.roundtrip', `not needed: the key is kept in ${phraseOf(record.kind)}`)];
    // With a key that is named no keychain is asked at the first login either.
    if (record === undefined && (env['OPENCLAW_AUTH_KEY_FILE'] || env['CREDENTIALS_DIRECTORY'])) {
      return [ok('keychain.roundtrip', 'not needed: the environment names a key')];
    }
    try {
      await keychain.probe();
      return [ok('keychain.roundtrip', 'it took a test item, gave it back and removed it')];
    } catch (error) {
      return [judgeKeychain(error, record, await whoHasTheKey(gateway))];
    }
  },
};

/** Without a store it is not too late to choose another place. */
export function judgeKeychain(error: unknown, record: KeyRecord | undefined, servingPid?: number): Finding {
  if (record !== undefined && servingPid !== undefined) {
    const { text, remedy } = findingOf('keychain.roundtrip', error);
    return {
      id: 'keychain.roundtrip',
      severity: 'info',
      text: `${text} The gateway that runs (process ${servingPid}) has the key, and goes on.`,
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
  const finding = findingOf('keychain.roundtrip', error, record === undefined ? 'info' : 'error');
  return record === undefined
    ? {
        ...finding,
        text: `${finding.text} The first login needs another place for its key, or asks for a passphrase.`,
      }
    : finding;
}

export const keyCheck: Check = {
  name: 'the key',
  deadlineMs: 4_500,
  async run({ key, processEnv, gateway }) {
    const standing = await key();
    if (standing.kind !== 'closed') return judgeKey(standing);
    return judgeKey(standing, {
      servingPid: await whoHasTheKey(gateway),
      isService: Boolean(processEnv['CREDENTIALS_DIRECTORY']),
    });
  },
};

/** One that can serve has opened the store; one that cannot has not, for all that is known. */
async function whoHasTheKey(gateway: DoctorPorts['gateway']): Promise<number | undefined> {
  try {
    const { running, health } = await gateway();
    return typeof health === 'object' && health.ready ? running?.pid : undefined;
  } catch (error) {
    // What is wrong with its files is told by its own check.
    if (isOpenClawError(error)) return undefined;
    throw error;
  }
}

export type KeyView = {
  /** Of a gateway that serves with this store. */
  readonly servingPid: number | undefined;
  /** Whether systemd has given this process credentials. */
  readonly isService: boolean;
};

/** Those of the store itself are told by its own check. */
const storeCodes: ReadonlySet<ErrorCode> = new Set([
  'STORE_CORRUPT',
  'STORE_NEWER',
  'STORE_BUSY',
  'STORE_UNREADABLE',
]);

export function judgeKey(
  standing: KeyStanding,
  { servingPid, isService }: KeyView = { servingPid: undefined, isService: false },
): Finding[] {
  if (standing.kind === 'none') return [ok('key.opens', 'there is no store yet')];
  if (standing.kind === 'closed') {
    const { error, record } = standing;
    if (storeCodes.has(error.code)) return [];
    if (error.code === 'PASSPHRASE_REQUIRED') {
      return [
        {
          id: 'key.opens',
          severity: 'info',
          text: 'Not checked: the logins are opened by a passphrase, which is not asked for here.',
          remedy: 'To have it checked, name a file with it in OPENCLAW_PASSPHRASE_FILE.',
        },
      ];
    }
    const text = findingOf('key.opens', error).text;
    if (servingPid !== undefined) {
      return [
        {
          id: 'key.opens',
          severity: 'info',
          text: `The key is not to be seen from here; the gateway that runs (process ${servingPid}) has it. ${text}`,
          remedy:
            'The gateway needs it again when it starts anew. To have it checked, run `openclaw doctor` with the environment that the gateway was started in.',
        },
        ...judgePlace(record),
      ];
    }
    if (record?.kind === 'credentials-directory' && !isService) {
      return [
        {
          id: 'key.opens',
          severity: 'warning',
          text: 'Not checked: systemd gives the key to the service of the gateway alone, and this is another process. No gateway that could serve runs.',
          remedy:
            'Look as the service does: systemd-run --pipe --wait -p User=<its user> -p LoadCredential=openclaw-auth-key:<file of the key> openclaw doctor (`--user` instead of its user for a service of your own); or name a folder with a copy of the key in CREDENTIALS_DIRECTORY, and remove it afterwards.',
        },
        ...judgePlace(record),
      ];
    }
    return [findingOf('key.opens', error), ...judgePlace(record)];
  }
  return [
    ok('key.opens', `${describeStorage(standing.record).text}, and it opens`),
    ...judgePlace(standing.record),
  ];
}

function judgePlace(record: KeyRecord | undefined): Finding[] {
  if (record?.kind !== 'insecure-file') return [ok('key.unprotected', 'the key is not beside the logins')];
  return [
    {
      id: 'key.unprotected',
      severity: 'warning',
      text: `The key lies in a plain file beside the logins (${shown(record.location ?? '')}): whoever copies the folder has them.`,
      remedy:
        'Move it: `openclaw auth storage migrate keychain`, or `openclaw auth storage migrate passphrase`.',
    },
  ];
}

export const storeCheck: Check = {
  name: 'the store',
  deadlineMs: 4_500,
  async run({ store, paths }) {
    const findings = asideOf(paths.authDir);
    try {
      if (store.identity() === undefined) {
        return [
          ok('store.integrity', 'there is no store yet'),
          ok('store.newer', 'there is no store yet'),
          ...findings,
        ];
      }
      await store.prove();
      // Without the row of its key a store opens no more, however sound its pages are.
      await store.readKeyRecord();
      const count = (await store.listProfiles()).length;
      return [
        ok('store.integrity', `${count} logins; every page was read, and a write went through`),
        ok('store.newer', 'of a version that this program knows'),
        ...findings,
      ];
    } catch (error) {
      return [judgeStore(error), ...findings];
    }
  },
};

export function judgeStore(error: unknown): Finding {
  const code = isOpenClawError(error) ? error.code : undefined;
  const id: CheckId = code === 'STORE_NEWER' ? 'store.newer' : 'store.integrity';
  return findingOf(id, error, code === 'STORE_BUSY' ? 'warning' : 'error');
}

function asideOf(authDir: string): Finding[] {
  const names = namesIn(authDir).filter((name) =>
    /^(credentials\.sqlite\.|insecure\.key\.)?aside-/.test(name),
  );
  const [first] = names;
  if (first === undefined) return [ok('store.set-aside', 'no former stores')];
  const more = names.length === 1 ? '' : ` and ${names.length - 1} more`;
  return [
    {
      id: 'store.set-aside',
      severity: 'info',
      text: `A former store was kept aside: ${shown(join(authDir, first))}${more}. It can hold logins that still work.`,
      remedy: 'Remove it when nothing in it is needed any more.',
    },
  ];
}

export const activityCheck: Check = {
  name: 'cooldowns and usage',
  run(ports) {
    try {
      ports.activity();
      return [ok('store.activity', 'cooldowns, orders and usage can be read')];
    } catch (error) {
      return [judgeActivity(error, ports)];
    }
  },
};

function judgeActivity(error: unknown, { paths }: Pick<DoctorPorts, 'paths'>): Finding {
  const finding = findingOf('store.activity', error, 'warning');
  if (!isOpenClawError(error) || !/damaged/.test(error.message)) return finding;
  return {
    ...finding,
    remedy: 'Begin it anew: `openclaw doctor --fix`. Cooldowns and usage are lost, no login is.',
    fix: {
      kind: 'mend',
      does: 'Keep the damaged activity file aside, and begin a new one',
      run: () => {
        const database = openActivityDatabase(paths.stateDir, { mode: 'keep', warn: () => undefined });
        try {
          // Whoever looks at a damaged one with the right to mend it keeps it aside.
          database.write((db) => db.prepare('PRAGMA quick_check').all());
          return 'The damaged activity file is kept aside, and a new one is begun';
        } finally {
          database.close();
        }
      },
    },
  };
}
