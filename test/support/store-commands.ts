// The steps that a random walk over a real store is made of, each with what the model says must come of it. After every
// step the store is read by one of the processes and compared with the model as a whole.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { CredentialStore } from '../../src/store/credential-store.ts';
import { canary } from './credentials.ts';
import type { FakeClock } from './fake-clock.ts';
import { createFakeClock } from './fake-clock.ts';
import { createFakeKeychain } from './fake-keychain.ts';
import type { FakeKeychain } from './fake-keychain.ts';
import { openTestStore } from './open-test-store.ts';
import {
  amend,
  change,
  remove,
  save,
  shownRecord,
  withoutIntent,
  type ModelFolder,
  type StoreModel,
} from './store-model.ts';

export type RealStore = {
  readonly folder: string;
  readonly stateDir: string;
  readonly clock: FakeClock;
  readonly keychain: FakeKeychain;
  /** One object a process. */
  readonly processes: (CredentialStore | undefined)[];
  /** What each process last saw of the counter, and how many changes there had been then. */
  readonly counters: Map<number, { counter: number; changes: number }>;
  serial: number;
};

type Step = fc.AsyncCommand<StoreModel, RealStore>;

const ids = ['minimax-portal:a', 'minimax-portal:b'] as const;
const processCount = 3;

export function createRealStore(folder: string): RealStore {
  return {
    folder,
    stateDir: join(folder, 'state'),
    clock: createFakeClock(),
    keychain: createFakeKeychain(),
    processes: Array.from({ length: processCount }, () => undefined),
    counters: new Map(),
    serial: 0,
  };
}

export function closeAll(real: RealStore): void {
  for (const each of real.processes.keys()) end(real, each);
}

/** As a killed process leaves it: nothing is finished, and the system closes its files. */
function end(real: RealStore, process: number): void {
  real.processes[process]?.close();
  real.processes[process] = undefined;
  real.counters.delete(process);
}

function storeOf(real: RealStore, process: number): CredentialStore {
  const { stateDir, clock, keychain } = real;
  return (real.processes[process] ??= openTestStore({ stateDir, clock, keychain }));
}

function nextCredential(real: RealStore): OAuthCredential {
  real.serial += 1;
  const { serial } = real;
  return {
    type: 'oauth',
    provider: 'minimax-portal',
    access: `${canary}-access-${serial}`,
    refresh: serial % 7 === 0 ? '' : `${canary}-refresh-${serial}`,
    expires: real.clock.nowMs() + 900_000 + serial,
    ...(serial % 3 === 0 ? {} : { region: serial % 2 === 0 ? 'cn' : 'global' }),
    ...(serial % 5 === 0 ? {} : { issuedAt: real.clock.nowMs(), email: `someone-${serial}@example.com` }),
  };
}

async function compare(model: StoreModel, real: RealStore, process: number): Promise<void> {
  const store = storeOf(real, process);
  const calls = real.keychain.calls.length;
  const expected = ids.map((id) => shownRecord(model, id)).filter((record) => record !== undefined);
  expect(await store.listProfiles()).toEqual(expected);
  expect(real.keychain.calls.length).toBe(calls);
  for (const id of ids) {
    const stored = await store.readProfile(id);
    expect(stored?.record).toEqual(shownRecord(model, id));
    expect(stored?.credential).toEqual(model.folder.profiles.get(id)?.credential);
    if (stored === undefined) continue;
    const name = `${id} ${stored.record.generation}`;
    const access = stored.credential.type === 'oauth' ? stored.credential.access : '';
    expect(model.given.get(name) ?? access, 'two credentials under one generation').toBe(access);
    model.given.set(name, access);
  }
  const counter = store.changeCounter();
  const before = real.counters.get(process);
  if (before !== undefined) {
    expect(counter).toBeGreaterThanOrEqual(before.counter);
    if (model.changes > before.changes) expect(counter).toBeGreaterThan(before.counter);
  }
  real.counters.set(process, { counter, changes: model.changes });
}

