// Cooldowns, last uses and stored orders of logins as rows: what outlives a process, and what other processes see of it.
// What they mean is decided in auth; when they are written, and what follows when they cannot be, by profile-use.ts.
import type { DatabaseSync } from 'node:sqlite';
import type { ActivityDatabase } from './activity-database.ts';

/** `model` '' is the login whatever it serves. Wall times in ms. */
export type StoredCooldown = {
  readonly profileId: string;
  readonly model: string;
  readonly reason: string;
  readonly failures: number;
  readonly sinceMs: number;
  readonly untilMs: number;
};

export type StoredUse = { readonly profileId: string; readonly lastUsedAtMs: number };

export type ActivitySnapshot = {
  readonly cooldowns: readonly StoredCooldown[];
  readonly uses: readonly StoredUse[];
  /** Provider -> its logins, the one to use first. */
  readonly orders: ReadonlyMap<string, readonly string[]>;
};

export type ActivityChange = {
  readonly cooldowns: readonly StoredCooldown[];
  readonly ended: readonly { readonly profileId: string; readonly model: string }[];
  readonly uses: readonly StoredUse[];
};

/** Errors of every call: those of ActivityDatabase. */
export type ActivityStore = {
  /** Empty when nothing has been written yet. */
  read(): ActivitySnapshot;
  /** All or nothing. */
  write(change: ActivityChange): void;
  /** undefined removes it. False when there was none to remove. */
  setOrder(provider: string, profileIds: readonly string[] | undefined): boolean;
  /** Of one login, or of all. Answers with what has been removed. */
  clearCooldowns(profileId: string | undefined): readonly StoredCooldown[];
  changeMark(): string;
};

export function createActivityStore(database: ActivityDatabase): ActivityStore {
  return {
    read: () => database.read(readAll) ?? nothing,
    write(change) {
      database.write((db) => writeAll(db, change));
    },
    setOrder(provider, profileIds) {
      if (profileIds === undefined && !hasRows(database)) return false;
      return database.write((db) => {
        const { changes } = db.prepare('DELETE FROM profile_orders WHERE provider = ?').run(provider);
        const insert = db.prepare(
          'INSERT INTO profile_orders (provider, position, profile_id) VALUES (?, ?, ?)',
        );
        for (const [position, id] of (profileIds ?? []).entries()) insert.run(provider, position, id);
        return profileIds !== undefined || Number(changes) > 0;
      });
    },
    clearCooldowns(profileId) {
      if (!hasRows(database)) return [];
      return database.write((db) => {
        const chosen = readCooldowns(db).filter(
          (row) => profileId === undefined || row.profileId === profileId,
        );
        const remove = db.prepare('DELETE FROM cooldowns WHERE profile_id = ? AND model = ?');
        for (const row of chosen) remove.run(row.profileId, row.model);
        return chosen;
      });
    },
    changeMark: () => database.changeMark(),
  };
}

const nothing: ActivitySnapshot = { cooldowns: [], uses: [], orders: new Map() };

/** Removing makes no file. */
function hasRows(database: ActivityDatabase): boolean {
  return database.read(() => true) === true;
}

function readAll(db: DatabaseSync): ActivitySnapshot {
  // A file whose maker has not come to the tables yet.
  if (db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = 'cooldowns'`).get() === undefined) return nothing;
  const orders = new Map<string, string[]>();
  const ordered = db.prepare(
    'SELECT provider, profile_id AS id FROM profile_orders ORDER BY provider, position',
  );
  for (const row of ordered.all() as { provider: string; id: string }[]) {
    const known = orders.get(row.provider);
    if (known === undefined) orders.set(row.provider, [row.id]);
    else known.push(row.id);
  }
  const uses = db.prepare('SELECT profile_id AS profileId, last_used_ms AS lastUsedAtMs FROM profile_uses');
  return { cooldowns: readCooldowns(db), uses: uses.all() as StoredUse[], orders };
}

function readCooldowns(db: DatabaseSync): StoredCooldown[] {
  return db
    .prepare(
      `SELECT profile_id AS profileId, model, reason, failures, since_ms AS sinceMs, until_ms AS untilMs
       FROM cooldowns ORDER BY profile_id, model`,
    )
    .all() as StoredCooldown[];
}

function writeAll(db: DatabaseSync, change: ActivityChange): void {
  const cool = db.prepare('INSERT OR REPLACE INTO cooldowns VALUES (?, ?, ?, ?, ?, ?)');
  for (const row of change.cooldowns) {
    cool.run(
      row.profileId,
      row.model,
      row.reason,
      row.failures,
      Math.round(row.sinceMs),
      Math.round(row.untilMs),
    );
  }
  const end = db.prepare('DELETE FROM cooldowns WHERE profile_id = ? AND model = ?');
  for (const { profileId, model } of change.ended) end.run(profileId, model);
  // Two gateways use one login: the later use counts.
  const use = db.prepare(
    `INSERT INTO profile_uses VALUES (?, ?)
     ON CONFLICT (profile_id) DO UPDATE SET last_used_ms = max(last_used_ms, excluded.last_used_ms)`,
  );
  for (const { profileId, lastUsedAtMs } of change.uses) use.run(profileId, lastUsedAtMs);
}
