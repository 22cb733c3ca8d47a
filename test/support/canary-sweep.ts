// Every folder that a test used and every output that it captured is searched for marked secrets; a find fails the
// test. How much was searched goes into the test's report, and from there into the closing line of the run.
import { chmodSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { TestRunner } from 'vitest';
import { createMarkSearch, type Finding, type Mark, type Search } from './canaries.ts';

export type Swept = { files: number; outputs: number; bytes: number; found: number };

declare module 'vitest' {
  interface TaskMeta {
    swept?: Swept;
  }
}

export type SweepOptions = {
  /** Marks of secrets that a test writes or prints on purpose. */
  mayHold?: readonly Mark[];
};

/** Throws when a file under the folder holds a marked secret. Meant for the end of a test: it opens every file. */
export function sweepFolder(folder: string, options: SweepOptions = {}): void {
  const search = createMarkSearch(options.mayHold);
  const complaints: string[] = [];
  for (const file of filesUnder(folder)) {
    const bytes = readAnyway(file);
    count({ files: 1, bytes: bytes.length });
    complaints.push(...complain(search(bytes), `the file ${relative(folder, file)}`));
    complaints.push(...complain(search(Buffer.from(file)), `the name of the file ${relative(folder, file)}`));
  }
  refuse(complaints);
}

/** Throws when an output holds a marked secret. `what` names it: `stdout of openclaw auth status`. */
export function sweepOutput(what: string, output: string | Uint8Array, options: SweepOptions = {}): void {
  const bytes = Buffer.from(output as Uint8Array);
  count({ outputs: 1, bytes: bytes.length });
  refuse(complain(searchOutput(bytes, options), what));
}

function searchOutput(bytes: Buffer, options: SweepOptions): Finding[] {
  const search: Search = createMarkSearch(options.mayHold);
  return search(bytes);
}

function complain(findings: readonly Finding[], where: string): string[] {
  return findings.map(
    ({ secret, spelling, offset }) => `${secret} (${spelling}, offset ${offset}) in ${where}`,
  );
}

function refuse(complaints: readonly string[]): void {
  if (complaints.length === 0) return;
  count({ found: complaints.length });
  throw new Error(`secrets have leaked:\n${complaints.slice(0, 10).join('\n')}`);
}

function count(more: Partial<Swept>): void {
  const meta = TestRunner.getCurrentTest()?.meta;
  if (meta === undefined) return;
  const { files, outputs, bytes, found } = meta.swept ?? { files: 0, outputs: 0, bytes: 0, found: 0 };
  meta.swept = {
    files: files + (more.files ?? 0),
    outputs: outputs + (more.outputs ?? 0),
    bytes: bytes + (more.bytes ?? 0),
    found: found + (more.found ?? 0),
  };
}

/** Symbolic links are not followed: what they lead to is another's. */
function filesUnder(folder: string): string[] {
  // A test may have closed it on purpose.
  if ((lstatSync(folder).mode & 0o500) !== 0o500) chmodSync(folder, 0o700);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [path] : [];
  });
}

function readAnyway(file: string): Buffer {
  if ((lstatSync(file).mode & 0o400) === 0) chmodSync(file, 0o600);
  return readFileSync(file);
}