/** A step by one process, after which another one looks. */
function step(
  name: string,
  [process, onlooker]: readonly [number, number],
  run: (model: StoreModel, real: RealStore, store: CredentialStore) => Promise<void>,
  check: (model: StoreModel) => boolean = () => true,
): Step {
  return {
    check: (model) => check(model),
    async run(model, real) {
      await run(model, real, storeOf(real, process));
      await compare(model, real, onlooker);
    },
    toString: () => `${name} by ${process}, seen by ${onlooker}`,
  };
}

type By = readonly [number, number];

const login = (by: By, id: string): Step =>
  step(`login ${id}`, by, async (model, real, store) => {
    const credential = nextCredential(real);
    const record = await store.saveLogin(id, credential);
    expect(record).toEqual(save(model, id, credential, real.clock.nowMs()));
  });

const logout = (by: By, id: string): Step =>
  step(`logout ${id}`, by, async (model, _, store) => {
    const wasThere = model.folder.profiles.has(id);
    expect(await store.deleteProfile(id)).toBe(wasThere);
    if (wasThere) remove(model, id);
  });

/** `crashAfter`: how many of its steps a refresh gets to do before its process dies. */
const refresh = (by: By, id: string, crashAfter: number): Step =>
  step(`refresh ${id}, ${crashAfter} steps`, by, async (model, real, store) => {
    const crashes = (done: number): boolean => {
      if (crashAfter === done) end(real, by[0]);
      return crashAfter === done;
    };
    const release = await store.lock(`refresh:${id}`, { timeoutMs: 0 });
    if (crashes(1)) return;
    const stored = await store.readProfile(id);
    const known = model.folder.profiles.get(id)?.record;
    expect(stored?.record.generation).toBe(known?.generation);
    if (crashes(2)) return;
    if (stored !== undefined && known !== undefined && (await intend(model, real, store, known))) {
      if (crashes(3)) return;
      const credential = nextCredential(real);
      const outcome = await store.commitRefresh(id, known.generation, credential);
      expect(outcome).toEqual(save(model, id, credential, real.clock.nowMs(), known));
      if (crashes(4)) return;
    }
    release();
  });

type Known = NonNullable<ReturnType<typeof shownRecord>>;

async function intend(
  model: StoreModel,
  real: RealStore,
  store: CredentialStore,
  held: Known,
): Promise<boolean> {
  const { id, generation } = held;
  const current = model.folder.profiles.get(id)?.record;
  const isRecorded = await store.recordIntent(id, generation);
  expect(isRecorded).toBe(current?.generation === generation && current.dead === undefined);
  if (isRecorded && current !== undefined) {
    amend(model, id, {
      ...current,
      intent: { atMs: real.clock.nowMs(), pid: process.pid, generation },
    });
  }
  return isRecorded;
}

/** Reads now, and acts upon it in a later step, when others may have been faster. */
const hold = (by: By, id: string): Step =>
  step(
    `hold ${id}`,
    by,
    async (model, _, store) => {
      const record = await store.readRecord(id);
      expect(record).toEqual(shownRecord(model, id));
      model.held = record;
    },
    (model) => model.folder.profiles.has(id),
  );

type Late = 'intend' | 'commit' | 'transient' | 'dead';

const actLate = (by: By, what: Late): Step =>
  step(
    `late ${what}`,
    by,
    async (model, real, store) => {
      const { held } = model;
      if (held === undefined) return;
      const { id, generation } = held;
      const nowMs = real.clock.nowMs();
      const current = model.folder.profiles.get(id)?.record;
      const isCurrent = current?.generation === generation;
      if (what === 'intend') await intend(model, real, store, held);
      if (what === 'commit') {
        const credential = nextCredential(real);
        const outcome = await store.commitRefresh(id, generation, credential);
        expect(outcome).toEqual(isCurrent ? save(model, id, credential, nowMs, current) : 'superseded');
      }
      const reason = `reason ${real.serial}`;
      if (what === 'transient') {
        await store.recordTransient(id, generation, reason);
        if (isCurrent && current.dead === undefined) {
          amend(model, id, {
            ...withoutIntent(current),
            lastRefresh: { atMs: nowMs, outcome: 'transient', reason },
          });
        }
      }
      if (what === 'dead') {
        expect(await store.markDead(id, generation, reason)).toBe(isCurrent);
        if (isCurrent && current.dead === undefined) {
          amend(model, id, {
            ...withoutIntent(current),
            dead: { atMs: nowMs, reason },
            lastRefresh: { atMs: nowMs, outcome: 'dead', reason },
          });
        }
      }
    },
    (model) => model.held !== undefined,
  );

