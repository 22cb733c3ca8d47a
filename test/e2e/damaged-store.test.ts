// What a person sees when the store cannot be used: for each state of it and each command that meets it a code, a message
// that names the place, a remedy that helps, and files that are left as they were.
import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { loggedIn, onboardArgs, startPortal, type Home } from '../support/cli-process.ts';

type Place = { readonly home: Home; readonly folder: string; readonly file: string };

/** What a command says: the code of its error and a word of the remedy, or how it ends well. */
type Said = readonly [code: string, remedy: string] | { readonly ok: string };

type State = {
  readonly is: string;
  readonly make: (place: Place) => void;
  readonly status: Said;
  readonly refresh: Said;
  readonly onboard: Said;
  /** Onboarding is what mends it: it may change the store, and keeps what was there. */
  readonly mended?: true;
  /** What a person does next, told to do so by the remedy. */
  readonly next?: (place: Place) => Promise<void>;
};

const setAside = 'auth login --set-aside-store';
const restore = 'from a backup';
const beginAnew = async ({ home, folder, file }: Place): Promise<void> => {
  const before = fs.statSync(file).isFile() ? fs.readFileSync(file) : undefined;
  expect(await home.json([...onboardArgs, '--set-aside-store'])).toMatchObject({ code: 0 });
  expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
  const asides = fs.readdirSync(folder).filter((name) => name.startsWith('aside-'));
  expect(asides).toHaveLength(1);
  const kept = join(folder, asides[0] ?? '', 'credentials.sqlite');
  if (before !== undefined) expect(fs.readFileSync(kept).equals(before)).toBe(true);
};

const corrupt = {
  status: ['STORE_CORRUPT', restore],
  refresh: ['STORE_CORRUPT', restore],
  onboard: ['STORE_CORRUPT', setAside],
  next: beginAnew,
} as const;
const unreadable = (word: string) =>
  ({
    status: ['STORE_UNREADABLE', word],
    refresh: ['STORE_UNREADABLE', word],
    onboard: ['STORE_UNREADABLE', word],
  }) as const;

function overwrite(file: string, change: (bytes: Buffer) => Buffer): void {
  fs.writeFileSync(file, change(fs.readFileSync(file)));
}

