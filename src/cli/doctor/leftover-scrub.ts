// Takes credentials out of files that belong to other tools: single keys, everything else byte for byte as it was; whole
// or not at all, with mode and owner kept and no copy of what was removed.
import { readFileSync, realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { editText } from '../../config/edit-text.ts';
import { replaceFile } from '../../platform/replace-file.ts';
import type { PlainSecret } from './leftover-secrets.ts';

/** `find` is asked again, about the file as it is now. How many values were removed. */
export function scrubJson(file: string, find: (tree: unknown) => PlainSecret[]): number {
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const found = find(JSON.parse(before));
  if (found.length === 0) return 0;
  const places = new Map(found.map(({ remove }) => [JSON.stringify(remove), remove]));
  const edits = [...places.values()].map((place) => ({ path: place, value: undefined }));
  const after = editText(before, edits, path);
  // What these tools read is JSON, without anything that JSON5 would take beside it.
  if (find(JSON.parse(after)).length > 0) throw new Error(`${path} still holds what was to be removed`);
  replaceText(path, before, after);
  return found.length;
}

/** The line of a key at the top of a YAML file. */
export function scrubYaml(file: string, line: RegExp): number {
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const after = before
    .split(/(?<=\n)/)
    .filter((text) => !line.test(text))
    .join('');
  if (after === before) return 0;
  replaceText(path, before, after);
  return 1;
}

const authTables = ['auth_profile_store', 'auth_profile_stores'] as const;

/** The same for a JSON column of a database, whose freed pages are overwritten. */
export function scrubDatabase(file: string, find: (tree: unknown) => PlainSecret[]): number {
  const db = new DatabaseSync(file, { timeout: 2_000 });
  try {
    db.exec('PRAGMA secure_delete = ON; BEGIN IMMEDIATE');
    let count = 0;
    for (const { table, key, json } of authRows(db)) {
      const found = find(JSON.parse(json));
      if (found.length === 0) continue;
      count += found.length;
      const edits = found.map(({ remove }) => ({ path: remove, value: undefined }));
      const text = JSON.stringify(JSON.parse(editText(json, edits, file)));
      db.prepare(`UPDATE ${table} SET store_json = ? WHERE store_key = ?`).run(text, key);
    }
    db.exec('COMMIT');
    // The log holds the former pages until it is moved into the file.
    db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
    return count;
  } finally {
    db.close();
  }
}

export function authRows(db: DatabaseSync): { table: string; key: string; json: string }[] {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`);
  return authTables
    .filter((table) => exists.get(table) !== undefined)
    .flatMap((table) => {
      const rows = db.prepare(`SELECT store_key AS key, store_json AS json FROM ${table}`).all();
      return (rows as { key: string; json: string }[]).map((row) => ({
        table,
        key: row.key,
        json: row.json,
      }));
    });
}

function replaceText(path: string, before: string, after: string): void {
  replaceFile(path, after, {
    like: path,
    lastCheck: () => {
      if (readFileSync(path, 'utf8') !== before) throw new Error(`another program changed ${path} meanwhile`);
    },
  });
}
