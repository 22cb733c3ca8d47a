// Takes credentials out of files that belong to other tools: single keys, everything else byte for byte as it was; whole
// or not at all, with mode and owner kept and no copy of what was removed.
import { readFileSync, realpathSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { editText } from '../../config/edit-text.ts';
import { replaceFile } from '../../platform/replace-file.ts';
import { OpenClawError } from '../../errors.ts';
import { shown } from './finding.ts';
import { isBusy } from '../../store/store-failure.ts';
import type { PlainSecret } from './leftover-secrets.ts';
import { withoutApiKey } from './leftover-yaml.ts';

/** `find` is asked again, about the file as it is now. How many values were removed. */
export function scrubJson(file: string, find: (tree: unknown) => PlainSecret[]): number {
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const found = find(parseJson(before));
  if (found.length === 0) return 0;
  const after = withoutSecrets(before, found, path);
  // What these tools read is JSON, without anything that JSON5 would take beside it.
  if (find(parseJson(after)).length > 0) throw new Error(`${path} still holds what was to be removed`);
  replaceText(path, before, after);
  return found.length;
}

function withoutSecrets(text: string, found: readonly PlainSecret[], file: string): string {
  const places = new Map(found.map(({ remove }) => [JSON.stringify(remove), remove]));
  const edits = [...places.values()].map((place) => ({ path: place, value: undefined }));
  return editText(text, edits, file);
}

/** Throws SyntaxError. Editors of Windows put a mark before the text, which is none of it. */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\ufeff/, ''));
}

/** The key of the service in a YAML file. */
export function scrubYaml(file: string): number {
  const path = realpathSync(file);
  const before = readFileSync(path, 'utf8');
  const { text, found } = withoutApiKey(before);
  if (found > 0) replaceText(path, before, text);
  return found;
}

/** OpenClaw keeps it open as long as it runs, and another doctor for a moment. */
const busyWaitMs = 500;

const authTables = ['auth_profile_store', 'auth_profile_stores'] as const;

/**
 * The same for a JSON column of a database. Everything or nothing: a page that is free, or a log that somebody still reads,
 * keeps what was in it, so the file is had alone, written anew and its log emptied. Rows that are no JSON stay.
 */
export function scrubDatabase(file: string, find: (tree: unknown) => PlainSecret[]): number {
  const db = new DatabaseSync(file, { timeout: busyWaitMs });
  try {
    // Before the first look: from then on nobody else gets in, and whoever is in already is noticed.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA secure_delete = ON; BEGIN EXCLUSIVE');
    let count = 0;
    for (const { table, key, json } of authRows(db)) {
      const tree = parseRow(json);
      const found = tree === undefined ? [] : find(tree);
      if (typeof json !== 'string' || found.length === 0) continue;
      count += found.length;
      const text = withoutSecrets(json, found, file);
      if (find(parseJson(text)).length > 0) throw new Error(`${file} still holds what was to be removed`);
      db.prepare(`UPDATE ${table} SET store_json = ? WHERE store_key IS ? AND store_json IS ?`).run(
        text,
        key,
        json,
      );
    }
    db.exec('COMMIT');
    if (count === 0) return 0;
    db.exec('VACUUM');
    const { busy } = db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (busy !== 0) throw inUse(`What was removed is still in the log of ${shown(file)}`);
    return count;
  } catch (error) {
    throw isBusy(error) ? inUse(`Another program has ${shown(file)} open, and nothing was changed`) : error;
  } finally {
    db.close();
  }
}

function inUse(what: string): OpenClawError {
  const message = `${what}: stop OpenClaw, then run \`openclaw doctor --fix\` again`;
  return new OpenClawError({ code: 'STORE_BUSY', message });
}

type AuthRow = { readonly table: string; readonly key: SQLInputValue; readonly json: SQLInputValue };

export function authRows(db: DatabaseSync): AuthRow[] {
  const exists = db.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?`);
  return authTables
    .filter((table) => exists.get(table) !== undefined)
    .flatMap((table) => {
      const rows = db.prepare(`SELECT store_key AS key, store_json AS json FROM ${table}`).all();
      return rows.map(({ key = null, json = null }) => ({ table, key, json }));
    });
}

/** undefined for what is no JSON. */
export function parseRow(json: SQLInputValue): unknown {
  try {
    return typeof json === 'string' ? parseJson(json) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function replaceText(path: string, before: string, after: string): void {
  replaceFile(path, after, {
    like: path,
    lastCheck: () => {
      if (readFileSync(path, 'utf8') !== before) throw new Error(`another program changed ${path} meanwhile`);
    },
  });
}
