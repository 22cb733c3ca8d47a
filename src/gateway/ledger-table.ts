// The ledger's rows in the activity file: one for each hour (UTC), model and login. Only this file knows their SQL.
// When rows are written, and what is done when that fails, is decided in ledger.ts.
import type { DatabaseSync } from 'node:sqlite';

/** Sums. Tokens are counted once each, as in Usage; `reasoning` is part of `output`. */
export type LedgerCounts = {
  /** Attempts that were sent to an upstream. */
  requests: number;
  failures: number;
  /** Answers that went well and did not tell their usage. */
  unmeasured: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  reasoning: number;
  /** 10^-9 USD. */
  costNanoUsd: number;
};

export type LedgerRow = LedgerCounts & {
  /** The beginning of the hour. */
  hourAtMs: number;
  /** `provider/model`. */
  model: string;
  profileId: string;
};

export const hourMs = 3_600_000;
/** Older rows are removed: the file does not grow for ever. */
export const keptMs = 400 * 24 * hourMs;

const counts = [
  ['requests', 'requests'],
  ['failures', 'failures'],
  ['unmeasured', 'unmeasured'],
  ['input', 'input_tokens'],
  ['output', 'output_tokens'],
  ['cacheRead', 'cache_read_tokens'],
  ['cacheWrite', 'cache_write_tokens'],
  ['reasoning', 'reasoning_tokens'],
  ['costNanoUsd', 'cost_nano_usd'],
] as const satisfies (readonly [keyof LedgerCounts, string])[];

const table = `
CREATE TABLE IF NOT EXISTS usage_hours (
  hour_at_ms INTEGER NOT NULL,
  model TEXT NOT NULL,
  profile_id TEXT NOT NULL,
  ${counts.map(([, column]) => `${column} INTEGER NOT NULL`).join(',\n  ')},
  PRIMARY KEY (hour_at_ms, model, profile_id)
) STRICT, WITHOUT ROWID;
`;

/** A sum beyond what a number can hold stays there. */
const add = (column: string): string =>
  `${column} = MIN(${column} + excluded.${column}, ${Number.MAX_SAFE_INTEGER})`;

const upsert = `
INSERT INTO usage_hours (hour_at_ms, model, profile_id, ${counts.map(([, column]) => column).join(', ')})
VALUES (?, ?, ?${', ?'.repeat(counts.length)})
ON CONFLICT DO UPDATE SET ${counts.map(([, column]) => add(column)).join(', ')}
`;

/** Within the caller's transaction. */
export function addLedgerRows(db: DatabaseSync, rows: readonly LedgerRow[], nowMs: number): void {
  db.exec(table);
  const statement = db.prepare(upsert);
  for (const row of rows) {
    statement.run(row.hourAtMs, row.model, row.profileId, ...counts.map(([name]) => row[name]));
  }
  db.prepare('DELETE FROM usage_hours WHERE hour_at_ms < ?').run(nowMs - keptMs);
}

/** The rows of all hours that were not over at `sinceMs`, oldest first. */
export function readLedgerRows(db: DatabaseSync, sinceMs: number): LedgerRow[] {
  const isThere = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'usage_hours'").get();
  if (isThere === undefined) return [];
  const columns = counts.map(([name, column]) => `${column} AS ${name}`).join(', ');
  const found = db
    .prepare(
      `SELECT hour_at_ms AS hourAtMs, model, profile_id AS profileId, ${columns}
       FROM usage_hours WHERE hour_at_ms > ? ORDER BY hour_at_ms, model, profile_id`,
    )
    .all(sinceMs - hourMs);
  return found as unknown as LedgerRow[];
}

export function emptyCounts(): LedgerCounts {
  return {
    requests: 0,
    failures: 0,
    unmeasured: 0,
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    reasoning: 0,
    costNanoUsd: 0,
  };
}

export function addCounts(sum: LedgerCounts, more: LedgerCounts): void {
  for (const [name] of counts) sum[name] = Math.min(sum[name] + more[name], Number.MAX_SAFE_INTEGER);
}
