// `auth storage`: where the key that opens the logins is kept, and moving it.
import { resolve } from 'node:path';
import { moveStoreKey } from '../../auth/key-move.ts';
import { OpenClawError } from '../../errors.ts';
import type { KeyRecord } from '../../store/credential-store.ts';
import { createOutput, type CommandContext, type OutputOptions } from '../command-context.ts';
import { openApp } from '../open-app.ts';
import { describeStorage, readKeyKind, storageToJson } from '../ui/storage-text.ts';

type MigrateOptions = OutputOptions & {
  keyFile?: string;
  passphraseFile?: string;
  nonInteractive?: boolean;
  keepOldKey?: boolean;
};

export async function authStorageShow(context: CommandContext, options: OutputOptions): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const key = await app.store().readKeyRecord();
    const records = await app.store().listProfiles();
    output.result({
      storage: key === undefined ? null : storageToJson(key),
      stateDir: app.paths.stateDir,
      logins: records.map((record) => record.id),
    });
    if (key === undefined) {
      output.line('There is no store yet: the place is chosen at the first login, and obeyed from then on.');
      output.line('  Log in: openclaw onboard --auth-choice minimax-portal');
      return 0;
    }
    const { text, safe, place } = describeStorage(key);
    output.line(`Kept     ${safe ? text : output.style.bad(text)}`);
    if (place !== undefined) output.line(`Key      ${place}`);
    output.line(`Since    ${new Date(key.createdAtMs).toISOString()}`);
    output.line(`Logins   ${records.length === 0 ? 'none' : records.map((record) => record.id).join(', ')}`);
    output.line();
    output.line('Move it: openclaw auth storage migrate <kind>');
    return 0;
  } finally {
    app.close();
  }
}

export async function authStorageMigrate(
  context: CommandContext,
  options: MigrateOptions,
  kind: string,
): Promise<number> {
  const output = createOutput(context, options);
  const app = openApp(context, options);
  try {
    const target = readTarget(kind, options);
    const current = await app.store().readKeyRecord();
    if (current !== undefined && isNothingToDo(current, target)) {
      output.line(`Nothing to move: ${describeStorage(current).text}.`);
      output.result({
        changed: false,
        from: storageToJson(current),
        to: storageToJson(current),
        leftover: null,
      });
      return 0;
    }
    const { from, to, leftover } = await moveStoreKey(app.store(), target);
    const { text, safe } = describeStorage(to);
    output.line(`${output.style.good('✓')} Moved: ${describeStorage(from).text}`);
    output.line(`  Now      ${safe ? text : output.style.bad(text)}`);
    for (const line of remarks(context, from, to, leftover === undefined && !target.keepOldKey))
      output.line(`  Note     ${line}`);
    if (leftover !== undefined) output.note(`  ${leftover}.`);
    output.result({
      changed: true,
      from: storageToJson(from),
      to: storageToJson(to),
      leftover: leftover ?? null,
    });
    return 0;
  } finally {
    app.close();
  }
}

function readTarget(kind: string, options: MigrateOptions) {
  const remedy = 'See `openclaw auth storage migrate --help`.';
  const known = readKeyKind(kind, remedy);
  const refuse = (message: string): never => {
    throw new OpenClawError({ code: 'USAGE', message, remedy });
  };
  if (options.keyFile !== undefined && known !== 'key-file') {
    return refuse('--key-file belongs to `migrate key-file`.');
  }
  if (options.passphraseFile !== undefined && known !== 'passphrase') {
    return refuse('--passphrase-file belongs to `migrate passphrase`.');
  }
  return {
    kind: known,
    keepOldKey: options.keepOldKey === true,
    ...(options.keyFile === undefined ? {} : { keyFile: resolve(options.keyFile) }),
    ...(options.passphraseFile === undefined ? {} : { passphraseFile: resolve(options.passphraseFile) }),
  };
}

/** A passphrase can be changed, and a key file replaced by another; the other places have one key each. */
function isNothingToDo(current: KeyRecord, target: ReturnType<typeof readTarget>): boolean {
  if (current.kind !== target.kind || target.kind === 'passphrase') return false;
  return target.keyFile === undefined || target.keyFile === current.location;
}

/** What the next process needs and may not have. */
function remarks(context: CommandContext, from: KeyRecord, to: KeyRecord, isOldKeyGone: boolean): string[] {
  const { env } = context;
  const lines: string[] = [];
  const wish = env['OPENCLAW_AUTH_STORAGE'];
  if (wish !== undefined && wish !== '' && wish !== to.kind) {
    lines.push(`OPENCLAW_AUTH_STORAGE says ${wish}: unset it, or set it to ${to.kind}`);
  }
  const named = env['OPENCLAW_AUTH_KEY_FILE'];
  if (to.kind === 'key-file' && named !== undefined && named !== '' && resolve(named) !== to.location) {
    lines.push(`OPENCLAW_AUTH_KEY_FILE names another file: set it to ${to.location ?? ''}, or unset it`);
  }
  if (to.kind === 'passphrase') {
    lines.push(
      'programs without a terminal need it: OPENCLAW_PASSPHRASE_FILE names a file with it in the first line',
    );
    lines.push('a gateway that runs cannot ask: restart it');
  }
  if (isOldKeyGone && (from.kind === 'keychain' || from.kind === 'insecure-file')) {
    lines.push(
      'the old key was removed: copies of the store from before now, such as backups, do not open any more',
    );
  }
  if (from.kind === 'key-file')
    lines.push(`${from.location ?? 'the old key file'} is no longer used; it was left where it is`);
  return lines;
}
