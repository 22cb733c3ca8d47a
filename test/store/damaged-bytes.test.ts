// Any bytes where the store should be: what is read is what was saved, or a clear error; never something else, never a
// crash, and the file is left as it was.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isOpenClawError } from '../../src/errors.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { openCredentialStore } from '../../src/store/open-store.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { someDamage } from '../support/byte-damage.ts';
import { canary, oauthCredential } from '../support/credentials.ts';
import { createFakeKeychain } from '../support/fake-keychain.ts';
import { propertyRuns, propertyTimeoutMs } from '../support/property-runs.ts';
import { tempFolder } from '../support/temp-folder.ts';

const ids = ['minimax-portal:a', 'minimax-portal:b', 'minimax-portal:c'];
const codes = new Set(['STORE_CORRUPT', 'STORE_NEWER', 'STORE_UNREADABLE', 'KEY_WRONG', 'KEY_MISSING']);
const secretName = 'gateway-token';

/** What every door that only reads has to say; an error by its code. */
async function readAll(store: CredentialStore): Promise<Record<string, unknown>> {
  const doors: [string, () => unknown][] = [
    ['listProfiles', () => store.listProfiles()],
    ['readKeyRecord', () => store.readKeyRecord()],
    ...ids.flatMap((id): [string, () => unknown][] => [
      [`readRecord ${id}`, () => store.readRecord(id)],
      [`readProfile ${id}`, () => store.readProfile(id)],
    ]),
    ['readSecret', () => store.readSecret(secretName)],
    ['changeCounter', () => (store.changeCounter() > 0 ? 'a number' : 'none')],
    ['unlock', () => store.unlock()],
  ];
  const said: Record<string, unknown> = {};
  for (const [door, ask] of doors) {
    try {
      said[door] = await ask();
    } catch (error) {
      if (!isOpenClawError(error)) throw error;
      expect(JSON.stringify(error)).not.toContain(canary);
      said[door] = error.code;
    }
  }
  return said;
}

async function setUp() {
  const folder = tempFolder();
  // For a log whose first frame is damaged SQLite makes an index from memory that it has not cleared (walIndexRecover). It
  // is this user's alone; what is ours to keep free of secrets is the store and its log.
  onTestFinished(() => {
    for (const index of globSync('**/*.sqlite-shm', { cwd: folder }))
      rmSync(join(folder, index), { force: true });
  });
  const keychain = createFakeKeychain();
  const open = (stateDir: string): CredentialStore =>
    openCredentialStore({ stateDir, env: {}, clock: systemClock, random: systemRandom, keychain });
  const stateDir = join(folder, 'whole');
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  const store = open(stateDir);
  /** Every state that was ever committed, oldest first. */
  const states: Record<string, unknown>[] = [];
  const note = async (): Promise<void> => void states.push(await readAll(store));
  await store.createSecret(secretName, `${canary}-token`);
  for (const id of ids) await store.saveLogin(id, oauthCredential({ access: `${canary}-${id}` }));
  await store.markDead(ids[2] ?? '', 1, 'revoked by its owner');
  await note();
  // A reader keeps what follows in the log.
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN; SELECT count(*) FROM logins');
  await store.recordIntent(ids[0] ?? '', 1);
  await note();
  await store.commitRefresh(ids[0] ?? '', 1, oauthCredential({ access: `${canary}-renewed` }));
  await note();
  await store.recordTransient(ids[1] ?? '', 1, 'no network');
  await note();
  execFileSync('cp', ['-Rp', stateDir, join(folder, 'crashed')]);
  reader.close();
  store.close();
  const bytes = (name: string): Buffer => readFileSync(join(folder, name, 'auth', 'credentials.sqlite'));
  const log = readFileSync(join(folder, 'crashed', 'auth', 'credentials.sqlite-wal'));
  const last = states.at(-1) ?? {};
  return { folder, open, states, last, whole: bytes('whole'), crashed: bytes('crashed'), log };
}

type Ready = Awaited<ReturnType<typeof setUp>>;

/** Lays the bytes where the store is looked for, reads by every door, and says what was said and what is there then. */
async function tryBytes({ folder, open }: Ready, main: Buffer, log?: Buffer) {
  const stateDir = join(folder, 'tried');
  const file = join(stateDir, 'auth', 'credentials.sqlite');
  rmSync(stateDir, { recursive: true, force: true });
  mkdirSync(join(stateDir, 'auth'), { recursive: true, mode: 0o700 });
  writeFileSync(file, main, { mode: 0o600 });
  if (log !== undefined) writeFileSync(`${file}-wal`, log, { mode: 0o600 });
  const store = open(stateDir);
  try {
    return { said: await readAll(store), file };
  } finally {
    store.close();
  }
}