const secret = (by: By, name: string): Step =>
  step(`secret ${name}`, by, async (model, real, store) => {
    expect(await store.readSecret(name)).toBe(model.folder.secrets.get(name));
    real.serial += 1;
    const made = `${canary}-${name}-${real.serial}`;
    const stored = model.folder.secrets.get(name) ?? made;
    expect(await store.createSecret(name, made)).toBe(stored);
    expect(await store.readSecret(name)).toBe(stored);
    if (stored === made) {
      change(model, { secrets: new Map(model.folder.secrets).set(name, made), exists: true });
    }
  });

const reopen = (by: By): Step =>
  step('reopen', by, async (_, real) => {
    end(real, by[0]);
  });

const pass = (by: By, ms: number): Step =>
  step(`${ms} ms pass`, by, async (_, real) => {
    await real.clock.advance(ms);
  });

/** By a process of its own: this one would drop SQLite's locks by closing the copied files. */
function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-Rp', from, to]);
}

const backUp = (by: By): Step =>
  step(
    'back up',
    by,
    async (model, real) => {
      copyFolder(join(real.stateDir, 'auth'), join(real.folder, `backup-${model.backups.length}`));
      model.backups.push(model.folder);
    },
    (model) => model.folder.exists && model.backups.length < 3,
  );

const restore = (by: By, which: number, whileOpen: boolean): Step =>
  step(
    `restore ${which}${whileOpen ? ', store open' : ''}`,
    by,
    async (model, real) => {
      if (!whileOpen) closeAll(real);
      const index = which % model.backups.length;
      const place = join(real.stateDir, 'auth');
      real.serial += 1;
      const coming = join(real.folder, `coming-${real.serial}`);
      copyFolder(join(real.folder, `backup-${index}`), coming);
      mkdirSync(real.stateDir, { recursive: true });
      if (existsSync(place)) renameSync(place, join(real.folder, `gone-${real.serial}`));
      renameSync(coming, place);
      change(model, model.backups[index] as ModelFolder);
    },
    (model) => model.backups.length > 0,
  );

const someProcess = fc.nat(processCount - 1);
const by = fc.tuple(someProcess, someProcess);
const id = fc.constantFrom(...ids);

export const storeSteps: fc.Arbitrary<Step>[] = [
  fc.tuple(by, id).map(([who, what]) => login(who, what)),
  fc.tuple(by, id, fc.integer({ min: 1, max: 9 })).map(([who, what, end]) => refresh(who, what, end)),
  fc.tuple(by, id, fc.integer({ min: 1, max: 9 })).map(([who, what, end]) => refresh(who, what, end)),
  fc.tuple(by, id).map(([who, what]) => hold(who, what)),
  fc
    .tuple(by, fc.constantFrom<Late[]>('intend', 'commit', 'transient', 'dead'))
    .map(([who, what]) => actLate(who, what)),
  fc.tuple(by, id).map(([who, what]) => logout(who, what)),
  fc.tuple(by, fc.constantFrom('gateway-token', 'other')).map(([who, name]) => secret(who, name)),
  by.map(reopen),
  fc.tuple(by, fc.integer({ min: 1, max: 100_000 })).map(([who, ms]) => pass(who, ms)),
  by.map(backUp),
  fc.tuple(by, fc.nat(2), fc.boolean()).map(([who, which, open]) => restore(who, which, open)),
];
