// What a credential store has to do, as a few maps: several processes on one folder, crashes, logins, refreshes, and
// backups put back. Nothing here knows SQLite, keys or files.
import type { OAuthCredential } from '../../src/plugin-sdk/credential.ts';
import type { ProfileRecord } from '../../src/store/credential-store.ts';

export type ModelProfile = { readonly record: ProfileRecord; readonly credential: OAuthCredential };

/** What lies in the store's folder, and comes back with a backup of it. */
export type ModelFolder = {
  readonly profiles: ReadonlyMap<string, ModelProfile>;
  readonly counters: ReadonlyMap<string, number>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly exists: boolean;
};

export type StoreModel = {
  folder: ModelFolder;
  /** The newest generation of each login that was ever saved: no backup takes it back. */
  readonly newest: Map<string, number>;
  /** Every credential that was ever saved, by login and generation. */
  readonly given: Map<string, string>;
  readonly backups: ModelFolder[];
  /** What somebody has read a while ago, and somebody may act upon. */
  held: ProfileRecord | undefined;
  /** Rises with every change of what can be read. */
  changes: number;
};

export const emptyFolder: ModelFolder = {
  profiles: new Map(),
  counters: new Map(),
  secrets: new Map(),
  exists: false,
};

export function createStoreModel(): StoreModel {
  return {
    folder: emptyFolder,
    newest: new Map(),
    given: new Map(),
    backups: [],
    held: undefined,
    changes: 0,
  };
}

/** The record as it is to be read now. */
export function shownRecord(model: StoreModel, id: string): ProfileRecord | undefined {
  const record = model.folder.profiles.get(id)?.record;
  if (record === undefined) return undefined;
  const newestGeneration = model.newest.get(id) ?? 0;
  return newestGeneration > record.generation ? { ...record, restored: { newestGeneration } } : record;
}

export function change(model: StoreModel, folder: Partial<ModelFolder>): void {
  model.folder = { ...model.folder, ...folder };
  model.changes += 1;
}

function withProfile(model: StoreModel, id: string, profile: ModelProfile): void {
  change(model, { profiles: new Map(model.folder.profiles).set(id, profile), exists: true });
}

/** A login, or with `renewed` what a refresh brought. */
export function save(
  model: StoreModel,
  id: string,
  credential: OAuthCredential,
  nowMs: number,
  renewed?: ProfileRecord,
): ProfileRecord {
  const { counters } = model.folder;
  const generation = Math.max(counters.get(id) ?? 0, model.newest.get(id) ?? 0) + 1;
  const record: ProfileRecord = {
    id,
    provider: credential.provider,
    type: 'oauth',
    ...(credential.region === undefined ? {} : { region: credential.region }),
    ...(credential.email === undefined ? {} : { account: credential.email }),
    generation,
    createdAtMs: renewed?.createdAtMs ?? nowMs,
    savedAtMs: nowMs,
    ...(credential.issuedAt === undefined ? {} : { issuedAtMs: credential.issuedAt }),
    expiresAtMs: credential.expires,
    refreshable: credential.refresh !== '',
    ...(renewed === undefined ? {} : { lastRefresh: { atMs: nowMs, outcome: 'refreshed' } }),
  };
  change(model, { counters: new Map(counters).set(id, generation) });
  withProfile(model, id, { record, credential });
  model.newest.set(id, generation);
  return record;
}

/** A new record in place of the stored one; the credential stays. */
export function amend(model: StoreModel, id: string, record: ProfileRecord): void {
  const profile = model.folder.profiles.get(id);
  if (profile !== undefined) withProfile(model, id, { ...profile, record });
}

export function remove(model: StoreModel, id: string): void {
  const profiles = new Map(model.folder.profiles);
  profiles.delete(id);
  change(model, { profiles });
}

export function withoutIntent(record: ProfileRecord): ProfileRecord {
  const rest = { ...record };
  delete (rest as { intent?: unknown }).intent;
  return rest;
}