/** Each answer is one that a former state would have given, or an error that is documented. */
function expectNothingWrong(said: Record<string, unknown>, states: Record<string, unknown>[]): void {
  for (const [door, answer] of Object.entries(said)) {
    if (typeof answer === 'string' && codes.has(answer)) continue;
    const right = states.map((state) => state[door]);
    if (door === 'listProfiles' || door.startsWith('readRecord')) {
      const given = [answer].flat() as { id: string; damaged?: true }[];
      const damaged = given.filter((record) => record?.damaged === true);
      if (damaged.length > 0) {
        // Those that are damaged say so, by the name that they had; the others are as they were.
        const expected = right.map((records) => ([records].flat() as { id: string }[]).map(({ id }) => id));
        expect(expected).toContainEqual(given.map(({ id }) => id));
        const intact = given.filter((record) => record.damaged !== true);
        for (const record of intact) expect(right.flat()).toContainEqual(record);
        continue;
      }
    }
    expect(right, door).toContainEqual(answer);
  }
}

const isRefused = (said: Record<string, unknown>): boolean =>
  said['listProfiles'] === 'STORE_CORRUPT' ||
  said['listProfiles'] === 'STORE_NEWER' ||
  said['listProfiles'] === 'STORE_UNREADABLE';

describe('a store whose bytes have changed', { timeout: propertyTimeoutMs(60_000) }, () => {
  it('gives what was saved, or says that it is damaged, and stays as it is', async () => {
    const ready = await setUp();
    const tally = { refused: 0, answered: 0 };
    await fc.assert(
      fc.asyncProperty(someDamage, async ({ apply }) => {
        const bytes = apply(ready.whole);
        const { said, file } = await tryBytes(ready, bytes);
        expectNothingWrong(said, [ready.last]);
        // Bytes 18 and 19 tell whether there is a log; a store without one is given one.
        const keepsLog = bytes.length === 0 || (bytes[18] === 2 && bytes[19] === 2);
        if (isRefused(said) || keepsLog) expect(readFileSync(file).equals(bytes)).toBe(true);
        tally[isRefused(said) ? 'refused' : 'answered'] += 1;
      }),
      { numRuns: propertyRuns(160) },
    );
    for (const count of Object.values(tally)) expect(count).toBeGreaterThan(0);
  });

  it('of whatever kind they are, is refused and left alone', async () => {
    const ready = await setUp();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 9_000 }), fc.boolean(), async (junk, looksLikeOne) => {
        const head = looksLikeOne ? ready.whole.subarray(0, 100) : Buffer.alloc(0);
        const bytes = Buffer.concat([head, junk]);
        const { said, file } = await tryBytes(ready, bytes);
        expect(isRefused(said)).toBe(true);
        expect(readFileSync(file).equals(bytes)).toBe(true);
      }),
      { numRuns: propertyRuns(64) },
    );
  });

  it('in its log falls back to what was saved before, or says that it is damaged', async () => {
    const ready = await setUp();
    expect((await tryBytes(ready, ready.crashed, ready.log)).said).toEqual(ready.last);
    await fc.assert(
      fc.asyncProperty(someDamage, async ({ apply }) => {
        const log = apply(ready.log);
        const { said, file } = await tryBytes(ready, ready.crashed, log);
        expectNothingWrong(said, ready.states);
        if (!isRefused(said)) return;
        expect(readFileSync(file).equals(ready.crashed)).toBe(true);
        expect(existsSync(`${file}-wal`) && readFileSync(`${file}-wal`).equals(log)).toBe(true);
      }),
      { numRuns: propertyRuns(64) },
    );
  });

  it('in both its file and its log', async () => {
    const ready = await setUp();
    await fc.assert(
      fc.asyncProperty(someDamage, someDamage, async (one, other) => {
        const [main, log] = [one.apply(ready.crashed), other.apply(ready.log)];
        const { said, file } = await tryBytes(ready, main, log);
        expectNothingWrong(said, ready.states);
        if (isRefused(said)) expect(readFileSync(file).equals(main)).toBe(true);
      }),
      { numRuns: propertyRuns(64) },
    );
  });
});
