// Every state in which a keychain can be found, for each driver, with the store on top: a store that was made before and
// one that is to be made. Each state has an error of its own, in time, and nothing is changed by it.
// OPENCLAW_TEST_TABLE=1 prints what was seen.
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOpenClawError, type OpenClawError } from '../../src/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import type { Keychain } from '../../src/platform/keychain.ts';
import { systemRandom } from '../../src/platform/random.ts';
import { openCredentialStore } from '../../src/store/open-store.ts';
import { createChildKeychain } from '../../src/vault/child-keychain.ts';
import type { ChildKeychainDeps } from '../../src/vault/child-keychain.ts';
import type { KeychainDriverName } from '../../src/vault/keychain-driver.ts';
import { oauthCredential } from '../support/credentials.ts';
import { driverFault, installHelper, isSystemRequired, testedDrivers } from '../support/keychain-drivers.ts';
import { openTestStore } from '../support/open-test-store.ts';
import {
  keyringPassword,
  missingPrograms,
  promptPackages,
  secretServicePackages,
  startDisplay,
  startSecretService,
} from '../support/secret-service.ts';
import type { SecretService } from '../support/secret-service.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { states } from './keychain-states.ts';
import type { Made, Services, State } from './keychain-states.ts';

const id = 'minimax-portal:default';
const missing = process.platform === 'linux' ? missingPrograms() : ['Linux'];
const missingForPrompts = missingPrograms(['Xvfb', 'xdotool']);

type Row = { state: string; driver: string; code: string; message: string; remedy: string; ms: number };
const rows: Row[] = [];

