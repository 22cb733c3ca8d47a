// The tables of the activity file: what happened with logins and requests, and may be lost. No secret stands in it, and
// nothing that a login needs. What a row means is decided by who writes it.

/** Raised when a table changes; a table that is only added is made where it is missing. */
export const activityVersion = 1;

export const activityTables = `
CREATE TABLE IF NOT EXISTS cooldowns (
  profile_id TEXT NOT NULL,
  model TEXT NOT NULL,
  reason TEXT NOT NULL,
  failures INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  PRIMARY KEY (profile_id, model)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profile_uses (
  profile_id TEXT NOT NULL PRIMARY KEY,
  last_used_ms REAL NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profile_orders (
  provider TEXT NOT NULL,
  position INTEGER NOT NULL,
  profile_id TEXT NOT NULL,
  PRIMARY KEY (provider, position)
) STRICT, WITHOUT ROWID;
`;
