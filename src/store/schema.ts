// The tables of the store. An older version of them is brought up to date in schema-upgrade.ts.
// Clear columns hold what may be printed; `sealed` holds what may not.
// A table whose rows mean something else than before gets another name: a process of the older program that still has
// the store open then fails at its first look, before it spends a refresh token that it could not save the successor of.

export const schemaVersion = 2;

export const schema = `
  CREATE TABLE key_record (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    kind TEXT NOT NULL,
    key_id TEXT NOT NULL,
    location TEXT,
    created_at_ms INTEGER NOT NULL,
    -- A sealed constant, which only the right key opens. NULL: the key is being made and has sealed nothing yet.
    check_value BLOB,
    -- Over the columns above, see row-checksum.ts.
    checksum BLOB NOT NULL
  ) STRICT;

  -- Outlives its profile, so that a generation never means two credentials.
  CREATE TABLE generations (
    profile_id TEXT PRIMARY KEY,
    generation INTEGER NOT NULL CHECK (generation > 0)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE logins (
    id TEXT PRIMARY KEY,
    provider TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('oauth', 'api_key', 'token')),
    region TEXT,
    account TEXT,
    generation INTEGER NOT NULL CHECK (generation > 0),
    created_at_ms INTEGER NOT NULL,
    saved_at_ms INTEGER NOT NULL,
    issued_at_ms INTEGER,
    expires_at_ms INTEGER,
    refreshable INTEGER NOT NULL CHECK (refreshable IN (0, 1)),
    refreshed_at_ms INTEGER,
    refresh_outcome TEXT CHECK (refresh_outcome IN ('refreshed', 'transient', 'dead')),
    refresh_reason TEXT,
    dead_at_ms INTEGER,
    dead_reason TEXT,
    intent_at_ms INTEGER,
    intent_pid INTEGER,
    sealed BLOB NOT NULL,
    -- Over all other columns.
    checksum BLOB NOT NULL
  ) STRICT;

  CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    created_at_ms INTEGER NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;
`;

/** As SQLite keeps them in the file: statement by statement. No comment above holds a semicolon. */
export const tables: readonly string[] = schema
  .split(';')
  .map((statement) => statement.slice(statement.search(/CREATE|$/)).trim())
  .filter((statement) => statement !== '');