describe.runIf(missing.length === 0)('a keychain in every state', () => {
  const folder = mkdtempSync(join(tmpdir(), 'openclaw-states-'));
  let services: Partial<Services> = {};
  let stores: Made[] = [];
  let display: Awaited<ReturnType<typeof startDisplay>> | undefined;
  let helper: Awaited<ReturnType<typeof installHelper>> | undefined;
  let bareHelper: typeof helper;

  /** The short deadline is for where it is met: a busy machine is no keychain that hangs. */
  const keychainFor = (
    driver: KeychainDriverName,
    env: Readonly<Record<string, string>>,
    deps: Partial<ChildKeychainDeps> = {},
  ): Keychain =>
    createChildKeychain({
      env,
      clock: systemClock,
      random: systemRandom,
      driver,
      deadlineMs: 20_000,
      childUrl: helper?.url,
      ...deps,
    });

  beforeAll(async () => {
    if (missingForPrompts.length === 0) display = await startDisplay();
    helper = await installHelper(['@napi-rs', 'keytar']);
    bareHelper = await installHelper([]);
    const [usual, fresh, empty, shown] = await Promise.all([
      startSecretService(),
      startSecretService({ keyring: 'never unlocked' }),
      startSecretService({ keyring: 'none' }),
      display === undefined ? undefined : startSecretService({ display: display.display }),
    ]);
    services = { usual, fresh, empty, ...(shown === undefined ? {} : { shown }) };
    const homes = shown === undefined ? [usual] : [usual, shown];
    stores = await Promise.all(
      homes.flatMap((home) =>
        testedDrivers.map((driver) => makeStore(home, driver, keychainFor(driver, home.env), folder)),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(Object.values(services).map((service) => service.stop()));
    await display?.stop();
    helper?.remove();
    bareHelper?.remove();
    rmSync(folder, { recursive: true, force: true });
    if (process.env['OPENCLAW_TEST_TABLE'] === '1') printTable();
  });

  it.for(states)('$name', async (state, context) => {
    const home = services[state.home ?? 'usual'];
    if (home === undefined && !isSystemRequired) context.skip(`needs Debian packages ${promptPackages}`);
    if (home === undefined) throw new Error(`missing: ${missingForPrompts.join(', ')}`);
    const made = stores.filter((store) => store.home === home);
    await state.enter?.(services as Services, made);
    try {
      const observations = made.map((store) => () => {
        const keychain = keychainFor(store.driver, state.env?.(services as Services) ?? home.env, {
          ...(state.hangs === true ? { deadlineMs: 2_800 } : {}),
          ...(state.isBare === true ? { childUrl: bareHelper?.url } : {}),
        });
        return observe(state, store, keychain);
      });
      if (state.oneByOne === true) for (const observation of observations) await observation();
      else await Promise.all(observations.map((observation) => observation()));
    } finally {
      await state.leave?.(services as Services, made);
    }
    // What was in the way has gone: the same store opens.
    const reopened = await Promise.all(
      made.map(({ stateDir, keychain }) => openTestStore({ stateDir, keychain }).readProfile(id)),
    );
    expect(reopened).toMatchObject(made.map(() => ({ credential: oauthCredential() })));
  });

  it.for(testedDrivers)('a prompt that a person answers opens the keychain (%s)', async (driver, context) => {
    const { shown } = services;
    if (shown === undefined) return context.skip(`needs Debian packages ${promptPackages}`);
    const made = stores.find((store) => store.home === shown && store.driver === driver);
    await shown.lock();
    let told = 0;
    const person = { waitMs: 20_000, tell: () => void told++ };
    const keychain = keychainFor(driver, shown.env, { person });
    const stopTyping = answerPrompts(display?.display ?? '');
    try {
      const store = openTestStore({ stateDir: made?.stateDir ?? '', keychain });
      expect(await store.readProfile(id)).toMatchObject({ credential: oauthCredential() });
      expect(told).toBeLessThanOrEqual(1);
    } finally {
      await stopTyping();
    }
  });

  it('R11: has words and a remedy of its own in each of them', () => {
    for (const driver of testedDrivers) {
      const failures = rows.filter((row) => row.driver === driver && row.code !== 'works');
      expect(failures.length).toBeGreaterThan(0);
      const distinct = (name: 'message' | 'remedy') => new Set(failures.map((row) => row[name])).size;
      expect([distinct('message'), distinct('remedy')]).toEqual([failures.length, failures.length]);
    }
  });
});

it('every state can be tested here, with every driver', (context) => {
  const faults = [
    ...(missing.length === 0 ? [] : [`needs Debian packages ${secretServicePackages}`]),
    ...(missingForPrompts.length === 0 ? [] : [`needs Debian packages ${promptPackages}`]),
    ...[driverFault('napi-keyring'), driverFault('keytar')].filter((fault) => fault !== undefined),
  ];
  if (!isSystemRequired && faults.length > 0) context.skip(faults.join('; '));
  expect(faults).toEqual([]);
});

async function makeStore(
  home: SecretService,
  driver: KeychainDriverName,
  keychain: Keychain,
  folder: string,
): Promise<Made> {
  const stateDir = mkdtempSync(join(folder, 'state-'));
  const store = openCredentialStore({
    stateDir,
    env: {},
    clock: systemClock,
    random: systemRandom,
    keychain,
  });
  await store.saveLogin(id, oauthCredential());
  const account = (await store.readKeyRecord())?.location ?? '';
  store.close();
  return { driver, home, stateDir, keychain, account, key: (await keychain.get(account)) ?? '' };
}

async function observe(state: State, { stateDir, driver }: Made, keychain: Keychain): Promise<void> {
  const before = tablesOf(stateDir);
  const fresh = join(tempFolder(), 'state');
  const read = async () => {
    const startedAtMs = performance.now();
    const error = await failureOf(openTestStore({ stateDir, keychain }).readProfile(id));
    return { error, ms: performance.now() - startedAtMs };
  };
  const make = async () =>
    state.onlyMade === true ? undefined : failureOf(openTestStore({ stateDir: fresh, keychain }).unlock());
  const reading = read();
  if (state.oneByOne === true) await reading;
  const [{ error, ms }, first] = await Promise.all([reading, make()]);
  const { code = 'works', message = '', remedy = '' } = error ?? {};
  rows.push({ state: state.name, driver, code, message, remedy, ms });

  if (state.error === undefined) {
    expect([error, first]).toEqual([undefined, undefined]);
    return;
  }
  for (const failure of state.onlyMade === true ? [error] : [error, first]) {
    expect(failure).toMatchObject({
      code: state.error.code,
      message: expect.stringMatching(state.error.text) as string,
      remedy: expect.stringMatching(state.error.remedy) as string,
      data: state.error.state === undefined ? {} : { state: state.error.state, driver },
    });
  }
  expect(tablesOf(stateDir)).toBe(before);
  expect(existsSync(fresh)).toBe(false);
}

/** Types the password into whatever prompt is open, until it is stopped. */
function answerPrompts(display: string): () => Promise<void> {
  const ending = new AbortController();
  const xdotool = (...args: string[]): Promise<{ stdout: string }> =>
    promisify(execFile)('xdotool', args, {
      env: { PATH: process.env['PATH'] ?? '', DISPLAY: display },
      timeout: 2_000,
    });
  const type = async (): Promise<void> => {
    for (;;) {
      if (ending.signal.aborted) return;
      try {
        const { stdout } = await xdotool('search', '--onlyvisible', '--class', 'gcr-prompter');
        const [window = ''] = stdout.trim().split('\n').slice(-1);
        // Nothing manages the windows here: keys go to where the focus is set.
        await xdotool('windowfocus', window);
        await xdotool('key', '--clearmodifiers', 'ctrl+a');
        await xdotool('type', keyringPassword);
        await xdotool('key', 'Return');
      } catch {
        // There is no window yet, or it has gone meanwhile.
      }
      await delay(200);
    }
  };
  const typing = type();
  return async () => {
    ending.abort();
    await typing;
  };
}

async function failureOf(work: Promise<unknown>): Promise<OpenClawError | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (isOpenClawError(error)) return error;
    throw error;
  }
}

/** Every byte of every row of a store. */
function tablesOf(stateDir: string): string {
  const database = new DatabaseSync(join(stateDir, 'auth/credentials.sqlite'), { readOnly: true });
  try {
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
      .all();
    const rowsOf = tables.map(({ name }) => [
      name,
      database.prepare(`SELECT * FROM "${String(name)}"`).all(),
    ]);
    return JSON.stringify(rowsOf, (_, value: unknown) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    );
  } finally {
    database.close();
  }
}

function printTable(): void {
  const lines = rows.map(({ state, driver, code, message, remedy, ms }) =>
    ['', state, driver, code, message, remedy, String(Math.round(ms)), ''].join(' | ').trim(),
  );
  const head = ['| state | driver | code | message | remedy | ms |', '|---|---|---|---|---|---|'];
  process.stdout.write(`${[...head, ...lines].join('\n')}\n`);
}