function withSql(file: string, sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

const states: readonly State[] = [
  { is: 'text', make: ({ file }) => fs.writeFileSync(file, 'not a database\n'.repeat(80)), ...corrupt },
  { is: 'empty', make: ({ file }) => fs.truncateSync(file), ...corrupt },
  { is: 'cut in the middle', make: ({ file }) => fs.truncateSync(file, 10_000), ...corrupt },
  { is: 'cut at a page', make: ({ file }) => fs.truncateSync(file, 4_096), ...corrupt },
  {
    is: 'flipped in the head of a page',
    make: ({ file }) =>
      overwrite(file, (bytes) => {
        bytes.writeUInt8(bytes.readUInt8(4_096) ^ 0x04, 4_096);
        return bytes;
      }),
    ...corrupt,
  },
  {
    is: 'flipped in the name of a column',
    make: ({ file }) =>
      overwrite(file, (bytes) => {
        const at = bytes.indexOf('refreshable INTEGER');
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
        return bytes;
      }),
    ...corrupt,
  },
  {
    is: "another program's",
    make({ file }) {
      fs.rmSync(file);
      withSql(file, 'CREATE TABLE bookmarks (url TEXT)');
    },
    ...corrupt,
  },
  {
    is: 'of an unknown older version',
    make: ({ file }) => withSql(file, 'PRAGMA user_version = 0'),
    ...corrupt,
  },
  {
    is: 'of a newer version',
    make: ({ file }) => withSql(file, 'PRAGMA user_version = 99'),
    status: ['STORE_NEWER', 'update this one'],
    refresh: ['STORE_NEWER', 'update this one'],
    onboard: ['STORE_NEWER', 'update this one'],
  },
  {
    is: 'flipped in the row that names its key',
    make: ({ file }) =>
      overwrite(file, (bytes) => {
        const at = bytes.lastIndexOf('key-file');
        bytes.writeUInt8(bytes.readUInt8(at) ^ 0x01, at);
        return bytes;
      }),
    ...corrupt,
  },
  {
    is: 'flipped in a date',
    make: ({ file }) => withSql(file, 'UPDATE logins SET expires_at_ms = expires_at_ms + 1024'),
    status: { ok: 'its row in the store is damaged' },
    refresh: ['STORE_CORRUPT', 'auth login --profile-id minimax-portal:default'],
    onboard: { ok: 'Logged in' },
    mended: true,
  },
  {
    is: 'flipped in a sealed value',
    make: ({ file }) => withSql(file, 'UPDATE logins SET sealed = cast(substr(sealed, 2) AS BLOB)'),
    status: { ok: 'its row in the store is damaged' },
    refresh: ['STORE_CORRUPT', 'auth login --profile-id minimax-portal:default'],
    onboard: { ok: 'Logged in' },
    mended: true,
  },
  {
    is: 'flipped in the sealed token of the gateway',
    make: ({ file }) => withSql(file, 'UPDATE secrets SET sealed = cast(substr(sealed, 2) AS BLOB)'),
    status: { ok: 'ok' },
    refresh: { ok: 'Refreshed' },
    onboard: { ok: 'Logged in' },
    mended: true,
  },
  {
    is: 'a link',
    make({ file }) {
      fs.renameSync(file, `${file}.real`);
      fs.symlinkSync(`${file}.real`, file);
    },
    ...unreadable('link'),
  },
  {
    is: 'in a folder that is a link',
    make({ folder }) {
      fs.renameSync(folder, `${folder}.real`);
      fs.symlinkSync(`${folder}.real`, folder);
    },
    ...unreadable('link'),
  },
  {
    is: 'a folder',
    make({ file }) {
      fs.rmSync(file);
      fs.mkdirSync(file);
    },
    ...unreadable('away'),
  },
  {
    is: 'without its key',
    make: ({ home }) => fs.rmSync(join(home.folder, 'key')),
    status: { ok: 'ok' },
    refresh: ['KEY_MISSING', 'Bring the key back'],
    onboard: ['KEY_MISSING', setAside],
  },
  {
    is: 'with another key',
    make: ({ home }) => fs.writeFileSync(join(home.folder, 'key'), '0'.repeat(64)),
    status: { ok: 'ok' },
    refresh: ['KEY_WRONG', 'Bring the right key back'],
    onboard: ['KEY_WRONG', setAside],
    next: beginAnew,
  },
  {
    is: 'open to others',
    make: ({ file }) => fs.chmodSync(file, 0o666),
    status: { ok: 'ok' },
    refresh: { ok: 'Refreshed' },
    onboard: { ok: 'Logged in' },
    mended: true,
  },
];

/** Every file and link under a folder with its bytes; what SQLite makes to look at a store is not part of it. */
function contentOf(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found.set(path, `link to ${fs.readlinkSync(path)}`);
    else if (entry.isDirectory()) found.set(path, 'folder');
    else if (!entry.name.endsWith('-shm') && fs.statSync(path).size > 0) {
      found.set(path, fs.readFileSync(path).toString('latin1'));
    }
  }
  return found;
}

async function expectSaid(place: Place, args: string[], said: Said): Promise<void> {
  const { home } = place;
  const what = args.slice(0, 2).join(' ');
  if ('ok' in said) {
    const { code, stdout } = await home.run(args);
    expect([what, code]).toEqual([what, 0]);
    expect(stdout).toContain(said.ok);
    return;
  }
  const [wanted, word] = said;
  const { code, value } = await home.json(args);
  const error = value['error'] as { code: string; message: string; remedy: string };
  expect([what, code, error.code]).toEqual([what, 1, wanted]);
  expect(error.message + error.remedy, what).toContain(place.folder);
  expect(error.remedy, what).toContain(word);
  expect(error.remedy, what).not.toContain('defect');
}

describe('a store that is', () => {
  it.each(states)('$is', { timeout: 30_000 }, async (state) => {
    const portal = await startPortal();
    const home = await loggedIn(portal);
    const folder = join(home.stateDir, 'auth');
    const place: Place = { home, folder, file: join(folder, 'credentials.sqlite') };
    state.make(place);
    const before = contentOf(home.stateDir);
    const rotations = portal.control.state().counters.refreshes;
    await expectSaid(place, ['auth', 'status'], state.status);
    const refreshes = 'ok' in state.refresh;
    if (!refreshes) {
      await expectSaid(place, ['auth', 'refresh'], state.refresh);
      // No token is spent that could not be replaced.
      expect(portal.control.state().counters.refreshes).toBe(rotations);
    }
    if (state.mended === undefined) {
      const asked = portal.control.state().counters.deviceRequests;
      await expectSaid(place, onboardArgs, state.onboard);
      expect(portal.control.state().counters.deviceRequests).toBe(asked);
    }
    expect(contentOf(home.stateDir)).toEqual(before);
    if (refreshes) await expectSaid(place, ['auth', 'refresh'], state.refresh);
    if (state.mended === true) {
      await expectSaid(place, onboardArgs, state.onboard);
      expect((await home.json(['auth', 'status', '--check'])).code).toBe(0);
    }
    await state.next?.(place);
  });
});
