// Before a run of tests: the program is bundled as it is published, since a bundle starts in a third of the time that
// the sources take. Nothing is bundled anew while the sources are the same; where they cannot be bundled the tests start
// the sources, and the test of the package says why.
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { bundleProgram } from '../../scripts/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    programFile: string;
  }
}

const root = join(import.meta.dirname, '../..');
const builds = join(root, 'node_modules/.cache/openclaw-tests');
const unusedAfterMs = 6 * 3_600_000;

export default async function setup(project: TestProject): Promise<void> {
  const folder = join(builds, fingerprint());
  try {
    if (!existsSync(folder)) await build(folder);
    const now = new Date();
    utimesSync(folder, now, now);
    project.provide('programFile', join(folder, 'main.js'));
  } catch (error) {
    process.stderr.write(`tests start the program from its sources: ${String(error)}\n`);
    project.provide('programFile', join(root, 'src/main.ts'));
  }
}

/** Of all that goes into the bundle; the packages in it are those of the lock file. */
function fingerprint(): string {
  const hash = createHash('sha256').update(process.version);
  const patterns = [
    '{src,extensions}/**/*.{ts,json}',
    'scripts/bundle.ts',
    'package.json',
    'package-lock.json',
  ];
  for (const file of globSync(patterns, { cwd: root }).sort())
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest('hex').slice(0, 16);
}

/** Two runs may do so at once, and a third may be at work with a build of before. */
async function build(folder: string): Promise<void> {
  const coming = `${folder}.${process.pid}`;
  try {
    await bundleProgram(coming);
    writeFileSync(join(coming, 'package.json'), '{ "type": "module" }');
    mkdirSync(builds, { recursive: true });
    for (const name of readdirSync(builds)) {
      const former = join(builds, name);
      if (Date.now() - statSync(former).mtimeMs > unusedAfterMs) rmSync(former, { recursive: true });
    }
    renameSync(coming, folder);
  } catch (error) {
    rmSync(coming, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
